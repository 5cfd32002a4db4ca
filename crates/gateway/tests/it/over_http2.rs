//! What holds of an upstream in HTTP/1.1 holds of one in HTTP/2: the same tests once more.

#[expect(clippy::duplicate_mod, reason = "another `super::world`")]
#[path = "answers.rs"]
mod answers;
#[expect(clippy::duplicate_mod, reason = "another `super::world`")]
#[path = "budgets.rs"]
mod budgets;
#[expect(clippy::duplicate_mod, reason = "another `super::world`")]
#[path = "content.rs"]
mod content;
#[expect(clippy::duplicate_mod, reason = "another `super::world`")]
#[path = "cuts.rs"]
mod cuts;
#[expect(clippy::duplicate_mod, reason = "another `super::world`")]
#[path = "dialects.rs"]
mod dialects;
#[expect(clippy::duplicate_mod, reason = "another `super::world`")]
#[path = "records.rs"]
mod records;

/// The same world, whose upstream speaks HTTP/2.
mod world {
    use gateway::UpstreamHttp;
    use std::ops::Deref;
    use tempfile::TempDir;

    pub(super) use crate::world::{Answer, START, Setup, pause, post, prompt};

    pub(super) struct World(crate::world::World);

    impl World {
        pub(super) async fn start() -> Self {
            Self::with(Setup::default()).await
        }

        pub(super) async fn with(setup: Setup) -> Self {
            let setup = Setup { upstream_http: UpstreamHttp::Http2, ..setup };
            Self(crate::world::World::with(setup).await)
        }

        pub(super) async fn stop(self) -> TempDir {
            self.0.stop().await
        }
    }

    impl Deref for World {
        type Target = crate::world::World;
        fn deref(&self) -> &Self::Target {
            &self.0
        }
    }
}
