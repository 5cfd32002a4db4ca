//! Prints how long a sandbox takes from start to stop, against a bare fork and exec and against one in a network namespace of its own: one JSON
//! line of medians in milliseconds. Over three times the latter the exit code is 1.
//! `cargo run --release -p sandbox --example startup [RUNS]`.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench owns its clock and prints its result"
)]
#![expect(unsafe_code, reason = "what is measured against: forks by hand")]

use rustix::thread::{UnshareFlags, unshare_unsafe};
use sandbox::{Exec, Policy, SandboxError, Session};
use std::os::unix::process::CommandExt as _;
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

/// Fork and exec in a network namespace, which takes a user namespace where there are no rights.
fn networked() -> bool {
    let mut command = Command::new("/bin/true");
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let apart = || {
        // SAFETY: the child of a fork has one thread, and neither flag takes its descriptors or memory away.
        let alone = unsafe { unshare_unsafe(UnshareFlags::NEWNET) };
        // SAFETY: as above.
        alone
            .or_else(|_| unsafe { unshare_unsafe(UnshareFlags::NEWUSER | UnshareFlags::NEWNET) })?;
        Ok(())
    };
    // SAFETY: `apart` makes only system calls.
    unsafe { command.pre_exec(apart) };
    command.status().is_ok_and(|status| status.success())
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
    let ours = median(runs, || ours().unwrap_or(false));
    let (Some(ours), Some(peer), Some(networked)) =
        (ours, median(runs, peer), median(runs, networked))
    else {
        println!(r#"{{"name":"sandbox-start","failed":"a run did not end well"}}"#);
        return ExitCode::FAILURE;
    };
    let (ratio, to_networked) = (ours / peer, ours / networked);
    println!(
        r#"{{"name":"sandbox-start","ours":{ours:.3},"peer":{peer:.3},"ratio":{ratio:.2},"networked":{networked:.3},"ratio_networked":{to_networked:.2},"bound":3}}"#
    );
    if to_networked <= 3.0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
