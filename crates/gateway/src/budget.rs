//! Token budgets: reserved before a request is forwarded, settled after, never overspent.
//!
//! For every grant, for every day of one whose terms bound a day, and for every person whose grants the terms bound together, `settled + reserved <= cap` holds at all
//! times and under any interleaving. What is settled is what the transparency log says of all gateways together, and what
//! was settled here and is not in there yet ([`Budgets::note`]). Settled
//! tokens come back from the use log after a restart ([`Budgets::new`]); reservations don't, because
//! the log settles a request that a crash interrupted at its whole reservation.
//!
//! What another gateway has spent or set aside and not yet stated is not known here: that is the slack. It is bounded in
//! time, since uses are stated when their minute ends, and in tokens where [`Budgets::stating`] bounds what one gateway may
//! hold unstated.

use crate::authority::Authority;
use crate::ceilings::Held;
use access::{DayBudget, Permit, PersonBudget, PersonGrant, Used};
use domain::{Digest, GrantId, LatestDays, Span, Timestamp};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What every grant has spent and has set aside, in tokens. Clones share the accounts.
#[derive(Debug, Clone)]
pub struct Budgets {
    accounts: Arc<Mutex<BTreeMap<GrantId, Accounts>>>,
    /// Most tokens of one grant that are set aside or spent here beyond what the record counts.
    unstated: u64,
}

/// One account, in tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Account {
    /// Spent for good, here and, as far as it is on record, elsewhere.
    pub settled: u64,
    /// Set aside for requests under way.
    pub reserved: u64,
}

/// What one account is made of, in tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Purse {
    /// On record as spent, by whichever gateway. Never falls.
    recorded: u64,
    /// Settled here.
    own: u64,
    /// The part of `own` that is known to be in `recorded`.
    counted: u64,
    /// Set aside for requests under way.
    reserved: u64,
}

/// One grant's accounts.
#[derive(Debug, Default)]
struct Accounts {
    whole: Purse,
    /// What a request costs belongs to the day (UTC) in which it was permitted.
    days: LatestDays<Purse>,
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

/// What a grant may spend, and what of it is known to be spent, here or elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cap {
    /// Tokens in all.
    pub tokens: u64,
    /// Tokens on record as spent.
    pub recorded: u64,
    /// The same for today, when the terms bound a day.
    pub day: Option<DayBudget>,
    /// What its person may spend over all of their grants, when the terms bound that.
    pub person: Option<PersonBudget>,
}

impl Cap {
    /// The day that a request under it is counted for, where anything bounds a day.
    fn counted_day(&self) -> Option<Timestamp> {
        let of_person = self.person.as_ref().filter(|person| person.tokens_per_day.is_some());
        self.day.map(|budget| budget.day).or(of_person.map(|person| person.day))
    }
}

impl From<&Permit> for Cap {
    fn from(permit: &Permit) -> Self {
        Self {
            tokens: permit.budget_tokens(),
            recorded: permit.recorded_tokens(),
            day: permit.day_budget(),
            person: permit.person_budget().cloned(),
        }
    }
}

/// The grant's budget doesn't hold what a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request needs up to {needed} tokens and {} {left} left{why}", why.holder())]
pub struct Exhausted {
    /// Tokens the request may use.
    pub needed: u64,
    /// Tokens that are neither spent nor set aside.
    pub left: u64,
    /// Which bound it is.
    pub why: Bound,
}

/// What bounds the tokens of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The grant itself.
    Grant,
    /// The terms, for one day.
    Day {
        /// When more may be spent.
        resumes_at: Timestamp,
    },
    /// The operator, for what one gateway spends before the record counts it.
    Unstated,
    /// The terms, for one person over all of their grants.
    Person,
    /// The same, for one day.
    PersonDay {
        /// When more may be spent.
        resumes_at: Timestamp,
    },
}

impl Bound {
    /// Who has nothing left.
    fn holder(self) -> &'static str {
        match self {
            Self::Grant | Self::Day { .. } | Self::Unstated => "the grant has",
            Self::Person | Self::PersonDay { .. } => "its person has, over all their grants,",
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grant => f.write_str("; ask for less (`max_tokens`) or for a new grant"),
            Self::Day { resumes_at } => write!(
                f,
                " today, more from {resumes_at} (terms: tokens-per-day); ask for less (`max_tokens`)"
            ),
            Self::Person => {
                f.write_str(" (terms: tokens-per-person); ask for less (`max_tokens`)")
            }
            Self::PersonDay { resumes_at } => write!(
                f,
                " today, more from {resumes_at} (terms: tokens-per-person-per-day); ask for less (`max_tokens`)"
            ),
            Self::Unstated => f.write_str(
                " at this gateway until its uses are on record, which takes about a minute; ask for less (`max_tokens`) or again then",
            ),
        }
    }
}

/// Tokens set aside for one request. Dropping it gives them all back.
#[derive(Debug)]
pub struct Reservation {
    budgets: Budgets,
    grant: GrantId,
    cap: Cap,
    tokens: u64,
    /// What is set aside under the developer's own ceilings.
    held: Option<Held>,
}

impl Budgets {
    /// Accounts with what was settled before, from [`crate::UseSink::spent`].
    pub fn new(spent: impl IntoIterator<Item = Spent>) -> Self {
        let purse = |own| Purse { own, ..Purse::default() };
        let accounts = spent.into_iter().map(|Spent { grant, tokens, day }| {
            let mut accounts = Accounts { whole: purse(tokens), ..Accounts::default() };
            if let Some((day, tokens)) = day
                && let Some(of_day) = accounts.days.of(day)
            {
                *of_day = purse(tokens);
            }
            (grant, accounts)
        });
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
        let mut accounts = self.lock();
        let accounts = accounts.entry(grant.clone()).or_default();
        let whole = &mut accounts.whole;
        whole.recorded = whole.recorded.max(recorded.tokens);
        for (day, tokens) in &recorded.days {
            if let Some(purse) = accounts.days.get_mut(*day) {
                purse.recorded = purse.recorded.max(*tokens);
            }
        }
        for minute in &recorded.counted {
            let tokens = minute.uses.tokens();
            accounts.whole.counted = accounts.whole.counted.saturating_add(tokens);
            // of days before the latest on record nothing is known but what permits said
            let day = minute.minute.day();
            if recorded.days.contains_key(&day)
                && let Some(purse) = accounts.days.get_mut(day)
            {
                purse.counted = purse.counted.saturating_add(minute.of_day.tokens());
            }
        }
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
        Ok(Reservation { budgets: self.clone(), grant: grant.clone(), cap, tokens, held: None })
    }

    /// A grant's account; all zeros for one that never spent.
    pub fn account(&self, grant: &GrantId) -> Account {
        let whole = self.lock().get(grant).map(|accounts| accounts.whole).unwrap_or_default();
        Account { settled: whole.settled(), reserved: whole.reserved }
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

impl Purse {
    /// Settled here and not on record yet.
    fn unstated(&self) -> u64 {
        self.own.saturating_sub(self.counted)
    }

    fn settled(&self) -> u64 {
        self.recorded.saturating_add(self.unstated())
    }

    /// Spent or set aside, with what the record is said to show by now.
    fn held(&self, recorded: u64) -> u64 {
        let recorded = self.recorded.max(recorded);
        recorded.saturating_add(self.unstated()).saturating_add(self.reserved)
    }

    /// What is left under a cap, of which others may have spent some.
    fn left(&mut self, cap: u64, recorded: u64) -> u64 {
        self.recorded = self.recorded.max(recorded);
        cap.saturating_sub(self.settled()).saturating_sub(self.reserved)
    }

    fn close(&mut self, reserved: u64, charged: u64) {
        self.reserved = self.reserved.saturating_sub(reserved);
        self.own = self.own.saturating_add(charged);
    }
}

impl Accounts {
    fn take(&mut self, cap: &Cap, tokens: u64, unstated: u64) -> Result<(), Exhausted> {
        let left = self.whole.left(cap.tokens, cap.recorded);
        if tokens > left {
            return Err(Exhausted { needed: tokens, left, why: Bound::Grant });
        }
        let held = self.whole.unstated().saturating_add(self.whole.reserved);
        let left = unstated.saturating_sub(held);
        if tokens > left {
            return Err(Exhausted { needed: tokens, left, why: Bound::Unstated });
        }
        if let Some(day) = cap.counted_day() {
            let mut account = self.days.of(day);
            let left = match (&cap.day, &mut account) {
                (Some(budget), Some(account)) => account.left(budget.tokens, budget.recorded),
                (None, Some(_)) => u64::MAX,
                (_, None) => 0,
            };
            match account {
                Some(account) if tokens <= left => account.reserved += tokens,
                Some(_) | None => {
                    let resumes_at = day.after(Span::days(1));
                    return Err(Exhausted { needed: tokens, left, why: Bound::Day { resumes_at } });
                }
            }
        }
        self.whole.reserved += tokens;
        Ok(())
    }

    fn close(&mut self, cap: &Cap, reserved: u64, charged: u64) {
        self.whole.close(reserved, charged);
        if let Some(account) = cap.counted_day().and_then(|day| self.days.get_mut(day)) {
            account.close(reserved, charged);
        }
    }
}

/// Whether the person's budget holds so many tokens more, over the accounts of all of their grants.
fn person_holds(
    accounts: &BTreeMap<GrantId, Accounts>,
    cap: &Cap,
    tokens: u64,
) -> Result<(), Exhausted> {
    let Some(person) = &cap.person else { return Ok(()) };
    let held = |of: &PersonGrant, day: Option<Timestamp>| {
        let account = accounts.get(&of.grant);
        match day {
            None => account.map_or(of.recorded, |a| a.whole.held(of.recorded)),
            Some(day) => {
                let purse = account.and_then(|a| a.days.get(day));
                purse.map_or(of.recorded_of_day, |purse| purse.held(of.recorded_of_day))
            }
        }
    };
    let resumes_at = person.day.after(Span::days(1));
    for (bound, day, why) in [
        (person.tokens, None, Bound::Person),
        (person.tokens_per_day, Some(person.day), Bound::PersonDay { resumes_at }),
    ] {
        let Some(bound) = bound else { continue };
        let all = person.grants.iter().map(|of| held(of, day)).fold(0, u64::saturating_add);
        let left = bound.saturating_sub(all);
        if tokens > left {
            return Err(Exhausted { needed: tokens, left, why });
        }
    }
    Ok(())
}

impl Reservation {
    /// The same with what is set aside under the developer's own ceilings, which is settled along with it.
    pub(crate) fn under(self, held: Option<Held>) -> Self {
        let mut reservation = self;
        reservation.held = held;
        reservation
    }

    /// The prompt has so many tokens, as it turned out: money tells them from those of the answer.
    pub(crate) fn prompt(&mut self, tokens_in: u64) {
        if let Some(held) = &mut self.held {
            held.prompt(tokens_in);
        }
    }

    /// Tokens set aside.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// Makes the reservation hold at least `tokens`: true when it does, false (and unchanged) when the
    /// budget has no more. A stream that runs past its estimate grows so until it must be cut.
    pub fn grow_to(&mut self, tokens: u64) -> bool {
        let more = tokens.saturating_sub(self.tokens);
        if more == 0 {
            return true;
        }
        if self.held.as_mut().is_some_and(|held| !held.grow_to(tokens)) {
            return false;
        }
        let mut accounts = self.budgets.lock();
        if person_holds(&accounts, &self.cap, more).is_err() {
            return false;
        }
        let unstated = self.budgets.unstated;
        let mut take = |a: &mut Accounts| a.take(&self.cap, more, unstated).is_ok();
        let taken = accounts.get_mut(&self.grant).is_some_and(&mut take);
        if taken {
            self.tokens += more;
        }
        taken
    }

    /// Spends `used` of the reservation for good and gives the rest back. Returns what was charged,
    /// which is never more than was reserved: who delivers more must [`Reservation::grow_to`] first.
    pub fn settle(mut self, used: u64) -> u64 {
        let charged = used.min(self.tokens);
        if let Some(held) = self.held.take() {
            held.settle(charged);
        }
        self.close(charged);
        charged
    }

    /// One step under the lock, so that no reader sees a token both settled and reserved.
    fn close(&mut self, charged: u64) {
        let tokens = std::mem::take(&mut self.tokens);
        if let Some(accounts) = self.budgets.lock().get_mut(&self.grant) {
            accounts.close(&self.cap, tokens, charged);
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.tokens > 0 {
            self.close(0);
        }
    }
}

#[cfg(test)]
mod tests;
