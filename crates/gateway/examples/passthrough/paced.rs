//! An upstream whose streams go on, an event at a time, until their reader leaves.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::{Instant, Sleep};

/// One event, then a pause, for ever.
struct Paced {
    pause: Duration,
    due: Pin<Box<Sleep>>,
}

const EVENT: &[u8] = b"data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"model-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a word\"},\"finish_reason\":null}]}\n\n";

impl Body for Paced {
    type Data = Bytes;
    type Error = Infallible;
    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        ready!(self.due.as_mut().poll(cx));
        let next = Instant::now() + self.pause;
        self.due.as_mut().reset(next);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(EVENT)))))
    }
}

/// Listens on loopback.
pub(crate) async fn upstream(pause: Duration) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if stream.set_nodelay(true).is_ok() {
                let service = service_fn(move |request| reply(pause, request));
                let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::spawn(async move { drop(serving.await) });
            }
        }
    });
    Ok(address)
}

async fn reply(
    pause: Duration,
    request: Request<Incoming>,
) -> Result<Response<Paced>, hyper::Error> {
    request.into_body().collect().await?;
    let due = Box::pin(tokio::time::sleep_until(Instant::now()));
    let mut response = Response::new(Paced { pause, due });
    let kind = HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}
