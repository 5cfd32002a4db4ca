//! What every holder uses: here by this gateway's own count, elsewhere by the transparency log.
//!
//! A day's uses here are those of requests that were permitted on it. What the log says of the day counts beside them, but for
//! this gateway's own minutes in it, which are known by their roots; so nothing counts twice, and what others stated counts in
//! full. The log knows a minute's requests, also those that cost nothing, and its day; a request of another gateway that ran over
//! midnight counts for the day on which it ended.

use super::{Ceilings, Holder, Money, OverCeiling, Price, Standing, Sums};
use crate::{Authority, DayUse, OwnMinute};
use access::{Permit, Used, Whose};
use domain::{LatestDays, ModelId, PartyId, PersonId, Timestamp};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What every holder uses. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally(Arc<Mutex<BTreeMap<Holder, Account>>>);

/// One holder's account here.
#[derive(Debug, Default)]
struct Account {
    /// Requests under way, of whichever day.
    open: u64,
    days: LatestDays<Day>,
}

/// One day of it.
#[derive(Debug, Default)]
struct Day {
    /// Used or set aside here, by requests that were permitted on it.
    own: ByModel,
    /// What the log counts of that.
    stated: ByModel,
    /// All that the log counts of this gateway for the day.
    logged: ByModel,
}

/// Amounts by model: as a rule of one.
#[derive(Debug, Default)]
struct ByModel(Vec<(ModelId, Used)>);

/// What is set aside for one request. Dropping it gives all of it back.
pub(crate) struct Held {
    tally: Tally,
    ceilings: Arc<Ceilings>,
    record: Arc<dyn Authority>,
    holders: [Holder; 3],
    model: ModelId,
    price: Price,
    day: Timestamp,
    /// What is set aside.
    aside: Used,
    /// Tokens of the prompt, by the latest count.
    tokens_in: u64,
    open: bool,
}

impl Holder {
    fn whose(&self) -> Whose<'_> {
        match self {
            Self::Grant(grant) => Whose::Grant(grant),
            Self::Person(party, person) => Whose::Person(party, person),
            Self::Organisation(party) => Whose::Organisation(party),
        }
    }
}

impl ByModel {
    fn change(&mut self, model: &ModelId, change: impl FnOnce(Used) -> Used) {
        match self.0.iter_mut().find(|(of, _)| of == model) {
            Some((_, used)) => *used = change(*used),
            None => self.0.push((model.clone(), change(Used::default()))),
        }
    }

    fn add(&mut self, model: &ModelId, more: Used) {
        self.change(model, |used| used.plus(more));
    }

    fn of(&self, model: &ModelId) -> Used {
        self.0.iter().find(|(of, _)| of == model).map_or(Used::default(), |(_, used)| *used)
    }

    fn iter(&self) -> impl Iterator<Item = (&ModelId, Used)> {
        self.0.iter().map(|(model, used)| (model, *used))
    }
}

impl Account {
    /// How it stands on a day, of which the record says this.
    fn standing(
        &self,
        ceilings: &Ceilings,
        day: Timestamp,
        recorded: &[(ModelId, Used)],
    ) -> Standing {
        let none = Day::default();
        let Day { own, stated, logged } = self.days.get(day).unwrap_or(&none);
        let others = recorded.iter().map(|(model, used)| (model, used.minus(logged.of(model))));
        let here = ceilings.sums(own.iter());
        let elsewhere = ceilings.sums(others);
        let on_record = ceilings.sums(stated.iter());
        let less = |a: u64, b: u64| a.saturating_sub(b);
        Standing {
            day,
            all: Sums {
                requests: here.requests.saturating_add(elsewhere.requests),
                tokens: here.tokens.saturating_add(elsewhere.tokens),
                cost: Money(here.cost.0.saturating_add(elsewhere.cost.0)),
            },
            unstated: Sums {
                requests: less(here.requests, on_record.requests),
                tokens: less(here.tokens, on_record.tokens),
                cost: Money(less(here.cost.0, on_record.cost.0)),
            },
            open: self.open,
        }
    }
}

impl Tally {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Holder, Account>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts what a use log says was used before.
    pub(crate) fn seed(&self, used: &[DayUse], record: &dyn Authority) {
        let mut all = self.lock();
        for DayUse { grant, person, model, day, used } in used {
            // an organisation that is not known counts no more than its grant
            let party = record.holder(grant).map(|(party, ..)| party);
            let mut holders = vec![Holder::Grant(grant.clone())];
            if let Some(party) = party {
                holders.extend(of_person(&party, person));
            }
            for holder in holders {
                if let Some(day) = all.entry(holder).or_default().days.of(*day) {
                    day.own.add(model, *used);
                }
            }
        }
    }

    /// Takes over which minutes of this gateway's own the record has come to count, each once.
    pub(crate) fn note(&self, counted: &[OwnMinute], record: &dyn Authority) {
        let mut all = self.lock();
        for minute in counted {
            let Some((party, person, model)) = record.holder(&minute.grant) else { continue };
            let [person, organisation] = of_person(&party, &person);
            for holder in [Holder::Grant(minute.grant.clone()), person, organisation] {
                if let Some(day) = all.entry(holder).or_default().days.of(minute.minute.day()) {
                    day.stated.add(&model, minute.of_day);
                    day.logged.add(&model, minute.uses);
                }
            }
        }
    }

    /// Sets aside one request of `least` to `asked` tokens, as many as fit, of which the prompt has `tokens_in`.
    ///
    /// # Errors
    /// The ceiling that leaves too little; nothing is set aside then.
    pub(crate) fn reserve(
        &self,
        ceilings: &Arc<Ceilings>,
        record: &Arc<dyn Authority>,
        permit: &Permit,
        (tokens_in, least, asked): (u64, u64, u64),
        now: Timestamp,
    ) -> Result<Held, OverCeiling> {
        let (model, price) = (permit.model().clone(), ceilings.price(permit.model()));
        let [person, organisation] = of_person(permit.party(), permit.person());
        let holders = [Holder::Grant(permit.grant().clone()), person, organisation];
        let mut all = self.lock();
        let latest = |holder| all.get(holder)?.days.last();
        let day = holders.iter().filter_map(latest).fold(now.day(), Timestamp::max);
        let mut tokens = asked;
        for holder in holders.iter().filter(|holder| ceilings.bounds_any(holder)) {
            let standing = standing(&all, ceilings, &**record, holder, day);
            tokens = ceilings.fits(holder, &standing, price, (tokens_in, least, tokens))?;
        }
        let tokens_in = tokens_in.min(tokens);
        let aside = Used { requests: 1, tokens_in, tokens_out: tokens - tokens_in };
        for holder in &holders {
            let account = all.entry(holder.clone()).or_default();
            account.open += 1;
            if let Some(day) = account.days.of(day) {
                day.own.add(&model, aside);
            }
        }
        drop(all);
        let (tally, ceilings, record) = (self.clone(), Arc::clone(ceilings), Arc::clone(record));
        let open = true;
        Ok(Held { tally, ceilings, record, holders, model, price, day, aside, tokens_in, open })
    }
}

/// How a holder stands. The record is asked while nobody else changes what is known of it, so that it never says less than what
/// was noted.
fn standing(
    all: &BTreeMap<Holder, Account>,
    ceilings: &Ceilings,
    record: &dyn Authority,
    holder: &Holder,
    day: Timestamp,
) -> Standing {
    let recorded = record.used_on(holder.whose(), day);
    let none = Account::default();
    all.get(holder).unwrap_or(&none).standing(ceilings, day, &recorded)
}

/// A person, and their organisation.
fn of_person(party: &PartyId, person: &PersonId) -> [Holder; 2] {
    [Holder::Person(party.clone(), person.clone()), Holder::Organisation(party.clone())]
}

impl Held {
    /// Tokens that are set aside.
    pub(crate) fn tokens(&self) -> u64 {
        self.aside.tokens()
    }

    /// The prompt has so many tokens, as it turned out.
    pub(crate) fn prompt(&mut self, tokens_in: u64) {
        self.tokens_in = tokens_in;
    }

    /// Sets more aside, until it is `tokens`; false, and unchanged, where a ceiling has no more.
    pub(crate) fn grow_to(&mut self, tokens: u64) -> bool {
        let tokens_out = tokens.saturating_sub(self.tokens());
        if tokens_out == 0 {
            return true;
        }
        let mut all = self.tally.lock();
        let mut bounded = self.holders.iter().filter(|holder| self.ceilings.bounds_any(holder));
        let fits = bounded.all(|holder| {
            let standing = standing(&all, &self.ceilings, &*self.record, holder, self.day);
            let (most, _) = self.ceilings.room(holder, &standing, self.price, (0, tokens_out));
            most == tokens_out
        });
        if fits {
            let more = Used { tokens_out, ..Used::default() };
            self.aside = self.aside.plus(more);
            for holder in &self.holders {
                // of a day that is over nothing is counted any more
                if let Some(day) = all.get_mut(holder).and_then(|a| a.days.get_mut(self.day)) {
                    day.own.add(&self.model, more);
                }
            }
        }
        fits
    }

    /// Spends so many tokens for good and gives the rest back.
    pub(crate) fn settle(mut self, charged: u64) {
        self.close(charged);
    }

    fn close(&mut self, charged: u64) {
        if !std::mem::take(&mut self.open) {
            return;
        }
        let tokens_in = self.tokens_in.min(charged);
        let tokens_out = charged - tokens_in;
        let spent = Used { requests: u64::from(charged > 0), tokens_in, tokens_out };
        let mut all = self.tally.lock();
        for holder in &self.holders {
            let Some(account) = all.get_mut(holder) else { continue };
            account.open = account.open.saturating_sub(1);
            if let Some(day) = account.days.get_mut(self.day) {
                day.own.change(&self.model, |own| own.minus(self.aside).plus(spent));
            }
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.close(0);
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("holders", &self.holders).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
