//! What is set aside for one request.

use super::account::{Accounts, person_holds};
use super::{Budgets, Cap};
use crate::ceilings::Held;
use domain::GrantId;

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

impl Reservation {
    /// Tokens that were taken from the grant's accounts.
    pub(super) fn new(budgets: Budgets, grant: GrantId, cap: Cap, tokens: u64) -> Self {
        Self { budgets, grant, cap, tokens, held: None }
    }

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
