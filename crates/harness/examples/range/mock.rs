//! A mock model over HTTP on the loopback, as cheap as one can be. Its name says what it does: `submit` hands in at once, `shell` makes one call
//! first, `turns-N` talks for N turns first, `gather-N` lets nobody go until N have asked.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Serves for as long as the runtime lives; gives the base URL.
pub(crate) async fn start() -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}/v1", listener.local_addr()?);
    let asked = Arc::new(watch::channel(0_usize).0);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _best_effort = stream.set_nodelay(true);
            let asked = Arc::clone(&asked);
            let service = service_fn(move |request| handle(request, Arc::clone(&asked)));
            let io = TokioIo::new(stream);
            tokio::spawn(http1::Builder::new().serve_connection(io, service));
        }
    });
    Ok(base)
}

async fn handle(
    request: Request<Incoming>,
    asked: Arc<watch::Sender<usize>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let model = request.get("model").and_then(Value::as_str).unwrap_or_default();
    let messages = request.get("messages").and_then(Value::as_array);
    let spoken = |m: &&Value| m.get("role").and_then(Value::as_str) == Some("assistant");
    let turns = messages.map_or(0, |messages| messages.iter().filter(spoken).count());
    let (kind, number) = model.split_once('-').unwrap_or((model, "0"));
    let number: usize = number.parse().unwrap_or(0);
    let call = |name: &str, arguments: Value| {
        json!({"role": "assistant", "content": null, "tool_calls": [{"id": "call-0", "type": "function",
            "function": {"name": name, "arguments": arguments.to_string()}}]})
    };
    if kind == "gather" {
        asked.send_modify(|n| *n += 1);
        let mut seen = asked.subscribe();
        let _always_open = seen.wait_for(|n| *n >= number).await;
    }
    let message = match kind {
        "shell" if turns == 0 => call("shell", json!({"command": "true"})),
        "turns" if turns < number => json!({"role": "assistant", "content": "I think about it."}),
        _ => call("submit", json!({"answer": "42"})),
    };
    let answer = json!({"id": "1", "object": "chat.completion", "created": 0, "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}});
    Ok(Response::new(Full::new(Bytes::from(answer.to_string()))))
}
