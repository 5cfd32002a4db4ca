//! The rules, each a function of uses, thresholds and surroundings.

mod pace;
mod persons;
mod places;
mod prompts;

use crate::signal::evidence;
use crate::{
    Figure, Grant, Purpose, Report, Rule, Signal, Surroundings, Thresholds, Undetermined, Use,
    UseId,
};
use domain::{GrantId, Timestamp};
use std::collections::BTreeMap;

/// Looks at uses up to `now` with every rule. Uses of grants that are not named are left out, and so are later ones.
///
/// The same uses, grants, thresholds and surroundings give the same report, in whatever order the uses come.
pub fn look(
    uses: &[Use],
    grants: &[Grant],
    thresholds: &Thresholds,
    surroundings: &Surroundings,
    now: Timestamp,
) -> Report {
    let known: BTreeMap<&GrantId, &Grant> = grants.iter().map(|g| (&g.grant, g)).collect();
    let in_time = |u: &&Use| u.started_at <= now && known.contains_key(&u.grant);
    let mut sorted: Vec<&Use> = uses.iter().filter(in_time).collect();
    sorted.sort_by_key(|u| (u.started_at, u.id));
    sorted.dedup_by_key(|u| u.id);
    let mut of_grants: BTreeMap<&GrantId, Vec<&Use>> = BTreeMap::new();
    for one in &sorted {
        of_grants.entry(&one.grant).or_default().push(one);
    }
    let mut found = Found { thresholds, signals: Vec::new(), undetermined: Vec::new() };
    for (grant, uses) in &of_grants {
        let Some(grant) = known.get(*grant) else { continue };
        let purpose = purpose_of(grant, thresholds, surroundings);
        let look = Look { grant, uses, purpose, thresholds, surroundings };
        pace::volume(&look, &mut found);
        pace::harvest(&look, &mut found);
        pace::odd_hours(&look, &mut found);
        prompts::diversity(&look, &mut found);
        prompts::sweep(&look, &mut found);
        prompts::canary(&look, &known, &mut found);
        places::odd_place(&look, &mut found);
        places::shared_credential(&look, &mut found);
    }
    let persons = persons::of(&sorted, &known);
    persons::ceiling(&persons, &known, thresholds, &mut found);
    persons::travel(&persons, &known, thresholds, surroundings, &mut found);
    persons::common_prompts(&sorted, &known, thresholds, surroundings, &mut found);
    let Found { mut signals, mut undetermined, .. } = found;
    signals.sort_by(|a, b| {
        (&a.grant, a.rule, a.from, a.records_digest).cmp(&(
            &b.grant,
            b.rule,
            b.from,
            b.records_digest,
        ))
    });
    undetermined.sort();
    undetermined.dedup();
    let uses = u64::try_from(sorted.len()).unwrap_or(u64::MAX);
    Report { as_of: now, rules: thresholds.digest(), uses, signals, undetermined }
}

/// One grant, as a rule sees it.
struct Look<'a> {
    grant: &'a Grant,
    /// In the order in which they began.
    uses: &'a [&'a Use],
    purpose: &'a Purpose,
    thresholds: &'a Thresholds,
    surroundings: &'a Surroundings,
}

/// What was found so far.
struct Found<'a> {
    thresholds: &'a Thresholds,
    signals: Vec<Signal>,
    undetermined: Vec<Undetermined>,
}

impl Look<'_> {
    /// The uses of each day (UTC), in order.
    fn days(&self) -> impl Iterator<Item = &[&Use]> {
        days(self.uses)
    }
}

impl Found<'_> {
    /// Notes a signal about some uses of a grant.
    fn tell<'u>(
        &mut self,
        rule: Rule,
        grant: &Grant,
        uses: impl IntoIterator<Item = &'u Use>,
        says: String,
        figures: Vec<Figure>,
    ) {
        let uses: Vec<_> = uses.into_iter().collect();
        let ids: Vec<UseId> = uses.iter().map(|u| u.id).collect();
        let (records, records_digest, some_records) = evidence(ids);
        let from = uses.iter().map(|u| u.started_at).min().unwrap_or(Timestamp::EPOCH);
        let to = uses.iter().map(|u| u.finished_at).max().unwrap_or(Timestamp::EPOCH);
        self.signals.push(Signal {
            rule,
            grant: grant.grant.clone(),
            party: grant.party.clone(),
            person: grant.person.clone(),
            from,
            to,
            says,
            figures,
            records,
            records_digest,
            some_records,
            innocent: self.thresholds.innocent(rule),
            rules: self.thresholds.digest(),
        });
    }

    fn unknown(&mut self, rule: Rule, grant: &Grant, why: &'static str) {
        let grant = grant.grant.clone();
        self.undetermined.push(Undetermined { rule, grant, why });
    }
}

/// The class of a grant's purpose: of the one the developer gives it, or else of the one it declared.
fn purpose_of<'t>(
    grant: &Grant,
    thresholds: &'t Thresholds,
    surroundings: &Surroundings,
) -> &'t Purpose {
    let declared = surroundings.purpose(&grant.grant).unwrap_or(&grant.purpose);
    thresholds.purpose_or_unstated(declared)
}

/// Uses, in order, by day (UTC).
fn days<'s, 'u>(uses: &'s [&'u Use]) -> impl Iterator<Item = &'s [&'u Use]> {
    uses.chunk_by(|a, b| a.started_at.day() == b.started_at.day())
}

fn count<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
