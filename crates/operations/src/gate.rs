//! Running the developer's gateway: the rules it judges by are this home's own fold of the log, kept fresh;
//! a direct word is heeded within a tenth of a second, log or no log; each minute's uses are logged.

mod canary;
pub mod content;
mod doctor;
mod drill;
mod folded;
mod minutes;
mod signals;
mod spans;
mod usage;
mod words;

pub use canary::{CANARIES, Canary, Marked, canaries, mark, whose};
pub use doctor::{Finding, Health, examine};
pub use drill::{BOUND, Drill, DrillError, Drilled, drill};
pub use signals::{About, Asked, Looked, SignalsError, look};
pub(crate) use signals::{grant_of, use_of};
pub use usage::{Day, Usage, Usages, usage};

use crate::act::{ActError, Ctx};
use crate::review::ReviewError;
use crate::sync::Known;
use canary::Planted;
use folded::Folded;
use gateway::{
    Config, ConfigError, Control, Durability, Gateway, LiveReviews, UseLog, UseLogError,
};
use minutes::Minutes;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::signal::unix::Signal;
use tokio::sync::oneshot;
use tokio::task::{JoinSet, spawn_blocking};
use words::Words;

/// How often the log is looked at.
const LOG: Duration = Duration::from_millis(250);
/// How long a gateway that ends waits for the log to take its last uses. What it does not take is logged at the next start.
pub const LAST: Duration = Duration::from_secs(10);
/// How long a use may be on its way to other gateways, in seconds, while the log takes statements: the rest of its minute,
/// the next look at minutes that ended, the statement, and the next look at the log.
pub const STATED_WITHIN_SECONDS: u64 = 62;

/// Why a gateway did not start or ended early.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The log or the home.
    #[error(transparent)]
    Act(#[from] ActError),
    /// A statement about uses.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// The gateway's own settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The record of uses.
    #[error(transparent)]
    UseLog(#[from] UseLogError),
    /// What is kept of requests and answers.
    #[error(transparent)]
    Content(#[from] content::ContentError),
    /// The record of uses, while it runs.
    #[error(transparent)]
    Sink(#[from] gateway::SinkError),
    /// Opening the log took its thread down.
    #[error("a task of the gateway ended unexpectedly; restart it")]
    Task,
}

/// What a gateway's run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Served {
    /// Statements of uses that were logged.
    pub minutes_logged: u64,
    /// Those that the next start must log: the log could not be reached in time.
    pub minutes_left: u64,
}

/// Where a gateway serves, and how it is reached by those who operate it.
#[derive(Debug)]
pub struct Edge {
    /// Where clients connect.
    pub clients: TcpListener,
    /// Where the operator's own machines ask how it does, if they may.
    pub operators: Option<TcpListener>,
    /// Asks for the provider's key, certificates toward the upstream, policies and ceilings to be read again (SIGHUP).
    pub renew: Option<Signal>,
    /// Where spans of requests go, if anywhere.
    pub collector: Option<crate::otlp::Collector>,
    /// Hears that clients are served from now on. Dropped unsent where it does not come to that.
    pub begun: oneshot::Sender<()>,
}

/// What is kept between looks at the log.
struct Watch<'a> {
    ctx: &'a Ctx,
    live: &'a LiveReviews,
    control: Control,
    shelf: &'a content::Shelf,
    words: &'a Words,
    planted: Planted,
    /// What was verified of the log so far.
    known: Option<Known>,
    /// What of it the rules have taken in.
    folded: Folded,
    cut_off: bool,
    complaint: Complaint,
}

/// Serves until `shutdown` ends, then logs the uses that are not logged yet, for as long as [`LAST`] at most.
///
/// # Errors
/// See [`GateError`].
pub async fn serve(
    ctx: &Ctx,
    config: &Config,
    durability: Durability,
    edge: Edge,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Served, GateError> {
    let clock: Arc<dyn gateway::Clock> = Arc::new(gateway::SystemClock::start());
    let path = ctx.home.folder().join("uses.log");
    let now = ctx.clock.now();
    let opened = spawn_blocking(move || UseLog::open(&path, durability, now));
    let (uses, recovery) = opened.await.map_err(|_| GateError::Task)??;
    if recovery.interrupted > 0 || recovery.dropped_bytes > 0 {
        tracing::warn!(
            interrupted = recovery.interrupted,
            dropped_bytes = recovery.dropped_bytes,
            "an earlier run was interrupted; its open requests were closed at their reservation"
        );
    }
    let uses = Arc::new(uses);
    let (mut known, asked_at) = (None, monotonic());
    let (first, _) = ctx.follow(&mut known).await?;
    let words = Arc::new(Words::of(ctx.home.folder(), &first.trust));
    words.hear();
    let (mut reviews, folded) = (folded::whole(first), Folded::of(first));
    let heard = words.heed(&mut reviews);
    let live = Arc::new(LiveReviews::new(reviews));
    let shelf = content::shelf(ctx, durability, &first.trust)?;
    let sink: Arc<dyn gateway::UseSink> = Arc::<UseLog>::clone(&uses);
    let authority: Arc<dyn gateway::Authority> = Arc::<LiveReviews>::clone(&live);
    let store: Arc<dyn gateway::ContentStore> = Arc::<content::Shelf>::clone(&shelf);
    let gateway = Gateway::new(config, authority, sink, clock)?.keeping(store);
    let spans = edge.collector.map(|collector| (collector, gateway.spans()));
    let control = gateway.control();
    control.hears(heard);
    let lease = Duration::from_micros(config.limits.lease.as_micros());
    let mut watch = Watch {
        ctx,
        live: &live,
        control: control.clone(),
        shelf: &shelf,
        words: &words,
        planted: Planted::default(),
        known,
        folded,
        cut_off: false,
        complaint: Complaint::default(),
    };
    let mut minutes = Minutes::new(ctx, &live, &uses);
    watch.plant()?;
    watch.control.lease(lease, asked_at);
    // what serves clients, and what hears words, waits for nothing that the rest does
    let mut serving = JoinSet::new();
    serving.spawn(gateway.serve(edge.clients, shutdown));
    // who asked may be gone
    let _ = edge.begun.send(());
    let mut hearing = JoinSet::new();
    hearing.spawn(hear(Arc::clone(&words), Arc::clone(&live), control.clone()));
    tokio::select! {
        served = serving.join_next() => {
            if !matches!(served, Some(Ok(()))) {
                return Err(GateError::Task);
            }
        }
        _ = hearing.join_next() => return Err(GateError::Task),
        () = operators(control.clone(), edge.operators) => {}
        () = renewals(control, edge.renew) => {}
        () = spans::send(spans) => {}
        // each apart: a log host who takes long to take a statement ends no lease
        () = watch.keep() => {}
        () = minutes.keep() => {}
        () = content::destroy_for_ever(ctx, &uses) => {}
    }
    minutes.end().await
}

/// Answers the operator's machines, for ever.
async fn operators(control: Control, listener: Option<TcpListener>) {
    match listener {
        Some(listener) => gateway::serve_health(control, listener).await,
        None => std::future::pending().await,
    }
}

/// Reads the provider's key again whenever that is asked for, for ever.
async fn renewals(control: Control, mut asked: Option<Signal>) {
    let Some(asked) = &mut asked else { return std::future::pending().await };
    while asked.recv().await.is_some() {
        match control.renew() {
            Ok(()) => {
                tracing::info!(
                    "the provider's key, certificates toward the upstream, policies and ceilings were read again"
                );
            }
            Err(error) => {
                tracing::error!("what is in use stays: {}", crate::plain(&error));
            }
        }
    }
    std::future::pending::<()>().await;
}

/// Hears words, for ever.
async fn hear(words: Arc<Words>, live: Arc<LiveReviews>, control: Control) {
    words.keep(&live, &control).await;
}

#[expect(clippy::disallowed_methods, reason = "edge: a lease is measured on the monotonic clock")]
fn monotonic() -> Instant {
    Instant::now()
}

/// What goes wrong at every try, told once.
#[derive(Default)]
struct Complaint(String);

impl Complaint {
    fn tell(&mut self, what: &str, error: &dyn std::error::Error) {
        let why = crate::plain(error);
        if self.0 != why {
            tracing::warn!("{what}: {why}");
            self.0 = why;
        }
    }

    /// It went well again.
    fn end(&mut self) {
        self.0.clear();
    }
}

impl Watch<'_> {
    /// Looks at the log, for ever, and renews the lease as of when it asked.
    async fn keep(&mut self) {
        let mut tick = tokio::time::interval(LOG);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let asked_at = monotonic();
            match self.fresh().await {
                Ok(()) => {
                    self.control.heard(asked_at);
                    self.cut_off = false;
                    self.complaint.end();
                }
                Err(error) => {
                    self.complaint.tell("the log can't be read", &error);
                    if !self.control.is_leased() && !self.cut_off {
                        tracing::error!("nothing heard from the log: nothing is forwarded");
                        self.cut_off = true;
                    }
                }
            }
        }
    }

    /// Takes the log's news over: applies what is new, for which requests wait some microseconds; or folds everything, for
    /// which nobody waits. What is heard meanwhile is heeded in the moment in which the news take effect, so none is lost.
    async fn fresh(&mut self) -> Result<(), GateError> {
        let (_, grown) = self.ctx.follow(&mut self.known).await?;
        let Some(known) = self.known.take_if(|_| grown) else { return Ok(()) };
        let news = self.folded.news(&known);
        let known = match news {
            Some(news) => {
                self.take_in(&known, |reviews| folded::apply(reviews, &news));
                known
            }
            None => {
                let folding = spawn_blocking(move || (folded::whole(&known), known));
                let (mut whole, known) = folding.await.map_err(|_| GateError::Task)?;
                self.take_in(&known, |reviews| std::mem::swap(reviews, &mut whole));
                // letting go of a large one takes long, too
                drop(spawn_blocking(move || drop(whole)));
                known
            }
        };
        self.folded = Folded::of(&known);
        self.known = Some(known);
        self.plant()
    }

    /// Changes the rules' state, with every word heeded that was heard till then.
    fn take_in(&self, known: &Known, change: impl FnOnce(&mut access::Reviews)) {
        self.shelf.learn(&known.trust);
        self.words.learn(&known.trust);
        self.words.hear();
        let heard = self.live.edit(|reviews| {
            change(reviews);
            self.words.heed(reviews)
        });
        self.control.hears(heard);
    }

    /// Tells the gateway which canaries to look for besides those it knows.
    fn plant(&mut self) -> Result<(), GateError> {
        self.control.look_for(self.planted.more(self.ctx, self.live)?);
        Ok(())
    }
}
