//! Requests under way, and how they are cut short.
//!
//! Every forwarded request is a flight. When the authority's epoch changes, and five times a second for
//! what time alone ends, each open flight is asked whether its permit still holds; one that doesn't is
//! marked and its connection woken, wherever it waits: for the upstream, for the disk, for the client.
//! A connection that has not ended its answer [`GRACE`] later, because the client doesn't read, is dropped
//! with what it still had to send.
#![expect(clippy::disallowed_methods, reason = "edge: measures how long requests take")]

use access::Permit;
use domain::{GrantId, Timestamp};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// How long a cut answer may take to end before its connection is dropped.
pub(crate) const GRACE: Duration = Duration::from_millis(250);

/// Why an answer is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Its permit no longer holds.
    PermitEnded,
    /// It took longer than a request may.
    TimedOut,
    /// The gateway is shutting down.
    Stopping,
}

/// A client's connection, seen from outside its task.
#[derive(Debug, Default)]
pub(crate) struct Line(Notify);

/// What a request asks for beside what its permit says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    /// The most that it may cost, in tokens.
    pub(crate) tokens: u64,
    pub(crate) stream: bool,
    pub(crate) from: Option<IpAddr>,
    /// What a delegation leaves: most tokens of the request, and the first instant at which it is over.
    pub(crate) most: Option<u64>,
    pub(crate) until: Option<Timestamp>,
}

/// One request under way.
#[derive(Debug)]
pub(crate) struct Flight {
    number: u64,
    pub(crate) permit: Permit,
    pub(crate) asked: Asked,
    line: Arc<Line>,
    started: Instant,
    cut: OnceLock<(Cut, Instant)>,
}

/// All requests under way.
#[derive(Debug, Default)]
pub(crate) struct Flights {
    next: AtomicU64,
    open: Mutex<BTreeMap<u64, Arc<Flight>>>,
}

impl Line {
    /// Waits until the connection's request is cut.
    pub(crate) async fn is_cut(&self) {
        self.0.notified().await;
    }
}

impl Flight {
    /// Why the request is to be cut, once it is.
    pub(crate) fn cut(&self) -> Option<Cut> {
        self.cut.get().map(|(cut, _)| *cut)
    }

    /// How long ago the request had its permit.
    pub(crate) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// Waits for `work`, but not past a cut. It is polled by the connection's task, which a cut wakes.
    pub(crate) async fn unless_cut<T>(&self, work: impl Future<Output = T>) -> Result<T, Cut> {
        let mut work = pin!(work);
        poll_fn(|cx| match self.cut() {
            Some(cut) => Poll::Ready(Err(cut)),
            None => work.as_mut().poll(cx).map(Ok),
        })
        .await
    }

    /// Cuts the request; the first cause stays.
    fn end(&self, cut: Cut) {
        if self.cut.set((cut, Instant::now())).is_ok() {
            self.line.0.notify_one();
        }
    }
}

impl Flights {
    /// Enters a request. It must be looked at once more after this, lest a withdrawal fell between
    /// its permit and here.
    pub(crate) fn enter(&self, permit: Permit, asked: Asked, line: &Arc<Line>) -> Arc<Flight> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let line = Arc::clone(line);
        let started = Instant::now();
        let flight =
            Arc::new(Flight { number, permit, asked, line, started, cut: OnceLock::new() });
        self.lock().insert(number, Arc::clone(&flight));
        flight
    }

    /// Forgets a request that has ended. Returns how long after its cut it ended, if it was cut.
    pub(crate) fn leave(&self, flight: &Flight) -> Option<Duration> {
        self.lock().remove(&flight.number);
        flight.cut.get().map(|(_, at)| at.elapsed())
    }

    /// Whether a request of a grant is under way.
    pub(crate) fn any_of(&self, grant: &GrantId) -> bool {
        self.lock().values().any(|flight| flight.permit.grant() == grant)
    }

    /// How many requests are under way.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    /// Cuts every request that fails `holds` or that is older than `limit`. Returns how many failed.
    pub(crate) fn sweep(&self, limit: Duration, holds: impl Fn(&Flight) -> bool) -> usize {
        let open: Vec<_> = self.lock().values().cloned().collect();
        let mut failed = 0;
        for flight in open.iter().filter(|flight| flight.cut().is_none()) {
            if !holds(flight) {
                flight.end(Cut::PermitEnded);
                failed += 1;
            } else if flight.started.elapsed() >= limit {
                flight.end(Cut::TimedOut);
            }
        }
        failed
    }

    /// Cuts everything.
    pub(crate) fn stop(&self) {
        let open: Vec<_> = self.lock().values().cloned().collect();
        for flight in open {
            flight.end(Cut::Stopping);
        }
    }

    /// No code panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Flight>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
