//! What is on record of a day: of each grant, person and organisation, by model. A gateway asks for it to know what the
//! others used.

use super::Reviews;
use crate::event::{GrantRequest, Uses};
use domain::{GrantId, LatestDays, ModelId, PartyId, PersonId, Timestamp};
use std::collections::BTreeMap;

/// Amounts that were used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Used {
    /// Requests.
    pub requests: u64,
    /// Tokens of prompts.
    pub tokens_in: u64,
    /// Tokens of answers.
    pub tokens_out: u64,
}

/// Whose uses are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose<'a> {
    /// A grant's.
    Grant(&'a GrantId),
    /// Those of one person, over all of their grants.
    Person(&'a PartyId, &'a PersonId),
    /// Those of an organisation, over all of its people.
    Organisation(&'a PartyId),
}

/// Of the latest days, by model.
type ByDay = LatestDays<BTreeMap<ModelId, Used>>;

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct Organisation {
    all: ByDay,
    persons: BTreeMap<PersonId, ByDay>,
}

/// What is on record of the latest days.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Days {
    grants: BTreeMap<GrantId, ByDay>,
    organisations: BTreeMap<PartyId, Organisation>,
}

impl Used {
    /// All tokens.
    pub fn tokens(self) -> u64 {
        self.tokens_in.saturating_add(self.tokens_out)
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            requests: self.requests.saturating_add(other.requests),
            tokens_in: self.tokens_in.saturating_add(other.tokens_in),
            tokens_out: self.tokens_out.saturating_add(other.tokens_out),
        }
    }

    /// What is left of each amount; never less than none.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            requests: self.requests.saturating_sub(other.requests),
            tokens_in: self.tokens_in.saturating_sub(other.tokens_in),
            tokens_out: self.tokens_out.saturating_sub(other.tokens_out),
        }
    }
}

impl Days {
    /// Counts a minute for the holder of its grant.
    pub(super) fn note(&mut self, holder: &GrantRequest, uses: &Uses) {
        let Uses { count: requests, tokens_in, tokens_out, .. } = *uses;
        let (day, used) = (uses.minute.day(), Used { requests, tokens_in, tokens_out });
        let organisation = self.organisations.entry(holder.party.clone()).or_default();
        let person = organisation.persons.entry(holder.person.clone()).or_default();
        let grant = self.grants.entry(holder.grant.clone()).or_default();
        for by_day in [grant, person, &mut organisation.all] {
            if let Some(models) = by_day.of(day) {
                let of_model = models.entry(holder.model.clone()).or_default();
                *of_model = of_model.plus(used);
            }
        }
    }

    fn of(&self, whose: Whose<'_>) -> Option<&ByDay> {
        match whose {
            Whose::Grant(grant) => self.grants.get(grant),
            Whose::Person(party, person) => self.organisations.get(party)?.persons.get(person),
            Whose::Organisation(party) => Some(&self.organisations.get(party)?.all),
        }
    }
}

impl Reviews {
    /// What is on record of a day (UTC), by model, of all gateways together. A use belongs to the day of the minute that it
    /// was stated for; the two latest days with uses are kept.
    pub fn used_on(
        &self,
        whose: Whose<'_>,
        day: Timestamp,
    ) -> impl Iterator<Item = (&ModelId, Used)> {
        let of_day = self.record.days.of(whose).and_then(|by_day| by_day.get(day));
        of_day.into_iter().flatten().map(|(model, used)| (model, *used))
    }

    /// Whose a grant is, and for which model: as it was asked for.
    pub fn holder(&self, grant: &GrantId) -> Option<(&PartyId, &PersonId, &ModelId)> {
        let request = self.cases().find_map(|case| case.grant_request(grant))?;
        Some((&request.party, &request.person, &request.model))
    }
}
