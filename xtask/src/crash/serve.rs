//! The real program, three clients over HTTP, and a kill at a moment from the seed.

use super::{Place, Trials};
use crate::scene::Signed;
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The longest that a server may take to be ready, or a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program that serves; killed when dropped.
pub(super) struct Served(pub(super) Child);

impl Drop for Served {
    fn drop(&mut self) {
        // gone already is as good
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the node of a folder; `ready` will hold its address.
pub(super) fn start(trials: &Trials, folder: &Path, ready: &Path) -> Result<Served> {
    start_with(trials, folder, ready, &[])
}

/// Starts it with more in its environment.
pub(super) fn start_with(
    trials: &Trials,
    folder: &Path,
    ready: &Path,
    variables: &[(&str, &str)],
) -> Result<Served> {
    let _there_from_before = std::fs::remove_file(ready);
    let mut command = Command::new(trials.binary.path());
    command.arg("serve").arg("--folder").arg(folder).arg("--ready").arg(ready);
    command.args(["--listen", "127.0.0.1:0"]).envs(variables.iter().copied());
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    Ok(Served(quiet.spawn().context("the program starts")?))
}

/// The address in a ready file, once it is there; none after `patience`.
pub(super) fn address(ready: &Path, patience: Duration) -> Option<String> {
    let started = now();
    while started.elapsed() < patience {
        if let Ok(text) = std::fs::read_to_string(ready)
            && let Some(address) = text.strip_suffix("\n").and_then(|t| t.strip_prefix("http://"))
        {
            return Some(address.trim_end_matches('/').to_owned());
        }
        pause(Duration::from_millis(1));
    }
    None
}

/// One trial: start, hand in, kill.
pub(super) fn trial(trials: &mut Trials, place: &mut Place) -> Result<()> {
    let moment = Duration::from_micros(trials.draw.below(trials.within.saturating_mul(1000)));
    let started = now();
    let ready = trials.root.join("ready");
    let served = start(trials, &place.folder, &ready)?;
    let over = AtomicBool::new(false);
    let (receipts, checkpoints) = std::thread::scope(|scope| {
        let clients: Vec<_> = trials
            .chains
            .iter()
            .map(|chain| {
                let rest: Vec<&Signed> =
                    chain.iter().skip_while(|signed| place.seen.has(&signed.id)).collect();
                let (ready, over) = (&ready, &over);
                scope.spawn(move || client(ready, &rest, over))
            })
            .collect();
        let reader = scope.spawn(|| reader(&ready, &over));
        pause(moment.saturating_sub(started.elapsed()));
        drop(served);
        over.store(true, Ordering::SeqCst);
        let receipts: Vec<_> =
            clients.into_iter().flat_map(|c| c.join().unwrap_or_default()).collect();
        (receipts, reader.join().unwrap_or_default())
    });
    for receipt in &receipts {
        trials.acknowledge(place, receipt);
    }
    for note in &checkpoints {
        place.seen.checkpoint(note)?;
    }
    Ok(())
}

/// Hands statements in, one after the other, until the server is gone; what was acknowledged.
fn client(ready: &Path, rest: &[&Signed], over: &AtomicBool) -> Vec<Vec<u8>> {
    let mut receipts = Vec::new();
    let Some(mut connection) = connect(ready, over) else { return receipts };
    for signed in rest {
        match connection.ask("POST", "/api/v1/statements", &signed.bytes) {
            Ok((200 | 201, receipt)) => receipts.push(receipt),
            Ok(_) | Err(_) => break,
        }
    }
    receipts
}

/// Fetches the checkpoint again and again; those that differ.
fn reader(ready: &Path, over: &AtomicBool) -> Vec<Vec<u8>> {
    let mut notes: Vec<Vec<u8>> = Vec::new();
    let Some(mut connection) = connect(ready, over) else { return notes };
    while !over.load(Ordering::SeqCst) {
        match connection.ask("GET", "/log/checkpoint", &[]) {
            Ok((200, note)) if notes.last() != Some(&note) => notes.push(note),
            Ok(_) => pause(Duration::from_millis(1)),
            Err(_) => break,
        }
    }
    notes
}

fn connect(ready: &Path, over: &AtomicBool) -> Option<Connection> {
    while !over.load(Ordering::SeqCst) {
        if let Some(address) = address(ready, Duration::from_millis(5)) {
            return Connection::open(&address).ok();
        }
    }
    None
}

/// A connection that is kept open.
pub(super) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(super) fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// One request: the status and the body.
    pub(super) fn ask(&mut self, verb: &str, path: &str, body: &[u8]) -> Result<(u16, Vec<u8>)> {
        let mut request = format!(
            "{verb} {path} HTTP/1.1\r\nHost: trial\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.0.get_mut().write_all(&request)?;
        let status = self.line()?;
        let status = status.split(' ').nth(1).and_then(|s| s.parse().ok()).context("a status")?;
        let mut length = None;
        loop {
            let line = self.line()?.to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = Some(value.trim().parse::<usize>()?);
            }
        }
        let mut answer = vec![0; length.context("a length")?];
        self.0.read_exact(&mut answer)?;
        Ok((status, answer))
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.0.read_line(&mut line)? == 0 {
            bail!("the server is gone");
        }
        Ok(line.trim_end().to_owned())
    }
}

pub(super) fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "a development tool watches the time")]
    Instant::now()
}

pub(super) fn pause(span: Duration) {
    #[expect(clippy::disallowed_methods, reason = "a development tool waits for processes")]
    std::thread::sleep(span);
}
