//! The developer's own ceilings, beside the terms: requests, tokens and money of a day, and requests at once, for each grant,
//! each person over all of their grants, and each organisation. They are the developer's alone and can only refuse what the
//! terms allow; nothing here permits anything.
//!
//! What a request may cost is set aside before it is forwarded and settled after; a request that costs nothing in the end
//! is given back whole. Sums of the day come back from the use log after a restart.
//!
//! Where several gateways serve the same grants, each counts of a day what it used itself and what the transparency log says
//! of the others ([`tally`]). What another has used or set aside and not yet stated is not known here: that is the slack. It is
//! bounded in time, since uses are stated when their minute ends, and in amount where the file bounds which part of a ceiling one
//! gateway may hold unstated. Requests at once are shared by no log within a second, so each gateway has its part of them.

mod file;
mod tally;

use access::Used;
use domain::{GrantId, ModelId, PartyId, PersonId, Span, Timestamp};
use std::collections::BTreeMap;
use std::fmt;

pub use file::{CeilingError, MOST_BYTES};
pub(crate) use tally::{Held, Tally};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceilings {
    /// Gateways that serve the same grants, this one among them.
    gateways: u64,
    /// Hundredths of a day's ceiling that one of several gateways may hold beyond what the log counts.
    unstated_percent: Option<u64>,
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

/// What a holder uses of what ceilings bound: spent or set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Sums {
    requests: u64,
    tokens: u64,
    cost: Money,
}

/// How a holder stands on one day (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Standing {
    day: Timestamp,
    /// Used here, and elsewhere as far as it is on record.
    all: Sums,
    /// Used here and not on record.
    unstated: Sums,
    /// Requests under way here, of whichever day.
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
    /// What it used: requests that cost something, and what was charged.
    pub used: Used,
}

/// When a ceiling leaves more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum More {
    /// When another request has ended.
    AfterAnother,
    /// When this gateway's uses are on record.
    OnceStated,
    /// On the next day.
    From(Timestamp),
}

/// A ceiling that leaves a request too little.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct OverCeiling {
    /// Which, as the file names it.
    pub ceiling: &'static str,
    left: u64,
    asked: u64,
    more: More,
}

impl fmt::Display for OverCeiling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ceiling, left, asked, more } = self;
        match more {
            More::AfterAnother => write!(
                f,
                "{left} requests are under way already, the most at once (ceiling of the developer: {ceiling}); try again when one has ended"
            ),
            More::OnceStated => write!(
                f,
                "{left} are left at this gateway until its uses are on record, which takes about a minute, and {asked} are needed (ceiling of the developer: {ceiling}); ask for less or again then"
            ),
            More::From(at) => write!(
                f,
                "{left} are left today and {asked} are needed, more from {at} (ceiling of the developer: {ceiling}); ask for less"
            ),
        }
    }
}

impl OverCeiling {
    /// After how many seconds it may have gone by, where that is soon.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        match self.more {
            More::AfterAnother => Some(1),
            More::OnceStated => Some(60),
            More::From(_) => None,
        }
    }

    /// Whether what the log has come to say may change it.
    pub(crate) fn is_of_day(&self) -> bool {
        self.more != More::AfterAnother
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

    /// The most tokens in all that cost no more than this, of which the prompt has so many; none where that alone costs more.
    fn fits(self, tokens_in: u64, left: Money) -> u64 {
        let Some(rest) = left.0.checked_sub(self.of(tokens_in, 0).0) else { return 0 };
        match self.output.0 {
            0 => u64::MAX,
            price => {
                let more = u128::from(rest) * 1_000_000 / u128::from(price);
                tokens_in.saturating_add(u64::try_from(more).unwrap_or(u64::MAX))
            }
        }
    }
}

impl Ceilings {
    /// What tokens of a model that is asked for cost.
    fn price(&self, model: &ModelId) -> Price {
        self.prices.get(model).copied().unwrap_or(Price::UNKNOWN)
    }

    /// What uses came to. Those of a model without a price, from before money was bounded, can't be counted in it.
    fn sums<'a>(&self, used: impl Iterator<Item = (&'a ModelId, Used)>) -> Sums {
        used.fold(Sums::default(), |sums, (model, used)| {
            let price = self.prices.get(model).copied().unwrap_or_default();
            let cost = price.of(used.tokens_in, used.tokens_out);
            Sums {
                requests: sums.requests.saturating_add(used.requests),
                tokens: sums.tokens.saturating_add(used.tokens()),
                cost: Money(sums.cost.0.saturating_add(cost.0)),
            }
        })
    }

    /// Every bound as the file names it, with its value, and this gateway's part where it has one of its own.
    pub fn stated(&self) -> Vec<String> {
        let all =
            [(&self.grant, GRANT), (&self.person, PERSON), (&self.organisation, ORGANISATION)];
        let mut stated = Vec::new();
        for (bounds, [concurrent, requests, tokens, cost]) in all {
            stated.extend(bounds.concurrent.map(|bound| match self.gateways {
                1 => format!("{concurrent} {bound}"),
                _ => format!("{concurrent} {bound} ({} of them here)", self.part(bound)),
            }));
            for (name, bound) in
                [(requests, bounds.requests_per_day), (tokens, bounds.tokens_per_day)]
            {
                stated.extend(bound.map(|bound| format!("{name} {bound}")));
            }
            stated.extend(bounds.cost_per_day.map(|bound| format!("{cost} {bound}")));
        }
        stated
    }

    /// By how much all gateways together can go over a day's ceiling, in hundredths of it; none where nothing bounds that.
    pub fn slack_percent(&self) -> Option<u64> {
        let others = self.gateways.saturating_sub(1);
        match self.unstated_percent {
            Some(percent) => Some(others.saturating_mul(percent)),
            None => (others == 0).then_some(0),
        }
    }

    /// How many gateways share them, by the file.
    pub fn gateways(&self) -> u64 {
        self.gateways
    }

    fn bounds(&self, holder: &Holder) -> (&Bounds, Names) {
        match holder {
            Holder::Grant(_) => (&self.grant, GRANT),
            Holder::Person(..) => (&self.person, PERSON),
            Holder::Organisation(_) => (&self.organisation, ORGANISATION),
        }
    }

    /// Whether anything bounds such a holder.
    fn bounds_any(&self, holder: &Holder) -> bool {
        *self.bounds(holder).0 != Bounds::default()
    }

    /// This gateway's part of requests at once.
    fn part(&self, concurrent: u64) -> u64 {
        concurrent / self.gateways.max(1)
    }

    /// The most of a day's ceiling that this gateway may hold beyond what the log counts.
    fn unstated(&self, bound: u64) -> u64 {
        self.unstated_percent.map_or(u64::MAX, |percent| share(bound, percent))
    }

    /// The most tokens, of `least` to `asked`, that a holder may still use in one more request.
    fn fits(
        &self,
        holder: &Holder,
        standing: &Standing,
        price: Price,
        (tokens_in, least, asked): (u64, u64, u64),
    ) -> Result<u64, OverCeiling> {
        let (bounds, [concurrent, requests, ..]) = self.bounds(holder);
        let most = bounds.concurrent.map(|bound| self.part(bound));
        if let Some(left) = most.filter(|most| standing.open >= *most) {
            let more = More::AfterAnother;
            return Err(OverCeiling { ceiling: concurrent, left, asked: 1, more });
        }
        if let Some(bound) = bounds.requests_per_day {
            let none = |more| OverCeiling { ceiling: requests, left: 0, asked: 1, more };
            if standing.all.requests >= bound {
                return Err(none(More::From(standing.next_day())));
            }
            if standing.unstated.requests >= self.unstated(bound) {
                return Err(none(More::OnceStated));
            }
        }
        match self.room(holder, standing, price, (tokens_in, asked)) {
            (left, Some((ceiling, more))) if left < least => {
                Err(OverCeiling { ceiling, left, asked: least, more })
            }
            (most, _) => Ok(most),
        }
    }

    /// The most tokens up to `asked` that its ceilings on tokens and money leave a holder, of which the prompt has so many; and
    /// which of them leaves no more.
    fn room(
        &self,
        holder: &Holder,
        standing: &Standing,
        price: Price,
        (tokens_in, asked): (u64, u64),
    ) -> (u64, Option<(&'static str, More)>) {
        let (bounds, [.., tokens, cost]) = self.bounds(holder);
        let Standing { all, unstated, .. } = standing;
        let mut room = (asked, None);
        let mut leave = |left: u64, why| {
            if left < room.0 {
                room = (left, Some(why));
            }
        };
        let next = More::From(standing.next_day());
        if let Some(bound) = bounds.tokens_per_day {
            leave(bound.saturating_sub(all.tokens), (tokens, next));
            let here = self.unstated(bound).saturating_sub(unstated.tokens);
            leave(here, (tokens, More::OnceStated));
        }
        if let Some(Money(bound)) = bounds.cost_per_day {
            let left = |bound: u64, used: Money| Money(bound.saturating_sub(used.0));
            leave(price.fits(tokens_in, left(bound, all.cost)), (cost, next));
            let here = left(self.unstated(bound), unstated.cost);
            leave(price.fits(tokens_in, here), (cost, More::OnceStated));
        }
        room
    }
}

/// So many hundredths of a bound.
fn share(bound: u64, percent: u64) -> u64 {
    u64::try_from(u128::from(bound) * u128::from(percent) / 100).unwrap_or(u64::MAX)
}

impl Standing {
    fn next_day(&self) -> Timestamp {
        self.day.after(Span::days(1))
    }
}

#[cfg(test)]
mod tests;
