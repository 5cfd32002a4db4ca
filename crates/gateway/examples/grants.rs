//! 100,000 grants: how long loading them takes, what a permit costs then, and whether a reload stalls requests.
//!
//! While one thread asks for permits as fast as it can, another builds the same state again from its
//! statements and puts it in place, three times. The longest time that one permit took is printed, as it was
//! and without the time that the thread waited for a processor; and the same of as long a time in which the other thread only
//! computes and nothing is reloaded, which is what the machine itself does. It fails when a reload makes a permit wait over
//! 5 ms, or when a permit is refused.
#![expect(clippy::disallowed_methods, reason = "a measurement owns its clock")]
#![expect(clippy::print_stdout, reason = "its output is the result")]

#[expect(dead_code, reason = "shared with the tests, which also withdraw")]
#[path = "../tests/it/permits.rs"]
mod permits;

use access::{Endpoint, UseRequest};
use domain::{Digest, Span};
use gateway::{Authority, Clock, LiveReviews, SystemClock};
use std::error::Error;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const GRANTS: usize = 100_000;
const RELOADS: usize = 3;
const BOUND: Duration = Duration::from_millis(5);

fn main() -> Result<(), Box<dyn Error>> {
    let clock = SystemClock::start();
    let from = clock.now().before(Span::hours(2));
    let began = Instant::now();
    let reviews = permits::crowded(GRANTS, 1 << 30, from);
    let loaded = began.elapsed();
    let live = LiveReviews::new(reviews);
    let resident = resident_kib()?;
    let credentials: Vec<_> =
        (0..GRANTS).map(|n| Digest::of(permits::other(n).as_bytes())).collect();
    let model: domain::ModelId = permits::MODEL.parse()?;
    let asker = Asker { live: &live, clock, credentials, model, done: AtomicBool::new(false) };
    let mut reloads = Vec::new();
    let reloading = Instant::now();
    let during = asker.beside(|| {
        for _ in 0..RELOADS {
            let fresh = permits::crowded(GRANTS, 1 << 30, from);
            let at = Instant::now();
            live.replace(fresh);
            reloads.push(at.elapsed());
        }
    });
    let reloading = reloading.elapsed();
    // the same work on the other thread, and nothing of it put in place
    let without = asker.beside(|| {
        let began = Instant::now();
        while began.elapsed() < reloading {
            drop(permits::crowded(GRANTS / 10, 1 << 30, from));
        }
    });
    let Asked { asked, refused, longest, stalled } = during;
    let replaced = reloads.iter().max().copied().unwrap_or_default();
    println!(
        "{{\"name\":\"gateway-grants\",\"grants\":{GRANTS},\"loaded_ms\":{:.0},\"resident_mib\":{},\"reloads\":{RELOADS},\"put_in_place_ms\":{:.3},\"permits_meanwhile\":{asked},\"longest_permit_ms\":{:.3},\"longest_stall_ms\":{:.3},\"longest_permit_without_reload_ms\":{:.3},\"longest_stall_without_reload_ms\":{:.3}}}",
        millis(loaded),
        resident / 1024,
        millis(replaced),
        millis(longest),
        millis(stalled),
        millis(without.longest),
        millis(without.stalled),
    );
    if refused > 0 || asked == 0 {
        return Err(format!("{refused} of {asked} permits were refused").into());
    }
    if stalled > BOUND {
        return Err("a permit took over 5 ms while grants were reloaded".into());
    }
    Ok(())
}

/// Somebody who asks for permits as fast as they can.
struct Asker<'a> {
    live: &'a LiveReviews,
    clock: SystemClock,
    credentials: Vec<Digest>,
    model: domain::ModelId,
    done: AtomicBool,
}

/// What came of it: the longest time that a permit took, and the longest without waiting for a processor.
#[derive(Default)]
struct Asked {
    asked: u64,
    refused: u64,
    longest: Duration,
    stalled: Duration,
}

impl Asker<'_> {
    /// Asks for as long as something else is done.
    fn beside(&self, work: impl FnOnce()) -> Asked {
        self.done.store(false, Ordering::Relaxed);
        std::thread::scope(|scope| {
            let asking = scope.spawn(|| self.ask());
            work();
            self.done.store(true, Ordering::Relaxed);
            asking.join().unwrap_or_default()
        })
    }

    fn ask(&self) -> Asked {
        let mut all = Asked::default();
        for credential in self.credentials.iter().cycle() {
            if self.done.load(Ordering::Relaxed) {
                break;
            }
            let request = UseRequest::new(self.model.clone(), Endpoint::ChatCompletions, 100);
            let (queued, at) = (queued(), Instant::now());
            let permit = self.live.permit(credential, &request, self.clock.now());
            let took = at.elapsed();
            all.longest = all.longest.max(took);
            if took > all.stalled {
                let waited = crate::queued().saturating_sub(queued);
                all.stalled = all.stalled.max(took.saturating_sub(waited));
            }
            all.asked += 1;
            all.refused += u64::from(permit.is_err());
        }
        all
    }
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}

/// How long this thread has waited for a processor, which says what others on the machine do.
fn queued() -> Duration {
    let account = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = account.split(' ').nth(1).and_then(|n| n.parse().ok()).unwrap_or(0);
    Duration::from_nanos(nanos)
}

/// Memory of this process in KiB.
fn resident_kib() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
