//! A process that kills itself at a step of its storage, and the trial around it.

use super::{Place, Trials, in_turn};
use anyhow::{Context, Result};
use data_encoding::BASE64;
use domain::{Digest, Timestamp};
use ledger::{AppendPlan, LogSigner, TreeHead, Trust};
use operations::ctx::SystemClock;
use operations::node::{Backing, Node};
use rustix::process::{Signal, getpid, kill_process};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{
    Committed, Database, Disk, DiskError, Folder, FolderLock, Log, LogStore, Register, StoreError,
    Swap,
};

/// Most steps before a kill: an opening and about four appends.
const STEPS: u64 = 260;

/// What the process that kills itself is told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The node's folder.
    folder: PathBuf,
    /// The statements, packed.
    entries: PathBuf,
    /// How many of them to leave out.
    from: usize,
    /// The step at which it dies, from 1.
    at: u64,
}

/// Statements one after the other, each after its length.
pub(super) fn pack(entries: &[&[u8]]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for entry in entries {
        bytes.extend_from_slice(&u32::try_from(entry.len())?.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

fn unpack(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut entries = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let Some((entry, rest)) = rest.split_at_checked(length) else { break };
        entries.push(entry);
        bytes = rest;
    }
    entries
}

/// This program, by the link that holds when its file was replaced meanwhile: a build of the workspace does that in the
/// middle of the gate.
const OWN: &str = "/proc/self/exe";

/// Runs such a process and hears what it acknowledges until it dies.
pub(super) fn trial(trials: &mut Trials, place: &mut Place) -> Result<()> {
    let at = trials.draw.below(STEPS) + 1;
    let from = in_turn(&trials.chains).take_while(|signed| place.seen.has(&signed.id)).count();
    let mut child = Command::new(OWN)
        .arg("crash-step")
        .arg(&place.folder)
        .arg(trials.root.join("entries"))
        .args([from.to_string(), at.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("can't run this program again")?;
    let told = BufReader::new(child.stdout.take().context("its output")?);
    for line in told.lines() {
        let line = line?;
        match line.strip_prefix("receipt ") {
            Some(receipt) => trials.acknowledge(place, &BASE64.decode(receipt.as_bytes())?),
            None if line == "end" => trials.totals.spared += 1,
            None => trials.violation(&place.folder, &format!("step {at}: {line}")),
        }
    }
    child.wait()?;
    Ok(())
}

/// The process: appends until it comes to its step.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let packed = std::fs::read(&options.entries)?;
    let mut out = std::io::stdout().lock();
    let mut hand_in = || -> Result<()> {
        let node = open(&options.folder, Arc::new(Steps(AtomicU64::new(options.at))))?;
        for entry in unpack(&packed).into_iter().skip(options.from) {
            writeln!(out, "receipt {}", BASE64.encode(&node.submit(entry)?))?;
            out.flush()?;
        }
        Ok(())
    };
    let said = hand_in().map_or_else(|error| format!("{error:#}"), |()| "end".to_owned());
    println!("{said}");
    Ok(true)
}

/// Steps until the end.
#[derive(Debug)]
struct Steps(AtomicU64);

impl Steps {
    /// One step; the last one does not return.
    fn step(&self) {
        if self.0.fetch_sub(1, Ordering::SeqCst) == 1 {
            // nothing is left to do if the kernel refuses, and the trial would say so
            let _ = kill_process(getpid(), Signal::KILL);
        }
    }
}

/// A folder whose operations are taken apart into steps.
struct SteppedDisk {
    root: PathBuf,
    inner: Folder,
    steps: Arc<Steps>,
}

impl Disk for SteppedDisk {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, DiskError> {
        self.inner.read(path)
    }
    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        self.inner.list(folder)
    }
    fn create_folders(&self, folders: &[String]) -> Result<(), DiskError> {
        for folder in folders {
            self.steps.step();
            self.inner.create_folders(std::slice::from_ref(folder))?;
        }
        Ok(())
    }
    fn write(&self, files: &[(String, &[u8])]) -> Result<(), DiskError> {
        for file in files {
            self.steps.step();
            // a kill in the middle of a write leaves a part of it
            let (path, bytes) = file;
            let half = bytes.get(..bytes.len() / 2).unwrap_or_default();
            let _written_whole_below = std::fs::write(self.root.join(path), half);
            self.steps.step();
            self.inner.write(std::slice::from_ref(file))?;
        }
        Ok(())
    }
    fn place(&self, files: &[(String, String)]) -> Result<(), DiskError> {
        for file in files {
            self.steps.step();
            self.inner.place(std::slice::from_ref(file))?;
        }
        Ok(())
    }
    fn put(&self, folders: &[String], files: &[(String, &[u8])]) -> Result<Vec<usize>, DiskError> {
        self.create_folders(folders)?;
        let mut taken = Vec::new();
        for (at, file) in files.iter().enumerate() {
            self.steps.step();
            // a machine that stops before the one sync may leave a part of the file, or none of it, at its place
            let (path, bytes) = file;
            let place = self.root.join(path);
            if !place.exists() {
                let left = bytes.get(..(bytes.len() / 2) * (at % 2)).unwrap_or_default();
                let _written_whole_below = std::fs::write(&place, left);
                self.steps.step();
                let _put_whole_below = std::fs::remove_file(&place);
            }
            if !self.inner.put(&[], std::slice::from_ref(file))?.is_empty() {
                taken.push(at);
            }
        }
        Ok(taken)
    }
    fn remove(&self, path: &str) -> Result<(), DiskError> {
        self.steps.step();
        self.inner.remove(path)
    }
}

/// A register with a step before and after each change.
struct SteppedRegister {
    inner: Arc<Database>,
    steps: Arc<Steps>,
}

impl Register for SteppedRegister {
    fn committed(&self) -> Result<Option<Committed>, StoreError> {
        self.inner.committed()
    }
    fn swap(&self, plan: &AppendPlan, at: Timestamp) -> Result<Swap, StoreError> {
        self.steps.step();
        let swapped = self.inner.swap(plan, at);
        self.steps.step();
        swapped
    }
    fn replace_checkpoint(&self, head: &TreeHead, checkpoint: &[u8]) -> Result<bool, StoreError> {
        self.steps.step();
        let replaced = self.inner.replace_checkpoint(head, checkpoint);
        self.steps.step();
        replaced
    }
    fn index_of(&self, id: &Digest) -> Result<Option<u64>, StoreError> {
        self.inner.index_of(id)
    }
}

/// What a node in such a process stands on.
#[derive(Debug)]
struct Stepped {
    log: Log,
    database: Arc<Database>,
    _lock: FolderLock,
}

impl Backing for Stepped {
    fn log(&self) -> &dyn LogStore {
        &self.log
    }
    fn database(&self) -> &Database {
        &self.database
    }
}

fn open(folder: &Path, steps: Arc<Steps>) -> Result<Node> {
    let signer = LogSigner::read(&std::fs::read_to_string(folder.join("log.key"))?)?;
    let trust = Trust::read(&std::fs::read_to_string(folder.join("trust.toml"))?)?;
    let lock = FolderLock::take(&folder.join("lock"))?;
    let database = Arc::new(Database::open(&folder.join(store::DATABASE_FILE))?);
    let (root, inner) = (folder.to_owned(), Folder::new(folder.to_owned()));
    let disk = SteppedDisk { root, inner, steps: Arc::clone(&steps) };
    let register = SteppedRegister { inner: Arc::clone(&database), steps };
    let log = Log::open(Arc::new(disk), Arc::new(register))?;
    let stepped = Stepped { log, database, _lock: lock };
    Ok(Node::over(Box::new(stepped), signer, trust, Arc::new(SystemClock))?)
}
