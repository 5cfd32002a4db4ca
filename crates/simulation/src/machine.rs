//! A machine with a disk and a database that fail on purpose: between any two steps, and within one.
//!
//! What an operation of [`Disk`] promised to be durable is there after a stop; of one that was under way any part
//! may be, and removals may come undone. The database loses nothing that it acknowledged, and of a swap under
//! way it is open whether it happened.

use crate::dice::Dice;
use crate::flaw::Flaw;
use domain::{Digest, Timestamp};
use ledger::{AppendPlan, FileError, LogFiles, TreeHead};
use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard};
use store::{
    Committed, Database, Disk, DiskError, DiskFault, MemoryDisk, Register, StoreError, Swap,
};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The machine stops.
    Stop,
    /// The disk has no more room until [`Machine::make_room`].
    Full,
    /// The operation is done, and syncing it fails.
    Sync,
    /// The operation fails half way.
    Other,
}

/// A machine's storage.
pub(crate) struct Machine {
    disk: MemoryDisk,
    database: Arc<Database>,
    flaw: Flaw,
    state: Mutex<State>,
}

struct State {
    dice: Dice,
    /// The operation that fails, counted from now, and how.
    armed: Option<(u64, Failure)>,
    stopped: bool,
    full: bool,
    /// Something failed since it was last asked.
    hurt: bool,
    /// Removals that a stop may undo, in their order.
    removed: Vec<(String, Vec<u8>)>,
    stops: BTreeMap<&'static str, u64>,
    failures: u64,
}

impl State {
    /// The failure whose turn it is.
    fn due(&mut self) -> Option<Failure> {
        let (left, failure) = self.armed?;
        if left > 0 {
            self.armed = Some((left - 1, failure));
            return None;
        }
        self.armed = None;
        Some(failure)
    }
}

fn disk_error(path: &str, fault: DiskFault) -> DiskError {
    DiskError { path: path.to_owned(), fault, source: Error::from(ErrorKind::Other) }
}

fn stopped() -> DiskError {
    disk_error("", DiskFault::Other("done: the machine stopped"))
}

/// Which part of an append a path belongs to.
fn part(path: &str) -> &'static str {
    match path {
        "tmp/stage" => "stage",
        "tmp/checkpoint" | "log/checkpoint" => "publish",
        _ if path.starts_with("stage/") => "stage",
        _ => "apply",
    }
}

impl Machine {
    pub(crate) fn new(dice: Dice, database: Arc<Database>, flaw: Flaw) -> Self {
        let state = State {
            dice,
            armed: None,
            stopped: false,
            full: false,
            hurt: false,
            removed: Vec::new(),
            stops: BTreeMap::new(),
            failures: 0,
        };
        Self { disk: MemoryDisk::new(), database, flaw, state: Mutex::new(state) }
    }

    /// Lets the operation after `left` others fail.
    pub(crate) fn arm(&self, left: u64, failure: Failure) {
        self.lock().armed = Some((left, failure));
    }

    /// From now on nothing fails.
    pub(crate) fn heal(&self) {
        let mut state = self.lock();
        (state.armed, state.full) = (None, false);
    }

    /// The disk has room again.
    pub(crate) fn make_room(&self) {
        self.lock().full = false;
    }

    /// Stops at once, between two operations.
    pub(crate) fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        *state.stops.entry("idle").or_default() += 1;
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Whether something failed since this was last asked, or fails for want of room.
    pub(crate) fn was_hurt(&self) -> bool {
        let mut state = self.lock();
        std::mem::take(&mut state.hurt) || state.full || state.stopped
    }

    /// Stops by the part of an append that they hit, and failures without a stop.
    pub(crate) fn counts(&self) -> (BTreeMap<&'static str, u64>, u64) {
        let state = self.lock();
        (state.stops.clone(), state.failures)
    }

    /// Starts again with what is durable.
    pub(crate) fn restart(&self) {
        let mut state = self.lock();
        state.stopped = false;
        state.hurt = true;
        for (path, bytes) in std::mem::take(&mut state.removed) {
            let there = self.disk.read(&path).is_ok_and(|found| found.is_some());
            if !there && state.dice.once_in(2) {
                let ends: Vec<_> = path.match_indices('/').map(|(at, _)| at).collect();
                let above = ends.into_iter().filter_map(|at| path.get(..at)).map(str::to_owned);
                let folders: Vec<String> = above.collect();
                memory(self.disk.create_folders(&folders));
                memory(self.disk.write(&[(path, bytes.as_slice())]));
            }
        }
        for path in self.disk.list("tmp").unwrap_or_default() {
            if state.dice.once_in(2) {
                memory(self.disk.remove(&path));
            }
        }
        if self.flaw == Flaw::LosesFiles {
            let files = self.disk.list("log").unwrap_or_default();
            if let Some(lost) = state.dice.place(files.len()).and_then(|at| files.get(at)) {
                memory(self.disk.remove(lost));
            }
        }
    }

    /// A copy of all that is published now, as an old mirror would show it.
    pub(crate) fn snapshot(&self) -> MemoryDisk {
        self.disk.copy()
    }

    /// What may be left of files that were not synced yet: nothing, a part, zeros, or all of it.
    fn tear(&self, dice: &mut Dice, files: &[(String, &[u8])]) {
        for (path, bytes) in files {
            let kept = dice.place(bytes.len()).and_then(|at| bytes.get(..at));
            let torn = match dice.below(4) {
                0 => continue,
                1 => kept.unwrap_or_default().to_vec(),
                2 => vec![0; bytes.len()],
                _ => bytes.to_vec(),
            };
            memory(self.disk.write(&[(path.clone(), torn.as_slice())]));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the machine")
    }

    /// Runs an operation, or part of it when it is to fail.
    fn run<T>(
        &self,
        point: &'static str,
        path: &str,
        takes_room: bool,
        whole: impl FnOnce(&mut State) -> Result<T, DiskError>,
        half: impl FnOnce(&mut State),
    ) -> Result<T, DiskError> {
        let mut state = self.lock();
        if state.stopped {
            return Err(stopped());
        }
        let due = state.due();
        if due.is_none() && !(state.full && takes_room) {
            return whole(&mut state);
        }
        state.hurt = true;
        state.failures += u64::from(due != Some(Failure::Stop));
        match due {
            Some(Failure::Stop) => {
                *state.stops.entry(point).or_default() += 1;
                state.stopped = true;
                half(&mut state);
                Err(stopped())
            }
            Some(Failure::Sync) => {
                whole(&mut state)?;
                Err(disk_error(path, DiskFault::Sync))
            }
            Some(Failure::Other) => {
                half(&mut state);
                Err(disk_error(path, DiskFault::Other("done, on purpose")))
            }
            Some(Failure::Full) | None => {
                state.full = true;
                half(&mut state);
                Err(disk_error(path, DiskFault::Full))
            }
        }
    }
}

/// Memory fails only by our own mistake.
fn memory<T>(result: Result<T, DiskError>) -> T {
    result.expect("memory does not fail")
}

impl Disk for Machine {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, DiskError> {
        if self.is_stopped() { Err(stopped()) } else { self.disk.read(path) }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        if self.is_stopped() { Err(stopped()) } else { self.disk.list(folder) }
    }

    fn create_folders(&self, folders: &[String]) -> Result<(), DiskError> {
        if folders.is_empty() {
            return Ok(());
        }
        let kept = |state: &mut State| {
            let kept = state.dice.place(folders.len()).and_then(|at| folders.get(..at));
            memory(self.disk.create_folders(kept.unwrap_or_default()));
        };
        self.run("apply", "folder", true, |_| self.disk.create_folders(folders), kept)
    }

    fn write(&self, files: &[(String, &[u8])]) -> Result<(), DiskError> {
        let path = files.first().map_or("", |(path, _)| path.as_str());
        let torn = |state: &mut State| self.tear(&mut state.dice, files);
        self.run(part(path), path, true, |_| self.disk.write(files), torn)
    }

    fn put(&self, folders: &[String], files: &[(String, &[u8])]) -> Result<Vec<usize>, DiskError> {
        let path = files.first().map_or("", |(path, _)| path.as_str());
        let torn = |state: &mut State| {
            let made = state.dice.place(folders.len()).and_then(|at| folders.get(..at));
            let made = made.unwrap_or_default();
            memory(self.disk.create_folders(made));
            let reached = files.iter().filter(|(path, _)| {
                let above = path.rsplit_once('/').map_or("", |(above, _)| above);
                let is = |folder: &String| folder == above;
                let there = !folders.iter().any(is) || made.iter().any(is);
                there && self.disk.read(path).is_ok_and(|found| found.is_none())
            });
            let reached: Vec<_> = reached.cloned().collect();
            self.tear(&mut state.dice, &reached);
        };
        self.run(part(path), path, true, |_| self.disk.put(folders, files), torn)
    }

    fn place(&self, files: &[(String, String)]) -> Result<(), DiskError> {
        let to = files.first().map_or("", |(_, to)| to.as_str());
        let some = |state: &mut State| {
            for file in files {
                if state.dice.once_in(2) {
                    memory(self.disk.place(std::slice::from_ref(file)));
                }
            }
        };
        self.run(part(to), to, false, |_| self.disk.place(files), some)
    }

    fn remove(&self, path: &str) -> Result<(), DiskError> {
        let remove = |state: &mut State| {
            if let Some(bytes) = self.disk.read(path)? {
                state.removed.push((path.to_owned(), bytes));
            }
            self.disk.remove(path)
        };
        self.run("clean", path, false, remove, |state| {
            if state.dice.once_in(2) {
                drop(self.disk.remove(path));
            }
        })
    }
}

/// The database, which stops with its machine.
pub(crate) struct Books(pub(crate) Arc<Machine>);

impl Register for Books {
    fn committed(&self) -> Result<Option<Committed>, StoreError> {
        if self.0.is_stopped() { Err(StoreError::Poisoned) } else { self.0.database.committed() }
    }

    fn swap(&self, plan: &AppendPlan, at: Timestamp) -> Result<Swap, StoreError> {
        if self.0.is_stopped() {
            return Err(StoreError::Poisoned);
        }
        let due = {
            let mut state = self.0.lock();
            state.due().or(state.full.then_some(Failure::Full))
        };
        let Some(failure) = due else {
            let lies = self.0.flaw == Flaw::LosesCommits && self.0.lock().dice.once_in(20);
            return if lies { Ok(Swap::Done) } else { self.0.database.swap(plan, at) };
        };
        let happens = {
            let mut state = self.0.lock();
            state.hurt = true;
            if failure == Failure::Stop {
                state.stopped = true;
                *state.stops.entry("swap").or_default() += 1;
            } else {
                state.failures += 1;
            }
            failure == Failure::Sync || state.dice.once_in(2)
        };
        if failure == Failure::Full {
            return Err(StoreError::Full { path: "node.db".to_owned() });
        }
        if happens {
            let _nobody_hears_of_it = self.0.database.swap(plan, at)?;
        }
        Err(StoreError::Poisoned)
    }

    fn replace_checkpoint(&self, head: &TreeHead, note: &[u8]) -> Result<bool, StoreError> {
        self.0.database.replace_checkpoint(head, note)
    }

    fn index_of(&self, id: &Digest) -> Result<Option<u64>, StoreError> {
        if self.0.is_stopped() { Err(StoreError::Poisoned) } else { self.0.database.index_of(id) }
    }
}

/// What is published on a disk.
pub(crate) struct Published<'a>(pub(crate) &'a dyn Disk);

impl LogFiles for Published<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, FileError> {
        let failed = |e: DiskError| FileError { path: path.to_owned(), reason: e.to_string() };
        self.0.read(&format!("log/{path}")).map_err(failed)
    }

    fn list(&self) -> Result<Vec<String>, FileError> {
        let failed = |e: DiskError| FileError { path: e.path.clone(), reason: e.to_string() };
        let paths = self.0.list("log").map_err(failed)?;
        Ok(paths.iter().filter_map(|p| p.strip_prefix("log/")).map(str::to_owned).collect())
    }
}
