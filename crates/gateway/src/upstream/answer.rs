//! An answer of the model's server under way.

use super::{Upstream, UpstreamError, Wire};
use bytes::Bytes;
use domain::causes;
use http::Response;
use hyper::body::{Body, Incoming};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// An answer under way. Dropping it before its end closes the connection, or resets the stream.
pub(crate) struct Answer {
    pub(crate) head: http::response::Parts,
    body: Incoming,
    wire: Option<Wire>,
    /// Whether the connection, with what its buffers still hold, is closed at the end.
    last: bool,
    upstream: Arc<Upstream>,
}

impl Answer {
    pub(super) fn new(response: Response<Incoming>, wire: Wire, upstream: &Arc<Upstream>) -> Self {
        let (head, body) = response.into_parts();
        Self { head, body, wire: Some(wire), last: false, upstream: Arc::clone(upstream) }
    }

    /// Nobody gets the connection after this answer.
    pub(crate) fn make_last(&mut self) {
        self.last = true;
    }

    /// The next bytes of the body; `None` at its end, after which the connection is kept for others.
    pub(crate) fn poll_bytes(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, UpstreamError>>> {
        loop {
            let Some(wire) = &mut self.wire else { return Poll::Ready(None) };
            let mut frame = Pin::new(&mut self.body).poll_frame(cx);
            if let (true, Wire::One(wire)) = (frame.is_pending(), wire) {
                wire.drive(cx);
                frame = Pin::new(&mut self.body).poll_frame(cx);
            }
            match ready!(frame) {
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data()
                        && !bytes.is_empty()
                    {
                        return Poll::Ready(Some(Ok(bytes)));
                    }
                }
                Some(Err(error)) => {
                    self.wire = None;
                    let error = UpstreamError::Exchange(causes(&error));
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    self.rest();
                    return Poll::Ready(None);
                }
            }
        }
    }

    /// Keeps the connection if the server will take another request on it.
    fn rest(&mut self) {
        if let Some(Wire::One(mut wire)) = self.wire.take()
            && wire.is_open()
            && !self.last
        {
            self.upstream.keep(Wire::One(wire));
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("head", &self.head).finish_non_exhaustive()
    }
}
