//! Sealed content: after the request it is in no file and not in the gateway's memory, with the real program; who asked can
//! open it, and others check that against the log.
#![expect(clippy::unwrap_used, reason = "helpers of a test")]

#[path = "kit/scene.rs"]
mod scene;

use scene::{Serving, good, pause, run, serving, world};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};

/// Words that occur nowhere else: 24 letters each, so that also a piece of a buffer would be found.
fn words(seed: u64, count: usize) -> Vec<String> {
    let mut state = seed;
    let mut letter = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + u8::try_from((state >> 33) % 26).unwrap())
    };
    (0..count).map(|_| (0..24).map(|_| letter()).collect()).collect()
}

/// A model on loopback that says the words in this HTTP, and ends its answer only once it is told to.
fn model(http: u8, says: Vec<String>) -> (String, Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ending) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let answered = match http {
                1 => answer(stream.unwrap(), &says, &ending),
                _ => answer_in_frames(stream.unwrap(), &says, &ending),
            };
            if answered.is_none() {
                return;
            }
        }
    });
    (format!("http://{address}/v1"), end)
}

fn answer(mut stream: TcpStream, says: &[String], ending: &Receiver<()>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut line, mut length) = (String::new(), 0);
    while {
        reader.read_line(&mut line).ok()?;
        !line.trim().is_empty()
    } {
        if let Some(given) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = given.trim().parse().ok()?;
        }
        line.clear();
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body).ok()?;
    if !streams(&body) {
        let body = completion(says);
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let (first, rest) = body.split_at(body.len() - 1);
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(first.as_bytes()).ok()?;
        ending.recv().ok()?;
        return stream.write_all(rest.as_bytes()).ok();
    }
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).ok()?;
    let mut say = |data: &str| {
        let event = format!("data: {data}\n\n");
        write!(stream, "{:x}\r\n{event}\r\n", event.len()).ok()
    };
    for word in says {
        say(&chunk(word))?;
    }
    ending.recv().ok()?;
    say("[DONE]")?;
    stream.write_all(b"0\r\n\r\n").ok()
}

fn streams(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).contains("\"stream\":true")
}

/// A whole answer of these words.
fn completion(says: &[String]) -> String {
    format!(
        "{{\"id\":\"a\",\"object\":\"chat.completion\",\"created\":0,\"model\":\"model-1\",\"choices\":[{{\"index\":0,\
         \"finish_reason\":\"stop\",\"message\":{{\"role\":\"assistant\",\"content\":\"{}\"}}}}],\
         \"usage\":{{\"prompt_tokens\":9,\"completion_tokens\":9,\"total_tokens\":18}}}}",
        says.join(" ")
    )
}

/// One word of a stream.
fn chunk(word: &str) -> String {
    format!(
        "{{\"id\":\"a\",\"object\":\"chat.completion.chunk\",\"created\":0,\"model\":\"model-1\",\
         \"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{word} \"}}}}]}}"
    )
}

/// A frame of HTTP/2 on a stream (RFC 9113 §4.1).
fn frame(kind: u8, flags: u8, id: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &id.to_be_bytes(), payload].concat()
}

/// The same in HTTP/2. The connection stays open for as long as the gateway keeps it.
fn answer_in_frames(mut stream: TcpStream, says: &[String], ending: &Receiver<()>) -> Option<()> {
    const DATA: u8 = 0;
    const HEADERS: u8 = 1;
    const SETTINGS: u8 = 4;
    stream.read_exact(&mut [0; 24]).ok()?;
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).ok()?;
    let mut body = Vec::new();
    loop {
        let mut head = [0; 9];
        if stream.read_exact(&mut head).is_err() {
            return Some(());
        }
        let [a, b, c, kind, flags, id @ ..] = head;
        let mut payload = vec![0; usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap()];
        stream.read_exact(&mut payload).ok()?;
        if kind == DATA {
            body.extend(payload);
        }
        if kind > HEADERS || flags & 1 == 0 {
            continue;
        }
        let id = u32::from_be_bytes(id);
        // `:status` 200, and a field that is not indexed
        let kind = if streams(&body) { "text/event-stream" } else { "application/json" };
        let value = u8::try_from(kind.len()).unwrap();
        let fields = [b"\x88\x00\x0ccontent-type".as_slice(), &[value], kind.as_bytes()].concat();
        stream.write_all(&frame(HEADERS, 4, id, &fields)).ok()?;
        let (first, last) = if streams(&body) {
            let events = says.iter().map(|word| format!("data: {}\n\n", chunk(word)));
            (events.collect::<String>(), "data: [DONE]\n\n".to_owned())
        } else {
            let whole = completion(says);
            let (first, last) = whole.split_at(whole.len() - 1);
            (first.to_owned(), last.to_owned())
        };
        stream.write_all(&frame(DATA, 0, id, first.as_bytes())).ok()?;
        ending.recv().ok()?;
        stream.write_all(&frame(DATA, 1, id, last.as_bytes())).ok()?;
        body.clear();
    }
}

/// How many of the words are in the process's writable memory; `None` where this process may not look.
fn in_memory(process: u32, words: &[String]) -> Option<usize> {
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).ok()?;
    let mut memory = File::open(format!("/proc/{process}/mem")).ok()?;
    let mut found = vec![false; words.len()];
    let mut looked = 0_usize;
    for line in maps.lines() {
        let mut fields = line.split_whitespace();
        let (range, rights) = (fields.next()?, fields.next()?);
        if !rights.starts_with("rw") {
            continue;
        }
        let (from, to) = range.split_once('-')?;
        let hexadecimal = |text| u64::from_str_radix(text, 16).ok();
        let (mut at, to) = (hexadecimal(from)?, hexadecimal(to)?);
        // pieces overlap, so that no word lies across two
        while at < to {
            let length = (to - at).min(4 << 20);
            let mut bytes = vec![0; usize::try_from(length).ok()?];
            memory.seek(SeekFrom::Start(at)).ok()?;
            if memory.read_exact(&mut bytes).is_ok() {
                looked += bytes.len();
                look(&bytes, words, &mut found);
            }
            at += if length == 4 << 20 { length - 64 } else { length };
        }
    }
    assert!(looked > 1 << 20, "only {looked} bytes of memory were seen");
    Some(found.iter().filter(|found| **found).count())
}

/// Marks the words that occur. Pages of zeros, which are most, are passed over.
fn look(bytes: &[u8], words: &[String], found: &mut [bool]) {
    const PAGE: usize = 4_096;
    for start in (0..bytes.len()).step_by(PAGE) {
        let page = &bytes[start..bytes.len().min(start + PAGE)];
        if page == &[0; PAGE][..page.len()] {
            continue;
        }
        // a word may reach into the next page
        let page = &bytes[start..bytes.len().min(start + PAGE + 64)];
        let lowercase = page.iter().enumerate().filter(|(_, byte)| byte.is_ascii_lowercase());
        for (at, _) in lowercase {
            for (word, found) in words.iter().zip(&mut *found) {
                *found |= page[at..].starts_with(word.as_bytes());
            }
        }
    }
}

/// The words that are in some file below a folder.
fn on_file(folder: &Path, words: &[String]) -> Vec<String> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(on_file(&path, words));
        } else {
            let mut found = vec![false; words.len()];
            look(&std::fs::read(&path).unwrap_or_default(), words, &mut found);
            if found.contains(&true) {
                all.push(path.display().to_string());
            }
        }
    }
    all
}

/// Sends a question and returns its id and the connection, with the answer's beginning read.
fn ask(base: &str, credential: &str, question: &str, stream: bool) -> TcpStream {
    let address = base.trim_start_matches("http://").trim_end_matches("/v1");
    let body = format!(
        "{{\"model\":\"model-1\",\"stream\":{stream},\"max_tokens\":4000,\"messages\":[{{\"role\":\"user\",\"content\":\"{question}\"}}]}}"
    );
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {credential}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(head.as_bytes()).unwrap();
    client.write_all(body.as_bytes()).unwrap();
    client
}

/// The answer to its end, which is the connection's.
fn rest(mut client: TcpStream) -> String {
    let mut said = String::new();
    client.read_to_string(&mut said).unwrap();
    said
}

/// Waits until the gateway holds so many of the words.
fn holds(gateway: &Serving, words: &[String], enough: fn(usize) -> bool) -> Option<usize> {
    let mut found = 0;
    for _ in 0..20 {
        found = in_memory(gateway.0.id(), words)?;
        if enough(found) {
            break;
        }
        pause(100);
    }
    Some(found)
}

#[test]
fn sealed_content_is_gone_after_the_request_and_opens_for_who_asked() {
    let (folder, _node) = world("content = \"sealed\"\nretention-days = 90");
    let at = folder.path();
    for http in [1, 2] {
        if gone(at, http).is_none() {
            eprintln!("skipped: this process may not read the memory of another");
            return;
        }
    }
}

/// Asks through a gateway that speaks this HTTP with the model, and looks for what was said. None where this process may not look.
fn gone(at: &Path, http: u8) -> Option<()> {
    let (asked, answered) = (words(1, 40), words(2, 40));
    let both = [asked.clone(), answered.clone()].concat();
    let (model, end) = model(http, answered.clone());
    let start = format!("--home lab gateway --upstream {model} --upstream-http {http}");
    let (mut gateway, base) = serving(at, &start, "gateway-ready");
    let credential = std::fs::read_to_string(at.join("institute/credential"))
        .or_else(|_| std::fs::read_to_string(at.join("credential")))
        .unwrap();
    let mut requests = Vec::new();
    for stream in [true, false] {
        let client = ask(&base, credential.trim(), &asked.join(" "), stream);
        // the test can fail: while the answer is under way all of it is there
        let during = holds(&gateway, &both, |found| found == 80);
        assert_eq!(during?, both.len(), "HTTP/{http}, stream: {stream}");
        end.send(()).unwrap();
        let said = rest(client);
        assert!(said.starts_with("HTTP/1.1 200"), "{said}");
        assert!(answered.iter().all(|word| said.contains(word)), "the client has it: {said}");
        let id = said.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap();
        requests.push(id.to_owned());
        let after = holds(&gateway, &both, |found| found == 0);
        assert_eq!(after, Some(0), "HTTP/{http}, stream: {stream}: words are left in memory");
        assert_eq!(on_file(at, &both), Vec::<String>::new());
    }
    // so that the last minute is logged
    let stop = ["-TERM", &gateway.0.id().to_string()].map(str::to_owned);
    assert!(Command::new("kill").args(stop).status().unwrap().success());
    assert!(gateway.0.wait().unwrap().success());
    assert_eq!(on_file(at, &both), Vec::<String>::new());
    std::fs::remove_file(at.join("gateway-ready")).unwrap();
    for request in &requests {
        disputed(at, request, &both);
        std::fs::remove_file(at.join(format!("{request}.opened"))).unwrap();
    }
    std::fs::remove_file(at.join("forged")).unwrap();
    Some(())
}

/// The institute opens what was sealed to it; the office believes the log; changed bytes are noticed.
fn disputed(at: &Path, request: &str, words: &[String]) {
    let (sealed, opened) = (format!("{request}.sealed"), format!("{request}.opened"));
    good(at, &format!("--home lab gateway content {request} --out {sealed}"));
    let refused = run(at, &format!("--home lab gateway open {sealed} --out {opened}"));
    assert_eq!(refused.status.code(), Some(1), "{}", String::from_utf8_lossy(&refused.stderr));
    good(at, &format!("--home institute gateway open {sealed} --out {opened}"));
    let text = std::fs::read_to_string(at.join(&opened)).unwrap();
    let opening: Value = serde_json::from_str(&text).unwrap();
    let bytes = |field: &str| {
        let text = opening["opening"][field].as_str().unwrap();
        String::from_utf8(data_encoding::BASE64.decode(text.as_bytes()).unwrap()).unwrap()
    };
    let content = bytes("asked") + &bytes("answered");
    assert!(words.iter().all(|word| content.contains(word)));
    for party in ["office", "lab", "institute"] {
        good(at, &format!("--home {party} gateway check {opened}"));
    }
    let forged = data_encoding::BASE64.encode(bytes("asked").replace("user", "them").as_bytes());
    let forged = text.replace(opening["opening"]["asked"].as_str().unwrap(), &forged);
    std::fs::write(at.join("forged"), forged).unwrap();
    let refused = run(at, "--home office gateway check forged");
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("the request is not what the record in the log commits to"), "{said}");
}
