//! 10,000 open streams: what they take of the gateways' memory.
//!
//! Upstream, gateways and clients are processes of their own, because each stream takes two file
//! descriptors of a gateway and systems give a process few; two gateways share the streams. Prints one JSON
//! line; fails when the gateways take more than 600 MB together, or a stream doesn't open.
#![expect(clippy::disallowed_methods, reason = "a measurement owns its clock and its tasks")]
#![expect(clippy::print_stdout, reason = "its output is the result")]

#[expect(dead_code, reason = "shared with the drill, which reads streams to their end")]
#[path = "drill/clients.rs"]
mod clients;
#[path = "passthrough/paced.rs"]
mod paced;
#[expect(dead_code, reason = "shared with the tests, which also withdraw")]
#[path = "../tests/it/permits.rs"]
mod permits;

use domain::Span;
use gateway::{Clock, Config, Durability, Gateway, Limits, SystemClock, UseLog};
use std::error::Error;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

const STREAMS: usize = 10_000;
const GATEWAYS: usize = 2;
const BOUND_MB: f64 = 600.0;
/// Between two events of a stream.
const PAUSE: Duration = Duration::from_secs(5);

/// A process of this example in another part; it ends with its input.
struct Part {
    child: Child,
    address: SocketAddr,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    match (args.next().as_deref(), args.next()) {
        (Some("upstream"), None) => {
            let address = runtime.block_on(paced::upstream(PAUSE))?;
            serve(address)
        }
        (Some("gateway"), Some(upstream)) => {
            let folder = tempfile::tempdir()?;
            let address = runtime.block_on(gateway(&upstream, folder.path()))?;
            serve(address)
        }
        (None, None) => runtime.block_on(measure()),
        _ => Err("start it without arguments".into()),
    }
}

fn serve(address: SocketAddr) -> Result<(), Box<dyn Error>> {
    println!("{address}");
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

async fn measure() -> Result<(), Box<dyn Error>> {
    let upstream = Part::start(&["upstream"])?;
    let behind = upstream.address.to_string();
    let gateways: Vec<_> =
        (0..GATEWAYS).map(|_| Part::start(&["gateway", &behind])).collect::<Result<_, _>>()?;
    let empty = megabytes(&gateways)?;
    let mut open = Vec::with_capacity(STREAMS);
    for n in 0..STREAMS {
        let gateway = gateways.get(n % GATEWAYS).ok_or("no gateway")?;
        open.push(clients::open(gateway.address).await?);
    }
    let full = megabytes(&gateways)?;
    tokio::time::sleep(PAUSE * 2).await;
    let later = megabytes(&gateways)?;
    println!(
        "{{\"name\":\"gateway-open\",\"streams\":{},\"gateways\":{GATEWAYS},\"unit\":\"MB resident, both\",\"idle\":{empty:.0},\"open\":{full:.0},\"after_two_more_events_each\":{later:.0},\"limit\":{BOUND_MB:.0}}}",
        open.len()
    );
    if full.max(later) > BOUND_MB {
        return Err("the gateways take more than the limit".into());
    }
    Ok(())
}

async fn gateway(upstream: &str, folder: &std::path::Path) -> Result<SocketAddr, Box<dyn Error>> {
    let clock = SystemClock::start();
    let reviews = permits::review(1 << 40, clock.now().before(Span::hours(2)));
    let log = UseLog::open(&folder.join("uses.log"), Durability::Durable, clock.now())?.0;
    let mut config = Config::new(format!("http://{upstream}/v1").parse()?);
    config.limits = Limits { default_answer_tokens: 1_000_000, ..Limits::default() };
    let gateway = Gateway::new(&config, Arc::new(reviews), Arc::new(log), Arc::new(clock))?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(gateway.serve(listener, std::future::pending()));
    Ok(address)
}

impl Part {
    fn start(args: &[&str]) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        Ok(Self { address: line.trim().parse()?, child })
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Resident memory of the gateways together.
fn megabytes(gateways: &[Part]) -> Result<f64, Box<dyn Error>> {
    let mut kib = 0.0;
    for part in gateways {
        let status = std::fs::read_to_string(format!("/proc/{}/status", part.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        kib += line.trim().trim_end_matches(" kB").parse::<f64>()?;
    }
    Ok(kib * 1024.0 / 1e6)
}
