//! Prints how long a sandbox takes from start to stop, against a bare fork and exec: one JSON line
//! of medians in milliseconds. `cargo run --release -p sandbox --example startup [RUNS]`.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench owns its clock and prints its result"
)]

use sandbox::{Exec, Policy, SandboxError, Session};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

fn ours() -> Result<bool, SandboxError> {
    let session = Session::start(Policy::default())?;
    let outcome = session.exec(&Exec::new(["/bin/true"]))?;
    session.stop()?;
    Ok(outcome.success())
}

fn peer() -> bool {
    let quiet = Command::new("/bin/true").stdin(Stdio::null()).stdout(Stdio::null()).status();
    quiet.is_ok_and(|s| s.success())
}

/// The median of `runs` timings, in milliseconds; `None` when one run fails.
fn median(runs: usize, mut run: impl FnMut() -> bool) -> Option<f64> {
    let mut times = Vec::new();
    for _ in 0..runs {
        let start = Instant::now();
        if !run() {
            return None;
        }
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    times.get(runs / 2).copied()
}

fn main() -> ExitCode {
    let runs = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(200).max(1);
    if let Err(missing) = sandbox::probe() {
        println!(r#"{{"name":"sandbox-start","skipped":"{missing}"}}"#);
        return ExitCode::SUCCESS;
    }
    let (Some(ours), Some(peer)) = (median(runs, || ours().unwrap_or(false)), median(runs, peer))
    else {
        println!(r#"{{"name":"sandbox-start","failed":"a run did not end well"}}"#);
        return ExitCode::FAILURE;
    };
    let ratio = ours / peer;
    println!(r#"{{"name":"sandbox-start","ours":{ours:.3},"peer":{peer:.3},"ratio":{ratio:.2}}}"#);
    ExitCode::SUCCESS
}
