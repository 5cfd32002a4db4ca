//! What the gateway costs over a minimal hyper pass-through, in one run.
//!
//! Both stand before the same upstream and serve the same clients, in turns, each in a process of its own with the allocator of
//! `vestibule`. The figure is CPU time of that process per request in microseconds, which a busy machine disturbs least. Ours does all it does in earnest: rules, a policy in Cedar, budget, durable record, counting.
//! Prints one JSON line for answers that are whole and one for streams of 64 events, and one with the time
//! of such a stream when nobody else asks: small events that are sent at once must not wait for each other.
#![expect(clippy::disallowed_methods, reason = "a measurement owns its clock and its tasks")]
#![expect(clippy::print_stdout, reason = "its output is the result")]

#[path = "passthrough/apart.rs"]
mod apart;
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
#[path = "peers/processor.rs"]
mod processor;

use apart::{Apart, Kind};
use load::{Shape, drive};
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
    if apart::serves()? {
        return Ok(());
    }
    let upstream = runtime("upstream", 1)?;
    let behind = upstream.block_on(peer::upstream())?;
    let folder = tempfile::tempdir()?;
    let peer = Apart::start(None, Kind::Hyper, behind, folder.path())?;
    let ours = Apart::start(None, Kind::Ours, behind, &folder.path().join("ours"))?;
    let bounded = Apart::start(None, Kind::Bounded, behind, &folder.path().join("bounded"))?;
    let clients = runtime("client", 1)?;
    for (name, shape) in
        [("gateway-nonstreaming", Shape::Whole), ("gateway-streaming", Shape::Stream)]
    {
        let (mut our_cost, mut peer_cost, mut bounded_cost) = (Vec::new(), Vec::new(), Vec::new());
        for proxy in [&peer, &ours, &bounded] {
            // connections open, caches fill
            clients.block_on(drive(proxy.address, "", CLIENTS, shape, TURN / 4))?;
        }
        for _ in 0..TURNS {
            peer_cost.push(turn(&clients, &peer, shape)?);
            our_cost.push(turn(&clients, &ours, shape)?);
            bounded_cost.push(turn(&clients, &bounded, shape)?);
        }
        let (our_cost, peer_cost) = (median(our_cost), median(peer_cost));
        let bounded_cost = median(bounded_cost);
        println!(
            "{{\"name\":\"{name}\",\"unit\":\"cpu microseconds per request\",\"ours\":{our_cost:.1},\"peer\":{peer_cost:.1},\"ratio\":{:.2},\"with_ceilings\":{bounded_cost:.1},\"with_ceilings_ratio\":{:.2}}}",
            our_cost / peer_cost,
            bounded_cost / peer_cost
        );
    }
    let burst = |proxy| -> Result<f64, Failure> {
        let streams = clients.block_on(drive(proxy, "", 1, Shape::Stream, TURN))?;
        Ok(TURN.as_secs_f64() * 1_000.0 / f64::from(streams.max(1)))
    };
    let direct = burst(behind)?;
    let (mut our_time, mut peer_time) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        peer_time.push(burst(peer.address)?);
        our_time.push(burst(ours.address)?);
    }
    println!(
        "{{\"name\":\"gateway-burst\",\"unit\":\"milliseconds per stream of 64 events sent at once, one client, two durable records included\",\"ours\":{:.2},\"peer\":{:.2},\"direct\":{direct:.2}}}",
        median(our_time),
        median(peer_time),
    );
    bounded.end()?;
    ours.end()?;
    peer.end()?;
    for runtime in [clients, upstream] {
        runtime.shutdown_timeout(Duration::from_secs(1));
    }
    Ok(())
}

/// CPU microseconds per request.
fn turn(clients: &Runtime, proxy: &Apart, shape: Shape) -> Result<f64, Failure> {
    let before = processor::micros(proxy.id())?;
    let requests = clients.block_on(drive(proxy.address, "", CLIENTS, shape, TURN))?;
    let used = processor::micros(proxy.id())? - before;
    Ok(used / f64::from(requests.max(1)))
}

fn median(mut costs: Vec<f64>) -> f64 {
    costs.sort_by(f64::total_cmp);
    costs.get(costs.len() / 2).copied().unwrap_or(f64::NAN)
}

fn runtime(name: &str, threads: usize) -> Result<Runtime, Failure> {
    let mut builder = Builder::new_multi_thread();
    Ok(builder.worker_threads(threads).thread_name(name).enable_all().build()?)
}
