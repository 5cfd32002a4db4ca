//! Running the developer's gateway: the rules it judges by are this home's own fold of the log, kept fresh;
//! a direct word is heeded within a tenth of a second, log or no log; each minute's uses are logged.

mod canary;
pub mod content;
mod doctor;
mod drill;
mod signals;
mod spans;
mod usage;

pub use canary::{CANARIES, Canary, Marked, canaries, mark, whose};
pub use doctor::{Finding, Health, examine};
pub use drill::{BOUND, Drill, DrillError, Drilled, drill};
pub use signals::{About, Asked, Looked, SignalsError, look};
pub use usage::{Day, Usage, Usages, usage};

use crate::act::{ActError, Ctx};
use crate::review::{self, ReviewError};
use crate::sync::Known;
use crate::word;
use access::{Reviews, Uses};
use domain::{Span, Timestamp};
use gateway::{
    Config, ConfigError, Control, Durability, Gateway, LiveReviews, MinuteSummary, Scope, UseLog,
    UseLogError,
};
use std::collections::BTreeSet;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::signal::unix::Signal;

/// How often the folder of words is looked at.
const WORD: Duration = Duration::from_millis(100);
/// How often the log is looked at, and how often minutes that ended are.
const LOG: Duration = Duration::from_millis(250);
const MINUTES: Duration = Duration::from_secs(1);
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

/// What is kept between looks at the folder of words.
struct Words<'a> {
    ctx: &'a Ctx,
    live: &'a LiveReviews,
    control: Control,
    seen: BTreeSet<PathBuf>,
}

/// What is kept between looks at the log.
struct Watch<'a> {
    ctx: &'a Ctx,
    live: &'a LiveReviews,
    control: Control,
    shelf: &'a content::Shelf,
    /// What was verified of the log so far.
    known: Option<Known>,
    cut_off: bool,
}

/// What logs the minutes that ended.
struct Minutes<'a> {
    ctx: &'a Ctx,
    live: &'a LiveReviews,
    uses: &'a UseLog,
    served: Served,
}

/// Serves until `shutdown` ends, then logs the uses that are not logged yet.
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
    let mut words = Words { ctx, live: &live, control: gateway.control(), seen: BTreeSet::new() };
    let control = gateway.control();
    let lease = Duration::from_micros(config.limits.lease.as_micros());
    let mut watch =
        Watch { ctx, live: &live, control: control.clone(), shelf: &shelf, known, cut_off: false };
    let mut minutes = Minutes { ctx, live: &live, uses: &uses, served: Served::default() };
    plant(ctx, &live, &watch.control)?;
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
    // a minute that ends now takes no later uses: they go to the next
    minutes.log_uses(ctx.clock.now().after(Span::minutes(1))).await?;
    Ok(minutes.served)
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

fn heed(ctx: &Ctx, reviews: &mut Reviews) -> Result<(), GateError> {
    for withdrawal in word::given(ctx.home.folder()).map_err(ActError::from)? {
        let signers = BTreeSet::from([ctx.home.id().clone()]);
        if let Err(refusal) = reviews.heed(&access::Word { withdrawal, signers }) {
            tracing::warn!(
                code = refusal.code(),
                "a word that is not this developer's to give: {refusal}"
            );
        }
    }
    Ok(())
}

/// Tells the gateway which canaries to look for.
fn plant(ctx: &Ctx, live: &LiveReviews, control: &Control) -> Result<(), GateError> {
    let planted = live.read(|reviews| {
        let requests = reviews.cases().flat_map(access::Case::grant_requests);
        canary::planted(ctx, requests.map(|request| &request.grant))
    });
    control.look_for(planted?);
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "edge: a lease is measured on the monotonic clock")]
fn monotonic() -> Instant {
    Instant::now()
}

impl Words<'_> {
    /// Looks for words, for ever.
    async fn keep(&mut self) {
        let mut tick = tokio::time::interval(WORD);
        loop {
            tick.tick().await;
            self.look();
        }
    }

    fn look(&mut self) {
        let folder = self.ctx.home.folder().join("words");
        let Ok(found) = crate::files::list(&folder, "word") else { return };
        let found: BTreeSet<_> = found.into_iter().collect();
        if found == self.seen {
            return;
        }
        let heeded = self.live.edit(|reviews| heed(self.ctx, reviews));
        match heeded {
            Ok(()) => self.seen = found,
            Err(error) => {
                // a word that can't be read must not be a way to go on
                tracing::error!(
                    "the developer's words can't be read, so nothing is forwarded: {error}"
                );
                self.control.stop(Scope::Everything);
            }
        }
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
            plant(self.ctx, self.live, &self.control)?;
        }
        Ok(())
    }
}

impl Minutes<'_> {
    /// Looks for minutes that ended, for ever.
    async fn keep(&mut self) {
        let mut tick = tokio::time::interval(MINUTES);
        loop {
            tick.tick().await;
            if let Err(error) = self.log_uses(self.ctx.clock.now()).await {
                tracing::warn!("uses can't be logged yet: {}", crate::plain(&error));
            }
        }
    }

    async fn log_uses(&mut self, now: Timestamp) -> Result<(), GateError> {
        for summary in self.uses.minutes_closed(now)? {
            if self.log_minute(&summary).await? {
                self.uses.minute_recorded(&summary).await?;
                self.served.minutes_logged += 1;
            }
        }
        Ok(())
    }

    /// Logs one minute of one grant. A grant whose case this home does not read yet stays in the use log and is
    /// tried again: false.
    async fn log_minute(&self, summary: &MinuteSummary) -> Result<bool, GateError> {
        let MinuteSummary { grant, minute, root, count, tokens_in, tokens_out } = summary.clone();
        let named = domain::Digest::of(grant.as_str().as_bytes()).to_string();
        let short: String = named.chars().take(12).collect();
        let request = format!("uses-{short}-{}", minute.as_seconds() / 60);
        let case = self.live.read(|reviews| {
            let has = |case: &&access::Case| case.grant_request(&grant).is_some();
            reviews.cases().find(has).map(|case| case.id().clone())
        });
        let Some(case) = case else { return Ok(false) };
        let developer = self.ctx.home.id().clone();
        let event = access::Event::UsesRecorded(Uses {
            case,
            grant,
            developer,
            minute,
            root,
            count,
            tokens_in,
            tokens_out,
        });
        review::state(self.ctx, &event, Some(&request)).await?;
        Ok(true)
    }
}
