//! Running the developer's gateway: the rules it judges by are this home's own fold of the log, kept fresh;
//! a direct word is heeded within a tenth of a second, log or no log; each minute's uses are logged.

mod canary;
pub mod content;
mod doctor;
mod drill;
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
use crate::review::{self, ReviewError};
use crate::sync::Known;
use access::Reviews;
use canary::Planted;
use gateway::{
    Config, ConfigError, Control, Durability, Gateway, LiveReviews, UseLog, UseLogError,
};
use minutes::Minutes;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::signal::unix::Signal;
use words::{Words, heed};

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
    /// Asks for the provider's key to be read again (SIGHUP).
    pub renew: Option<Signal>,
    /// Where spans of requests go, if anywhere.
    pub collector: Option<crate::otlp::Collector>,
}

/// What is kept between looks at the log.
struct Watch<'a> {
    ctx: &'a Ctx,
    live: &'a LiveReviews,
    control: Control,
    shelf: &'a content::Shelf,
    planted: Planted,
    /// What was verified of the log so far.
    known: Option<Known>,
    cut_off: bool,
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
    shutdown: impl Future<Output = ()>,
) -> Result<Served, GateError> {
    let clock: Arc<dyn gateway::Clock> = Arc::new(gateway::SystemClock::start());
    let path = ctx.home.folder().join("uses.log");
    let now = ctx.clock.now();
    let opened = tokio::task::spawn_blocking(move || UseLog::open(&path, durability, now));
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
    let live = Arc::new(LiveReviews::new(fold(ctx, first)?));
    let shelf = content::shelf(ctx, durability, &first.trust)?;
    let sink: Arc<dyn gateway::UseSink> = Arc::<UseLog>::clone(&uses);
    let authority: Arc<dyn gateway::Authority> = Arc::<LiveReviews>::clone(&live);
    let store: Arc<dyn gateway::ContentStore> = Arc::<content::Shelf>::clone(&shelf);
    let gateway = Gateway::new(config, authority, sink, clock)?.keeping(store);
    let spans = edge.collector.map(|collector| (collector, gateway.spans()));
    let mut words = Words::new(ctx, &live, gateway.control());
    let control = gateway.control();
    let lease = Duration::from_micros(config.limits.lease.as_micros());
    let mut watch = Watch {
        ctx,
        live: &live,
        control: control.clone(),
        shelf: &shelf,
        planted: Planted::default(),
        known,
        cut_off: false,
    };
    let mut minutes = Minutes::new(ctx, &live, &uses);
    watch.plant()?;
    watch.control.lease(lease, asked_at);
    tokio::select! {
        () = gateway.serve(edge.clients, shutdown) => {}
        () = operators(control.clone(), edge.operators) => {}
        () = renewals(control, edge.renew) => {}
        () = spans::send(spans) => {}
        // each apart: a log host who takes long to answer holds up no word, and one who takes long to
        // take a statement ends no lease
        () = words.keep() => {}
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
            Ok(()) => tracing::info!("the provider's key and the policies were read again"),
            Err(error) => {
                tracing::error!("what is in use stays: {}", crate::plain(&error));
            }
        }
    }
    std::future::pending::<()>().await;
}

/// The rules' state as this home knows it, with every direct word heeded.
fn fold(ctx: &Ctx, known: &Known) -> Result<Reviews, GateError> {
    let (mut reviews, _) = review::reviews(known, &known.trust);
    heed(ctx, &mut reviews)?;
    Ok(reviews)
}

#[expect(clippy::disallowed_methods, reason = "edge: a lease is measured on the monotonic clock")]
fn monotonic() -> Instant {
    Instant::now()
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
                }
                Err(error) => {
                    tracing::warn!("the log can't be read: {}", crate::plain(&error));
                    if !self.control.is_leased() && !self.cut_off {
                        tracing::error!("nothing heard from the log: nothing is forwarded");
                        self.cut_off = true;
                    }
                }
            }
        }
    }

    /// Takes the log's news over. Nothing waits between the words' being read in [`fold`] and the new fold's taking
    /// its place, so none is lost.
    async fn fresh(&mut self) -> Result<(), GateError> {
        let (known, grown) = self.ctx.follow(&mut self.known).await?;
        if grown {
            self.shelf.learn(&known.trust);
            self.live.replace(fold(self.ctx, known)?);
            self.plant()?;
        }
        Ok(())
    }

    /// Tells the gateway which canaries to look for besides those it knows.
    fn plant(&mut self) -> Result<(), GateError> {
        self.control.look_for(self.planted.more(self.ctx, self.live)?);
        Ok(())
    }
}
