//! What an operator's machines are told, and whom it doesn't name.

use crate::permits::{GRANT, TOKEN};
use crate::world::{Setup, World, post, prompt};
use bytes::Bytes;
use gateway::{Heard, serve_health};
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Serves the address for operators; gives it, and what ends it.
async fn operators(world: &World) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let address = listener.local_addr().expect("bound");
    let mut serving = JoinSet::new();
    serving.spawn(serve_health(world.control.clone(), listener));
    (address, serving)
}

async fn get(address: SocketAddr, method: Method, path: &str) -> (u16, String) {
    let stream = TcpStream::connect(address).await.expect("it listens");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("HTTP");
    let mut task = JoinSet::new();
    task.spawn(async move { drop(connection.await) });
    let request = Request::builder().method(method).uri(path).header("host", "operator");
    let request = request.body(Full::new(Bytes::new())).expect("a request");
    let answer = sender.send_request(request).await.expect("an answer");
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.expect("whole").to_bytes();
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

#[tokio::test]
async fn metrics_count_everything_and_name_nobody() {
    let world = World::start().await;
    let (address, _serving) = operators(&world).await;
    assert_eq!(world.ask("plain").await.status, 200);
    let refused = world.connect().await.send(post(Some("sk-unknown"), Bytes::new())).await;
    assert_eq!(refused.status, 401);
    let mut stalled = world.ask("stall").await;
    stalled.next().await.expect("a first event").expect("bytes");
    let (_, during) = get(address, Method::GET, "/metrics").await;
    assert!(during.contains("\nvestibule_gateway_open_requests 1\n"), "{during}");
    world.withdraw();
    stalled.text().await;
    let records = world.records(2).await;

    let (status, page) = get(address, Method::GET, "/metrics").await;
    assert_eq!(status, 200);
    let chat = "endpoint=\"chat-completions\"";
    for line in [
        format!("vestibule_gateway_requests_total{{{chat},outcome=\"completed\"}} 1"),
        format!("vestibule_gateway_requests_total{{{chat},outcome=\"permit-ended\"}} 1"),
        "vestibule_gateway_refusals_total{code=\"invalid_api_key\"} 1".to_owned(),
        "vestibule_gateway_cut_seconds_count 1".to_owned(),
        "vestibule_gateway_upstream_connections_total{http=\"1.1\"} 1".to_owned(),
        "vestibule_gateway_record_seconds_count 2".to_owned(),
        "vestibule_gateway_first_byte_seconds_count 2".to_owned(),
        "vestibule_gateway_open_requests 0".to_owned(),
        "vestibule_gateway_leased 1".to_owned(),
    ] {
        assert!(page.lines().any(|l| l == line), "{line} is not in\n{page}");
    }
    let tokens = |side: &str| -> u64 {
        let start = format!("vestibule_gateway_tokens_total{{side=\"{side}\"}} ");
        let found = page.lines().find_map(|l| l.strip_prefix(&start));
        found.expect("counted").parse().expect("a number")
    };
    let charged: u64 = records.iter().map(|r| r.charged).sum();
    assert_eq!(tokens("prompt") + tokens("answer"), charged, "{page}");
    let record = records.first().expect("two");
    let (person, model) = (record.person.to_string(), record.model.to_string());
    for name in [GRANT, TOKEN, person.as_str(), model.as_str(), "127.0.0.1", "sk-unknown"] {
        assert!(!page.contains(name), "{name} is named in\n{page}");
    }
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a lease is on the monotonic clock")]
async fn a_gateway_without_its_lease_is_alive_and_not_ready() {
    let world = World::start().await;
    let (address, _serving) = operators(&world).await;
    assert_eq!(get(address, Method::GET, "/readyz").await.0, 200, "no lease is kept");
    world.control.lease(Duration::from_millis(1), Instant::now());
    crate::world::pause(20).await;
    let (status, text) = get(address, Method::GET, "/readyz").await;
    assert_eq!(status, 503);
    assert!(text.starts_with("cut off"), "{text}");
    assert_eq!(get(address, Method::GET, "/healthz").await.0, 200);
    assert!(get(address, Method::GET, "/metrics").await.1.contains("vestibule_gateway_leased 0\n"));
    world.control.lease(Duration::from_secs(60), Instant::now());
    world.control.heard(Instant::now());
    assert_eq!(get(address, Method::GET, "/readyz").await.0, 200);
}

#[tokio::test]
async fn a_word_that_can_t_be_verified_stops_everything_until_it_is_gone() {
    let world = World::start().await;
    let (address, _serving) = operators(&world).await;
    let mut open = world.ask("stall").await;
    open.next().await.expect("a first event").expect("bytes");
    assert_eq!(world.control.hears(Heard { obeyed: 1, refused: 2, unverified: 0 }), 0);
    assert_eq!(
        get(address, Method::GET, "/readyz").await.0,
        200,
        "what is refused changes nothing"
    );
    assert_eq!(world.ask("plain").await.status, 200);
    assert_eq!(world.control.hears(Heard { obeyed: 1, refused: 2, unverified: 1 }), 1);
    assert!(open.text().await.contains("access_ended"), "what is open is cut");
    let refused = world.ask("plain").await.refusal().await;
    assert_eq!((refused.0, refused.2.as_str()), (503, "word_unverified"));
    assert_eq!(get(address, Method::GET, "/readyz").await.0, 503);
    let (_, page) = get(address, Method::GET, "/metrics").await;
    for (standing, count) in [("obeyed", 1), ("refused", 2), ("unverified", 1)] {
        let line = format!("vestibule_gateway_words{{standing=\"{standing}\"}} {count}");
        assert!(page.lines().any(|l| l == line), "{line} is not in\n{page}");
    }
    world.control.hears(Heard { obeyed: 1, refused: 2, unverified: 0 });
    assert_eq!(get(address, Method::GET, "/readyz").await.0, 200);
    assert_eq!(world.ask("plain").await.status, 200);
}

#[tokio::test]
async fn it_takes_no_word_and_answers_no_client() {
    let world = World::start().await;
    let (address, _serving) = operators(&world).await;
    assert_eq!(get(address, Method::POST, "/metrics").await.0, 405);
    assert_eq!(get(address, Method::GET, "/v1/models").await.0, 404);
    assert_eq!(get(world.address, Method::GET, "/metrics").await.0, 404, "nor do clients see it");
}

#[tokio::test]
async fn a_new_provider_key_is_taken_while_it_serves() {
    let world = World::with(Setup { provider_key: Some("sk-old"), ..Setup::default() }).await;
    assert_eq!(world.ask("plain").await.status, 200);
    let file = world.folder.path().join("key");
    std::fs::write(&file, "two\nlines").expect("written");
    let refused = world.control.renew().expect_err("that is no key");
    assert!(!format!("{refused:?}").contains("lines"), "{refused:?}");
    assert_eq!(world.ask("plain").await.status, 200);
    std::fs::write(&file, "sk-new\n").expect("written");
    world.control.renew().expect("a key");
    let mut client = world.connect().await;
    let body = Bytes::from(prompt("plain").to_string());
    assert_eq!(client.send(post(Some(TOKEN), body)).await.status, 200);
    let requests = world.upstream.seen.requests.lock().expect("no panic");
    let keys: Vec<_> = requests.iter().map(|(headers, _)| &headers["authorization"]).collect();
    assert_eq!(keys, ["Bearer sk-old", "Bearer sk-old", "Bearer sk-new"]);
}
