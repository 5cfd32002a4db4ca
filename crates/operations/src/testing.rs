//! What this crate's tests share.

mod world;

use access::{Audience, Event, Release};

pub(crate) use world::World;

/// The simplest statement that there is: the lab released a model.
pub(crate) fn release(model: &str) -> Event {
    Event::ModelReleased(Release {
        developer: "lab".parse().unwrap(),
        model: model.parse().unwrap(),
        audience: Audience::Public,
        released_at: "2026-11-20T09:00:00Z".parse().unwrap(),
        case: None,
    })
}

impl World {
    /// Moves the clock.
    pub(crate) fn at(&self, at: &str) {
        self.clock.set(at.parse().unwrap());
    }
}
