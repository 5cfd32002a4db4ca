//! What a request costs in instructions: the gateway's beside the minimal pass-through's, each in a process of its own under
//! Valgrind's Callgrind, driven from this one.
//!
//! Instructions of user space do not change with what else a machine does, so this is the figure for comparing one
//! version with the next; the kernel's share (sockets, the disk) is in `peers`. Each proxy runs twice, with few requests and
//! with more, and the difference is divided by the difference of requests: what starting costs falls out.
//!
//! Prints one JSON line for answers that are whole and one for streams of 64 events. Skips, and says so, without Valgrind.
//! There is no bar: Valgrind offers no SHA instructions, so digests, which the pass-through has none of, weigh here some six
//! times what they weigh in earnest. CPU time has the bars, in `peers`.
#![expect(clippy::print_stdout, reason = "its output is the result")]

#[path = "passthrough/apart.rs"]
#[expect(dead_code, reason = "each bench asks for what it needs")]
mod apart;
#[expect(dead_code, reason = "each bench counts time or answers")]
#[path = "passthrough/load.rs"]
#[expect(clippy::disallowed_methods, reason = "a measurement owns its clock and its tasks")]
mod load;
#[path = "passthrough/ours.rs"]
#[expect(clippy::disallowed_methods, reason = "a measurement owns its clock and its tasks")]
mod ours;
#[path = "passthrough/peer.rs"]
#[expect(clippy::disallowed_methods, reason = "a measurement owns its clock and its tasks")]
mod peer;
#[expect(dead_code, reason = "shared with the tests, which also withdraw")]
#[path = "../tests/it/permits.rs"]
mod permits;

use apart::{Apart, Kind};
use load::{Shape, Until, drive_until};
use serde_json::json;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use tokio::runtime::{Builder, Runtime};

/// Open connections.
const CLIENTS: usize = 16;
/// Answers of each connection, in the short run and in the long.
const SHORT: u32 = 10;
const LONG: u32 = 60;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    if apart::serves()? { Ok(()) } else { measure() }
}

fn measure() -> Result<(), Failure> {
    let found = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
    if !found.is_ok_and(|status| status.success()) {
        println!("skipped: valgrind is not installed");
        return Ok(());
    }
    let clients = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let upstream = clients.block_on(peer::upstream())?;
    let folder = tempfile::tempdir()?;
    for (name, shape) in [("non-streaming", Shape::Whole), ("streaming", Shape::Stream)] {
        let cost = |kind| -> Result<f64, Failure> {
            let few = run(&clients, kind, upstream, shape, SHORT, folder.path())?;
            let many = run(&clients, kind, upstream, shape, LONG, folder.path())?;
            let requests = f64::from(LONG - SHORT) * f64::from(u32::try_from(CLIENTS)?);
            Ok((many - few) / requests)
        };
        let (ours, hyper) = (cost(Kind::Ours)?, cost(Kind::Hyper)?);
        let (bounded, ratio) = (cost(Kind::Bounded)?, ours / hyper);
        println!(
            "{}",
            json!({"name": format!("gateway-cost-{name}"), "unit": "instructions per request",
                "ours": ours.round(), "with_ceilings": bounded.round(), "hyper": hyper.round(), "ratio": (ratio * 100.0).round() / 100.0})
        );
    }
    Ok(())
}

/// Instructions of one run. `GATEWAY_COST_KEEP` names a folder to keep the counts in.
fn run(
    clients: &Runtime,
    kind: Kind,
    upstream: SocketAddr,
    shape: Shape,
    each: u32,
    folder: &Path,
) -> Result<f64, Failure> {
    let name = format!("{}-{shape:?}-{each}", kind.name());
    let counts = folder.join(format!("{name}.callgrind"));
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--tool=callgrind", "--quiet", "--fair-sched=yes"])
        .arg(format!("--callgrind-out-file={}", counts.display()));
    let serving = Apart::start(Some(valgrind), kind, upstream, &folder.join(&name))?;
    clients.block_on(drive_until(serving.address, "", CLIENTS, shape, Until::Answers(each)))?;
    serving.end()?;
    let text = std::fs::read_to_string(&counts)?;
    if let Some(kept) = std::env::var_os("GATEWAY_COST_KEEP") {
        std::fs::copy(&counts, Path::new(&kept).join(format!("{name}.callgrind")))?;
    }
    let line = text.lines().rev().find_map(|line| line.strip_prefix("totals: "));
    let line = line.or_else(|| text.lines().find_map(|line| line.strip_prefix("summary: ")));
    Ok(line.ok_or("no total in the counts")?.trim().parse()?)
}
