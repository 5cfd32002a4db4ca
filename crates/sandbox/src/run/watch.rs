//! What is watched while a program runs: its streams, its time, its workspace.
#![expect(clippy::disallowed_methods, reason = "edge: bounds wall time")]

use crate::policy::{Enforced, Exec, Outcome, Status};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::io::{Errno, read, write};
use std::time::{Duration, Instant};

/// How often the workspace is measured.
const SAMPLE: Duration = Duration::from_millis(100);
/// The longest wall time, whatever the limit says.
const LONGEST: Duration = Duration::from_secs(7 * 86_400);
const CHUNK: usize = 64 << 10;

/// A stream that is read to its end and kept up to a bound.
struct Kept {
    from: Option<OwnedFd>,
    bytes: Vec<u8>,
    bound: usize,
    truncated: bool,
}

impl Kept {
    fn new(from: OwnedFd, bound: usize) -> Self {
        Self { from: Some(from), bytes: Vec::new(), bound, truncated: false }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = self.bound.saturating_sub(self.bytes.len());
        self.bytes.extend(bytes.iter().take(room));
        self.truncated |= bytes.len() > room;
    }

    /// Reads once; says whether more may be there.
    fn read(&mut self, buffer: &mut [u8]) -> bool {
        let Some(from) = &self.from else { return false };
        match read(from, &mut *buffer) {
            Ok(0) => self.from = None,
            Ok(n) => {
                let (head, _) = buffer.split_at(n);
                self.keep(head);
                return true;
            }
            Err(Errno::INTR) => return true,
            Err(Errno::AGAIN) => {}
            Err(_) => self.from = None,
        }
        false
    }
}

/// The state of watching.
pub(crate) struct Watch<'a> {
    /// Closed once everything is written.
    stdin: Option<OwnedFd>,
    input: &'a [u8],
    stdout: Kept,
    stderr: Kept,
    deadline: Instant,
    sample: Instant,
    pub(crate) timed_out: bool,
    pub(crate) full: bool,
    /// Closed at the other end when the caller wants the run to end.
    pub(crate) cancel: Option<&'a OwnedFd>,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(exec: &'a Exec, [stdin, stdout, stderr]: [OwnedFd; 3], now: Instant) -> Self {
        let bound = exec.limits.output;
        Self {
            stdin: (!exec.stdin.is_empty()).then_some(stdin),
            input: &exec.stdin,
            stdout: Kept::new(stdout, bound),
            stderr: Kept::new(stderr, bound),
            deadline: now + exec.limits.wall.min(LONGEST),
            sample: now + SAMPLE,
            timed_out: false,
            full: false,
            cancel: None,
        }
    }

    /// Serves the streams until the child has ended; kills it when time or workspace are used up.
    pub(crate) fn until_end(
        &mut self,
        child: &OwnedFd,
        kill: impl Fn(),
        over: impl Fn() -> bool,
    ) -> Result<(), Errno> {
        let mut buffer = vec![0; CHUNK];
        while !self.wait(child, &mut buffer)? {
            let now = Instant::now();
            if (now >= self.deadline || self.cancelled()) && !self.timed_out {
                self.timed_out = true;
                kill();
            }
            if now >= self.sample && !self.full {
                self.full = over();
                if self.full {
                    kill();
                }
                self.sample = Instant::now() + SAMPLE;
            }
        }
        // Every writer is gone, so what is left in the pipes is all there is.
        while self.stdout.read(&mut buffer) {}
        while self.stderr.read(&mut buffer) {}
        Ok(())
    }

    fn cancelled(&self) -> bool {
        let Some(cancel) = self.cancel else { return false };
        let mut polled = [PollFd::new(cancel, PollFlags::IN)];
        poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|n| n > 0)
    }

    /// Waits for one event and serves it; says whether the child has ended.
    fn wait(&mut self, child: &OwnedFd, buffer: &mut [u8]) -> Result<bool, Errno> {
        let mut polled = vec![PollFd::new(child, PollFlags::IN)];
        let reading = [self.stdout.from.as_ref(), self.stderr.from.as_ref()];
        polled.extend(reading.into_iter().flatten().map(|fd| PollFd::new(fd, PollFlags::IN)));
        let cancel = self.cancel.filter(|_| !self.timed_out);
        polled.extend(cancel.map(|fd| PollFd::new(fd, PollFlags::IN)));
        polled.extend(self.stdin.as_ref().map(|fd| PollFd::new(fd, PollFlags::OUT)));
        let now = Instant::now();
        let next = if self.timed_out { self.sample } else { self.sample.min(self.deadline) };
        let left = next.saturating_duration_since(now).max(Duration::from_micros(100));
        let left = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(left.subsec_nanos()),
        };
        match poll(&mut polled, Some(&left)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
        let ended = polled.first().is_some_and(|p| !p.revents().is_empty());
        drop(polled);
        self.stdout.read(buffer);
        self.stderr.read(buffer);
        self.feed();
        Ok(ended)
    }

    fn feed(&mut self) {
        let Some(stdin) = &self.stdin else { return };
        match write(stdin, self.input) {
            Ok(n) => {
                let (_, rest) = self.input.split_at(n);
                self.input = rest;
            }
            Err(Errno::AGAIN | Errno::INTR) => return,
            // The guest closed its input: that is its affair.
            Err(_) => self.input = &[],
        }
        if self.input.is_empty() {
            self.stdin = None;
        }
    }

    /// Adds a line of ours to standard error.
    pub(crate) fn complain(&mut self, line: &str) {
        self.stderr.keep(line.as_bytes());
    }

    pub(crate) fn outcome(self, status: Status, wall: Duration, enforced: Enforced) -> Outcome {
        Outcome {
            status,
            stdout: self.stdout.bytes,
            stdout_truncated: self.stdout.truncated,
            stderr: self.stderr.bytes,
            stderr_truncated: self.stderr.truncated,
            wall,
            enforced,
        }
    }
}
