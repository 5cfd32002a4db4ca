//! What an agent sees of an instance, for reference solvers.

use super::live::Wire;
use super::{File, Instance};

/// How much a reference solver tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Only what the first two dials need; an instance of another dial is given up.
    Plain,
    /// Everything.
    Full,
}

/// What the agent gets, and nothing else.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// What the agent is told.
    pub prompt: &'a str,
    /// What lies in its workspace.
    pub files: &'a [File],
    /// Whoever can be asked for it, where the instance has services.
    pub live: Option<&'a dyn Wire>,
}

impl<'a> View<'a> {
    /// The bytes of a file.
    pub fn file(&self, path: &str) -> Option<&'a [u8]> {
        self.files.iter().find(|f| f.path == path).map(|f| f.bytes.as_slice())
    }

    /// A file as text. `None` when it is not UTF-8.
    pub fn text(&self, path: &str) -> Option<&'a str> {
        std::str::from_utf8(self.file(path)?).ok()
    }
}

impl Instance {
    /// What the agent gets, with the services themselves in place of a network.
    pub fn view(&self) -> View<'_> {
        let live = self.live.as_ref().map(|live| -> &dyn Wire { live });
        View { prompt: &self.prompt, files: &self.files, live }
    }
}
