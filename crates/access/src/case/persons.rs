//! Persons who stand aside or lost access, and what one person may use over all of their grants in a case.

use super::{Case, GrantRecord};
use crate::{Event, Limits, PersonBudget, PersonGrant, Refusal};
use domain::{GrantId, Span, Timestamp};

impl Case {
    pub(super) fn commit_persons(&mut self, event: &Event) {
        if let Event::PersonRecused(e) = event {
            self.recused.insert((e.party.clone(), e.person.clone()));
        } else if let Event::PersonRemoved(e) = event {
            self.removed.insert((e.party.clone(), e.person.clone()));
        } else if let Event::OrganisationRemoved(e) = event {
            self.removed_parties.insert(e.party.clone());
        }
    }

    /// The budget of a grant's person at `at`, when the terms have one.
    pub(crate) fn person_budget(
        &self,
        record: &GrantRecord,
        limits: &Limits,
        at: Timestamp,
    ) -> Option<PersonBudget> {
        let (tokens, tokens_per_day) = (limits.tokens_per_person, limits.tokens_per_person_per_day);
        if tokens.is_none() && tokens_per_day.is_none() {
            return None;
        }
        let (day, request) = (at.day(), &record.request);
        let holder = (request.party.clone(), request.person.clone());
        let held = self.held_by.get(&holder).into_iter().flatten();
        let grants = held.filter_map(|grant| Some(self.grants.get(grant)?.of_person(grant, day)));
        Some(PersonBudget { tokens, tokens_per_day, day, grants: grants.collect() })
    }
}

impl GrantRecord {
    fn of_person(&self, grant: &GrantId, day: Timestamp) -> PersonGrant {
        PersonGrant {
            grant: grant.clone(),
            recorded: self.used_tokens,
            recorded_of_day: self.recorded_of(day),
        }
    }
}

impl PersonBudget {
    /// By the record, the person has so many tokens left, in all and for the day.
    pub(crate) fn holds(&self, asked: u64) -> Result<(), Refusal> {
        let sum = |used: fn(&PersonGrant) -> u64| {
            self.grants.iter().map(used).fold(0, u64::saturating_add)
        };
        let enough = |left: u64| left > 0 && asked <= left;
        if let Some(tokens) = self.tokens {
            let left = tokens.saturating_sub(sum(|of| of.recorded));
            if !enough(left) {
                return Err(Refusal::PersonBudgetSpent { left, asked });
            }
        }
        if let Some(tokens) = self.tokens_per_day {
            let left = tokens.saturating_sub(sum(|of| of.recorded_of_day));
            if !enough(left) {
                let resumes_at = self.day.after(Span::days(1));
                return Err(Refusal::PersonDayBudgetSpent { left, asked, resumes_at });
            }
        }
        Ok(())
    }
}
