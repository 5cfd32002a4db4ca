//! A model on loopback, and streams that are asked of it through a gateway.
#![expect(clippy::unwrap_used, reason = "helpers of a test")]

use crate::scene::pause;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

/// A model on loopback that answers each question with a token every 20 ms, for a minute at most.
pub(crate) fn model() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            std::thread::spawn(move || answer(stream));
        }
    });
    format!("http://{address}/v1")
}

/// Reads one request and answers it; whoever left is not waited for.
fn answer(mut stream: TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    let (mut length, mut lists) = (0, false);
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        lists |= line.starts_with("GET /v1/models ");
        if let Some(given) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = given.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    if lists {
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
        return stream.write_all(head.as_bytes()).ok();
    }
    reader.take(length).read_to_end(&mut Vec::new()).ok()?;
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).ok()?;
    let event = "data: {\"id\":\"a\",\"object\":\"chat.completion.chunk\",\"created\":0,\"model\":\"model-1\",\
                 \"choices\":[{\"index\":0,\"delta\":{\"content\":\"1 \"}}]}\n\n";
    for _ in 0..3_000 {
        write!(stream, "{:x}\r\n{event}\r\n", event.len()).ok()?;
        pause(20);
    }
    None
}

/// A stream through the gateway, open once its first event is here. One that is refused is asked for again: a word that was
/// taken back may still be obeyed.
pub(crate) fn stream(at: &Path, base: &str) -> BufReader<TcpStream> {
    let opened = || {
        let mut stream = BufReader::new(ask(at, base));
        let mut line = String::from("HTTP");
        while !line.is_empty() && !line.starts_with("data: ") {
            line.clear();
            stream.read_line(&mut line).unwrap();
        }
        pause(if line.is_empty() { 50 } else { 0 });
        (!line.is_empty()).then_some(stream)
    };
    (0..100).find_map(|_| opened()).expect("a stream opens")
}

/// Asks for a stream with the credential of `grant-1`.
pub(crate) fn ask(at: &Path, base: &str) -> TcpStream {
    let key = std::fs::read_to_string(at.join("credential")).unwrap();
    let host = base.trim_start_matches("http://").trim_end_matches("/v1");
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let body = r#"{"model":"model-1","stream":true,"max_tokens":4000,"messages":[{"role":"user","content":"count"}]}"#;
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        key.trim(),
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// What a stream still says, to its end.
pub(crate) fn rest(stream: &mut impl Read) -> String {
    let mut said = String::new();
    // one that is cut may break off
    drop(stream.read_to_string(&mut said));
    said
}
