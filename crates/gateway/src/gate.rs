//! What all connections of one gateway share, and the handle that cuts them short.

use crate::authority::{Authority, Clock};
use crate::ceilings::{Ceilings, Held, OverCeiling, Tally};
use crate::config::{Config, ConfigError, Limits};
use crate::content::ContentStore;
use crate::dpop::{Nonces, Replays};
use crate::flights::{Asked, Flights};
use crate::hearing::{Heard, Hearing};
use crate::lease::Lease;
use crate::meter::Meter;
use crate::pace::Pace;
use crate::policy::{Policies, PolicyRefusal};
use crate::sink::{SinkError, UseSink};
use crate::spans::UseSpan;
use crate::tls::Handshakes;
use crate::traits::Traits;
use crate::upstream::{Upstream, duration};
use crate::{Account, Budgets};
use access::{Content, Network, Permit};
use domain::{Digest, GrantId, ModelId, PersonId, Timestamp};
use llm::{Call, Skim};
use signals::Canaries;
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// The shared parts.
pub(crate) struct Gate {
    pub(crate) limits: Limits,
    pub(crate) trusted_proxies: Vec<Network>,
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) tls: Option<Handshakes>,
    pub(crate) authority: Arc<dyn Authority>,
    pub(crate) sink: Arc<dyn UseSink>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) budgets: Budgets,
    pub(crate) flights: Flights,
    pub(crate) lease: Lease,
    pub(crate) hearing: Hearing,
    pub(crate) meter: Meter,
    pub(crate) content: OnceLock<Arc<dyn ContentStore>>,
    pub(crate) spans: OnceLock<mpsc::Sender<UseSpan>>,
    pub(crate) pace: Pace,
    pub(crate) nonces: Nonces,
    pub(crate) replays: Replays,
    canaries: RwLock<Canaries>,
    stopped: RwLock<BTreeSet<Scope>>,
    config: Config,
    policies: RwLock<Option<Policies>>,
    ceilings: RwLock<Option<Arc<Ceilings>>>,
    tally: Tally,
    /// Held by whoever takes over what the record has come to say.
    counting: Mutex<()>,
    /// The minute for which open requests were last judged by the policies; none after these changed.
    judged: Mutex<Option<Timestamp>>,
}

/// What a direct word stops.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Every use.
    Everything,
    /// Uses of one model.
    Model(ModelId),
    /// Uses of one grant.
    Grant(GrantId),
    /// Uses by one person.
    Person(PersonId),
}

impl Gate {
    pub(crate) fn new(
        config: &Config,
        authority: Arc<dyn Authority>,
        sink: Arc<dyn UseSink>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        let upstream = Upstream::new(config)?;
        let gate = Self {
            meter: Meter::new(&upstream.connections),
            limits: config.limits,
            trusted_proxies: config.trusted_proxies.clone(),
            upstream: Arc::new(upstream),
            tls: config.tls.as_ref().map(Handshakes::new).transpose()?,
            authority,
            budgets: Budgets::new(sink.spent()).stating(config.limits.unstated_tokens),
            sink,
            clock,
            flights: Flights::default(),
            lease: Lease::new(),
            hearing: Hearing::default(),
            content: OnceLock::new(),
            spans: OnceLock::new(),
            pace: Pace::default(),
            nonces: Nonces::new(),
            replays: Replays::default(),
            canaries: RwLock::default(),
            stopped: RwLock::default(),
            config: config.clone(),
            policies: RwLock::new(config.policies()?),
            ceilings: RwLock::new(config.ceilings()?.map(Arc::new)),
            tally: Tally::default(),
            counting: Mutex::default(),
            judged: Mutex::default(),
        };
        gate.count_recorded();
        if gate.ceilings().is_some() {
            gate.tally.seed(&gate.sink.days(), &*gate.authority);
        }
        Ok(gate)
    }

    fn ceilings(&self) -> Option<Arc<Ceilings>> {
        self.ceilings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets a request aside under the developer's own ceilings, if there are any: of `least` to `asked` tokens, as many as
    /// fit, of which the prompt has `tokens_in`.
    pub(crate) fn set_aside(
        &self,
        permit: &Permit,
        tokens: (u64, u64, u64),
        now: Timestamp,
    ) -> Result<Option<Held>, OverCeiling> {
        let Some(ceilings) = self.ceilings() else { return Ok(None) };
        let reserve = || self.tally.reserve(&ceilings, &self.authority, permit, tokens, now);
        let mut reserved = reserve();
        if reserved.as_ref().is_err_and(OverCeiling::is_of_day) {
            // what is on record and counted here too, for a moment, is no reason to refuse
            self.count_recorded();
            reserved = reserve();
        }
        reserved.map(Some)
    }

    /// Takes over what the record has come to say of grants that were used here, lest their uses count twice.
    pub(crate) fn count_recorded(&self) {
        // one at a time: a minute that two take over is counted twice
        let _turn = self.counting.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = self.budgets.count(&*self.authority, self.sink.uncounted());
        if !counted.is_empty() {
            self.tally.note(&counted, &*self.authority);
            self.sink.counted(&counted);
        }
    }

    /// What may be written down of a request for rules about misuse.
    pub(crate) fn traits(
        &self,
        permit: &Permit,
        who: (Option<IpAddr>, &[Digest]),
        asked: (Call, &Skim),
    ) -> Traits {
        let planted = self.canaries.read().unwrap_or_else(PoisonError::into_inner);
        Traits::of(permit, who, asked, &planted)
    }

    #[expect(clippy::disallowed_methods, reason = "edge: a slowed grant's pause is monotonic")]
    pub(crate) fn monotonic(&self) -> Instant {
        Instant::now()
    }

    /// Asks the operator's policies, if there are any.
    pub(crate) fn judge(
        &self,
        permit: &Permit,
        asked: Asked,
        now: Timestamp,
    ) -> Result<(), PolicyRefusal> {
        match &*self.policies.read().unwrap_or_else(PoisonError::into_inner) {
            Some(policies) => policies.judge_use(permit, asked, now),
            None => Ok(()),
        }
    }

    /// Whether open requests are due to be judged again: once a minute, and after the policies changed.
    fn judges_again(&self, now: Timestamp) -> bool {
        let minute = Some(now.minute());
        let mut judged = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *judged, minute) != minute
    }

    /// Whether a permit holds: neither the authority, a direct word, one that can't be verified, nor the lease has ended it.
    pub(crate) fn holds(&self, permit: &Permit) -> bool {
        self.lease.is_held()
            && !self.hearing.doubts()
            && !self.is_stopped(permit)
            && self.authority.is_live(permit, self.clock.now())
    }

    /// Whether what the permit says is kept can be kept now.
    pub(crate) fn can_keep(&self, permit: &Permit) -> Result<(), SinkError> {
        match (permit.content(), self.content.get()) {
            (Content::Hashed, _) => Ok(()),
            (content, Some(store)) => store.ready(permit.party(), content),
            (Content::Visible { .. } | Content::Sealed { .. }, None) => {
                Err(SinkError::Refused("this gateway has no store for content".to_owned()))
            }
        }
    }

    /// Looks at every open request and cuts those that may not go on.
    pub(crate) fn sweep(&self) -> usize {
        let now = self.clock.now();
        let again = self.judges_again(now);
        self.flights.sweep(duration(self.limits.request_timeout), |flight| {
            self.holds(&flight.permit)
                && flight.asked.until.is_none_or(|until| now < until)
                && (!again || self.judge(&flight.permit, flight.asked, now).is_ok())
        })
    }

    fn is_stopped(&self, permit: &Permit) -> bool {
        let stopped = self.stopped.read().unwrap_or_else(PoisonError::into_inner);
        !stopped.is_empty()
            && stopped.iter().any(|scope| match scope {
                Scope::Everything => true,
                Scope::Model(model) => permit.model() == model,
                Scope::Grant(grant) => permit.grant() == grant,
                Scope::Person(person) => permit.person() == person,
            })
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("upstream", &self.upstream).finish_non_exhaustive()
    }
}

/// Stops uses from within the process, without waiting for the log: the developer's word, heard
/// directly. Clones work on the same gateway.
#[derive(Debug, Clone)]
pub struct Control(Arc<Gate>);

impl Control {
    pub(crate) fn new(gate: Arc<Gate>) -> Self {
        Self(gate)
    }

    /// Refuses the scope's uses from now on and cuts those under way. When it returns, all of them are
    /// marked and nothing more is taken from the model for them; what a connection had already taken
    /// may still be on its way. Returns how many were cut.
    pub fn stop(&self, scope: Scope) -> usize {
        self.0.stopped.write().unwrap_or_else(PoisonError::into_inner).insert(scope);
        self.0.sweep()
    }

    /// Takes a [`Control::stop`] back. What the authority refuses stays refused.
    pub fn resume(&self, scope: &Scope) {
        self.0.stopped.write().unwrap_or_else(PoisonError::into_inner).remove(scope);
    }

    /// Forwards from now on only while [`Control::heard`] was called less than `length` ago, on the
    /// monotonic clock: a gateway that is cut off from those who could withdraw refuses, and cuts what
    /// is open. It counts from `asked_at`, a moment before what the authority starts with was asked for. Without
    /// this call there is no lease, and the authority alone decides.
    pub fn lease(&self, length: Duration, asked_at: Instant) {
        self.0.lease.begin(length, asked_at);
    }

    /// Renews the lease: those who could withdraw were heard, as of a moment that `asked_at` is not later than.
    pub fn heard(&self, asked_at: Instant) {
        self.0.lease.renew(asked_at);
    }

    /// Whether the lease is held, or there is none.
    pub fn is_leased(&self) -> bool {
        self.0.lease.is_held()
    }

    /// How direct words stand. While one can't be verified, everything is refused and what is open is cut: it could be
    /// the developer's, and whatever fails must fail toward ending access. Returns how many were cut.
    pub fn hears(&self, heard: Heard) -> usize {
        self.0.hearing.set(heard);
        self.0.meter.heard(heard);
        if self.0.hearing.doubts() { self.0.sweep() } else { 0 }
    }

    /// Whether a direct word can't be verified, so that nothing is forwarded.
    pub fn doubts(&self) -> bool {
        self.0.hearing.doubts()
    }

    /// Looks at every open request at once, after the authority changed its mind. Returns how many
    /// were cut. A change of [`Authority::epoch`] does the same.
    pub fn look_again(&self) -> usize {
        self.0.sweep()
    }

    /// How many requests are under way.
    pub fn open_requests(&self) -> usize {
        self.0.flights.count()
    }

    /// What is counted of all requests together, in the OpenMetrics text format; no label names anyone.
    pub fn metrics(&self) -> String {
        self.0.meter.render(self.0.flights.count(), self.0.lease.is_held())
    }

    /// Reads the upstream's key file, the policy file and the file of ceilings again. Requests from now on carry the key, are
    /// judged by the policies and keep within the ceilings; open ones are judged by the policies at once.
    ///
    /// # Errors
    /// As [`crate::Gateway::new`] on these files; what is in use stays, all of it.
    pub fn renew(&self) -> Result<(), ConfigError> {
        let (policies, ceilings) = (self.0.config.policies()?, self.0.config.ceilings()?);
        self.0.upstream.renew_key()?;
        *self.0.policies.write().unwrap_or_else(PoisonError::into_inner) = policies;
        *self.0.ceilings.write().unwrap_or_else(PoisonError::into_inner) = ceilings.map(Arc::new);
        *self.0.judged.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.0.sweep();
        Ok(())
    }

    /// Looks for these canaries, too, from now on, in requests whose terms make content visible.
    pub fn look_for(&self, more: Canaries) {
        if !more.is_empty() {
            self.0.canaries.write().unwrap_or_else(PoisonError::into_inner).add(more);
        }
    }

    /// A grant's account, in tokens.
    pub fn account(&self, grant: &GrantId) -> Account {
        self.0.budgets.account(grant)
    }
}

#[cfg(test)]
mod tests;
