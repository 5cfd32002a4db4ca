//! A node and parties in a temporary folder, with a clock and randomness that tests hold.
//!
//! The tests of `measurement` take this file too, by its path: a unit test can't use a crate that uses its own.

use crate::act::Ctx;
use crate::ctx::{Clock, Random, SeededRandom, SetClock};
use crate::home::Home;
use crate::node::{Node, create};
use crate::reach::Reach;
use domain::{Party, Role, Timestamp};
use std::sync::Arc;

/// Everybody.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) random: Arc<SeededRandom>,
}

impl World {
    /// Two parties and a node's folder with their roots of trust.
    pub(crate) fn new(seed: u64) -> Self {
        Self::with(seed, &[("lab", Role::Developer), ("gov", Role::Government)])
    }

    /// These parties, each with one role.
    pub(crate) fn with(seed: u64, parties: &[(&str, Role)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let (clock, random) = (Arc::new(SetClock::new(at)), Arc::new(SeededRandom::new(seed)));
        let node = folder.path().join("node");
        create(&node, "log.example/test", random.as_ref()).unwrap();
        let mut homes = Vec::new();
        for (id, role) in parties {
            let party =
                Party { id: id.parse().unwrap(), name: id.parse().unwrap(), roles: vec![*role] };
            let home = folder.path().join(id);
            Home::create(&home, party, random.as_ref()).unwrap();
            homes.push(home);
        }
        let mut trust = crate::trust::assemble(&node.join("log.vkey"), &homes).unwrap();
        for home in &homes {
            let home = Home::open(home).unwrap();
            trust = trust.sign(home.id(), home.keys()).unwrap();
        }
        for home in homes.iter().chain([&node]) {
            crate::trust::write(&trust, &home.join("trust.toml")).unwrap();
        }
        Self { folder, clock, random }
    }

    /// The node, opened.
    pub(crate) fn node(&self) -> Arc<Node> {
        let clock: Arc<dyn Clock> = Arc::<SetClock>::clone(&self.clock);
        Arc::new(Node::open(&self.folder.path().join("node"), clock).unwrap())
    }

    /// What an operation of a party works with.
    pub(crate) fn ctx(&self, party: &str, node: &Arc<Node>) -> Ctx {
        let home = Home::open(&self.folder.path().join(party)).unwrap();
        let trust = home.trust().unwrap();
        let random: Arc<dyn Random> = Arc::<SeededRandom>::clone(&self.random);
        let clock: Arc<dyn Clock> = Arc::<SetClock>::clone(&self.clock);
        Ctx { home, trust, reach: Reach::Local(Arc::clone(node)), clock, random }
    }
}
