//! Token budgets: reserved before a request is forwarded, settled after, never overspent.
//!
//! For every grant, and for every day of one whose terms bound a day, `settled + reserved <= cap` holds at all
//! times and under any interleaving. Settled
//! tokens come back from the use log after a restart ([`Budgets::new`]); reservations don't, because
//! the log settles a request that a crash interrupted at its whole reservation.

use access::{DayBudget, Permit};
use domain::{GrantId, Span, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What every grant has spent and has set aside, in tokens. Clones share the accounts.
#[derive(Debug, Clone, Default)]
pub struct Budgets {
    accounts: Arc<Mutex<BTreeMap<GrantId, Accounts>>>,
}

/// One account, in tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Account {
    /// Spent for good.
    pub settled: u64,
    /// Set aside for requests under way.
    pub reserved: u64,
}

/// One grant's accounts.
#[derive(Debug, Default)]
struct Accounts {
    whole: Account,
    /// By first instant, the latest [`DAYS`]. What a request costs belongs to the day (UTC) in which it was permitted.
    days: BTreeMap<Timestamp, Account>,
}

/// Days that are kept of a grant: today, and yesterday for requests that began before midnight.
const DAYS: usize = 2;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    /// Tokens in all.
    pub tokens: u64,
    /// Tokens on record as spent.
    pub recorded: u64,
    /// The same for today, when the terms bound a day.
    pub day: Option<DayBudget>,
}

impl From<&Permit> for Cap {
    fn from(permit: &Permit) -> Self {
        Self {
            tokens: permit.budget_tokens(),
            recorded: permit.recorded_tokens(),
            day: permit.day_budget(),
        }
    }
}

/// The grant's budget doesn't hold what a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the request needs up to {needed} tokens and the grant has {left} left{}; ask for less (`max_tokens`) or for a new grant",
    .resumes_at.map_or(String::new(), |at| format!(" today, more from {at} (terms: tokens-per-day)"))
)]
pub struct Exhausted {
    /// Tokens the request may use.
    pub needed: u64,
    /// Tokens that are neither spent nor set aside.
    pub left: u64,
    /// When more may be spent: it is the day's budget that is too small.
    pub resumes_at: Option<Timestamp>,
}

/// Tokens set aside for one request. Dropping it gives them all back.
#[derive(Debug)]
pub struct Reservation {
    budgets: Budgets,
    grant: GrantId,
    cap: Cap,
    tokens: u64,
}

impl Budgets {
    /// Accounts with what was settled before, from [`crate::UseSink::spent`].
    pub fn new(spent: impl IntoIterator<Item = Spent>) -> Self {
        let account = |settled| Account { settled, reserved: 0 };
        let accounts = spent.into_iter().map(|Spent { grant, tokens, day }| {
            let days = day.map(|(day, tokens)| (day, account(tokens)));
            (grant, Accounts { whole: account(tokens), days: days.into_iter().collect() })
        });
        Self { accounts: Arc::new(Mutex::new(accounts.collect())) }
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
        if !accounts.contains_key(grant) {
            accounts.insert(grant.clone(), Accounts::default());
        }
        if let Some(accounts) = accounts.get_mut(grant) {
            accounts.take(&cap, tokens)?;
        }
        Ok(Reservation { budgets: self.clone(), grant: grant.clone(), cap, tokens })
    }

    /// A grant's account; all zeros for one that never spent.
    pub fn account(&self, grant: &GrantId) -> Account {
        self.lock().get(grant).map(|accounts| accounts.whole).unwrap_or_default()
    }

    /// No code panics while it holds the lock, so a poisoned one still has true numbers.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<GrantId, Accounts>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    /// What is left under a cap, of which more may be on record than was spent here.
    fn left(&mut self, cap: u64, recorded: u64) -> u64 {
        self.settled = self.settled.max(recorded);
        cap.saturating_sub(self.settled).saturating_sub(self.reserved)
    }

    fn close(&mut self, reserved: u64, charged: u64) {
        self.reserved = self.reserved.saturating_sub(reserved);
        self.settled = self.settled.saturating_add(charged);
    }
}

impl Accounts {
    fn take(&mut self, cap: &Cap, tokens: u64) -> Result<(), Exhausted> {
        let left = self.whole.left(cap.tokens, cap.recorded);
        if tokens > left {
            return Err(Exhausted { needed: tokens, left, resumes_at: None });
        }
        if let Some(budget) = &cap.day {
            let mut account = self.day(budget.day);
            let left = account.as_mut().map_or(0, |a| a.left(budget.tokens, budget.recorded));
            match account {
                Some(account) if tokens <= left => account.reserved += tokens,
                Some(_) | None => {
                    let resumes_at = Some(budget.day.after(Span::days(1)));
                    return Err(Exhausted { needed: tokens, left, resumes_at });
                }
            }
        }
        self.whole.reserved += tokens;
        Ok(())
    }

    fn close(&mut self, cap: &Cap, reserved: u64, charged: u64) {
        self.whole.close(reserved, charged);
        if let Some(account) = cap.day.and_then(|budget| self.days.get_mut(&budget.day)) {
            account.close(reserved, charged);
        }
    }

    /// The account of a day, of the two latest.
    fn day(&mut self, day: Timestamp) -> Option<&mut Account> {
        self.days.entry(day).or_default();
        while self.days.len() > DAYS {
            self.days.pop_first();
        }
        self.days.get_mut(&day)
    }
}

impl Reservation {
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
        let mut accounts = self.budgets.lock();
        let taken = accounts.get_mut(&self.grant).is_some_and(|a| a.take(&self.cap, more).is_ok());
        if taken {
            self.tokens += more;
        }
        taken
    }

    /// Spends `used` of the reservation for good and gives the rest back. Returns what was charged,
    /// which is never more than was reserved: who delivers more must [`Reservation::grow_to`] first.
    pub fn settle(mut self, used: u64) -> u64 {
        let charged = used.min(self.tokens);
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
