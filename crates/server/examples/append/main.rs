//! Statements a second that a node takes over HTTP, on files, with two witnesses over loopback: beside signature
//! verification alone on all cores in the same run, with the times to published and to witnessed, and the memory after
//! one part of the statements and after four.
//!
//! Every connection is a party that states one thing after another, each 1 KiB of payload under Ed25519 and ML-DSA-87.
//! A part is signed before its timed window begins.
#![expect(clippy::print_stdout, reason = "a bench prints its result")]
#![expect(clippy::disallowed_methods, reason = "a bench times itself and spawns its clients")]

mod client;
mod setting;

use client::Answer;
use domain::Digest;
use operations::node::Node;
use operations::node::rounds::Rounds;
use setting::{Setting, Stream};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Connections, each of one party.
const PARTIES: usize = 512;
/// Statements of each party in one part.
const EACH: usize = 12;
/// Parts.
const PARTS: usize = 4;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let server =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let clients = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut setting = Setting::new(PARTIES)?;
    let address = server.block_on(serve(&setting))?;
    let (mut count, mut taken) = (0, Duration::ZERO);
    let (mut published, mut witnessed, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    let mut limits = Vec::new();
    for _ in 0..PARTS {
        let streams = setting.part(EACH)?;
        limits.push(setting.verify(&streams)?);
        let started = Instant::now();
        let answers = clients.block_on(run(address, &streams))?;
        taken += answers.last;
        count += answers.published.len();
        published.extend(answers.published);
        witnessed.extend(answers.witnessed);
        drop(streams);
        memory.push(resident()?);
        println!(
            "{{\"part\":{},\"seconds\":{:.1}}}",
            memory.len(),
            started.elapsed().as_secs_f64()
        );
    }
    report(count, taken, &limits, (&mut published, &mut witnessed), &memory);
    server.shutdown_background();
    Ok(())
}

/// The node with its witnesses, each on its own listener.
async fn serve(setting: &Setting) -> Outcome<SocketAddr> {
    let mut urls = Vec::new();
    for witness in setting.witnesses()? {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        urls.push(format!("http://{}", listener.local_addr()?));
        tokio::spawn(server::serve_witness(listener, Arc::new(witness), std::future::pending()));
    }
    setting.name_witnesses(&urls)?;
    let node: Arc<Node> = Arc::new(setting.node()?);
    let rounds = Rounds::of(setting.folder(), &node)?.ok_or("no witnesses")?;
    tokio::spawn(async move {
        let stopped = rounds.run().await;
        println!("{{\"rounds\":\"{stopped}\"}}");
    });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(server::serve(listener, node, std::future::pending()));
    Ok(address)
}

/// Times of one part.
struct Times {
    /// Until the last receipt came.
    last: Duration,
    published: Vec<Duration>,
    witnessed: Vec<Duration>,
}

/// Every party states its part, one statement after another; meanwhile somebody watches the cosigned checkpoint.
async fn run(address: SocketAddr, streams: &[Stream]) -> Outcome<Times> {
    let started = Instant::now();
    let total: usize = streams.iter().map(|stream| stream.requests.len()).sum();
    let before = client::size(address, "/log/checkpoint").await?;
    let end = before + u64::try_from(total)?;
    let watching = tokio::spawn(client::watch(address, end, started));
    let mut tasks = JoinSet::new();
    for stream in streams {
        tasks.spawn(client::state(address, stream.requests.clone(), started));
    }
    let mut answers: Vec<Answer> = Vec::with_capacity(total);
    while let Some(done) = tasks.join_next().await {
        answers.extend(done??);
    }
    let last = answers.iter().map(|a| a.at).max().unwrap_or_default();
    let seen = watching.await??;
    let witnessed = answers.iter().filter_map(|answer| {
        let (_, at) = seen.iter().find(|(size, _)| *size > answer.index)?;
        Some(at.saturating_sub(answer.sent))
    });
    let witnessed = witnessed.collect();
    let published = answers.iter().map(|a| a.at.saturating_sub(a.sent)).collect();
    Ok(Times { last, published, witnessed })
}

fn report(
    count: usize,
    taken: Duration,
    limits: &[f64],
    (published, witnessed): (&mut [Duration], &mut [Duration]),
    memory: &[u64],
) {
    let limit = median(limits);
    #[expect(clippy::cast_precision_loss, reason = "some ten thousands")]
    let ours = count as f64 / taken.as_secs_f64();
    println!(
        "{{\"name\":\"append-per-second\",\"ours\":{ours:.0},\"limit\":{limit:.0},\"ratio\":{:.3},\"statements\":{count},\"connections\":{PARTIES}}}",
        ours / limit
    );
    for (name, times) in [("published", published), ("witnessed", witnessed)] {
        times.sort_unstable();
        println!(
            "{{\"name\":\"append-to-{name}-ms\",\"p50\":{},\"p99\":{},\"of\":{}}}",
            at(times, 50).as_millis(),
            at(times, 99).as_millis(),
            times.len()
        );
    }
    let (first, last) = (memory.first().copied(), memory.last().copied());
    println!(
        "{{\"name\":\"append-memory-kib\",\"after_one_part\":{},\"after_all\":{},\"parts\":{PARTS}}}",
        first.unwrap_or_default(),
        last.unwrap_or_default()
    );
}

fn at(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get(sorted.len() * percent / 100).copied().unwrap_or_default()
}

fn median(rates: &[f64]) -> f64 {
    let mut rates = rates.to_vec();
    rates.sort_unstable_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}

/// Resident memory of this process in KiB.
fn resident() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")).ok_or("no VmRSS")?;
    Ok(kib.trim().parse()?)
}

/// A digest of a leaf's bytes as the tree has it.
fn leaf_hash(leaf: &[u8]) -> Digest {
    Digest::from_bytes(*tlog::leaf_hash(leaf).as_bytes())
}
