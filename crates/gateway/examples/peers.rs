//! What a request costs through each of several proxies, in one run: none, the least that hyper passes on, ours, and others'.
//!
//! `cargo xtask bench gateway-peers` installs and starts the others' and tells them here, one a line on standard input:
//! `name address process header-lines`, the last with `|` between them. What they stand before is the first line of output.
//! Ours does all it does in earnest: rules, a policy in Cedar, budget, durable record, counting.
//!
//! The figure is CPU time per request of the proxy's process and all its children, at 64 connections: on a busy machine the most
//! stable there is. Hyper's and ours have the allocator of `vestibule`, which erases what ours frees. Then 128 streams are held open that give an event every 5 ms, one beginning when one
//! has ended, and the time to the first event and between events is taken; and the same of 128 that all begin at once. A bar that
//! is missed ends it with an error.
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
#[path = "peers/stamped.rs"]
mod stamped;

use apart::{Apart, Kind};
use load::{Shape, drive};
use serde_json::{Map, Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// Time of one turn.
const TURN: Duration = Duration::from_millis(1_500);
/// Turns of each proxy and shape.
const TURNS: usize = 3;
/// Open connections.
const CLIENTS: usize = 64;
/// Open streams, events that are taken of each, and how often each begins anew.
const STREAMS: u32 = 128;
const EVENTS: u32 = 100;
const ROUNDS: u32 = 4;

/// Most of ours over another's, in CPU time per request.
const BARS: [(&str, f64); 3] = [("hyper", 3.0), ("portkey", 1.0 / 20.0), ("litellm", 1.0 / 60.0)];
/// Most of ours over the pass-through's in times of a stream.
const STREAM_BAR: f64 = 1.1;

type Failure = Box<dyn std::error::Error>;

/// Something between client and model.
struct Proxy {
    name: String,
    address: SocketAddr,
    headers: String,
    /// Whose CPU time is taken.
    process: Option<u32>,
}

impl Proxy {
    fn direct(address: SocketAddr) -> Self {
        let (name, headers) = ("direct".to_owned(), String::new());
        Self { name, address, headers, process: None }
    }

    fn own(kind: Kind, process: &Apart) -> Self {
        let (name, headers) = (kind.name().to_owned(), String::new());
        Self { name, address: process.address, headers, process: Some(process.id()) }
    }

    fn micros(&self) -> Result<f64, Failure> {
        Ok(self.process.map_or(Ok(0.0), processor::micros)?)
    }

    /// One line of input.
    fn other(line: &str) -> Result<Self, Failure> {
        let mut fields = line.splitn(4, ' ');
        let mut next = || fields.next().ok_or("a line is `name address process headers`");
        let (name, address, process) = (next()?.to_owned(), next()?.parse()?, next()?.parse()?);
        let headers = fields.next().unwrap_or_default();
        let headers =
            headers.split('|').filter(|h| !h.is_empty()).map(|h| format!("{h}\r\n")).collect();
        Ok(Self { name, address, headers, process: Some(process) })
    }
}

fn main() -> Result<(), Failure> {
    if apart::serves()? {
        return Ok(());
    }
    let upstream = runtime("upstream", 1)?;
    let behind = upstream.block_on(peer::upstream())?;
    let paced = upstream.block_on(stamped::upstream())?;
    println!("{}", json!({"upstream": behind, "paced": paced}));
    let folder = tempfile::tempdir()?;
    let place = |name| folder.path().join(name);
    let hyper = Apart::start(None, Kind::Hyper, behind, &place("hyper"))?;
    let ours = Apart::start(None, Kind::Ours, behind, &place("a"))?;
    let mut proxies =
        vec![Proxy::direct(behind), Proxy::own(Kind::Hyper, &hyper), Proxy::own(Kind::Ours, &ours)];
    for line in std::io::stdin().lines() {
        let line = line?;
        if line.trim().is_empty() {
            break;
        }
        proxies.push(Proxy::other(&line)?);
    }
    let clients = runtime("client", 1)?;
    let mut missed = Vec::new();
    for (name, shape) in [("non-streaming", Shape::Whole), ("streaming", Shape::Stream)] {
        let costs = costs(&clients, &proxies, shape)?;
        missed.extend(report(name, &costs));
    }
    hyper.end()?;
    ours.end()?;
    let hyper = Apart::start(None, Kind::Hyper, paced, &place("hyper"))?;
    let ours = Apart::start(None, Kind::Ours, paced, &place("b"))?;
    let streams = [("direct", paced), ("hyper", hyper.address), ("ours", ours.address)];
    missed.extend(paced_streams(&clients, &streams)?);
    for runtime in [clients, upstream] {
        runtime.shutdown_timeout(Duration::from_secs(1));
    }
    if missed.is_empty() { Ok(()) } else { Err(missed.join("; ").into()) }
}

/// What a request cost through a proxy: CPU microseconds, and how many were answered in a second.
struct Cost {
    name: String,
    micros: f64,
    a_second: f64,
}

/// The costs of each proxy, in turns, so that what else the machine does hits all alike.
fn costs(clients: &Runtime, proxies: &[Proxy], shape: Shape) -> Result<Vec<Cost>, Failure> {
    let turn = |proxy: &Proxy, time| {
        let driven = drive(proxy.address, &proxy.headers, CLIENTS, shape, time);
        clients.block_on(driven).map_err(|error| format!("{}: {error}", proxy.name))
    };
    for proxy in proxies {
        turn(proxy, TURN / 3)?; // connections open, caches fill
    }
    let mut all: Vec<(Vec<f64>, Vec<f64>)> = vec![Default::default(); proxies.len()];
    for _ in 0..TURNS {
        for (proxy, (micros, rates)) in proxies.iter().zip(&mut all) {
            let before = proxy.micros()?;
            let answers = turn(proxy, TURN)?;
            let used = proxy.micros()? - before;
            micros.push(used / f64::from(answers.max(1)));
            rates.push(f64::from(answers) / TURN.as_secs_f64());
        }
    }
    let named = proxies.iter().zip(all);
    Ok(named
        .map(|(proxy, (micros, rates))| Cost {
            name: proxy.name.clone(),
            micros: median(micros),
            a_second: median(rates),
        })
        .collect())
}

/// Prints one line, and gives the bars that were missed. They are for answers that don't stream; for streams
/// the cost over the pass-through counts.
fn report(name: &str, costs: &[Cost]) -> Vec<String> {
    let ours = costs.iter().find(|c| c.name == "ours").map_or(f64::NAN, |c| c.micros);
    let (mut proxies, mut missed) = (Map::new(), Vec::new());
    for cost in costs {
        let ratio = ours / cost.micros;
        let rounded = |x: f64| json!((x * 1_000.0).round() / 1_000.0);
        let entry = json!({"cpu_micros": rounded(cost.micros), "a_second": rounded(cost.a_second),
            "ours_over_it": rounded(ratio)});
        proxies.insert(cost.name.clone(), entry);
        let bar = BARS.iter().find(|(peer, _)| cost.name == *peer).map(|(_, bar)| *bar);
        if let Some(bar) = bar
            && (name == "non-streaming" || cost.name == "hyper")
            && ratio > bar
        {
            missed.push(format!("{name}: ours is {ratio:.3} of {}, the bar {bar:.3}", cost.name));
        }
    }
    let line = json!({"name": format!("gateway-peers-{name}"), "connections": CLIENTS,
        "unit": "cpu microseconds per request", "proxies": proxies});
    println!("{line}");
    missed
}

/// Streams through each, in turns: so many kept open, and so many that all begin at once.
fn paced_streams(
    clients: &Runtime,
    proxies: &[(&str, SocketAddr)],
) -> Result<Vec<String>, Failure> {
    let mut kept = vec![stamped::Times::default(); proxies.len()];
    let mut at_once = kept.clone();
    for (_, address) in proxies {
        clients.block_on(stamped::at_once(*address, STREAMS, EVENTS))?; // connections open, caches fill
    }
    for _ in 0..TURNS {
        for (number, (_, address)) in proxies.iter().enumerate() {
            let (kept, at_once) = (kept.get_mut(number), at_once.get_mut(number));
            let taken = clients.block_on(stamped::kept(*address, STREAMS, EVENTS, ROUNDS))?;
            kept.ok_or("a turn")?.add(taken);
            let taken = clients.block_on(stamped::at_once(*address, STREAMS, EVENTS))?;
            at_once.ok_or("a turn")?.add(taken);
        }
    }
    let mut missed = paced("kept-open", proxies, &mut kept, &["first_event", "between_events"]);
    // what begins at once waits for processors, ours and the clients': only the events are compared
    missed.extend(paced("at-once", proxies, &mut at_once, &["between_events"]));
    Ok(missed)
}

/// Prints one line, and gives the bars that were missed.
fn paced(
    name: &str,
    proxies: &[(&str, SocketAddr)],
    times: &mut [stamped::Times],
    barred: &[&str],
) -> Vec<String> {
    let (mut all, mut missed) = (Map::new(), Vec::new());
    let mut hyper = None;
    for ((proxy, _), times) in proxies.iter().zip(times) {
        let summary = times.summary();
        all.insert((*proxy).to_owned(), summary.to_json());
        if *proxy == "hyper" {
            hyper = Some(summary);
        } else if *proxy == "ours"
            && let Some(hyper) = hyper
        {
            for (what, ratio) in summary.over(&hyper) {
                all.insert(format!("{what}_ratio"), json!((ratio * 1_000.0).round() / 1_000.0));
                if ratio > STREAM_BAR && barred.contains(&what) {
                    missed.push(format!(
                        "{name}: {what} is {ratio:.3} of hyper's, the bar {STREAM_BAR}"
                    ));
                }
            }
        }
    }
    println!(
        "{}",
        json!({"name": format!("gateway-peers-{name}"), "streams": STREAMS, "times": Value::Object(all)})
    );
    missed
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

fn runtime(name: &str, threads: usize) -> Result<Runtime, Failure> {
    let mut builder = Builder::new_multi_thread();
    Ok(builder.worker_threads(threads).thread_name(name).enable_all().build()?)
}
