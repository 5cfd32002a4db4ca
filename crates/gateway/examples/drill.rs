//! A withdrawal drill: 1,000 open streams over two gateways, ended by the developer's word.
//!
//! Both gateways stand before one upstream and have the same review; each has its own record of uses. The
//! word goes to both directly, log or no log. Measured is, for each stream, the time from the word to
//! its end as the client sees it, and to the last event of the model that the client got. It fails when a
//! stream outlives the word by a second, when an event comes later, or when a use is not on record as cut.
#![expect(clippy::disallowed_methods, reason = "a measurement owns its clock and its tasks")]
#![expect(clippy::print_stdout, reason = "its output is the result")]

#[path = "drill/clients.rs"]
mod clients;
#[path = "passthrough/paced.rs"]
mod paced;
#[expect(dead_code, reason = "shared with the tests, which also withdraw by the log")]
#[path = "../tests/it/permits.rs"]
mod permits;

use clients::Ended;
use domain::Span;
use gateway::{
    Clock, Config, Control, Durability, Gateway, Limits, LiveReviews, Outcome, SystemClock, UseLog,
};
use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

/// Streams in all.
const STREAMS: usize = 1_000;
/// Gateways.
const REPLICAS: usize = 2;
/// The bound.
const BOUND: Duration = Duration::from_secs(1);

struct Replica {
    address: SocketAddr,
    reviews: Arc<LiveReviews>,
    control: Control,
    log: PathBuf,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let behind = paced::upstream(Duration::from_millis(250)).await?;
    let folder = tempfile::tempdir()?;
    let mut replicas = Vec::new();
    for n in 0..REPLICAS {
        replicas.push(replica(behind, &folder.path().join(format!("uses-{n}.log"))).await?);
    }
    let mut readers = JoinSet::new();
    for n in 0..STREAMS {
        let replica = replicas.get(n % REPLICAS).ok_or("no replica")?;
        // a stream counts as open once its first event is here
        let open = clients::open(replica.address).await?;
        readers.spawn(clients::to_its_end(open));
    }
    let open: usize = replicas.iter().map(|r| r.control.open_requests()).sum();
    println!("{open} streams are open over {REPLICAS} gateways");
    tokio::time::sleep(Duration::from_millis(500)).await;

    let word = Instant::now();
    for replica in &replicas {
        permits::heed(&replica.reviews);
    }
    let obeyed = word.elapsed();
    let mut ended: Vec<Ended> = Vec::new();
    while let Some(reader) = readers.join_next().await {
        ended.push(reader??);
    }
    let after = |at: Instant| at.saturating_duration_since(word);
    let mut ends: Vec<_> = ended.iter().map(|e| after(e.ended_at)).collect();
    let mut events: Vec<_> = ended.iter().map(|e| after(e.last_event_at)).collect();
    ends.sort();
    events.sort();
    let told = ended.iter().filter(|e| e.told).count();
    let cut = recorded(replicas).await?;
    let at = |times: &[Duration], percent: usize| {
        times.get((times.len() * percent / 100).min(times.len() - 1)).copied().unwrap_or_default()
    };
    let worst = at(&ends, 100).max(at(&events, 100));
    println!(
        "{{\"name\":\"gateway-drill\",\"streams\":{open},\"replicas\":{REPLICAS},\"unit\":\"milliseconds after the word\",\"word_obeyed\":{:.1},\"ended_p50\":{:.1},\"ended_p99\":{:.1},\"ended_last\":{:.1},\"last_event_of_the_model\":{:.1},\"told_why\":{told},\"on_record_as_cut\":{cut}}}",
        millis(obeyed),
        millis(at(&ends, 50)),
        millis(at(&ends, 99)),
        millis(at(&ends, 100)),
        millis(at(&events, 100)),
    );
    if worst > BOUND || open != STREAMS || told != STREAMS || cut != STREAMS {
        return Err(
            "the drill failed: a stream outlived the word, or was not recorded as cut".into()
        );
    }
    Ok(())
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}

async fn replica(upstream: SocketAddr, log: &Path) -> Result<Replica, Box<dyn Error>> {
    let clock = SystemClock::start();
    let reviews = Arc::new(permits::review(1 << 40, clock.now().before(Span::hours(2))));
    let uses = UseLog::open(log, Durability::Durable, clock.now())?.0;
    let mut config = Config::new(format!("http://{upstream}/v1").parse()?);
    config.limits = Limits { default_answer_tokens: 1_000_000, ..Limits::default() };
    let authority = Arc::<LiveReviews>::clone(&reviews);
    let gateway = Gateway::new(&config, authority, Arc::new(uses), Arc::new(clock))?;
    let control = gateway.control();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel();
    let serving = tokio::spawn(gateway.serve(listener, async {
        // a dropped sender stops it too
        drop(stopped.await);
    }));
    Ok(Replica { address, reviews, control, log: log.to_owned(), stop, serving })
}

/// Stops the gateways and counts the uses that are on record as cut. What a gateway handed over as it stopped is on disk a
/// little later.
async fn recorded(replicas: Vec<Replica>) -> Result<usize, Box<dyn Error>> {
    let mut logs = Vec::new();
    for replica in replicas {
        drop(replica.stop);
        replica.serving.await?;
        logs.push(replica.log);
    }
    let mut cut = 0;
    for _ in 0..100 {
        cut = 0;
        for log in &logs {
            UseLog::visit(log, &mut |record| {
                cut += usize::from(record.outcome == Outcome::PermitEnded);
            })?;
        }
        if cut == STREAMS {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(cut)
}
