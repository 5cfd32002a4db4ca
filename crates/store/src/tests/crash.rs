//! Crashes from seeds: whatever was acknowledged is there afterwards, and there is one history.

use super::faults::{Faults, FaultyDisk, FaultyRegister, Kind};
use super::{at, audit, head_of, id, plan, whole};
use crate::{
    Database, Disk, DiskError, DiskFault, FileLog, Folder, Log, LogStore, MemoryDisk, Register,
};
use ledger::{FileError, LogFiles};
use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};
use std::sync::{Arc, Mutex};
use tlog::leaf_hash;
use tlog::merkle::{MemoryTree, consistency_proof, root, verify_consistency};

/// A small generator (splitmix64), so that a failure is a number.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 0
    }
}

/// A machine's disk that loses what was not synced when the machine stops.
struct Machine {
    disk: MemoryDisk,
    state: Mutex<State>,
}

struct State {
    random: Random,
    /// Operations until the machine stops.
    left: u64,
    stopped: bool,
    /// Removals that a crash may undo.
    removed: BTreeMap<String, Vec<u8>>,
}

fn stopped() -> DiskError {
    let source = Error::from(ErrorKind::Other);
    DiskError { path: String::new(), fault: DiskFault::Other("done: the machine stopped"), source }
}

impl Machine {
    fn new(disk: MemoryDisk, seed: u64, left: u64) -> Self {
        let random = Random(seed);
        let state = State { random, left, stopped: false, removed: BTreeMap::new() };
        Self { disk, state: Mutex::new(state) }
    }

    /// Runs an operation, or half of it when it is the last.
    fn run<T>(
        &self,
        whole: impl FnOnce(&mut State) -> Result<T, DiskError>,
        half: impl FnOnce(&mut Random),
    ) -> Result<T, DiskError> {
        let mut state = self.state.lock().expect("no test panics holding it");
        if state.stopped {
            return Err(stopped());
        }
        if state.left == 0 {
            state.stopped = true;
            half(&mut state.random);
            return Err(stopped());
        }
        state.left -= 1;
        whole(&mut state)
    }

    /// Some of these folders, from the first on.
    fn some<'f>(&self, random: &mut Random, folders: &'f [String]) -> &'f [String] {
        let some = random.below(u64::try_from(folders.len()).expect("small") + 1);
        &folders[..usize::try_from(some).expect("small")]
    }

    /// What the stop leaves of files that were not synced yet: nothing, a part, zeros, or all of it.
    fn tear(&self, random: &mut Random, files: &[(String, &[u8])]) {
        for (path, bytes) in files {
            let len = u64::try_from(bytes.len()).expect("small");
            let kept = usize::try_from(random.below(len + 1)).expect("small");
            let torn = match random.below(5) {
                0 => continue,
                1 => bytes[..kept].to_vec(),
                2 => vec![0; bytes.len()],
                3 => bytes[..kept].iter().copied().chain(vec![0; bytes.len() - kept]).collect(),
                _ => bytes.to_vec(),
            };
            self.disk.write(&[(path.clone(), torn.as_slice())]).expect("memory");
        }
    }

    /// What is on the disk when the machine starts again.
    fn restart(&self) -> MemoryDisk {
        let mut state = self.state.lock().expect("no test panics holding it");
        state.stopped = true;
        let removed = std::mem::take(&mut state.removed);
        for (path, bytes) in removed {
            let there = self.disk.read(&path).expect("memory").is_some();
            if !there && state.random.coin() {
                let mut folder = String::new();
                let names: Vec<&str> = path.split('/').collect();
                for name in names.iter().take(names.len() - 1) {
                    folder =
                        if folder.is_empty() { (*name).into() } else { format!("{folder}/{name}") };
                    self.disk.create_folders(&[folder.clone()]).expect("memory");
                }
                self.disk.write(&[(path, bytes.as_slice())]).expect("memory");
            }
        }
        self.disk.copy()
    }
}

impl Disk for Machine {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, DiskError> {
        self.disk.read(path)
    }
    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        self.disk.list(folder)
    }
    fn create_folders(&self, folders: &[String]) -> Result<(), DiskError> {
        let create = |some: &[String]| self.disk.create_folders(some);
        self.run(|_| create(folders), |random| create(self.some(random, folders)).expect("memory"))
    }
    fn write(&self, files: &[(String, &[u8])]) -> Result<(), DiskError> {
        self.run(|_| self.disk.write(files), |random| self.tear(random, files))
    }
    fn put(&self, folders: &[String], files: &[(String, &[u8])]) -> Result<Vec<usize>, DiskError> {
        self.run(
            |_| self.disk.put(folders, files),
            |random| {
                let (some, new) = (self.some(random, folders), |path: &str| {
                    self.disk.read(path).expect("memory").is_none()
                });
                self.disk.create_folders(some).expect("memory");
                let there = |path: &str| {
                    path.rsplit_once('/').is_some_and(|(above, _)| {
                        !folders.iter().any(|f| f == above) || some.iter().any(|f| f == above)
                    })
                };
                let reached: Vec<_> =
                    files.iter().filter(|(path, _)| new(path) && there(path)).cloned().collect();
                self.tear(random, &reached);
            },
        )
    }
    fn place(&self, files: &[(String, String)]) -> Result<(), DiskError> {
        self.run(
            |_| self.disk.place(files),
            |random| {
                for file in files {
                    if random.coin() {
                        let one = std::slice::from_ref(file);
                        self.disk.place(one).expect("memory");
                    }
                }
            },
        )
    }
    fn remove(&self, path: &str) -> Result<(), DiskError> {
        self.run(
            |state| {
                if let Some(bytes) = self.disk.read(path)? {
                    state.removed.insert(path.to_owned(), bytes);
                }
                self.disk.remove(path)
            },
            |random| drop(random.coin().then(|| self.disk.remove(path))),
        )
    }
}

/// A log's files on a disk that nobody has opened.
pub(super) struct OnDisk<'a>(pub(super) &'a dyn Disk);

impl LogFiles for OnDisk<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, FileError> {
        Ok(self.0.read(&format!("log/{path}")).expect("reads"))
    }
    fn list(&self) -> Result<Vec<String>, FileError> {
        Ok(self.0.list("log").expect("lists"))
    }
}

/// What the world has seen, across crashes.
#[derive(Default)]
struct World {
    /// Every statement of the log, in order, as committed.
    logged: Vec<u64>,
    /// Checkpoints that were published at some time: size and root.
    seen: BTreeMap<u64, [u8; 32]>,
    /// How many leaves this disk has acknowledged as published.
    acknowledged: u64,
    next: u64,
}

impl World {
    /// Learns what was committed by a commit whose outcome the crash hid: all of it or nothing.
    fn learn(&mut self, log: &Log, attempted: &[u64], seed: u64) {
        let found =
            attempted.iter().filter(|s| log.index_of(&id(**s)).expect("reads").is_some()).count();
        assert!(found == 0 || found == attempted.len(), "seed {seed}: half a batch");
        if found > 0 {
            self.logged.extend(attempted);
        }
    }

    /// Before anybody repairs it: what is published is whole, and nothing that was acknowledged is missing.
    fn published_is_whole(&self, disk: &dyn Disk, attempted: &[u64]) {
        let all: Vec<u64> = self.logged.iter().chain(attempted).copied().collect();
        let size = whole(&OnDisk(disk), &all);
        let (least, most) = (self.acknowledged, u64::try_from(all.len()).expect("small"));
        assert!((least..=most).contains(&size), "{size} of {least} to {most} are published");
    }

    /// The log is whole, and every checkpoint ever seen is the beginning of it.
    fn check(&mut self, log: &Log, seed: u64) {
        audit(log, &self.logged);
        let head = head_of(log.head().expect("reads").as_ref());
        let tree: MemoryTree = self.logged.iter().map(|s| leaf_hash(&super::entry(*s))).collect();
        let now = root(&tree, head.size).expect("built");
        for (size, before) in &self.seen {
            assert!(*size <= head.size, "seed {seed}: {size} leaves were published before");
            let proof = consistency_proof(&tree, *size, head.size).expect("built");
            let before = tlog::Hash::from_bytes(*before);
            verify_consistency(*size, head.size, &before, &now, &proof)
                .unwrap_or_else(|e| panic!("seed {seed}: a fork: {e}"));
        }
        if head.size > 0 {
            self.seen.insert(head.size, head.root);
        }
    }

    /// Appends batches until one fails; returns the statements of that one.
    fn append_until_it_stops(&mut self, log: &Log, random: &mut Random) -> Vec<u64> {
        for _ in 0..4 {
            let count = [1, 2, 5, 130, 260][usize::try_from(random.below(5)).expect("small")];
            let batch: Vec<u64> = (self.next..self.next + count).collect();
            self.next += count;
            let Ok(head) = log.head() else { return Vec::new() };
            let head = head_of(head.as_ref());
            let now = at(1_000 + self.next);
            match log.commit(&plan(log, head, &batch), now) {
                Ok(committed) => {
                    self.logged.extend(&batch);
                    self.seen.insert(committed.head.size, committed.head.root);
                    self.acknowledged = committed.head.size;
                }
                Err(_) => return batch,
            }
        }
        Vec::new()
    }
}

/// One machine that stops several times, the database crashing with it.
fn trial(seed: u64) -> u64 {
    let mut random = Random(seed);
    let database = Arc::new(Database::in_memory().expect("opens"));
    let mut disk = MemoryDisk::new();
    let mut world = World::default();
    let mut crashes = 0;
    for _ in 0..3 {
        let machine = Arc::new(Machine::new(disk, random.next(), random.below(36)));
        let kind = if random.coin() { Kind::CrashBefore } else { Kind::CrashAfter };
        let faults = Faults::at(random.below(6), kind);
        let register: Arc<dyn Register> =
            Arc::new(FaultyRegister { inner: Arc::clone(&database), faults: Arc::clone(&faults) });
        let mut attempted = Vec::new();
        if let Ok(log) = Log::open(Arc::<Machine>::clone(&machine), register) {
            attempted = world.append_until_it_stops(&log, &mut random);
        }
        disk = machine.restart();
        world.published_is_whole(&disk, &attempted);
        crashes += 1;
        let healthy = Arc::new(disk.copy());
        let register: Arc<dyn Register> = Arc::<Database>::clone(&database);
        let log = Log::open(Arc::<MemoryDisk>::clone(&healthy), register)
            .unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        world.learn(&log, &attempted, seed);
        world.check(&log, seed);
        // Half the time what recovery did is kept; else the next crash hits recovery itself.
        if random.coin() {
            disk = healthy.copy();
            world.acknowledged = u64::try_from(world.logged.len()).expect("small");
        }
    }
    crashes
}

#[test]
fn machines_that_stop() {
    let crashes: u64 = (0..400).map(trial).sum();
    assert_eq!(crashes, 1_200);
}

#[test]
fn processes_that_stop_over_real_files() {
    for seed in 0..12 {
        let mut random = Random(1_000_000 + seed);
        let folder = tempfile::tempdir().expect("a folder");
        let mut world = World::default();
        for _ in 0..2 {
            let kind = if random.coin() { Kind::CrashBefore } else { Kind::CrashAfter };
            let faults = Faults::at(random.below(36), kind);
            let mut attempted = Vec::new();
            {
                let database = Database::open(&folder.path().join("node.db")).expect("opens");
                let inner = Folder::new(folder.path().to_owned());
                let disk = FaultyDisk { inner, faults: Arc::clone(&faults) };
                let register = FaultyRegister { inner: Arc::new(database), faults };
                if let Ok(log) = Log::open(Arc::new(disk), Arc::new(register)) {
                    attempted = world.append_until_it_stops(&log, &mut random);
                }
            }
            world.published_is_whole(&Folder::new(folder.path().to_owned()), &attempted);
            let log = FileLog::open(folder.path()).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
            world.learn(&log, &attempted, seed);
            world.check(&log, seed);
        }
    }
}
