//! Clients that read a stream to its end and note when it came.

use crate::permits::{MODEL, TOKEN};
use std::io;
use std::net::SocketAddr;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How a stream ended.
pub(crate) struct Ended {
    /// When the client saw its end.
    pub(crate) ended_at: Instant,
    /// When the last event of the model came.
    pub(crate) last_event_at: Instant,
    /// Whether the last event said why.
    pub(crate) told: bool,
}

/// Opens a stream and waits for its first event.
pub(crate) async fn open(gateway: SocketAddr) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(gateway).await?;
    stream.set_nodelay(true)?;
    let body = format!(
        "{{\"model\":\"{MODEL}\",\"stream\":true,\"messages\":[{{\"role\":\"user\",\"content\":\"Go on.\"}}]}}"
    );
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await?;
    let mut read = Vec::new();
    while !contains(&read, b"data: ") {
        if stream.read_buf(&mut read).await? == 0 {
            return Err(io::Error::other(String::from_utf8_lossy(&read).into_owned()));
        }
    }
    Ok(stream)
}

/// Reads to the end.
pub(crate) async fn to_its_end(mut stream: TcpStream) -> io::Result<Ended> {
    let mut last_event_at = Instant::now();
    let mut told = false;
    let mut read = Vec::with_capacity(4096);
    loop {
        read.clear();
        let taken = stream.read_buf(&mut read).await.unwrap_or(0);
        if contains(&read, b"chat.completion.chunk") {
            last_event_at = Instant::now();
        }
        told |= contains(&read, b"access_ended");
        if taken == 0 || contains(&read, b"\r\n0\r\n\r\n") {
            return Ok(Ended { ended_at: Instant::now(), last_event_at, told });
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
