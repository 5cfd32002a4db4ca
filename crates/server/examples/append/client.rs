//! A client that costs little: requests that were written before, over one connection kept open.

use crate::Outcome;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One receipt.
pub(crate) struct Answer {
    /// The statement's place in the log.
    pub(crate) index: u64,
    /// When it was sent, since the beginning of the part.
    pub(crate) sent: Duration,
    /// When the receipt was there.
    pub(crate) at: Duration,
}

/// How often the cosigned checkpoint is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// Longest that the last statement may wait for its cosignatures.
const PATIENCE: Duration = Duration::from_secs(20);

/// States one thing after another.
pub(crate) async fn state(
    address: SocketAddr,
    requests: Arc<[Vec<u8>]>,
    started: Instant,
) -> Outcome<Vec<Answer>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut answers = Vec::with_capacity(requests.len());
    let mut body = Vec::new();
    for request in requests.iter() {
        let sent = started.elapsed();
        exchange(&mut stream, request, &mut body).await?;
        let at = started.elapsed();
        let index = body.split(|b| *b == b'\n').find_map(|line| line.strip_prefix(b"index "));
        let index = std::str::from_utf8(index.ok_or("a receipt without an index")?)?.parse()?;
        answers.push(Answer { index, sent, at });
    }
    Ok(answers)
}

/// Looks at the cosigned checkpoint until it covers `end` leaves: each size with the time at which it was seen.
pub(crate) async fn watch(
    address: SocketAddr,
    end: u64,
    started: Instant,
) -> Outcome<Vec<(u64, Duration)>> {
    let mut seen: Vec<(u64, Duration)> = Vec::new();
    let mut grew = Instant::now();
    while seen.last().is_none_or(|(size, _)| *size < end) && grew.elapsed() < PATIENCE {
        tokio::time::sleep(LOOK).await;
        let size = size(address, "/log/witnessed").await?;
        if seen.last().is_none_or(|(last, _)| *last < size) {
            seen.push((size, started.elapsed()));
            grew = Instant::now();
        }
    }
    Ok(seen)
}

/// The size in a published checkpoint; 0 when there is none.
pub(crate) async fn size(address: SocketAddr, path: &str) -> Outcome<u64> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: node\r\n\r\n");
    let mut body = Vec::new();
    if exchange(&mut stream, request.as_bytes(), &mut body).await.is_err() {
        return Ok(0);
    }
    let text = String::from_utf8_lossy(&body);
    Ok(text.lines().nth(1).and_then(|size| size.parse().ok()).unwrap_or(0))
}

/// Sends a request and reads the answer's body.
async fn exchange(stream: &mut TcpStream, request: &[u8], body: &mut Vec<u8>) -> Outcome<()> {
    stream.write_all(request).await?;
    let mut read = Vec::with_capacity(32 << 10);
    let head = loop {
        if let Some(at) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut read).await? == 0 {
            return Err("the connection was closed".into());
        }
    };
    let mut rest = read.split_off(head);
    let text = String::from_utf8(read)?.to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.ok_or("no length")?.trim().parse()?;
    while rest.len() < length {
        if stream.read_buf(&mut rest).await? == 0 {
            return Err("the connection was closed".into());
        }
    }
    if !text.starts_with("http/1.1 200") {
        return Err(format!("{text}{}", String::from_utf8_lossy(&rest)).into());
    }
    *body = rest;
    Ok(())
}
