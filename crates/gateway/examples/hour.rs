//! Whether memory stays flat over an hour of load: as many requests as come in an hour at the stated rate, half of them streams
//! of 64 events, sent as fast as they are answered while the gateway's clock goes through the hour minute by minute.
//!
//! Every minute 64 clients connect anew, the minute's uses are closed and stated, and the record counts them, as in a gateway
//! that runs for long. The process holds gateway, model and clients. Prints one JSON line; memory that grows ends it with an error.
#![expect(clippy::disallowed_methods, reason = "a measurement owns its clock and its tasks")]
#![expect(clippy::print_stdout, reason = "its output is the result")]

#[expect(dead_code, reason = "each bench counts time or answers")]
#[path = "passthrough/load.rs"]
mod load;
#[path = "passthrough/peer.rs"]
#[expect(dead_code, reason = "shared with benches that pass through")]
mod peer;
#[expect(dead_code, reason = "shared with the tests, which also withdraw")]
#[path = "../tests/it/permits.rs"]
mod permits;

use domain::{Span, Timestamp};
use gateway::{Clock, Config, Durability, Gateway, LiveReviews, UseLog};
use load::{Shape, Until, drive_until};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::net::TcpListener;

/// Requests in a second of the hour.
const RATE: u32 = 20;
/// Minutes.
const MINUTES: u32 = 60;
/// Open connections.
const CLIENTS: usize = 60;
/// Most that memory may grow from the end of the first ten minutes to the end of the hour, in KiB.
const GROWTH: u64 = 4_096;

type Failure = Box<dyn std::error::Error>;

/// A clock that is set.
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst)).unwrap_or(Timestamp::MAX)
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let start: Timestamp = "2026-11-02T12:00:00Z".parse()?;
    let clock = Arc::new(Hands(AtomicI64::new(start.as_micros())));
    let folder = tempfile::tempdir()?;
    let upstream = peer::upstream().await?;
    let reviews = Arc::new(permits::review(1 << 40, start.before(Span::hours(2))));
    let path = folder.path().join("uses.log");
    let log = Arc::new(UseLog::open(&path, Durability::Durable, clock.now())?.0);
    let config = Config::new(format!("http://{upstream}/v1").parse()?);
    let authority = Arc::<LiveReviews>::clone(&reviews);
    let hands = Arc::<Hands>::clone(&clock);
    let gateway = Gateway::new(&config, authority, Arc::<UseLog>::clone(&log) as _, hands)?;
    let control = gateway.control();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(gateway.serve(listener, std::future::pending()));
    let each = RATE * 60 / u32::try_from(CLIENTS)? / 2;
    let (mut requests, mut stated, mut memory) = (0, 0, Vec::new());
    for _ in 0..MINUTES {
        for shape in [Shape::Whole, Shape::Stream] {
            requests += drive_until(address, "", CLIENTS, shape, Until::Answers(each)).await?;
        }
        clock.0.fetch_add(60_000_000, Ordering::SeqCst);
        for minute in log.minutes_closed(clock.now())? {
            permits::state_uses(&reviews, &minute, clock.now());
            log.minute_recorded(&minute).await?;
            stated += minute.count;
        }
        memory.push(resident()?);
    }
    let most = |part: &[u64]| part.iter().max().copied().unwrap_or(0);
    let (early, late) =
        (most(memory.get(5..10).unwrap_or(&[])), most(memory.get(50..).unwrap_or(&[])));
    let grown = late.saturating_sub(early);
    println!(
        "{}",
        json!({"name": "gateway-hour", "requests": requests, "a_second": RATE, "minutes_stated": MINUTES,
            "uses_stated": stated, "memory_kib_after_10_minutes": early, "memory_kib_after_60": late,
            "grown_kib": grown, "bar_kib": GROWTH, "open_requests": control.open_requests()})
    );
    if stated != u64::from(requests) {
        return Err(format!("{requests} requests and {stated} stated uses").into());
    }
    if grown > GROWTH {
        return Err(format!("memory grew by {grown} KiB: {memory:?}").into());
    }
    Ok(())
}

/// Memory that the process has in KiB.
fn resident() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    Ok(line.ok_or("no VmRSS")?.trim().trim_end_matches("kB").trim().parse()?)
}
