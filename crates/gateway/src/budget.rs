//! Token budgets: reserved before a request is forwarded, settled after, never overspent.
//!
//! For every grant, `settled + reserved <= cap` holds at all times and under any interleaving. Settled
//! tokens come back from the use log after a restart ([`Budgets::new`]); reservations don't, because
//! the log settles a request that a crash interrupted at its whole reservation.

use domain::GrantId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What every grant has spent and has set aside, in tokens. Clones share the accounts.
#[derive(Debug, Clone, Default)]
pub struct Budgets {
    accounts: Arc<Mutex<BTreeMap<GrantId, Account>>>,
}

/// One grant's account, in tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Account {
    /// Spent for good.
    pub settled: u64,
    /// Set aside for requests under way.
    pub reserved: u64,
}

/// The grant's budget doesn't hold what a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the request needs up to {needed} tokens and the grant has {left} left; ask for less (`max_tokens`) or for a new grant"
)]
pub struct Exhausted {
    /// Tokens the request may use.
    pub needed: u64,
    /// Tokens that are neither spent nor set aside.
    pub left: u64,
}

/// Tokens set aside for one request. Dropping it gives them all back.
#[derive(Debug)]
pub struct Reservation {
    budgets: Budgets,
    grant: GrantId,
    cap: u64,
    tokens: u64,
}

impl Budgets {
    /// Accounts with what was settled before, from [`crate::UseSink::spent`].
    pub fn new(settled: impl IntoIterator<Item = (GrantId, u64)>) -> Self {
        let accounts = settled
            .into_iter()
            .map(|(grant, settled)| (grant, Account { settled, reserved: 0 }))
            .collect();
        Self { accounts: Arc::new(Mutex::new(accounts)) }
    }

    /// Sets `tokens` aside under a grant that may spend `cap` in all and of which `recorded` are known
    /// to be spent, here or elsewhere.
    ///
    /// # Errors
    /// [`Exhausted`] when they don't fit; nothing is set aside then.
    pub fn reserve(
        &self,
        grant: &GrantId,
        cap: u64,
        recorded: u64,
        tokens: u64,
    ) -> Result<Reservation, Exhausted> {
        let mut accounts = self.lock();
        if !accounts.contains_key(grant) {
            accounts.insert(grant.clone(), Account::default());
        }
        if let Some(account) = accounts.get_mut(grant) {
            account.settled = account.settled.max(recorded);
            account.take(cap, tokens)?;
        }
        Ok(Reservation { budgets: self.clone(), grant: grant.clone(), cap, tokens })
    }

    /// A grant's account; all zeros for one that never spent.
    pub fn account(&self, grant: &GrantId) -> Account {
        self.lock().get(grant).copied().unwrap_or_default()
    }

    /// No code panics while it holds the lock, so a poisoned one still has true numbers.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<GrantId, Account>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    fn left(self, cap: u64) -> u64 {
        cap.saturating_sub(self.settled).saturating_sub(self.reserved)
    }

    fn take(&mut self, cap: u64, tokens: u64) -> Result<(), Exhausted> {
        let left = self.left(cap);
        if tokens > left {
            return Err(Exhausted { needed: tokens, left });
        }
        self.reserved += tokens;
        Ok(())
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
        let taken = accounts.get_mut(&self.grant).is_some_and(|a| a.take(self.cap, more).is_ok());
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
        if let Some(account) = self.budgets.lock().get_mut(&self.grant) {
            account.reserved = account.reserved.saturating_sub(tokens);
            account.settled = account.settled.saturating_add(charged);
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
