//! How much, how fast, and when.

use super::{Found, Look, count};
use crate::{Figure, Rule, Use};
use domain::Span;

/// More requests in some hour or some 24 hours than the purpose needs; the fullest of each day.
pub(super) fn volume(look: &Look<'_>, found: &mut Found<'_>) {
    let spans = [
        ("hour", Span::hours(1), look.purpose.requests_per_hour),
        ("24 hours", Span::hours(24), look.purpose.requests_per_day),
    ];
    for (name, span, bound) in spans {
        let what = if name == "hour" { "requests in an hour" } else { "requests in 24 hours" };
        for fullest in fullest_of_days(look.uses, span, bound) {
            let is = count(fullest);
            let purpose = &look.purpose.name;
            let says = format!(
                "{is} requests within {name}; grants for `{purpose}` are expected to need {bound}"
            );
            let figures = vec![Figure { what, is, bound }];
            found.tell(Rule::Volume, look.grant, fullest.iter().copied(), says, figures);
        }
    }
}

/// Of the spans that end on each day and hold more than `bound` uses, the one that holds most.
fn fullest_of_days<'a, 'u>(uses: &'a [&'u Use], span: Span, bound: u64) -> Vec<&'a [&'u Use]> {
    let mut fullest: Vec<&[&Use]> = Vec::new();
    let mut first = 0;
    for (last, one) in uses.iter().enumerate() {
        while uses.get(first).is_some_and(|u| one.started_at.since(u.started_at) >= span) {
            first += 1;
        }
        let Some(within) = uses.get(first..=last) else { continue };
        if count(within) <= bound {
            continue;
        }
        let same_day = |held: &&[&Use]| {
            held.last().is_some_and(|u| u.started_at.day() == one.started_at.day())
        };
        match fullest.last_mut() {
            Some(held) if same_day(&&**held) => {
                if within.len() > held.len() {
                    *held = within;
                }
            }
            _ => fullest.push(within),
        }
    }
    fullest
}

/// Much more answer than prompt, by the day.
pub(super) fn harvest(look: &Look<'_>, found: &mut Found<'_>) {
    let bound = look.purpose.harvest_permille;
    let least = look.thresholds.harvest_tokens();
    for day in look.days() {
        let tokens_in: u64 = day.iter().map(|u| u.tokens_in).fold(0, u64::saturating_add);
        let tokens_out: u64 = day.iter().map(|u| u.tokens_out).fold(0, u64::saturating_add);
        let ratio = tokens_out.saturating_mul(1_000) / tokens_in.max(1);
        if tokens_out <= least || ratio <= bound {
            continue;
        }
        let says = format!("{tokens_out} tokens of answers to {tokens_in} of prompts in one day");
        let figures = vec![
            Figure { what: "tokens of answers", is: tokens_out, bound: least },
            Figure { what: "answers for prompts, in thousandths", is: ratio, bound },
        ];
        found.tell(Rule::Harvest, look.grant, day.iter().copied(), says, figures);
    }
}

/// Uses outside the hours that were declared, by the day.
pub(super) fn odd_hours(look: &Look<'_>, found: &mut Found<'_>) {
    let (grant, bound) = (look.grant, look.thresholds.odd_hour_uses());
    let at_work = |u: &Use| look.surroundings.at_work(&grant.party, &grant.person, u.started_at);
    if look.uses.first().is_some_and(|u| at_work(u).is_none()) {
        found.unknown(Rule::OddHours, grant, "no hours were declared for the person or the party");
        return;
    }
    for day in look.days() {
        let odd: Vec<_> = day.iter().copied().filter(|u| at_work(u) == Some(false)).collect();
        let is = count(&odd);
        if is > bound {
            let says = format!("{is} uses of a day outside the declared hours");
            let figures = vec![Figure { what: "uses outside declared hours", is, bound }];
            found.tell(Rule::OddHours, grant, odd, says, figures);
        }
    }
}
