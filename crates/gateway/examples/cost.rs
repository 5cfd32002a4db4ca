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

use load::{Shape, Until, drive_until};
use serde_json::json;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tokio::runtime::{Builder, Runtime};

/// Open connections.
const CLIENTS: usize = 16;
/// Answers of each connection, in the short run and in the long.
const SHORT: u32 = 10;
const LONG: u32 = 60;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", proxy, upstream, folder] => serve(proxy, upstream.parse()?, Path::new(folder)),
        [] => measure(),
        _ => Err("nothing, or `serve PROXY UPSTREAM FOLDER`".into()),
    }
}

/// Serves until the input ends.
fn serve(proxy: &str, upstream: SocketAddr, folder: &Path) -> Result<(), Failure> {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let address = match proxy {
        "hyper" => runtime.block_on(peer::passthrough(upstream))?,
        _ => runtime.block_on(ours::start(upstream, folder))?,
    };
    println!("{address}");
    std::io::stdin().read_to_end(&mut Vec::new())?;
    // what the last requests still have to do, they may do
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    Ok(())
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
        let cost = |proxy| -> Result<f64, Failure> {
            let few = run(&clients, proxy, upstream, shape, SHORT, folder.path())?;
            let many = run(&clients, proxy, upstream, shape, LONG, folder.path())?;
            let requests = f64::from(LONG - SHORT) * f64::from(u32::try_from(CLIENTS)?);
            Ok((many - few) / requests)
        };
        let (ours, hyper) = (cost("ours")?, cost("hyper")?);
        let ratio = ours / hyper;
        println!(
            "{}",
            json!({"name": format!("gateway-cost-{name}"), "unit": "instructions per request",
                "ours": ours.round(), "hyper": hyper.round(), "ratio": (ratio * 100.0).round() / 100.0})
        );
    }
    Ok(())
}

/// Instructions of one run.
fn run(
    clients: &Runtime,
    proxy: &str,
    upstream: SocketAddr,
    shape: Shape,
    each: u32,
    folder: &Path,
) -> Result<f64, Failure> {
    let counts = folder.join(format!("{proxy}-{each}.callgrind"));
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--quiet", "--fair-sched=yes"])
        .arg(format!("--callgrind-out-file={}", counts.display()))
        .arg(std::env::current_exe()?)
        .args(["serve", proxy, &upstream.to_string()])
        .arg(folder.join(format!("{proxy}-{each}")));
    let mut serving = Serving(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?);
    let mut said = String::new();
    let out = serving.0.stdout.take().ok_or("no output")?;
    BufReader::new(out).read_line(&mut said)?;
    let address = said.trim().parse()?;
    clients.block_on(drive_until(address, "", CLIENTS, shape, Until::Answers(each)))?;
    drop(serving.0.stdin.take());
    if !serving.0.wait()?.success() {
        return Err(format!("{proxy} ended badly").into());
    }
    let text = std::fs::read_to_string(&counts)?;
    if let Some(kept) = std::env::var_os("GATEWAY_COST_KEEP") {
        std::fs::copy(&counts, Path::new(&kept).join(format!("{proxy}-{each}.callgrind")))?;
    }
    let line = text.lines().rev().find_map(|line| line.strip_prefix("totals: "));
    let line = line.or_else(|| text.lines().find_map(|line| line.strip_prefix("summary: ")));
    Ok(line.ok_or("no total in the counts")?.trim().parse()?)
}

/// A process that does not outlive this one's interest in it.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
