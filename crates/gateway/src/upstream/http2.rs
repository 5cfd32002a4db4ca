//! HTTP/2 to the model's server: connections that many requests share, each driven by a task of its own.
//!
//! A request takes a place on a connection before it is sent, of as many as the server allows, so that none waits inside one
//! where a cut would not reach it. Whoever lets go of an answer before its end resets its stream, which tells the server to stop,
//! and the connection goes on. A connection that the server says farewell to takes no more requests and ends with its last.
#![expect(clippy::disallowed_methods, reason = "edge: ages its idle connections")]

use super::UpstreamError;
use super::dial::Io;
use bytes::Bytes;
use domain::causes;
use http::{Request, Response};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::http2::{Builder, Connection, SendRequest};
use hyper::rt::Executor;
use hyper_util::rt::TokioTimer;
use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Most requests under way on one connection, whatever the server allows.
const STREAMS: usize = 128;
/// Bytes of one answer that wait in a connection, and of all of them: a client that doesn't read holds up no other's answer.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 128 * STREAM_WINDOW;
/// Bytes of an answer's head, after they are unpacked.
const HEAD: u32 = 64 * 1024;
/// How long a connection that ends by itself may take over it.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long a connection is kept, and when its server counts as gone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// Without a request.
    pub(super) idle: Duration,
    /// Silence with requests under way before the server is asked whether it is there, and before that is answered.
    pub(super) ping: Duration,
}

/// Connections that requests share.
#[derive(Default)]
pub(super) struct Links {
    open: Mutex<Vec<Arc<Link>>>,
    /// Held by whoever opens one, so that others that come meanwhile share it.
    pub(super) opening: tokio::sync::Mutex<()>,
}

/// One connection. Dropping it ends it.
pub(super) struct Link {
    sender: SendRequest<Prompt>,
    room: Arc<Room>,
    _task: JoinSet<()>,
}

/// The places of one connection.
struct Room(Mutex<Places>);

struct Places {
    taken: usize,
    most: usize,
    closed: bool,
    /// Since when none is taken.
    since: Instant,
}

/// A place on a connection, for one request and its answer.
pub(crate) struct Seat {
    link: Arc<Link>,
    /// What the request's body asks whether it is still wanted, and where it says that it was taken.
    wanted: Arc<AtomicBool>,
}

/// A request's body, which is no more once nobody waits for the answer.
pub(crate) struct Prompt {
    bytes: Option<Bytes>,
    wanted: Weak<AtomicBool>,
}

/// Nobody waits for the answer.
#[derive(Debug, thiserror::Error)]
#[error("the request was given up")]
pub(crate) struct GivenUp;

/// What one connection's tasks are spawned by.
#[derive(Clone, Default)]
struct Works(Arc<Tasks>);

#[derive(Default)]
struct Tasks {
    open: Mutex<JoinSet<()>>,
    /// The first is the one that reads and writes.
    begun: AtomicBool,
    /// The server has said how many requests it takes at once.
    settled: AtomicBool,
    /// The first task did something, while that was awaited.
    stirred: Notify,
}

impl Links {
    /// A place on a connection that has one.
    pub(super) fn seat(&self) -> Option<Seat> {
        let mut open = self.lock();
        open.retain(|link| !link.room.lock().closed);
        open.iter().find_map(Link::seat)
    }

    /// Lets others have places on the connection of this one.
    pub(super) fn share(&self, seat: &Seat) {
        self.lock().push(Arc::clone(&seat.link));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Link>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Link {
    /// Begins HTTP/2 on a new connection, and waits until the server has said how many requests it takes at once. Gives the
    /// first place on it.
    pub(super) async fn open(io: Io, patience: Patience) -> Result<Seat, UpstreamError> {
        let refused = |why: &dyn Error| UpstreamError::Connect(causes(why));
        let works = Works::default();
        let handshake = Builder::new(works.clone())
            .timer(TokioTimer::new())
            // none before the server's settings: see `Tasks::settled`
            .initial_max_send_streams(0)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(HEAD)
            .keep_alive_interval(patience.ping)
            .keep_alive_timeout(patience.ping)
            .handshake(io);
        let (sender, connection) = handshake.await.map_err(|e| refused(&e))?;
        let places = Places { taken: 1, most: 0, closed: false, since: Instant::now() };
        let room = Arc::new(Room(Mutex::new(places)));
        let (settled, settles) = oneshot::channel();
        let mut task = JoinSet::new();
        task.spawn(drive(connection, works, Arc::clone(&room), patience.idle, settled));
        match settles.await {
            Ok(()) => Ok(Seat::on(&Arc::new(Self { sender, room, _task: task }))),
            Err(_) => Err(UpstreamError::Connect("it does not speak HTTP/2".to_owned())),
        }
    }

    /// A place, if one is free.
    fn seat(self: &Arc<Self>) -> Option<Seat> {
        let mut places = self.room.lock();
        if places.closed || self.sender.is_closed() || places.taken >= places.most {
            return None;
        }
        places.taken += 1;
        Some(Seat::on(self))
    }
}

impl Room {
    fn lock(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes it where nobody was in it for so long; otherwise says after how long to look again.
    fn close_after(&self, idle: Duration) -> Option<Duration> {
        let mut places = self.lock();
        let left = idle.saturating_sub(places.since.elapsed());
        let rests = places.taken == 0 && left.is_zero();
        places.closed |= rests;
        (!rests).then_some(if left.is_zero() { idle } else { left })
    }
}

/// Drives a connection till it ends, and its streams till they do.
async fn drive(
    connection: Connection<Io, Prompt, Works>,
    works: Works,
    room: Arc<Room>,
    idle: Duration,
    settled: oneshot::Sender<()>,
) {
    // whatever ends this ends them
    let works = Ends(works);
    let Tasks { stirred, settled: is_settled, .. } = &*works.0.0;
    let mut settled = Some(settled);
    let mut idles = false;
    {
        let mut connection = pin!(connection);
        let mut look = pin!(tokio::time::sleep(idle));
        loop {
            let driven = poll_fn(|cx| {
                let ended = connection.as_mut().poll(cx);
                let most = connection.current_max_send_streams().min(STREAMS);
                room.lock().most = most;
                if most > 0
                    && let Some(settled) = settled.take()
                {
                    is_settled.store(true, Ordering::Release);
                    // nobody may wait any more
                    let _gone = settled.send(());
                }
                ended
            });
            tokio::select! {
                biased;
                _ended = driven => break,
                () = stirred.notified(), if !is_settled.load(Ordering::Acquire) => {}
                () = look.as_mut() => match room.close_after(idle) {
                    Some(again) => look.as_mut().reset(tokio::time::Instant::now() + again),
                    None => {
                        idles = true;
                        break;
                    }
                },
            }
        }
        room.lock().closed = true;
    }
    // streams that are under way go on where the server takes no more
    let mut open = std::mem::take(&mut *works.0.lock());
    let rest = async { while open.join_next().await.is_some() {} };
    if idles {
        drop(timeout(FAREWELL, rest).await);
    } else {
        rest.await;
    }
}

/// Ends a connection's tasks when it is dropped.
struct Ends(Works);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.lock().abort_all();
    }
}

impl Works {
    fn lock(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Works {
    fn execute(&self, work: F) {
        let mut open = self.lock();
        while let Some(ended) = open.try_join_next() {
            if let Err(error) = ended
                && error.is_panic()
            {
                tracing::error!(%error, "a task of a connection to the upstream panicked");
            }
        }
        if self.0.begun.swap(true, Ordering::Relaxed) {
            open.spawn(work);
            return;
        }
        let tasks = Arc::downgrade(&self.0);
        open.spawn(async move {
            let mut work = pin!(work);
            poll_fn(|cx| {
                let polled = work.as_mut().poll(cx);
                if let Some(tasks) = tasks.upgrade()
                    && !tasks.settled.load(Ordering::Acquire)
                {
                    tasks.stirred.notify_one();
                }
                polled
            })
            .await;
        });
    }
}

impl Seat {
    /// A place that was taken.
    fn on(link: &Arc<Link>) -> Self {
        Self { link: Arc::clone(link), wanted: Arc::default() }
    }

    /// Sends a request and waits for the head of its answer. On failure gives its body back if no byte of it was sent, or if the
    /// server says that it did nothing with it.
    pub(super) async fn send(
        &mut self,
        request: Request<Bytes>,
    ) -> Result<Response<Incoming>, (UpstreamError, Option<Bytes>)> {
        let body = request.body().clone();
        let request = request.map(|bytes| {
            let bytes = Some(bytes).filter(|bytes| !bytes.is_empty());
            Prompt { bytes, wanted: Arc::downgrade(&self.wanted) }
        });
        let mut sender = self.link.sender.clone();
        sender.try_send_request(request).await.map_err(|mut failed| {
            let unsent = failed.take_message().is_some();
            let error = failed.into_error();
            // a stream that was never opened ends without a word of what was sent: its body was not looked at
            let unopened = error.is_user() && !self.wanted.load(Ordering::Acquire);
            let again = (unsent || unopened || is_untaken(&error)).then_some(body);
            (UpstreamError::Exchange(causes(&error)), again)
        })
    }
}

/// Whether a server says that it did nothing with a request: its farewell names an earlier one as the last that it takes, or it
/// refused the stream before it looked (RFC 9113 §8.7).
fn is_untaken(error: &hyper::Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<h2::Error>());
    cause.is_some_and(|cause| {
        let refused = cause.is_reset() && cause.reason() == Some(h2::Reason::REFUSED_STREAM);
        cause.is_remote() && (cause.is_go_away() || refused)
    })
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut places = self.link.room.lock();
        places.taken = places.taken.saturating_sub(1);
        if places.taken == 0 {
            places.since = Instant::now();
        }
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seat")
    }
}

impl Body for Prompt {
    type Data = Bytes;
    type Error = GivenUp;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, GivenUp>>> {
        let Some(bytes) = self.bytes.take() else { return Poll::Ready(None) };
        let Some(taken) = self.wanted.upgrade() else { return Poll::Ready(Some(Err(GivenUp))) };
        taken.store(true, Ordering::Release);
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.bytes.as_ref().map_or(0, Bytes::len);
        SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
    }
}
