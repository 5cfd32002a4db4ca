//! Endpoints that fail in every way they fail.

use super::{ApiKey, CallError, Endpoint};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use llm::{ChatRequest, Message, Role};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;

const FULL: &str = r#"{"error":{"message":"too long","code":"context_length_exceeded"}}"#;
const GOOD: &str = r#"{"choices":[{"message":{"role":"assistant","content":"hi"}}]}"#;

/// Serves these answers one after the other, the last for ever.
async fn serve(
    listener: TcpListener,
    answers: &'static [(u16, &'static str)],
    seen: Arc<AtomicUsize>,
) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        let service = service_fn(|_: Request<Incoming>| {
            let at = seen.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1);
            let (status, body) = answers.get(at).copied().unwrap_or((500, ""));
            async move {
                let body = Full::new(Bytes::from_static(body.as_bytes()));
                let mut response = Response::new(body);
                *response.status_mut() = status.try_into().expect("a status");
                response.headers_mut().insert("retry-after", 0.into());
                response.headers_mut().insert("connection", "close".parse().expect("a value"));
                Ok::<_, Infallible>(response)
            }
        });
        let _gone = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    }
}

fn ask() -> ChatRequest {
    ChatRequest { messages: vec![Message::text(Role::User, "hi")], ..ChatRequest::default() }
}

async fn check(
    answers: &'static [(u16, &'static str)],
    attempts: usize,
    expected: Result<&str, CallError>,
) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}/v1", listener.local_addr().expect("bound"));
    let endpoint = Endpoint::new(&base, "m", None).expect("an endpoint");
    let seen = Arc::new(AtomicUsize::new(0));
    let got = tokio::select! {
        () = serve(listener, answers, Arc::clone(&seen)) => panic!("serves for ever"),
        got = async { endpoint.chat(&ask(), Duration::from_secs(20)).await } => got,
    };
    let got = got.map(|a| a.choices.first().map(|c| c.message.plain()).unwrap_or_default());
    assert_eq!(got.as_deref(), expected.as_deref());
    assert_eq!(seen.load(Ordering::Relaxed), attempts, "{answers:?}");
}

#[tokio::test]
async fn failures_are_told_apart() {
    check(&[(200, GOOD)], 1, Ok("hi")).await;
    check(&[(429, "slow down"), (503, ""), (200, GOOD)], 3, Ok("hi")).await;
    check(&[(200, "{"), (200, r#"{"choices":[]}"#), (200, GOOD)], 3, Ok("hi")).await;
    let last = "status 500: oh".to_owned();
    let broken = CallError::Infrastructure { attempts: 4, last };
    check(&[(500, "oh")], 4, Err(broken)).await;
    let refused = CallError::Refused { status: 401, message: "no key".to_owned() };
    check(&[(401, r#"{"error":{"message":"no key"}}"#)], 1, Err(refused)).await;
    check(&[(400, FULL)], 1, Err(CallError::ContextFull)).await;
}

#[tokio::test]
async fn nobody_there_is_infrastructure() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}/v1", listener.local_addr().expect("bound"));
    drop(listener);
    let endpoint = Endpoint::new(&base, "m", None).expect("an endpoint");
    let got = endpoint.chat(&ask(), Duration::from_secs(10)).await;
    assert!(matches!(got, Err(CallError::Infrastructure { attempts: 4, .. })), "{got:?}");
    // an endpoint that accepts and says nothing is bounded by time
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}/v1", listener.local_addr().expect("bound"));
    let endpoint = Endpoint::new(&base, "m", None).expect("an endpoint");
    let got = endpoint.chat(&ask(), Duration::from_millis(300)).await;
    assert!(matches!(got, Err(CallError::Infrastructure { .. })), "{got:?}");
}

#[test]
fn addresses_and_keys() {
    for wrong in ["", "127.0.0.1:8000", "ftp://host/v1", "http://", "https:///v1"] {
        let error = Endpoint::new(wrong, "m", None).expect_err(wrong).to_string();
        assert!(error.contains("is not an endpoint"), "{error}");
    }
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("key");
    assert!(ApiKey::from_file(&path).is_err());
    std::fs::write(&path, "two words\n").expect("written");
    assert!(ApiKey::from_file(&path).is_err());
    std::fs::write(&path, "sk-very-secret\n").expect("written");
    let key = ApiKey::from_file(&path).expect("a key");
    let endpoint = Endpoint::new("http://127.0.0.1:1/v1/", "m", Some(key.clone())).expect("one");
    assert_eq!(endpoint.url(), "http://127.0.0.1:1/v1/chat/completions");
    let shown = format!("{key:?} {endpoint:?}");
    assert!(!shown.contains("secret\"") && !shown.contains("sk-"), "{shown}");
}
