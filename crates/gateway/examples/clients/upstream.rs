//! The model's server: it checks the provider's key and answers by the script.

use super::script::{self, Said};
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use std::io;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpStream};

/// The provider's key, which no client has.
pub(crate) const KEY: &str = "provider-key";

/// Listens on loopback, and speaks the HTTP that it is spoken to in.
pub(crate) async fn start() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if stream.set_nodelay(true).is_ok() {
                tokio::spawn(serve(stream));
            }
        }
    });
    Ok(address)
}

/// Serves one connection; whoever hangs up ends it.
async fn serve(stream: TcpStream) {
    let mut start = [0; 4];
    let http2 = stream.peek(&mut start).await.is_ok() && &start == b"PRI ";
    let (io, service) = (TokioIo::new(stream), service_fn(reply));
    if http2 {
        drop(http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await);
    } else {
        drop(http1::Builder::new().serve_connection(io, service).await);
    }
}

async fn reply(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    if !has_key(head.uri.path(), &head.headers) {
        return Ok(answer(
            StatusCode::UNAUTHORIZED,
            json!({"error": "the gateway's key is missing"}),
        ));
    }
    Ok(match script::say(head.uri.path(), &asked) {
        Said::Whole(value) => answer(StatusCode::OK, value),
        Said::Refused(status, value) => {
            answer(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), value)
        }
        Said::Events(events) => {
            let text: String = events.iter().map(script::Event::text).collect();
            let mut response = Response::new(Full::new(Bytes::from(text)));
            let kind = http::HeaderValue::from_static("text/event-stream");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            response
        }
    })
}

/// Each dialect has its own place for the key; a version goes with messages.
fn has_key(path: &str, headers: &HeaderMap) -> bool {
    if path.starts_with("/v1/messages") {
        headers.get("x-api-key").is_some_and(|v| v == KEY)
            && headers.contains_key("anthropic-version")
    } else {
        headers.get(header::AUTHORIZATION).is_some_and(|v| *v == format!("Bearer {KEY}"))
    }
}

fn answer(status: StatusCode, value: Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(value.to_string())));
    *response.status_mut() = status;
    let kind = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
