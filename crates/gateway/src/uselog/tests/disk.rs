//! Full and broken disks, and what is flushed together.

use super::{intent, outcome, start};
use crate::sink::{Ack, SinkError, UseSink};
use crate::uselog::book::Book;
use crate::uselog::format::{End, Entry};
use crate::uselog::writer::{Job, Medium, Writer, crowded};
use crate::uselog::{Durability, UseLog, check_bytes};
use std::io;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

/// A disk in memory that can fill up and break.
#[derive(Clone, Default)]
struct Disk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    bytes: Vec<u8>,
    room: Option<usize>,
    flushes: usize,
    broken: bool,
}

impl Disk {
    fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.lock().expect("no panic"));
    }
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("no panic").bytes.clone()
    }
    fn log(&self) -> UseLog {
        let medium = Box::new(self.clone());
        let started =
            UseLog::start(medium, End::start(), Durability::Durable, Book::default(), start());
        started.expect("room for a line").0
    }
}

impl Medium for Disk {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.0.lock().expect("no panic");
        let fits = state.room.map_or(bytes.len(), |room| room.min(bytes.len()));
        state.bytes.extend_from_slice(&bytes[..fits]);
        state.room = state.room.map(|room| room - fits);
        if fits < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
    fn flush(&mut self) -> io::Result<()> {
        let mut state = self.0.lock().expect("no panic");
        state.flushes += 1;
        if state.broken { Err(io::Error::other("a bad sector")) } else { Ok(()) }
    }
    fn cut(&mut self, bytes: u64) -> io::Result<()> {
        let mut state = self.0.lock().expect("no panic");
        state.bytes.truncate(usize::try_from(bytes).expect("small"));
        Ok(())
    }
}

#[tokio::test]
async fn a_full_disk_is_survived_at_any_byte() {
    for room in (0..2_000).step_by(37) {
        let disk = Disk::default();
        let log = disk.log();
        log.intent(intent(0, 1)).await.expect("durable");
        disk.set(|d| d.room = Some(room));
        let mut accepted = 1;
        let mut refused = log.outcome(outcome(0, 1, start())).await.is_err();
        for n in 1..4 {
            match log.intent(intent(n, 1)).await {
                Ok(()) => {
                    accepted += 1;
                    refused |= log.outcome(outcome(n, 1, start())).await.is_err();
                }
                Err(error) => {
                    refused = true;
                    assert!(matches!(error, SinkError::Write(_)), "{error}");
                }
            }
        }
        assert!(refused, "{room} bytes are not enough for all");
        assert!(check_bytes(&disk.bytes()).is_ok(), "nothing half-written stays");
        // space is freed: what was owed is written before anything new
        disk.set(|d| d.room = None);
        log.intent(intent(9, 1)).await.expect("durable");
        log.outcome(outcome(9, 1, start())).await.expect("durable");
        assert_eq!(check_bytes(&disk.bytes()), Ok(accepted + 1), "room for {room} bytes");
    }
}

#[tokio::test]
async fn after_a_failed_flush_nothing_more_is_taken() {
    let disk = Disk::default();
    let log = disk.log();
    disk.set(|d| d.broken = true);
    let failed = log.intent(intent(0, 1)).await;
    assert!(matches!(failed, Err(SinkError::Flush(_))), "{failed:?}");
    disk.set(|d| d.broken = false);
    let after = log.intent(intent(1, 1)).await;
    assert!(matches!(after, Err(SinkError::Flush(_))), "{after:?}");
}

#[tokio::test]
async fn what_comes_together_is_flushed_together() {
    let disk = Disk::default();
    let log = disk.log();
    let acks: Vec<_> = (0..500).map(|n| log.intent(intent(n, 1))).collect();
    for ack in acks {
        ack.await.expect("durable");
    }
    let flushes = disk.0.lock().expect("no panic").flushes;
    assert!(flushes < 250, "{flushes} flushes for 500 intents");
}

#[tokio::test]
async fn everything_handed_over_before_is_written() {
    let disk = Disk::default();
    let log = disk.log();
    let acks: Vec<_> = (0..700).map(|n| log.intent(intent(n, 1))).collect();
    log.written().await.expect("durable");
    let text = String::from_utf8(disk.bytes()).expect("text");
    assert_eq!(text.lines().filter(|line| line.starts_with("{\"intent\"")).count(), 700);
    drop(acks);
    disk.set(|d| d.room = Some(0));
    assert!(log.outcome(outcome(0, 1, start())).await.is_err());
    assert!(log.written().await.is_err(), "an outcome is owed");
}

#[test]
fn others_are_waited_for_only_where_many_come() {
    let millisecond = Duration::from_millis(1);
    for (count, took, waits) in [
        (1, millisecond, false),
        (3, millisecond, false),
        (4, millisecond, true),
        (512, 100 * millisecond, true),
        (512, 200 * millisecond, false),
        (1, Duration::ZERO, true),
        (0, millisecond, false),
        (usize::MAX, Duration::MAX, false),
    ] {
        assert_eq!(crowded(count, took), waits, "{count} in {took:?}");
    }
}

#[test]
fn a_batch_takes_along_what_is_queued() {
    let medium = Box::new(Disk::default());
    let book = Arc::new(Mutex::new(Book::default()));
    let writer = Writer::new(medium, End::start(), Durability::Durable, book);
    let job = |n| Job::Write(Entry::Intent(intent(n, 1)), Ack::later().0);
    let (jobs, queue) = mpsc::channel();
    for n in 1..600 {
        jobs.send(job(n)).expect("open");
    }
    assert_eq!(writer.gather(job(0), &queue).entries.len(), 512);
    assert_eq!(writer.gather(Job::Mark(Ack::later().0), &queue).entries.len(), 88);
}
