//! A real receipt stamped by another program's authority, over loopback and by carried files.
use super::*;
use crate::act::{Done, Readers};
use crate::ctx::SeededRandom;
use crate::testing::{World, release};
use std::io::{Read, Write};
use std::net::TcpListener;

#[path = "../../../timestamp/src/tests/authority.rs"]
#[expect(dead_code, reason = "shared with the crate that it is from")]
mod authority;

use authority::Authority;

async fn receipt(world: &World) -> (PathBuf, Trust) {
    let node = world.node();
    let lab = world.ctx("lab", &node);
    let done = lab.state(&release("m1"), &Readers::Public, Some("m1")).await.unwrap();
    let Done::Logged { receipt, .. } = done else { panic!("it waits") };
    (receipt, lab.trust)
}

/// Answers one request with what `reply` makes of its body.
fn serve_once(reply: impl FnOnce(&[u8]) -> Vec<u8> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/tsa", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
        let (head, length) = loop {
            let read = stream.read(&mut buffer).unwrap();
            request.extend_from_slice(&buffer[..read]);
            if let Some(end) = request.windows(4).position(|w| w == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
                let length = head.lines().find_map(|l| l.strip_prefix("content-length: "));
                break (end + 4, length.unwrap().trim().parse::<usize>().unwrap());
            }
        };
        while request.len() < head + length {
            let read = stream.read(&mut buffer).unwrap();
            request.extend_from_slice(&buffer[..read]);
        }
        assert!(request.windows(27).any(|w| w == b"application/timestamp-query"));
        let body = reply(&request[head..]);
        let start = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/timestamp-reply\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(start.as_bytes()).unwrap();
        stream.write_all(&body).unwrap();
    });
    url
}

#[tokio::test]
async fn an_authority_is_asked_and_its_token_checked_offline() {
    let Some(mut openssl) = Authority::new() else {
        println!("skipped: openssl is not installed");
        return;
    };
    openssl.key("p384");
    let root = openssl.root();
    let world = World::new(21);
    let (receipt, trust) = receipt(&world).await;
    let [pem, out, query, answer] =
        ["ca.pem", "m1.token", "m1.tsq", "m1.tsr"].map(|name| world.folder.path().join(name));
    std::fs::write(&pem, root).unwrap();
    let known = authorities(&pem).unwrap();
    let subject = Subject::read(&receipt, &trust).unwrap();
    // carried by hand
    let random = SeededRandom::new(5);
    subject.write_query(&query, &random).unwrap();
    std::fs::write(&answer, openssl.answer(&std::fs::read(&query).unwrap())).unwrap();
    let carried = subject.take(&answer, &query, &known, &out).unwrap();
    assert_eq!(subject.check(Some(&out), &known).unwrap(), carried);
    assert_eq!((carried.index, carried.size, carried.accuracy_ms), (0, 1, Some(1500)));
    // asked over HTTP
    let url = serve_once(move |query| openssl.answer(query));
    let said = subject.ask(&url, &known, &out, &random).await.unwrap();
    assert_eq!(subject.check(Some(&out), &known).unwrap(), said);
    assert!(said.serial != carried.serial && said.authority.contains("Example time"));
    // an old answer to a new query is refused, and nothing is written
    let old = std::fs::read(&answer).unwrap();
    let (url, none) = (serve_once(move |_| old), world.folder.path().join("none"));
    let refused = subject.ask(&url, &known, &none, &random).await.unwrap_err();
    assert!(crate::plain(&refused).contains("another query"), "{}", crate::plain(&refused));
    assert!(!none.exists());
    // a bundle carries it
    let node = world.node();
    let lab = world.ctx("lab", &node);
    let bundle = world.folder.path().join("m1.bundle");
    let form = crate::export::Form::Bundle;
    crate::export::export(&lab, &receipt, form, Some(&out), &bundle).await.unwrap();
    let subject = Subject::read(&bundle, &trust).unwrap();
    assert_eq!(subject.check(None, &known).unwrap(), said);
}
