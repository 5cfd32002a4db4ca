//! What concerns a person over all grants, and several persons together.

use super::{Found, count, days, purpose_of};
use crate::{Figure, Grant, Rule, Surroundings, Thresholds, Use};
use domain::{Digest, GrantId, PartyId, PersonId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The uses of each person, in order.
pub(super) type Persons<'a> = BTreeMap<(&'a PartyId, &'a PersonId), Vec<&'a Use>>;

pub(super) fn of<'a>(uses: &[&'a Use], known: &BTreeMap<&GrantId, &'a Grant>) -> Persons<'a> {
    let mut persons: Persons<'_> = BTreeMap::new();
    for one in uses {
        if let Some(grant) = known.get(&one.grant) {
            persons.entry((&grant.party, &grant.person)).or_default().push(one);
        }
    }
    persons
}

/// Exact sums of one person over all grants: a day's, and in all.
pub(super) fn ceiling(
    persons: &Persons<'_>,
    known: &BTreeMap<&GrantId, &Grant>,
    thresholds: &Thresholds,
    found: &mut Found<'_>,
) {
    let bounds = thresholds.ceiling();
    let tokens = |uses: &[&Use]| uses.iter().map(|u| u.tokens_out).fold(0, u64::saturating_add);
    for uses in persons.values() {
        let days =
            days(uses).map(|day| (day, "tokens of answers in a day", bounds.tokens_out_per_day));
        let all = (uses.as_slice(), "tokens of answers in all", bounds.tokens_out_in_all);
        for (uses, what, bound) in days.chain([all]) {
            let is = tokens(uses);
            // the signal is the grant's by which the ceiling was passed
            let Some(grant) = uses.last().and_then(|u| known.get(&u.grant)) else { continue };
            if is > bound {
                let says = format!("{is} {what}, over all grants of the person");
                let figures = vec![Figure { what, is, bound }];
                found.tell(Rule::Ceiling, grant, uses.iter().copied(), says, figures);
            }
        }
    }
}

/// Two places of one person too far apart for the time between; the fastest journey of each day.
pub(super) fn travel(
    persons: &Persons<'_>,
    known: &BTreeMap<&GrantId, &Grant>,
    thresholds: &Thresholds,
    surroundings: &Surroundings,
    found: &mut Found<'_>,
) {
    let bounds = thresholds.travel();
    for ((party, _), uses) in persons {
        let Some(first) = uses.first().and_then(|u| known.get(&u.grant)) else { continue };
        if !surroundings.knows_globe(party) {
            let why = "no network of the party was declared with a place on the globe";
            found.unknown(Rule::ImpossibleTravel, first, why);
            continue;
        }
        let mut fastest: BTreeMap<Timestamp, (u64, u64, &Use, &Use)> = BTreeMap::new();
        let mut before: Option<(&Use, &crate::Site)> = None;
        for one in uses {
            let Some(site) = one.from.and_then(|from| surroundings.site(party, &from)) else {
                continue;
            };
            if site.kilometres_to(site).is_none() {
                continue; // it roams
            }
            if let Some((earlier, from)) = before {
                let kilometres = from.kilometres_to(site).unwrap_or(0);
                let seconds = one.started_at.since(earlier.finished_at).as_seconds().max(1);
                let speed = kilometres.saturating_mul(3_600) / seconds;
                if kilometres > bounds.least_kilometres && speed > bounds.kilometres_per_hour {
                    let day = fastest.entry(one.started_at.day());
                    let held = day.or_insert((speed, kilometres, earlier, one));
                    if speed > held.0 {
                        *held = (speed, kilometres, earlier, one);
                    }
                }
            }
            before = Some((one, site));
        }
        for (speed, kilometres, earlier, later) in fastest.into_values() {
            let Some(grant) = known.get(&later.grant) else { continue };
            let says = format!(
                "{kilometres} km lie between two uses, the first ended {}, the second began {}",
                earlier.finished_at, later.started_at
            );
            let figures = vec![
                Figure { what: "km/h", is: speed, bound: bounds.kilometres_per_hour },
                Figure { what: "km", is: kilometres, bound: bounds.least_kilometres },
            ];
            found.tell(Rule::ImpossibleTravel, grant, [earlier, later], says, figures);
        }
    }
}

/// Prompts that persons of other grants sent as well on the same day, byte for byte.
pub(super) fn common_prompts(
    uses: &[&Use],
    known: &BTreeMap<&GrantId, &Grant>,
    thresholds: &Thresholds,
    surroundings: &Surroundings,
    found: &mut Found<'_>,
) {
    let bound = thresholds.common_prompts();
    for day in days(uses) {
        let mut senders: BTreeMap<&Digest, BTreeSet<(&PartyId, &PersonId)>> = BTreeMap::new();
        let person = |u: &Use| known.get(&u.grant).map(|g| (&g.party, &g.person));
        for one in day {
            if let (Some(digest), Some(person)) = (one.prompt.digest(), person(one)) {
                senders.entry(digest).or_default().insert(person);
            }
        }
        let mut common: BTreeMap<&GrantId, BTreeMap<&Digest, &Use>> = BTreeMap::new();
        for one in day {
            if let Some(digest) = one.prompt.digest()
                && senders.get(digest).is_some_and(|who| who.len() > 1)
            {
                common.entry(&one.grant).or_default().entry(digest).or_insert(one);
            }
        }
        for (grant, prompts) in common {
            let Some(grant) = known.get(grant) else { continue };
            let expected = purpose_of(grant, thresholds, surroundings).alike_per_day;
            let prompts: Vec<_> = prompts.into_values().collect();
            // a purpose that allows sweeps allows that others run the same
            let (is, bound) = (count(&prompts), bound.max(expected));
            if is > bound {
                let says = format!("{is} prompts of one day came from another person, too");
                let figures = vec![Figure { what: "prompts that others sent", is, bound }];
                found.tell(Rule::CommonPrompts, grant, prompts, says, figures);
            }
        }
    }
}
