//! 200 runs with a fault each: what a client was told is done is on record, and nothing went to the model unrecorded.
//!
//! A run starts a gateway as a process of its own before an upstream that notes each request it is sent, keeps four
//! clients asking, and then, by the run's seed, kills the gateway; stops it, lets it go on, and kills it; takes
//! the upstream away; or gives the record of uses too little room. After that the record is opened as a
//! restarted gateway would, and every answer that a client has whole must be in it as completed, and every
//! request that the upstream has seen must be in it. `RUNS FIRST_SEED` may be given.
#![expect(clippy::disallowed_methods, reason = "a measurement owns its clock and its tasks")]
#![expect(clippy::print_stdout, reason = "its output is the result")]

#[path = "faults/around.rs"]
mod around;
#[expect(dead_code, reason = "shared with the tests, which also withdraw")]
#[path = "../tests/it/permits.rs"]
mod permits;

use around::{Asked, Upstream};
use domain::Span;
use gateway::{Clock, Config, Durability, Gateway, Outcome, SystemClock, UseLog};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

const RUNS: u64 = 200;
const CLIENTS: usize = 4;
/// Bytes of the record in a run without room.
const ROOM: u64 = 4_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Kill,
    Stall,
    Partition,
    Full,
}

/// What the runs came to.
#[derive(Debug, Default)]
struct Tally {
    acknowledged: usize,
    forwarded: usize,
    interrupted: usize,
    refused: usize,
    of_kind: BTreeMap<Fault, u64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (first, second) = (args.next(), args.next());
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    if let (Some("gateway"), Some(upstream), Some(log)) = (first.as_deref(), &second, args.next()) {
        println!("{}", runtime.block_on(gateway(upstream, Path::new(&log)))?);
        io::copy(&mut io::stdin(), &mut io::sink())?;
        return Ok(());
    }
    let runs = first.map_or(Ok(RUNS), |n| n.parse())?;
    let from = second.map_or(Ok(0), |n| n.parse())?;
    let mut tally = Tally::default();
    for seed in from..from + runs {
        let run = runtime.block_on(one(seed, &mut tally));
        run.map_err(|error| format!("seed {seed}: {error}"))?;
    }
    let Tally { acknowledged, forwarded, interrupted, refused, of_kind } = tally;
    println!(
        "{{\"name\":\"gateway-faults\",\"runs\":{runs},\"faults\":\"{of_kind:?}\",\"answers_acknowledged\":{acknowledged},\"requests_forwarded\":{forwarded},\"closed_at_restart\":{interrupted},\"refused_without_room\":{refused},\"lost\":0,\"unrecorded\":0}}"
    );
    if acknowledged == 0 || (runs >= RUNS && (interrupted == 0 || refused == 0)) {
        return Err("the runs showed nothing: faults never fell within a request".into());
    }
    Ok(())
}

async fn one(seed: u64, tally: &mut Tally) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("uses.log");
    let fault = match seed % 4 {
        0 => Fault::Kill,
        1 => Fault::Stall,
        2 => Fault::Partition,
        _ => Fault::Full,
    };
    *tally.of_kind.entry(fault).or_default() += 1;
    let mut upstream = Upstream::start().await?;
    let (mut child, address) = start(upstream.address, &log, fault)?;
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(around::ask_until_gone(address));
    }
    let noise = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
    // the fault falls a little after so many requests have reached the model
    let enough = usize::try_from(noise % 12)? + 1;
    for _ in 0..2_000 {
        if upstream.seen().len() >= enough || fault == Fault::Full && upstream.seen().len() >= 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    tokio::time::sleep(Duration::from_micros(noise % 20_000)).await;
    match fault {
        Fault::Kill => {}
        // long enough to run out of room
        Fault::Full => tokio::time::sleep(Duration::from_millis(300)).await,
        Fault::Stall => {
            signal(&child, "-STOP")?;
            tokio::time::sleep(Duration::from_millis(10)).await;
            signal(&child, "-CONT")?;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Fault::Partition => {
            upstream.leave();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    child.kill()?;
    child.wait()?;
    let mut asked = Asked::default();
    while let Some(client) = clients.join_next().await {
        asked.add(client?);
    }
    check(&log, &asked, &upstream.seen(), tally)
}

/// Opens the record as a restarted gateway does and looks for what must be there.
fn check(
    log: &Path,
    asked: &Asked,
    forwarded: &BTreeSet<String>,
    tally: &mut Tally,
) -> Result<(), Box<dyn Error>> {
    let (opened, recovery) = UseLog::open(log, Durability::Durable, SystemClock::start().now())?;
    drop(opened);
    let mut recorded = BTreeMap::new();
    UseLog::visit(log, &mut |record| {
        recorded.insert(record.request.to_string(), record.outcome);
    })?;
    if let Some(lost) = asked.whole.iter().find(|id| recorded.get(*id) != Some(&Outcome::Completed))
    {
        return Err(format!("{lost} was answered and is {:?} on record", recorded.get(lost)).into());
    }
    if let Some(unrecorded) = forwarded.iter().find(|id| !recorded.contains_key(*id)) {
        return Err(format!("{unrecorded} was forwarded and is not on record").into());
    }
    tally.acknowledged += asked.whole.len();
    tally.forwarded += forwarded.len();
    tally.interrupted += recovery.interrupted;
    tally.refused += asked.refused;
    Ok(())
}

/// Starts a gateway; one without room can't write more than [`ROOM`] bytes to a file.
fn start(
    upstream: SocketAddr,
    log: &Path,
    fault: Fault,
) -> Result<(Child, SocketAddr), Box<dyn Error>> {
    let this = std::env::current_exe()?;
    let mut command = if fault == Fault::Full {
        let mut command = Command::new("prlimit");
        // the write fails then, as on a full disk, where the signal would end the process
        command.arg(format!("--fsize={ROOM}")).args(["env", "--ignore-signal=XFSZ"]).arg(this);
        command
    } else {
        Command::new(this)
    };
    let upstream = upstream.to_string();
    let mut child = command
        .args(["gateway", &upstream])
        .arg(log)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    Ok((child, line.trim().parse()?))
}

fn signal(child: &Child, which: &str) -> Result<(), Box<dyn Error>> {
    let done = Command::new("kill").args([which, &child.id().to_string()]).status()?;
    if done.success() { Ok(()) } else { Err("the gateway ended by itself".into()) }
}

async fn gateway(upstream: &str, log: &Path) -> Result<SocketAddr, Box<dyn Error>> {
    let clock = SystemClock::start();
    let reviews = permits::review(1 << 40, clock.now().before(Span::hours(2)));
    let log = UseLog::open(log, Durability::Durable, clock.now())?.0;
    let config = Config::new(format!("http://{upstream}/v1").parse()?);
    let gateway = Gateway::new(&config, Arc::new(reviews), Arc::new(log), Arc::new(clock))?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(gateway.serve(listener, std::future::pending()));
    Ok(address)
}
