//! The log's host: the shipped node and store over a machine that fails.

use crate::cast::{beginning, cast};
use crate::dice::Dice;
use crate::flaw::Flaw;
use crate::machine::{Books, Failure, Machine};
use ledger::{FileError, LogFiles};
use operations::ctx::{Clock, SetClock};
use operations::node::{Backing, Node, NodeError};
use std::sync::Arc;
use store::{Database, Disk, Log, LogStore, Register};

/// The store that a node works on.
#[derive(Debug)]
struct Rig {
    log: Log,
    database: Arc<Database>,
}

impl Backing for Rig {
    fn log(&self) -> &dyn LogStore {
        &self.log
    }
    fn database(&self) -> &Database {
        &self.database
    }
}

/// A machine with a node on it, up or down.
pub(crate) struct Host {
    pub(crate) machine: Arc<Machine>,
    pub(crate) clock: Arc<SetClock>,
    database: Arc<Database>,
    node: Option<Node>,
    /// Steps for which nobody reaches the node, though it runs.
    pub(crate) cut_off: u64,
    pub(crate) starts: u64,
}

impl Host {
    pub(crate) fn new(dice: &mut Dice, flaw: Flaw) -> Result<Self, String> {
        let database = Arc::new(Database::in_memory().map_err(|e| e.to_string())?);
        let machine = Machine::new(Dice::new(dice.next()), Arc::clone(&database), flaw);
        let mut host = Self {
            machine: Arc::new(machine),
            clock: Arc::new(SetClock::new(beginning())),
            database,
            node: None,
            cut_off: 0,
            starts: 0,
        };
        host.revive(dice)?;
        Ok(host)
    }

    /// The node, when it can be reached.
    pub(crate) fn reach(&self) -> Option<&Node> {
        self.node.as_ref().filter(|_| self.cut_off == 0)
    }

    /// The node, reachable or not.
    pub(crate) fn node(&self) -> Option<&Node> {
        self.node.as_ref()
    }

    /// Ends the node's process; the machine goes on.
    pub(crate) fn kill(&mut self) {
        self.node = None;
    }

    /// Starts whatever is down, and sometimes lets the machine stop while it recovers.
    ///
    /// # Errors
    /// A node that does not open though nothing fails.
    pub(crate) fn revive(&mut self, dice: &mut Dice) -> Result<(), String> {
        for _ in 0..8 {
            if self.machine.is_stopped() {
                self.node = None;
                self.machine.restart();
                if dice.once_in(3) {
                    self.machine.arm(dice.below(10), Failure::Stop);
                }
            }
            if self.node.is_some() {
                return Ok(());
            }
            self.machine.was_hurt();
            match self.open() {
                Ok(node) => {
                    self.node = Some(node);
                    self.starts += 1;
                }
                Err(_) if self.machine.is_stopped() => {}
                Err(_) if self.machine.was_hurt() => return Ok(()),
                Err(error) => {
                    return Err(format!("the node does not open: {}", operations::plain(&error)));
                }
            }
        }
        Ok(())
    }

    fn open(&self) -> Result<Node, NodeError> {
        let disk: Arc<dyn Disk> = Arc::<Machine>::clone(&self.machine);
        let register: Arc<dyn Register> = Arc::new(Books(Arc::clone(&self.machine)));
        let log = Log::open(disk, register).map_err(NodeError::Store)?;
        let backing = Box::new(Rig { log, database: Arc::clone(&self.database) });
        let clock: Arc<dyn Clock> = Arc::<SetClock>::clone(&self.clock);
        Node::over(backing, cast().signer(), cast().trust.clone(), clock)
    }
}

/// What a node serves to anyone.
pub(crate) struct Served<'a>(pub(crate) &'a Node);

impl LogFiles for Served<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, FileError> {
        let failed = |e: NodeError| FileError { path: path.to_owned(), reason: e.to_string() };
        self.0.file(path).map_err(failed)
    }

    /// A node serves files by name and lists none.
    fn list(&self) -> Result<Vec<String>, FileError> {
        Ok(Vec::new())
    }
}
