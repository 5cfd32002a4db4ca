//! The accounts of one grant: what is spent by the record, what here besides, and what is set aside.

use super::{Bound, Cap, Exhausted, Recorded};
use access::PersonGrant;
use domain::{GrantId, LatestDays, Span, Timestamp};
use std::collections::BTreeMap;

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
pub(super) struct Accounts {
    whole: Purse,
    /// What a request costs belongs to the day (UTC) in which it was permitted.
    days: LatestDays<Purse>,
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
    /// Those of a grant that had spent so much before, and so much of it on its latest day.
    pub(super) fn spent(tokens: u64, day: Option<(Timestamp, u64)>) -> Self {
        let purse = |own| Purse { own, ..Purse::default() };
        let mut accounts = Self { whole: purse(tokens), ..Self::default() };
        if let Some((day, tokens)) = day
            && let Some(of_day) = accounts.days.of(day)
        {
            *of_day = purse(tokens);
        }
        accounts
    }

    /// The whole of it.
    pub(super) fn whole(&self) -> Account {
        Account { settled: self.whole.settled(), reserved: self.whole.reserved }
    }

    /// Takes over what the record says.
    pub(super) fn note(&mut self, recorded: &Recorded) {
        self.whole.recorded = self.whole.recorded.max(recorded.tokens);
        for (day, tokens) in &recorded.days {
            if let Some(purse) = self.days.get_mut(*day) {
                purse.recorded = purse.recorded.max(*tokens);
            }
        }
        for minute in &recorded.counted {
            let tokens = minute.uses.tokens();
            self.whole.counted = self.whole.counted.saturating_add(tokens);
            // of days before the latest on record nothing is known but what permits said
            let day = minute.minute.day();
            if recorded.days.contains_key(&day)
                && let Some(purse) = self.days.get_mut(day)
            {
                purse.counted = purse.counted.saturating_add(minute.of_day.tokens());
            }
        }
    }

    /// Sets tokens aside, of the whole and of the day.
    ///
    /// # Errors
    /// What has too few left; nothing is set aside then.
    pub(super) fn take(&mut self, cap: &Cap, tokens: u64, unstated: u64) -> Result<(), Exhausted> {
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

    /// Gives up what was set aside, of which so much was spent.
    pub(super) fn close(&mut self, cap: &Cap, reserved: u64, charged: u64) {
        self.whole.close(reserved, charged);
        if let Some(account) = cap.counted_day().and_then(|day| self.days.get_mut(day)) {
            account.close(reserved, charged);
        }
    }
}

/// Whether the person's budget holds so many tokens more, over the accounts of all of their grants.
pub(super) fn person_holds(
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
