//! Each operation failed in turn: the caller is told, nothing is half done, and trying again works.

use super::{append, at, audit, head_of, id, plan};
use crate::{
    Committed, Database, Disk, DiskError, DiskFault, Folder, Log, LogStore, MemoryDisk, Register,
    StoreError, Swap,
};
use domain::{Digest, Timestamp};
use ledger::{AppendPlan, TreeHead};
use std::io::{Error, ErrorKind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// What happens at the chosen operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It fails for want of room and does nothing.
    Full,
    /// It fails and does nothing.
    Nothing,
    /// It is done, and fails all the same.
    Done,
    /// It is done, and then syncing fails.
    Sync,
    /// It is not done, and nothing works from then on: the process is gone.
    CrashBefore,
    /// It is done, and nothing works from then on.
    CrashAfter,
}

/// Counts the operations that change something and fails the chosen one.
#[derive(Debug)]
pub(super) struct Faults {
    left: AtomicU64,
    kind: Kind,
    /// Whether the fault has happened.
    hit: Mutex<bool>,
}

impl Faults {
    pub(super) fn at(operation: u64, kind: Kind) -> Arc<Self> {
        Arc::new(Self { left: AtomicU64::new(operation), kind, hit: Mutex::new(false) })
    }

    pub(super) fn was_hit(&self) -> bool {
        *self.hit.lock().expect("no test panics holding it")
    }

    /// Runs one operation with the fault, if it is its turn.
    fn run<T, E>(
        &self,
        operation: impl FnOnce() -> Result<T, E>,
        fail: impl Fn(Kind) -> E,
    ) -> Result<T, E> {
        let crashed = matches!(self.kind, Kind::CrashBefore | Kind::CrashAfter);
        if self.was_hit() {
            return if crashed { Err(fail(Kind::Nothing)) } else { operation() };
        }
        if self.left.fetch_sub(1, Ordering::SeqCst) > 0 {
            return operation();
        }
        *self.hit.lock().expect("no test panics holding it") = true;
        if matches!(self.kind, Kind::Done | Kind::Sync | Kind::CrashAfter) {
            operation()?;
        }
        Err(fail(self.kind))
    }
}

/// A disk with a fault.
pub(super) struct FaultyDisk<D> {
    pub(super) inner: D,
    pub(super) faults: Arc<Faults>,
}

impl<D: Disk> FaultyDisk<D> {
    fn run<T>(
        &self,
        path: &str,
        operation: impl FnOnce(&D) -> Result<T, DiskError>,
    ) -> Result<T, DiskError> {
        self.faults.run(
            || operation(&self.inner),
            |kind| {
                let fault = match kind {
                    Kind::Full => DiskFault::Full,
                    Kind::Sync => DiskFault::Sync,
                    Kind::Nothing | Kind::Done | Kind::CrashBefore | Kind::CrashAfter => {
                        DiskFault::Other("failed on purpose")
                    }
                };
                DiskError { path: path.to_owned(), fault, source: Error::from(ErrorKind::Other) }
            },
        )
    }
}

impl<D: Disk> Disk for FaultyDisk<D> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, DiskError> {
        self.inner.read(path)
    }
    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        self.inner.list(folder)
    }
    fn create_folders(&self, folders: &[String]) -> Result<(), DiskError> {
        self.run("folders", |disk| disk.create_folders(folders))
    }
    fn write(&self, files: &[(String, &[u8])]) -> Result<(), DiskError> {
        self.run("written", |disk| disk.write(files))
    }
    fn place(&self, files: &[(String, String)]) -> Result<(), DiskError> {
        self.run("placed", |disk| disk.place(files))
    }
    fn put(&self, folders: &[String], files: &[(String, &[u8])]) -> Result<Vec<usize>, DiskError> {
        self.run("put", |disk| disk.put(folders, files))
    }
    fn remove(&self, path: &str) -> Result<(), DiskError> {
        self.run(path, |disk| disk.remove(path))
    }
}

/// A register with a fault in its swap.
pub(super) struct FaultyRegister {
    pub(super) inner: Arc<Database>,
    pub(super) faults: Arc<Faults>,
}

impl Register for FaultyRegister {
    fn committed(&self) -> Result<Option<Committed>, StoreError> {
        self.inner.committed()
    }
    fn swap(&self, plan: &AppendPlan, now: Timestamp) -> Result<Swap, StoreError> {
        self.faults.run(
            || self.inner.swap(plan, now),
            |kind| {
                if kind == Kind::Full {
                    return StoreError::Full { path: "node.db".to_owned() };
                }
                let code = if kind == Kind::Sync { 10 } else { 5 };
                let source = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
                StoreError::Database { doing: "failing on purpose", source }
            },
        )
    }
    fn replace_checkpoint(&self, head: &TreeHead, note: &[u8]) -> Result<bool, StoreError> {
        self.inner.replace_checkpoint(head, note)
    }
    fn index_of(&self, id: &Digest) -> Result<Option<u64>, StoreError> {
        self.inner.index_of(id)
    }
}

/// Batches of statements, from and to.
type Batches = &'static [(u64, u64)];

/// Few statements, so that every fault is quick to try.
const SMALL: Batches = &[(0, 2), (2, 3), (3, 5)];
/// Fills a tile, so that partial ones are outgrown.
const FILLING: Batches = &[(0, 255), (255, 257)];

/// Appends the batches with one failing operation. Returns whether the fault was reached.
fn check<D: Disk + 'static>(
    batches: Batches,
    disk: D,
    reopen: impl Fn() -> Arc<dyn Disk>,
    (operation, kind): (u64, Kind),
) -> bool {
    let database = Arc::new(Database::in_memory().expect("opens"));
    let faults = Faults::at(operation, kind);
    let faulty: Arc<dyn Disk> = Arc::new(FaultyDisk { inner: disk, faults: Arc::clone(&faults) });
    let register: Arc<dyn Register> =
        Arc::new(FaultyRegister { inner: Arc::clone(&database), faults: Arc::clone(&faults) });
    let again = || Log::open(reopen(), Arc::<Database>::clone(&database)).expect("opens again");
    let mut log = Log::open(faulty, register).unwrap_or_else(|_| again());
    for &(from, to) in batches {
        let statements: Vec<u64> = (from..to).collect();
        let mut tries = 0;
        while log.index_of(&id(from)).expect("reads").is_none() {
            tries += 1;
            assert!(tries < 4, "operation {operation}, {kind:?}: it never works again");
            let head = match log.head() {
                Ok(head) => head_of(head.as_ref()),
                Err(_) => {
                    log = again();
                    continue;
                }
            };
            if let Err(error) = log.commit(&plan(&log, head, &statements), at(10 + from)) {
                assert!(faults.was_hit(), "operation {operation}: {error}");
                // A sync failed or the swap is in doubt: the process ends and is started again.
                if log.head().is_err() {
                    log = again();
                }
            }
        }
    }
    let all: Vec<u64> = (0..batches.last().expect("some").1).collect();
    drop(log);
    let log = again();
    audit(&log, &all);
    append(&log, &[1_000], 500);
    faults.was_hit()
}

/// Fails every operation of these batches in turn; returns how many there were.
fn each_operation(batches: Batches, kind: Kind) -> u64 {
    for operation in 0.. {
        let disk = Arc::new(MemoryDisk::new());
        let again = Arc::clone(&disk);
        let reopen = move || -> Arc<dyn Disk> { Arc::<MemoryDisk>::clone(&again) };
        if !check(batches, Shared(disk), reopen, (operation, kind)) {
            return operation;
        }
    }
    0
}

#[test]
fn every_operation_fails_in_turn_in_memory() {
    for kind in [Kind::Full, Kind::Nothing, Kind::Done, Kind::Sync] {
        let operations = each_operation(SMALL, kind);
        assert!(operations > 20, "{operations} operations");
    }
    let operations = each_operation(FILLING, Kind::Sync);
    assert!(operations > 15, "{operations} operations");
}

#[test]
fn every_operation_fails_in_turn_in_files() {
    // Every third, from a different start for each kind: syncing takes its time.
    for (kind, start) in [(Kind::Full, 0), (Kind::Sync, 2)] {
        for operation in (start..30).step_by(3) {
            let folder = tempfile::tempdir().expect("a folder");
            let disk = Folder::new(folder.path().to_owned());
            let again = disk.clone();
            check(SMALL, disk, move || Arc::new(again.clone()), (operation, kind));
        }
    }
}

/// A disk that several logs see, one after another.
struct Shared(Arc<MemoryDisk>);

impl Disk for Shared {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, DiskError> {
        self.0.read(path)
    }
    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        self.0.list(folder)
    }
    fn create_folders(&self, folders: &[String]) -> Result<(), DiskError> {
        self.0.create_folders(folders)
    }
    fn write(&self, files: &[(String, &[u8])]) -> Result<(), DiskError> {
        self.0.write(files)
    }
    fn place(&self, files: &[(String, String)]) -> Result<(), DiskError> {
        self.0.place(files)
    }
    fn put(&self, folders: &[String], files: &[(String, &[u8])]) -> Result<Vec<usize>, DiskError> {
        self.0.put(folders, files)
    }
    fn remove(&self, path: &str) -> Result<(), DiskError> {
        self.0.remove(path)
    }
}

#[test]
fn a_full_disk_is_said_and_nothing_is_half_done() {
    let database = Arc::new(Database::in_memory().expect("opens"));
    // opening, staging and the swap come before
    let faults = Faults::at(3, Kind::Full);
    let disk = FaultyDisk { inner: MemoryDisk::new(), faults: Arc::clone(&faults) };
    let log = Log::open(Arc::new(disk), Arc::<Database>::clone(&database)).expect("opens");
    let plan = plan(&log, TreeHead::EMPTY, &[1, 2]);
    let error = log.commit(&plan, at(1)).expect_err("there is no room");
    let StoreError::NotPublished(why) = &error else { panic!("{error:?}") };
    assert!(matches!(**why, StoreError::Full { .. }));
    assert_eq!(log.index_of(&id(1)).expect("reads"), Some(0), "committed");
    audit(&log, &[1, 2]);

    let faults = Faults::at(1, Kind::Full);
    let disk = FaultyDisk { inner: MemoryDisk::new(), faults };
    let database = Arc::new(Database::in_memory().expect("opens"));
    let log = Log::open(Arc::new(disk), database).expect("opens");
    let error = log.commit(&plan, at(1)).expect_err("there is no room");
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    assert_eq!(log.index_of(&id(1)).expect("reads"), None, "not committed");
    audit(&log, &[]);
    log.commit(&plan, at(1)).expect("there is room now");
    audit(&log, &[1, 2]);
}

#[test]
fn a_failed_sync_ends_writing() {
    // while staging, and while putting in place what is committed
    for (operation, committed) in [(1, false), (3, true)] {
        let faults = Faults::at(operation, Kind::Sync);
        let disk = FaultyDisk { inner: MemoryDisk::new(), faults };
        let database = Arc::new(Database::in_memory().expect("opens"));
        let log = Log::open(Arc::new(disk), database).expect("opens");
        let plan = plan(&log, TreeHead::EMPTY, &[1]);
        let error = log.commit(&plan, at(1)).expect_err("the sync failed");
        let while_publishing = matches!(&error, StoreError::NotPublished(why)
            if matches!(**why, StoreError::Sync { .. }));
        let while_staging = matches!(error, StoreError::Sync { .. });
        assert_eq!((while_staging, while_publishing), (!committed, committed), "{error:?}");
        assert_eq!(log.index_of(&id(1)).expect("reads").is_some(), committed);
        assert!(matches!(log.commit(&plan, at(1)), Err(StoreError::Poisoned)));
        assert!(matches!(log.head(), Err(StoreError::Poisoned)));
    }
}
