//! Clients that ask again as soon as they are answered.

use crate::permits::{MODEL, TOKEN};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// One answer.
    Whole,
    /// An event stream.
    Stream,
}

/// How long a client goes on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    /// To this instant.
    At(Instant),
    /// For so many answers.
    Answers(u32),
}

/// Keeps `clients` connections busy for `time`; gives the number of whole answers. Each of `headers` ends with its line's end.
pub(crate) async fn drive(
    proxy: SocketAddr,
    headers: &str,
    clients: usize,
    shape: Shape,
    time: Duration,
) -> io::Result<u32> {
    drive_until(proxy, headers, clients, shape, Until::At(Instant::now() + time)).await
}

/// The same with another end.
pub(crate) async fn drive_until(
    proxy: SocketAddr,
    headers: &str,
    clients: usize,
    shape: Shape,
    until: Until,
) -> io::Result<u32> {
    let request: Arc<[u8]> = request(shape, headers).into();
    let mut tasks = JoinSet::new();
    for _ in 0..clients {
        tasks.spawn(client(proxy, Arc::clone(&request), until));
    }
    let mut answers = 0;
    while let Some(answered) = tasks.join_next().await {
        answers += answered.map_err(io::Error::other)??;
    }
    Ok(answers)
}

impl Until {
    fn goes_on(self, answers: u32) -> bool {
        match self {
            Self::At(end) => Instant::now() < end,
            Self::Answers(enough) => answers < enough,
        }
    }
}

async fn client(proxy: SocketAddr, request: Arc<[u8]>, until: Until) -> io::Result<u32> {
    let mut stream = TcpStream::connect(proxy).await?;
    stream.set_nodelay(true)?;
    let (mut answers, mut buffer) = (0, Vec::with_capacity(32 * 1024));
    while until.goes_on(answers) {
        stream.write_all(&request).await?;
        buffer.clear();
        while !is_whole(&buffer) {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        if !buffer.starts_with(b"HTTP/1.1 200") {
            return Err(io::Error::other(String::from_utf8_lossy(&buffer).into_owned()));
        }
        answers += 1;
    }
    Ok(answers)
}

/// Whether an answer has ended: by its last chunk, or by its length.
fn is_whole(answer: &[u8]) -> bool {
    if answer.ends_with(b"\r\n0\r\n\r\n") {
        return true;
    }
    let Some(head) = answer.windows(4).position(|w| w == b"\r\n\r\n") else { return false };
    let (head, body) = answer.split_at(head + 4);
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.and_then(|l| l.trim().parse().ok()).is_some_and(|l: usize| body.len() >= l)
}

/// A request with a prompt of about one kilobyte.
fn request(shape: Shape, headers: &str) -> Vec<u8> {
    let (stream, accept) = match shape {
        Shape::Whole => (false, "application/json"),
        Shape::Stream => (true, "text/event-stream"),
    };
    let body = format!(
        "{{\"model\":\"{MODEL}\",\"stream\":{stream},\"max_tokens\":400,\"temperature\":0.2,\"messages\":[{{\"role\":\"system\",\"content\":\"You are careful.\"}},{{\"role\":\"user\",\"content\":\"{}\"}}]}}",
        "some words to read ".repeat(45)
    );
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: model\r\nauthorization: Bearer {TOKEN}\r\naccept: {accept}\r\n{headers}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
