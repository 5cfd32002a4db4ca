//! The upstream, and the least that passes requests through to it with hyper.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::net::TcpListener;

/// An answer's bytes, frame by frame, all ready.
struct Frames(VecDeque<Bytes>);

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;
    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// Answers chat completions: one JSON text, or 64 events.
pub(crate) async fn upstream() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if stream.set_nodelay(true).is_err() {
                continue;
            }
            let serving =
                http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(reply));
            tokio::spawn(async move { drop(serving.await) });
        }
    });
    Ok(address)
}

async fn reply(request: Request<Incoming>) -> Result<Response<Frames>, hyper::Error> {
    let stream = request.headers().get(header::ACCEPT).is_some_and(|v| v == "text/event-stream");
    request.into_body().collect().await?;
    let event = |content: &str| {
        Bytes::from(format!(
            "data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"model-1\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{content}\"}},\"finish_reason\":null}}]}}\n\n"
        ))
    };
    let (kind, frames) = if stream {
        let mut frames: VecDeque<_> = (0..63).map(|_| event("a word")).collect();
        frames.push_back(Bytes::from_static(b"data: [DONE]\n\n"));
        ("text/event-stream", frames)
    } else {
        let text = format!(
            "{{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"model-1\",\"choices\":[{{\"index\":0,\"message\":{{\"role\":\"assistant\",\"content\":\"{}\"}},\"finish_reason\":\"stop\"}}],\"usage\":{{\"prompt_tokens\":200,\"completion_tokens\":40,\"total_tokens\":240}}}}",
            "word ".repeat(38)
        );
        ("application/json", VecDeque::from([Bytes::from(text)]))
    };
    let mut response = Response::new(Frames(frames));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

/// Passes everything on, untouched and unseen.
pub(crate) async fn passthrough(upstream: SocketAddr) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new()).build::<_, Incoming>(connector);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if stream.set_nodelay(true).is_err() {
                continue;
            }
            let client = client.clone();
            let service = service_fn(move |request| pass(client.clone(), upstream, request));
            let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(async move { drop(serving.await) });
        }
    });
    Ok(address)
}

async fn pass(
    client: Client<HttpConnector, Incoming>,
    upstream: SocketAddr,
    mut request: Request<Incoming>,
) -> io::Result<Response<Incoming>> {
    let target = format!("http://{upstream}{}", request.uri().path());
    *request.uri_mut() = target.parse::<Uri>().map_err(io::Error::other)?;
    client.request(request).await.map_err(io::Error::other)
}
