//! HTTP/2: many requests on one connection, each with its own end.

use crate::permits::TOKEN;
use crate::world::{Answer, Setup, World, pause, post, prompt};
use bytes::Bytes;
use domain::Span;
use gateway::{Limits, Outcome};
use http::{Request, Uri, Version, header};
use http_body_util::Full;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// A client's connection.
pub(crate) struct Two {
    sender: SendRequest<Full<Bytes>>,
    task: JoinSet<()>,
}

impl Two {
    /// Begins in HTTP/2 without having asked, over TCP.
    async fn connect(world: &World) -> Self {
        let stream = TcpStream::connect(world.address).await.expect("the gateway listens");
        Self::over(stream).await
    }

    pub(crate) async fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Self {
        // what is not read fills a stream's window soon
        let mut client = http2::Builder::new(TokioExecutor::new());
        client.initial_stream_window_size(16 * 1024).initial_connection_window_size(1 << 20);
        let shaken = client.handshake(TokioIo::new(stream)).await;
        let (sender, connection) = shaken.expect("HTTP/2");
        let mut task = JoinSet::new();
        task.spawn(async move { drop(connection.await) });
        Self { sender, task }
    }

    pub(crate) async fn ask(&self, script: &str) -> Answer {
        let request = absolute(post(Some(TOKEN), Bytes::from(prompt(script).to_string())));
        self.send(request).await.expect("an answer")
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, hyper::Error> {
        let mut sender = self.sender.clone();
        sender.ready().await?;
        let response = sender.send_request(request).await?;
        assert_eq!(response.version(), Version::HTTP_2);
        assert!(!response.headers().contains_key(header::CONNECTION));
        Ok(Answer::of(response))
    }

    /// Whether the gateway ends the connection within a time.
    async fn ends(mut self, within: Duration) -> bool {
        timeout(within, self.task.join_next()).await.is_ok()
    }
}

/// A request as HTTP/2 has it: the authority is in its address.
fn absolute(mut request: Request<Full<Bytes>>) -> Request<Full<Bytes>> {
    let path = request.uri().path().to_owned();
    *request.uri_mut() = format!("http://gateway{path}").parse::<Uri>().expect("a URI");
    request.headers_mut().remove(header::HOST);
    request
}

#[tokio::test]
async fn requests_share_a_connection_and_each_is_recorded() {
    let world = World::start().await;
    let client = Two::connect(&world).await;
    let mut asked = JoinSet::new();
    for n in 0..40 {
        let two = Two { sender: client.sender.clone(), task: JoinSet::new() };
        asked.spawn(async move {
            let answer = two.ask(if n % 2 == 0 { "plain" } else { "paced:5" }).await;
            assert_eq!(answer.status, 200);
            assert!(answer.headers.contains_key("x-request-id"));
            answer.text().await
        });
    }
    let texts = asked.join_all().await;
    assert_eq!(texts.iter().filter(|text| text.contains("[DONE]")).count(), 20);
    let records = world.records(40).await;
    assert!(records.iter().all(|record| record.outcome == Outcome::Completed));
    world.settles(20 * (9 + 3) + 20 * (9 + 5)).await;
    // a client that begins in HTTP/1.1 is answered there
    assert_eq!(world.ask("plain").await.status, 200);
}

#[tokio::test]
async fn a_withdrawal_ends_every_stream_of_a_connection_which_goes_on() {
    let world = World::start().await;
    let client = Two::connect(&world).await;
    let mut answers = Vec::new();
    for n in 0..30 {
        let mut answer = client.ask(if n % 2 == 0 { "stall" } else { "paced:400" }).await;
        answer.next().await.expect("a first event").expect("bytes");
        answers.push(answer);
    }
    world.withdraw();
    for answer in answers {
        let text = timeout(Duration::from_secs(1), answer.text()).await.expect("within a second");
        assert!(text.contains("access_ended") && !text.contains("[DONE]"), "{text}");
    }
    let records = world.records(30).await;
    assert!(records.iter().all(|record| record.outcome == Outcome::PermitEnded));
    assert_eq!(client.ask("plain").await.refusal().await.2, "case-withdrawn");
    assert_eq!(world.account().reserved, 0);
}

#[tokio::test]
async fn a_stream_that_is_not_read_is_reset_and_the_others_go_on() {
    let limits = Limits { request_timeout: Span::millis(600), ..Limits::default() };
    let world = World::with(Setup { limits, budget: 1 << 40, ..Setup::default() }).await;
    let client = Two::connect(&world).await;
    let unread = client.ask("endless").await;
    for _ in 0..500 {
        if world.control.open_requests() == 0 {
            break;
        }
        pause(10).await;
    }
    let records = world.records(1).await;
    assert_eq!(records[0].outcome, Outcome::TimedOut);
    assert_eq!(client.ask("plain").await.text().await.matches("Hello.").count(), 1);
    let (text, _) = unread.rest().await;
    assert!(!text.contains("[DONE]") && !text.contains("request_timeout"), "its end was not sent");
}

#[tokio::test]
async fn a_client_that_takes_requests_back_pays_for_what_was_forwarded_and_is_not_waited_for() {
    let world = World::start().await;
    let client = Two::connect(&world).await;
    for _ in 0..200 {
        let request = absolute(post(Some(TOKEN), Bytes::from(prompt("silent").to_string())));
        // dropping the answer's future takes the request back
        drop(timeout(Duration::from_millis(1), client.send(request)).await);
    }
    for _ in 0..500 {
        if world.control.open_requests() == 0 && world.account().reserved == 0 {
            break;
        }
        pause(10).await;
    }
    assert_eq!((world.control.open_requests(), world.account().reserved), (0, 0));
    assert_eq!(world.ask("plain").await.status, 200);
}

#[tokio::test]
async fn bounds_hold_in_http2_too() {
    let limits = Limits { body_bytes: 2_000, header_bytes: 4_000, ..Limits::default() };
    let world = World::with(Setup { limits, ..Setup::default() }).await;
    let client = Two::connect(&world).await;
    let large = absolute(post(Some(TOKEN), Bytes::from(vec![b' '; 100_000])));
    assert_eq!(client.send(large).await.expect("an answer").refusal().await.0, 413);
    let mut wide = absolute(post(Some(TOKEN), Bytes::from(prompt("plain").to_string())));
    wide.headers_mut().insert("x-wide", "w".repeat(8_000).parse().expect("a value"));
    match client.send(wide).await {
        Ok(answer) => assert_eq!(answer.status, 431),
        Err(error) => assert!(error.is_user() || error.to_string().contains("error"), "{error}"),
    }
    assert_eq!(Two::connect(&world).await.ask("plain").await.status, 200);
    assert_eq!(world.records(1).await.len(), 1, "nothing else was forwarded");
}

#[tokio::test]
async fn idle_and_silent_connections_are_closed() {
    let limits = Limits { header_timeout: Span::millis(100), ..Limits::default() };
    let world = World::with(Setup { limits, ..Setup::default() }).await;
    let client = Two::connect(&world).await;
    assert_eq!(client.ask("plain").await.status, 200);
    assert!(client.ends(Duration::from_secs(3)).await, "it asked nothing more");
    // a request under way is not idleness
    let client = Two::connect(&world).await;
    let text = client.ask("paced:20").await.text().await;
    assert!(text.contains("[DONE]"), "{text}");
    for begin in [
        "",
        "PRI ",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\nxxxxxxxxxxxxxxxx",
    ] {
        let mut stream = TcpStream::connect(world.address).await.expect("it listens");
        stream.write_all(begin.as_bytes()).await.expect("sent");
        let mut read = Vec::new();
        let ended = timeout(Duration::from_secs(3), stream.read_to_end(&mut read)).await;
        assert!(ended.is_ok(), "`{begin}` is waited for");
    }
    assert_eq!(world.control.open_requests(), 0);
}

#[tokio::test]
async fn shutdown_lets_streams_end() {
    let world = World::start().await;
    let client = Two::connect(&world).await;
    let mut answer = client.ask("paced:10").await;
    answer.next().await.expect("a first event").expect("bytes");
    let (text, folder) = tokio::join!(answer.text(), world.stop());
    assert!(text.contains("[DONE]"), "{text}");
    drop(folder);
}
