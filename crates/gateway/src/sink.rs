//! Where intents and use records go, and when they are durable.

use crate::record::{Intent, RequestId, UseRecord};
use crate::{DayUse, OwnMinute, Spent};
use access::Recording;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::oneshot;

/// A durable place for what the gateway does. [`crate::UseLog`] is one.
///
/// The three calls hand the entry over at once; the [`Ack`] resolves when it is durable in the mode the
/// sink was opened with. The gateway forwards nothing before the intent's ack, gives nothing that only a grown reservation
/// pays for before that one's, and withholds the end of an answer until the outcome's.
pub trait UseSink: Send + Sync {
    /// Takes an intent.
    fn intent(&self, intent: Intent) -> Ack;
    /// Takes that so many tokens in all are set aside for an intent's request by now: what it costs if its end never comes.
    fn grown(&self, request: RequestId, reserved: u64) -> Ack;
    /// Takes the outcome of an earlier intent.
    fn outcome(&self, record: UseRecord) -> Ack;
    /// Tokens that each grant had been charged when the sink was opened.
    fn spent(&self) -> Vec<Spent>;
    /// What each grant used on its latest day with uses, as it was when the sink was opened. A sink that keeps nothing has
    /// none.
    fn days(&self) -> Vec<DayUse> {
        Vec::new()
    }
    /// Minutes of this sink's whose tokens the transparency log is not yet known to count. A sink whose minutes
    /// nobody states has none.
    fn uncounted(&self) -> Vec<OwnMinute> {
        Vec::new()
    }
    /// The transparency log counts these: they need not be named again.
    fn counted(&self, _minutes: &[OwnMinute]) {}
    /// When an entry is safe once its ack has resolved.
    fn recording(&self) -> Recording;
}

/// Why an entry is not durable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SinkError {
    /// Writing failed and what was half written was taken back; a later entry may succeed.
    #[error(
        "the use log can't be written: {0}; free space or fix the disk, nothing is forwarded until then"
    )]
    Write(String),
    /// The state of the disk is unknown; nothing more is taken.
    #[error("the use log stopped after a failed flush: {0}; restart the gateway on a sound disk")]
    Flush(String),
    /// The entry contradicts what is on file, such as an outcome without an intent.
    #[error("the use log refuses the entry: {0}")]
    Refused(String),
    /// The sink is gone.
    #[error("the use log is closed")]
    Closed,
}

/// Resolves when an entry is durable.
#[derive(Debug)]
pub struct Ack(State);

#[derive(Debug)]
enum State {
    Both(Box<(Ack, Ack)>),
    Known(Option<SinkError>),
    Awaited(oneshot::Receiver<Result<(), SinkError>>),
}

impl Ack {
    /// An ack that is already decided.
    pub fn ready(result: Result<(), SinkError>) -> Self {
        Self(State::Known(result.err()))
    }

    /// Resolves when both have; the first failure counts.
    pub fn both(first: Self, second: Self) -> Self {
        Self(State::Both(Box::new((first, second))))
    }

    /// An ack that someone sends later; a dropped sender means [`SinkError::Closed`].
    pub fn later() -> (oneshot::Sender<Result<(), SinkError>>, Self) {
        let (sender, receiver) = oneshot::channel();
        (sender, Self(State::Awaited(receiver)))
    }
}

impl Future for Ack {
    type Output = Result<(), SinkError>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Both(both) => {
                let (first, second) = &mut **both;
                let settled = |ack: &mut Self, cx: &mut Context<'_>| {
                    if let Poll::Ready(result) = Pin::new(&mut *ack).poll(cx) {
                        *ack = Self::ready(result.clone());
                        return Some(result);
                    }
                    None
                };
                match (settled(first, cx), settled(second, cx)) {
                    (Some(Err(error)), _) | (_, Some(Err(error))) => Poll::Ready(Err(error)),
                    (Some(Ok(())), Some(Ok(()))) => Poll::Ready(Ok(())),
                    _ => Poll::Pending,
                }
            }
            State::Known(error) => Poll::Ready(error.take().map_or(Ok(()), Err)),
            State::Awaited(receiver) => Pin::new(receiver)
                .poll(cx)
                .map(|received| received.unwrap_or(Err(SinkError::Closed))),
        }
    }
}
