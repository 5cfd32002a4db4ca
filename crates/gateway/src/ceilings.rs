//! The developer's own ceilings, beside the terms: requests, tokens and money of a day, and requests at once, for each grant,
//! each person over all of their grants, and each organisation. They are the developer's alone and can only refuse what the
//! terms allow; nothing here permits anything.
//!
//! What a request may cost is set aside before it is forwarded and settled after; a request that costs nothing in the end
//! is given back whole. Sums of the day come back from the use log after a restart. Each gateway counts what it forwards
//! itself: where several serve the same grants, each has a share of the ceiling in its file.

mod file;

use access::Permit;
use domain::{GrantId, ModelId, PartyId, PersonId, Span, Timestamp};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use file::{CeilingError, MOST_BYTES};

/// The names of one holder's bounds: at once, requests, tokens and money of a day.
type Names = [&'static str; 4];

const GRANT: Names =
    ["grant.concurrent", "grant.requests-per-day", "grant.tokens-per-day", "grant.cost-per-day"];
const PERSON: Names = [
    "person.concurrent",
    "person.requests-per-day",
    "person.tokens-per-day",
    "person.cost-per-day",
];
const ORGANISATION: Names = [
    "organisation.concurrent",
    "organisation.requests-per-day",
    "organisation.tokens-per-day",
    "organisation.cost-per-day",
];

/// Ceilings as one file states them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ceilings {
    grant: Bounds,
    person: Bounds,
    organisation: Bounds,
    prices: BTreeMap<ModelId, Price>,
}

/// What one of them may use. What is `None` is not bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Bounds {
    /// Requests at once.
    concurrent: Option<u64>,
    requests_per_day: Option<u64>,
    tokens_per_day: Option<u64>,
    cost_per_day: Option<Money>,
}

/// An amount in millionths of the unit in which the file's prices are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Money(u64);

/// What a million tokens cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Price {
    input: Money,
    output: Money,
}

/// Whose sums they are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Holder {
    Grant(GrantId),
    Person(PartyId, PersonId),
    Organisation(PartyId),
}

/// What a holder uses on one day (UTC), spent or set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sums {
    day: Timestamp,
    requests: u64,
    tokens: u64,
    cost: Money,
    /// Requests under way, of whichever day.
    open: u64,
}

/// What one grant used on the latest day with uses, from a use log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayUse {
    /// The grant.
    pub grant: GrantId,
    /// Its person.
    pub person: PersonId,
    /// Its model.
    pub model: ModelId,
    /// The day's first instant (UTC).
    pub day: Timestamp,
    /// Requests that cost something.
    pub requests: u64,
    /// Tokens of prompts that were charged.
    pub tokens_in: u64,
    /// Tokens of answers that were charged.
    pub tokens_out: u64,
}

impl DayUse {
    /// All tokens that were charged.
    pub(crate) fn tokens(&self) -> u64 {
        self.tokens_in.saturating_add(self.tokens_out)
    }
}

/// A ceiling that leaves a request too little.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct OverCeiling {
    /// Which, as the file names it.
    pub ceiling: &'static str,
    left: u64,
    asked: u64,
    resumes_at: Option<Timestamp>,
}

/// What every holder uses. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally(Arc<Mutex<BTreeMap<Holder, Sums>>>);

/// What is set aside for one request. Dropping it gives all of it back.
#[derive(Debug)]
pub(crate) struct Held {
    tally: Tally,
    ceilings: Arc<Ceilings>,
    holders: [Holder; 3],
    price: Price,
    day: Timestamp,
    tokens_in: u64,
    tokens: u64,
    cost: Money,
    open: bool,
}

impl fmt::Display for OverCeiling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ceiling, left, asked, resumes_at } = self;
        match resumes_at {
            None => write!(
                f,
                "{left} requests are under way already, the most at once (ceiling of the developer: {ceiling}); try again when one has ended"
            ),
            Some(at) => write!(
                f,
                "{left} are left today and {asked} are needed, more from {at} (ceiling of the developer: {ceiling}); ask for less"
            ),
        }
    }
}

impl OverCeiling {
    /// Whether it goes by as soon as another request has ended.
    pub(crate) fn is_brief(&self) -> bool {
        self.resumes_at.is_none()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

impl Price {
    /// Of a model without one: more than any bound. What is not known is never free.
    const UNKNOWN: Self = Self { input: Money(u64::MAX), output: Money(u64::MAX) };

    /// What so many tokens cost, rounded up.
    fn of(self, tokens_in: u64, tokens_out: u64) -> Money {
        let part = |tokens: u64, price: Money| u128::from(tokens) * u128::from(price.0);
        let all = part(tokens_in, self.input).saturating_add(part(tokens_out, self.output));
        Money(u64::try_from(all.div_ceil(1_000_000)).unwrap_or(u64::MAX))
    }

    /// The most tokens in all that cost no more than this, of which the prompt has so many.
    fn fits(self, tokens_in: u64, left: Money) -> u64 {
        let rest = left.0.saturating_sub(self.of(tokens_in, 0).0);
        match self.output.0 {
            0 => u64::MAX,
            price => {
                let more = u128::from(rest) * 1_000_000 / u128::from(price);
                tokens_in.saturating_add(u64::try_from(more).unwrap_or(u64::MAX))
            }
        }
    }
}

impl Sums {
    const fn of(day: Timestamp) -> Self {
        Self { day, requests: 0, tokens: 0, cost: Money(0), open: 0 }
    }

    /// The sums of a day, which begin anew with it.
    fn on(self, day: Timestamp) -> Self {
        if day > self.day { Self { open: self.open, ..Self::of(day) } } else { self }
    }
}

impl Ceilings {
    /// What a model's tokens count: nothing while nobody bounds money, so that a bound stated later in the day begins at
    /// nothing and not beyond itself.
    fn price(&self, model: &ModelId) -> Price {
        let bounds = [&self.grant, &self.person, &self.organisation];
        if bounds.iter().all(|bounds| bounds.cost_per_day.is_none()) {
            return Price::default();
        }
        self.prices.get(model).copied().unwrap_or(Price::UNKNOWN)
    }

    /// Every bound as the file names it, with its value.
    pub fn stated(&self) -> Vec<String> {
        let all =
            [(&self.grant, GRANT), (&self.person, PERSON), (&self.organisation, ORGANISATION)];
        let mut stated = Vec::new();
        for (bounds, [concurrent, requests, tokens, cost]) in all {
            for (name, bound) in [
                (concurrent, bounds.concurrent),
                (requests, bounds.requests_per_day),
                (tokens, bounds.tokens_per_day),
            ] {
                stated.extend(bound.map(|bound| format!("{name} {bound}")));
            }
            stated.extend(bounds.cost_per_day.map(|bound| format!("{cost} {bound}")));
        }
        stated
    }

    fn bounds(&self, holder: &Holder) -> (&Bounds, Names) {
        match holder {
            Holder::Grant(_) => (&self.grant, GRANT),
            Holder::Person(..) => (&self.person, PERSON),
            Holder::Organisation(_) => (&self.organisation, ORGANISATION),
        }
    }

    /// The most tokens, of `least` to `asked`, that a holder may still use in one more request.
    fn fits(
        &self,
        holder: &Holder,
        sums: &Sums,
        price: Price,
        (tokens_in, least, asked): (u64, u64, u64),
    ) -> Result<u64, OverCeiling> {
        let (bounds, [concurrent, requests, tokens, cost]) = self.bounds(holder);
        if let Some(most) = bounds.concurrent.filter(|most| sums.open >= *most) {
            let (left, resumes_at) = (most, None);
            return Err(OverCeiling { ceiling: concurrent, left, asked: 1, resumes_at });
        }
        let resumes_at = Some(sums.day.after(Span::days(1)));
        let over = |ceiling, left, asked| OverCeiling { ceiling, left, asked, resumes_at };
        let left = |bound: Option<u64>, used| bound.map(|bound| bound.saturating_sub(used));
        if left(bounds.requests_per_day, sums.requests) == Some(0) {
            return Err(over(requests, 0, 1));
        }
        let (mut most, mut why) = (asked, None);
        if let Some(left) = left(bounds.tokens_per_day, sums.tokens)
            && left < most
        {
            (most, why) = (left, Some(tokens));
        }
        if let Some(left) = left(bounds.cost_per_day.map(|m| m.0), sums.cost.0) {
            let fits = price.fits(tokens_in, Money(left));
            if fits < most {
                (most, why) = (fits, Some(cost));
            }
        }
        match why {
            Some(ceiling) if most < least => Err(over(ceiling, most, least)),
            _ => Ok(most),
        }
    }
}

impl Tally {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Holder, Sums>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts what a use log says was used before; an organisation that is not known counts no more than its grant.
    pub(crate) fn seed(&self, used: &DayUse, party: Option<&PartyId>, ceilings: &Ceilings) {
        let price = ceilings.price(&used.model);
        let mut holders = vec![Holder::Grant(used.grant.clone())];
        if let Some(party) = party {
            holders.push(Holder::Person(party.clone(), used.person.clone()));
            holders.push(Holder::Organisation(party.clone()));
        }
        let mut all = self.lock();
        for holder in holders {
            let sums = all.entry(holder).or_insert(Sums::of(used.day));
            *sums = sums.on(used.day);
            if sums.day == used.day {
                sums.requests = sums.requests.saturating_add(used.requests);
                sums.tokens = sums.tokens.saturating_add(used.tokens());
                let cost = price.of(used.tokens_in, used.tokens_out);
                sums.cost = Money(sums.cost.0.saturating_add(cost.0));
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
        permit: &Permit,
        (tokens_in, least, asked): (u64, u64, u64),
        now: Timestamp,
    ) -> Result<Held, OverCeiling> {
        let (day, price) = (now.day(), ceilings.price(permit.model()));
        let holders = [
            Holder::Grant(permit.grant().clone()),
            Holder::Person(permit.party().clone(), permit.person().clone()),
            Holder::Organisation(permit.party().clone()),
        ];
        let mut all = self.lock();
        let mut tokens = asked;
        for holder in &holders {
            let sums = all.get(holder).map_or(Sums::of(day), |sums| sums.on(day));
            tokens = ceilings.fits(holder, &sums, price, (tokens_in, least, tokens))?;
        }
        let cost = price.of(tokens_in, tokens.saturating_sub(tokens_in));
        for holder in &holders {
            let sums = all.entry(holder.clone()).or_insert(Sums::of(day));
            *sums = sums.on(day);
            sums.open += 1;
            sums.requests = sums.requests.saturating_add(1);
            sums.tokens = sums.tokens.saturating_add(tokens);
            sums.cost = Money(sums.cost.0.saturating_add(cost.0));
        }
        let (tally, ceilings) = (self.clone(), Arc::clone(ceilings));
        Ok(Held { tally, ceilings, holders, price, day, tokens_in, tokens, cost, open: true })
    }
}

impl Held {
    /// Tokens that are set aside.
    pub(crate) fn tokens(&self) -> u64 {
        self.tokens
    }

    /// Sets more aside, until it is `tokens`; false, and unchanged, where a ceiling has no more.
    pub(crate) fn grow_to(&mut self, tokens: u64) -> bool {
        let more = tokens.saturating_sub(self.tokens);
        if more == 0 {
            return true;
        }
        let cost = self.price.of(0, more);
        let mut all = self.tally.lock();
        let fits = self.holders.iter().all(|holder| {
            let (bounds, _) = self.ceilings.bounds(holder);
            let sums = all.get(holder).copied().unwrap_or(Sums::of(self.day));
            // of a day that is over nothing is counted any more
            sums.day != self.day
                || (bounds.tokens_per_day.is_none_or(|b| sums.tokens.saturating_add(more) <= b)
                    && bounds
                        .cost_per_day
                        .is_none_or(|b| sums.cost.0.saturating_add(cost.0) <= b.0))
        });
        if fits {
            self.tokens = tokens;
            self.cost = Money(self.cost.0.saturating_add(cost.0));
            for holder in &self.holders {
                if let Some(sums) = all.get_mut(holder).filter(|sums| sums.day == self.day) {
                    sums.tokens = sums.tokens.saturating_add(more);
                    sums.cost = Money(sums.cost.0.saturating_add(cost.0));
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
        let (tokens_in, out) =
            (self.tokens_in.min(charged), charged.saturating_sub(self.tokens_in));
        let spent = self.price.of(tokens_in, out);
        let mut all = self.tally.lock();
        for holder in &self.holders {
            let Some(sums) = all.get_mut(holder) else { continue };
            sums.open = sums.open.saturating_sub(1);
            if sums.day == self.day {
                sums.requests = sums.requests.saturating_sub(u64::from(charged == 0));
                sums.tokens = sums.tokens.saturating_sub(self.tokens).saturating_add(charged);
                let rest = sums.cost.0.saturating_sub(self.cost.0);
                sums.cost = Money(rest.saturating_add(spent.0));
            }
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.close(0);
    }
}

#[cfg(test)]
mod tests;
