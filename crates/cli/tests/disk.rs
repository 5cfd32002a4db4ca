//! A gateway whose disk is full, with the real program and a real file system: a small one in memory, mounted in a namespace
//! of the test's own.
#![expect(clippy::unwrap_used, reason = "helpers of a test")]

#[path = "kit/scene.rs"]
mod scene;

use scene::{good, pause, world};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Mounts a small disk, takes the lab's home there, serves, and fills and empties the disk as it is told.
const SCRIPT: &str = r#"
set -e
mkdir full
mount -t tmpfs -o size=2m tmpfs full
cp -a lab/. full/
"$PROGRAM" --home full gateway --upstream "$MODEL" --lease 60000 --listen 127.0.0.1:0 --ready full-ready 2> full.said &
gateway=$!
set +e
while read order; do
  case $order in
    fill) cat /dev/zero > full/filler 2> /dev/null ;;
    empty) rm full/filler ;;
    end) kill $gateway; wait $gateway; cp -a full/. lab/ ;;
  esac
  echo $order
done
kill $gateway 2> /dev/null
wait $gateway
"#;

/// A gateway on a small disk, and who fills it.
struct Small {
    child: Child,
    orders: Option<ChildStdin>,
    done: BufReader<ChildStdout>,
    base: String,
}

impl Small {
    /// None where this process may not mount anything.
    fn start(at: &Path, model: &str) -> Option<Self> {
        let may = Command::new("unshare").args(["-rm", "true"]).stderr(Stdio::null()).status();
        if !may.is_ok_and(|status| status.success()) {
            return None;
        }
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", SCRIPT]).current_dir(at);
        command.env("PROGRAM", env!("CARGO_BIN_EXE_vestibule")).env("MODEL", model);
        let node = std::fs::read_to_string(at.join("node-ready")).unwrap();
        command.env("VESTIBULE_NODE", node.trim());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (orders, done) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        let mut small = Self { child, orders, done, base: String::new() };
        for _ in 0..2_500 {
            small.base = std::fs::read_to_string(at.join("full-ready")).unwrap_or_default();
            if small.base.ends_with('\n') {
                break;
            }
            pause(10);
        }
        let said = std::fs::read_to_string(at.join("full.said")).unwrap_or_default();
        assert!(small.base.ends_with('\n'), "not ready within 25 s: {said}");
        Some(small)
    }

    fn order(&mut self, order: &str) {
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
        let mut done = String::new();
        while done.trim() != order {
            done.clear();
            assert!(self.done.read_line(&mut done).unwrap() > 0, "the script ended");
        }
    }

    /// Asks once; the status and what was said.
    fn ask(&self, at: &Path, path: &str) -> (u16, String) {
        let key = std::fs::read_to_string(at.join("credential")).unwrap();
        let host = self.base.trim().trim_start_matches("http://").trim_end_matches("/v1");
        let mut stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let body =
            r#"{"model":"model-1","max_tokens":4,"messages":[{"role":"user","content":"count"}]}"#;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n{body}",
            key.trim(),
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        let status = said.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.expect("a status"), said)
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // the script ends with its orders, and ends the gateway
        drop(self.orders.take());
        self.child.wait().unwrap();
    }
}

/// A model on loopback that answers at once, and how often it was asked.
fn model() -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, asked) = (stream.unwrap(), Arc::clone(&counted));
            std::thread::spawn(move || while answer(&stream, &asked).is_some() {});
        }
    });
    (format!("http://{address}/v1"), asked)
}

fn answer(mut stream: &TcpStream, asked: &AtomicU64) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    while {
        line.clear();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        !line.trim().is_empty()
    } {
        if let Some(given) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = given.trim().parse().ok()?;
        }
    }
    reader.take(length).read_to_end(&mut Vec::new()).ok()?;
    asked.fetch_add(1, Ordering::SeqCst);
    let body = r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"1"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":1}}"#;
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()
}

#[test]
fn a_full_disk_stops_everything_and_an_emptied_one_loses_nothing() {
    let (world, _node) = world("");
    let at = world.path();
    let (model, asked) = model();
    let Some(mut gateway) = Small::start(at, &model) else {
        eprintln!("skipped: this process may not mount a file system of its own");
        return;
    };
    const PATH: &str = "/v1/chat/completions";
    let mut answered = 0;
    assert_eq!(gateway.ask(at, PATH).0, 200);
    answered += 1;
    gateway.order("fill");
    // what was filled ahead of the log takes some more
    let refused = loop {
        let (status, said) = gateway.ask(at, PATH);
        if status != 200 {
            break (status, said);
        }
        answered += 1;
        assert!(answered < 5_000, "it never ends");
    };
    assert_eq!(refused.0, 503, "{}", refused.1);
    assert!(refused.1.contains("\"use_log_unavailable\""), "{}", refused.1);
    let (forwarded, before) = (asked.load(Ordering::SeqCst), answered);
    // an answer whose outcome could not be written was withheld, and costs what it had set aside
    assert!(forwarded - before <= 1, "{forwarded} forwarded, {before} answered");
    for _ in 0..10 {
        let (status, said) = gateway.ask(at, PATH);
        assert!(status == 503 && said.contains("use_log_unavailable"), "{said}");
    }
    assert_eq!(
        asked.load(Ordering::SeqCst),
        forwarded,
        "nothing is forwarded that is not recorded"
    );
    gateway.order("empty");
    for _ in 0..3 {
        assert_eq!(gateway.ask(at, PATH).0, 200);
        answered += 1;
    }
    gateway.order("end");
    // each that was forwarded is on record, once
    let used = good(at, "--home lab --json gateway usage --grant grant-1");
    let used: Value = serde_json::from_str(&used).unwrap();
    let requests = used["grants"][0]["requests"].as_u64().unwrap();
    let forwarded = asked.load(Ordering::SeqCst);
    assert!(
        (answered..=forwarded).contains(&requests),
        "{used}: {answered} answered, {forwarded} forwarded"
    );
    let said = std::fs::read_to_string(at.join("full.said")).unwrap();
    assert!(said.lines().count() < 20, "{said}");
}
