//! What the gateway costs over a minimal hyper pass-through, in one run.
//!
//! Both stand before the same upstream and serve the same clients, in turns. The figure is CPU time
//! of the proxy's own threads per request in microseconds (its log's thread included), which a busy
//! machine disturbs least. Ours does all it does in earnest: rules, a policy in Cedar, budget, durable record, counting.
//! Prints one JSON line for answers that are whole and one for streams of 64 events, and one with the time
//! of such a stream when nobody else asks: small events that are sent at once must not wait for each other.
#![expect(clippy::disallowed_methods, reason = "a measurement owns its clock and its tasks")]
#![expect(clippy::print_stdout, reason = "its output is the result")]

#[expect(dead_code, reason = "each bench counts time or answers")]
#[path = "passthrough/load.rs"]
mod load;
#[path = "passthrough/ours.rs"]
mod ours;
#[path = "passthrough/peer.rs"]
mod peer;
#[expect(dead_code, reason = "shared with the tests, which also withdraw")]
#[path = "../tests/it/permits.rs"]
mod permits;

use load::{Shape, drive};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// Time of one turn.
const TURN: Duration = Duration::from_millis(700);
/// Turns of each proxy and shape.
const TURNS: usize = 3;
/// Open connections.
const CLIENTS: usize = 64;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let upstream = runtime("upstream", 1)?;
    let behind = upstream.block_on(peer::upstream())?;
    let passing = runtime("peer", 2)?;
    let peer = passing.block_on(peer::passthrough(behind))?;
    let folder = tempfile::tempdir()?;
    let serving = runtime("gateway", 2)?;
    let ours = serving.block_on(ours::start(behind, folder.path()))?;
    let clients = runtime("client", 1)?;
    for (name, shape) in
        [("gateway-nonstreaming", Shape::Whole), ("gateway-streaming", Shape::Stream)]
    {
        let (mut our_cost, mut peer_cost) = (Vec::new(), Vec::new());
        for proxy in [peer, ours] {
            // connections open, caches fill
            clients.block_on(drive(proxy, "", CLIENTS, shape, TURN / 4))?;
        }
        for _ in 0..TURNS {
            peer_cost.push(turn(&clients, peer, "peer", shape)?);
            our_cost.push(turn(&clients, ours, "gateway", shape)?);
        }
        let (ours, peer) = (median(our_cost), median(peer_cost));
        println!(
            "{{\"name\":\"{name}\",\"unit\":\"cpu microseconds per request\",\"ours\":{ours:.1},\"peer\":{peer:.1},\"ratio\":{:.2}}}",
            ours / peer
        );
    }
    let burst = |proxy| -> Result<f64, Failure> {
        let streams = clients.block_on(drive(proxy, "", 1, Shape::Stream, TURN))?;
        Ok(TURN.as_secs_f64() * 1_000.0 / f64::from(streams.max(1)))
    };
    let direct = burst(behind)?;
    let (mut our_time, mut peer_time) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        peer_time.push(burst(peer)?);
        our_time.push(burst(ours)?);
    }
    println!(
        "{{\"name\":\"gateway-burst\",\"unit\":\"milliseconds per stream of 64 events sent at once, one client, two durable records included\",\"ours\":{:.2},\"peer\":{:.2},\"direct\":{direct:.2}}}",
        median(our_time),
        median(peer_time),
    );
    for runtime in [clients, serving, passing, upstream] {
        runtime.shutdown_timeout(Duration::from_secs(1));
    }
    Ok(())
}

/// CPU microseconds per request of the threads whose names begin with `threads`.
fn turn(clients: &Runtime, proxy: SocketAddr, threads: &str, shape: Shape) -> Result<f64, Failure> {
    let before = cpu_micros(threads)?;
    let requests = clients.block_on(drive(proxy, "", CLIENTS, shape, TURN))?;
    let used = cpu_micros(threads)? - before;
    Ok(used / f64::from(requests.max(1)))
}

/// CPU time of this process's threads with such names, from the scheduler's own account.
fn cpu_micros(threads: &str) -> Result<f64, Failure> {
    let mut nanos = 0.0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let path = task?.path();
        if std::fs::read_to_string(path.join("comm"))?.starts_with(threads) {
            let account = std::fs::read_to_string(path.join("schedstat"))?;
            nanos += account.split(' ').next().unwrap_or("0").parse::<f64>()?;
        }
    }
    Ok(nanos / 1_000.0)
}

fn median(mut costs: Vec<f64>) -> f64 {
    costs.sort_by(f64::total_cmp);
    costs.get(costs.len() / 2).copied().unwrap_or(f64::NAN)
}

fn runtime(name: &str, threads: usize) -> Result<Runtime, Failure> {
    let mut builder = Builder::new_multi_thread();
    Ok(builder.worker_threads(threads).thread_name(name).enable_all().build()?)
}
