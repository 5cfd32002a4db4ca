//! The solver over HTTP: whole and streamed answers say the same.

use super::{Skill, Solver, serve};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use llm::{Accumulator, ChatResponse, ErrorBody, SseParser};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpListener;

async fn post(base: &str, body: &Value) -> (u16, Bytes) {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let body = Full::new(Bytes::from(body.to_string()));
    let request = Request::post(format!("{base}/v1/chat/completions")).body(body).expect("one");
    let response = client.request(request).await.expect("an answer");
    let status = response.status().as_u16();
    (status, response.into_body().collect().await.expect("a body").to_bytes())
}

async fn with_solver<T>(solver: Solver, run: impl AsyncFnOnce(String) -> T) -> T {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::select! {
        _ = solver.serve(listener) => panic!("serves for ever"),
        out = run(base) => out,
    }
}

fn ask(stream: bool) -> Value {
    json!({"model": "larch", "messages": [{"role": "user", "content": "hello"}], "stream": stream,
           "stream_options": {"include_usage": true}})
}

#[tokio::test]
async fn whole_and_streamed_agree() {
    let solver = Solver { skill: Skill::Strong, pace: Duration::from_millis(1) };
    with_solver(solver, async |base| {
        let (status, body) = post(&base, &ask(false)).await;
        assert_eq!(status, 200);
        let whole: ChatResponse = serde_json::from_slice(&body).expect("an answer");
        let (_, body) = post(&base, &ask(true)).await;
        let mut answer = Accumulator::new(1 << 20);
        for event in SseParser::new(1 << 16).push(&body).expect("events") {
            answer.push(&event).expect("a chunk");
        }
        assert!(answer.is_done());
        assert_eq!(answer.usage(), whole.usage.as_ref());
        let streamed = answer.finish();
        assert_eq!(streamed.choices, whole.choices);
        assert_eq!(streamed.model, "larch");
    })
    .await;
}

#[tokio::test]
async fn bounds_and_errors() {
    let solver = Solver { skill: Skill::Weak, pace: Duration::ZERO };
    with_solver(solver, async |base| {
        let mut short = ask(false);
        short["max_tokens"] = json!(5);
        let (_, body) = post(&base, &short).await;
        let answer: ChatResponse = serde_json::from_slice(&body).expect("an answer");
        let choice = answer.choices.first().expect("one");
        assert_eq!(choice.finish_reason.as_deref(), Some("length"));
        assert!(answer.usage.expect("counted").completion_tokens <= 5);
        let (status, body) = post(&base, &json!({"model": "larch"})).await;
        assert_eq!(status, 400);
        assert!(ErrorBody::read(&body).error.message.contains("messages"));
    })
    .await;
}

#[tokio::test]
async fn serving_ends_with_its_future() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::select! {
        _ = serve(listener, Skill::Weak) => panic!("serves for ever"),
        () = async {} => {}
    }
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
