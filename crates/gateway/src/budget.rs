//! Token budgets: reserved before a request is forwarded, settled after, never overspent.
//!
//! For every grant, for every day of one whose terms bound a day, and for every person whose grants the terms bound together,
//! `settled + reserved <= cap` holds at all times and under any interleaving. What is settled is what the transparency log says
//! of all gateways together, and what was settled here and is not in there yet ([`Budgets::note`]). Settled tokens come back
//! from the use log after a restart ([`Budgets::new`]); reservations don't, because the log settles a request that a crash
//! interrupted at its whole reservation.
//!
//! What another gateway has spent or set aside and not yet stated is not known here: that is the slack. It is bounded in
//! time, since uses are stated when their minute ends, and in tokens where [`Budgets::stating`] bounds what one gateway may
//! hold unstated.

mod account;
mod cap;
mod reservation;

pub use account::Account;
pub use cap::{Bound, Cap, Exhausted};
pub use reservation::Reservation;

use crate::authority::Authority;
use access::Used;
use account::{Accounts, person_holds};
use domain::{Digest, GrantId, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What every grant has spent and has set aside, in tokens. Clones share the accounts.
#[derive(Debug, Clone)]
pub struct Budgets {
    accounts: Arc<Mutex<BTreeMap<GrantId, Accounts>>>,
    /// Most tokens of one grant that are set aside or spent here beyond what the record counts.
    unstated: u64,
}

/// What the record says of one grant, with those minutes of this gateway's that it has come to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Tokens in all, of all gateways.
    pub tokens: u64,
    /// The latest days (UTC) on record, and the tokens of each.
    pub days: BTreeMap<Timestamp, u64>,
    /// Minutes of this gateway that are in there, and were not the last time.
    pub counted: Vec<OwnMinute>,
}

/// What one grant was charged here within one minute that takes no more uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnMinute {
    /// The grant.
    pub grant: GrantId,
    /// The minute's first instant.
    pub minute: Timestamp,
    /// The root over its uses, which tells it from another gateway's.
    pub root: Digest,
    /// All of it, as the log counts it: also requests that cost nothing.
    pub uses: Used,
    /// What was charged of it to requests that were permitted on the minute's own day.
    pub of_day: Used,
}

/// What one grant had spent when its gateway started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// The grant.
    pub grant: GrantId,
    /// Tokens in all.
    pub tokens: u64,
    /// The first instant of the latest day (UTC) with uses, and the tokens of that day.
    pub day: Option<(Timestamp, u64)>,
}

impl Budgets {
    /// Accounts with what was settled before, from [`crate::UseSink::spent`].
    pub fn new(spent: impl IntoIterator<Item = Spent>) -> Self {
        let accounts = spent
            .into_iter()
            .map(|Spent { grant, tokens, day }| (grant, Accounts::spent(tokens, day)));
        Self { accounts: Arc::new(Mutex::new(accounts.collect())), unstated: u64::MAX }
    }

    /// The same with at most so many tokens of one grant set aside or spent here that the record does not count yet: what
    /// another gateway may not know of.
    #[must_use]
    pub fn stating(self, unstated: u64) -> Self {
        Self { unstated, ..self }
    }

    /// Takes over what the record says of a grant. Both in one step: tokens that are on record and also counted as spent
    /// here would be spent twice, and tokens that are neither would not be spent at all.
    pub fn note(&self, grant: &GrantId, recorded: &Recorded) {
        self.lock().entry(grant.clone()).or_default().note(recorded);
    }

    /// Takes over what the authority's record has come to say of the grants of these minutes, which no [`Budgets::note`] has
    /// counted yet; returns those that are counted from now on.
    pub fn count(&self, authority: &dyn Authority, uncounted: Vec<OwnMinute>) -> Vec<OwnMinute> {
        let mut own: BTreeMap<GrantId, Vec<OwnMinute>> = BTreeMap::new();
        for minute in uncounted {
            own.entry(minute.grant.clone()).or_default().push(minute);
        }
        let mut counted = Vec::new();
        for (grant, minutes) in own {
            let Some(recorded) = authority.recorded(&grant, &minutes) else { continue };
            self.note(&grant, &recorded);
            counted.extend(recorded.counted);
        }
        counted
    }

    /// Sets `tokens` aside.
    ///
    /// # Errors
    /// [`Exhausted`] when they don't fit; nothing is set aside then.
    pub fn reserve(
        &self,
        grant: &GrantId,
        cap: Cap,
        tokens: u64,
    ) -> Result<Reservation, Exhausted> {
        let mut accounts = self.lock();
        person_holds(&accounts, &cap, tokens)?;
        if !accounts.contains_key(grant) {
            accounts.insert(grant.clone(), Accounts::default());
        }
        if let Some(accounts) = accounts.get_mut(grant) {
            accounts.take(&cap, tokens, self.unstated)?;
        }
        Ok(Reservation::new(self.clone(), grant.clone(), cap, tokens))
    }

    /// A grant's account; all zeros for one that never spent.
    pub fn account(&self, grant: &GrantId) -> Account {
        self.lock().get(grant).map(Accounts::whole).unwrap_or_default()
    }

    /// No code panics while it holds the lock, so a poisoned one still has true numbers.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<GrantId, Accounts>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Budgets {
    fn default() -> Self {
        Self::new([])
    }
}

#[cfg(test)]
mod tests;
