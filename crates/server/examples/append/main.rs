//! Statements a second that a node takes over HTTP, on files, with two witnesses over loopback: beside signature
//! verification alone on all cores in the same run, with the times to published and to witnessed, the processor time
//! a statement, and the node's memory as the log grows sixteenfold. The node is a process of its own.
//!
//! Every connection is a party that states one thing after another, each 1 KiB of payload under Ed25519 and ML-DSA-87.
//! A part is signed before its timed window begins.
//!
//! Every party signs with both schemes, and no configuration of a node takes less. What the same path would do for Ed25519
//! alone is derived, and said to be: the time that verifying the ML-DSA-87 signatures takes, measured by itself in the same run, is
//! subtracted. Nothing else is: those signatures are still sent, hashed and stored.
#![expect(clippy::print_stdout, reason = "a bench prints its result")]
#![expect(clippy::disallowed_methods, reason = "a bench times itself and starts its processes")]

mod client;
mod node;
mod setting;

use client::Answer;
use domain::Digest;
use mimalloc::MiMalloc;
use setting::{CORES, Setting, Stream};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// As `vestibule` itself has it.
#[global_allocator]
static MEMORY: MiMalloc = MiMalloc;

/// Connections, each of one party.
const PARTIES: usize = 512;
/// Statements of each party in each part: the log is 10, 20, 40, 80 and 160 times as long as there are parties.
const PARTS: [usize; 5] = [10, 10, 20, 40, 80];

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let server =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [what, root] if what == "node" => return server.block_on(node::run(Path::new(root))),
        _ => {}
    }
    let clients = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut setting = Setting::new(PARTIES)?;
    server.block_on(witnesses(&setting))?;
    let (own, address) = clients.block_on(node::start(setting.root()))?;
    let mut measured = Measured::default();
    for each in PARTS {
        let streams = setting.part(each)?;
        measured.limits.push(setting.verify(&streams)?);
        measured.mldsa.push(setting.mldsa(&streams)?);
        let before = own.seconds()?;
        let started = Instant::now();
        let answers = clients.block_on(run(address, &streams))?;
        measured.busy += own.seconds()? - before;
        measured.taken += answers.last;
        measured.published.extend(answers.published);
        measured.witnessed.extend(answers.witnessed);
        drop(streams);
        measured.memory.push((setting.logged(), own.resident()?));
        let seconds = started.elapsed().as_secs_f64();
        println!("{{\"part\":{},\"seconds\":{seconds:.1}}}", measured.memory.len());
    }
    measured.report();
    drop(own);
    server.shutdown_background();
    Ok(())
}

/// The witnesses, each on its own listener.
async fn witnesses(setting: &Setting) -> Outcome<()> {
    let mut urls = Vec::new();
    for witness in setting.witnesses()? {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        urls.push(format!("http://{}", listener.local_addr()?));
        tokio::spawn(server::serve_witness(listener, Arc::new(witness), std::future::pending()));
    }
    setting.name_witnesses(&urls)
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

/// Everything that was measured.
#[derive(Default)]
struct Measured {
    /// From the first statement of a part to its last receipt, all parts together.
    taken: Duration,
    /// Processor seconds of the node meanwhile.
    busy: f64,
    published: Vec<Duration>,
    witnessed: Vec<Duration>,
    /// Statements a second whose signatures all cores together verify, for each part.
    limits: Vec<f64>,
    /// Seconds that one core takes to verify one ML-DSA-87 signature, for each part.
    mldsa: Vec<f64>,
    /// Statements in the log, and the node's memory in KiB.
    memory: Vec<(u64, u64)>,
}

impl Measured {
    fn report(&mut self) {
        let (limit, mldsa) = (median(&self.limits), median(&self.mldsa));
        let count = self.published.len();
        #[expect(clippy::cast_precision_loss, reason = "some ten thousands, and two")]
        let (statements, cores) = (count as f64, CORES as f64);
        let ours = statements / self.taken.as_secs_f64();
        println!(
            "{{\"name\":\"append-per-second\",\"ours\":{ours:.0},\"limit\":{limit:.0},\"ratio\":{:.3},\"statements\":{count},\"connections\":{PARTIES},\"load\":{}}}",
            ours / limit,
            load()
        );
        let without = |rate: f64| 1.0 / (1.0 / rate - mldsa / cores);
        println!(
            "{{\"name\":\"append-per-second-ed25519-derived\",\"ours\":{:.0},\"limit\":{:.0},\"ratio\":{:.3},\"from\":{ours:.0},\"subtracted_us\":{:.1},\"what\":\"verifying ML-DSA-87, on one of {CORES} cores\"}}",
            without(ours),
            without(limit),
            without(ours) / without(limit),
            mldsa * 1e6
        );
        println!(
            "{{\"name\":\"append-node-cpu-us\",\"per_statement\":{:.0},\"verification\":{:.0}}}",
            self.busy / statements * 1e6,
            cores / limit * 1e6
        );
        for (name, times) in
            [("published", &mut self.published), ("witnessed", &mut self.witnessed)]
        {
            times.sort_unstable();
            println!(
                "{{\"name\":\"append-to-{name}-ms\",\"p50\":{},\"p99\":{},\"of\":{}}}",
                at(times, 50).as_millis(),
                at(times, 99).as_millis(),
                times.len()
            );
        }
        let memory: Vec<String> =
            self.memory.iter().map(|(size, kib)| format!("[{size},{kib}]")).collect();
        println!(
            "{{\"name\":\"append-node-memory-kib\",\"statements_and_kib\":[{}]}}",
            memory.join(",")
        );
    }
}

/// The load average of the last minute, as the kernel writes it.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().filter(|load| !load.is_empty()).unwrap_or("null").to_owned()
}

fn at(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get(sorted.len() * percent / 100).copied().unwrap_or_default()
}

fn median(rates: &[f64]) -> f64 {
    let mut rates = rates.to_vec();
    rates.sort_unstable_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}

/// A digest of a leaf's bytes as the tree has it.
fn leaf_hash(leaf: &[u8]) -> Digest {
    Digest::from_bytes(*tlog::leaf_hash(leaf).as_bytes())
}
