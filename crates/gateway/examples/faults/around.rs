//! What stands around the gateway: an upstream that notes what it is sent, and clients that note what they were answered.

use crate::permits::{MODEL, TOKEN};
use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What clients were answered.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// Requests with a whole answer.
    pub(crate) whole: BTreeSet<String>,
    /// How many were refused because nothing can be recorded.
    pub(crate) refused: usize,
}

impl Asked {
    pub(crate) fn add(&mut self, other: Self) {
        self.whole.extend(other.whole);
        self.refused += other.refused;
    }
}

/// A model's server that answers at once.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<BTreeSet<String>>>,
    serving: JoinSet<()>,
}

impl Upstream {
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let seen = Arc::new(Mutex::default());
        let noted = Arc::clone(&seen);
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let noted = Arc::clone(&noted);
                // a connection that breaks is the other side's business
                connections.spawn(async move { drop(reply(stream, &noted).await) });
            }
        });
        Ok(Self { address, seen, serving })
    }

    /// Closes everything; what was noted stays.
    pub(crate) fn leave(&mut self) {
        self.serving.abort_all();
    }

    pub(crate) fn seen(&self) -> BTreeSet<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn reply(mut stream: TcpStream, seen: &Mutex<BTreeSet<String>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let body = r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"Hello."}}],"usage":{"prompt_tokens":9,"completion_tokens":3}}"#;
    let mut read = Vec::new();
    loop {
        if whole(&read).is_some() {
            if let Some(id) = field(&read, "x-request-id") {
                seen.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
            }
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
            let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await?;
            read.clear();
        }
        if stream.read_buf(&mut read).await? == 0 {
            return Ok(());
        }
    }
}

/// Asks one request after the other until the gateway is gone.
pub(crate) async fn ask_until_gone(gateway: SocketAddr) -> Asked {
    let mut asked = Asked::default();
    // ends with the connection, which the fault breaks
    drop(ask(gateway, &mut asked).await);
    asked
}

async fn ask(gateway: SocketAddr, asked: &mut Asked) -> io::Result<()> {
    let body =
        format!(r#"{{"model":"{MODEL}","messages":[{{"role":"user","content":"Say hello."}}]}}"#);
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {TOKEN}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(gateway).await?;
    stream.set_nodelay(true)?;
    loop {
        stream.write_all(request.as_bytes()).await?;
        let mut read = Vec::new();
        while whole(&read).is_none() {
            if stream.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        }
        if read.starts_with(b"HTTP/1.1 200") {
            asked.whole.extend(field(&read, "x-request-id"));
        } else if read.starts_with(b"HTTP/1.1 503") {
            asked.refused += 1;
        }
    }
}

/// The length of a message, once it is whole.
fn whole(message: &[u8]) -> Option<usize> {
    let head = message.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    let body: usize = field(message, "content-length")?.parse().ok()?;
    (message.len() >= head + body).then_some(head + body)
}

fn field(message: &[u8], name: &str) -> Option<String> {
    let head = message.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(message.get(..head)?).into_owned();
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}
