//! What each grant has used, by day, from the log alone: the lab sees every use, an organisation its own, and both
//! count the same.

use crate::act::Ctx;
use crate::review::{self, ReviewError};
use access::{CaseView, Event, GrantView};
use domain::{CaseId, GrantId, ModelId, PartyId, PersonId, Timestamp};
use serde::Serialize;
use std::collections::BTreeMap;

/// What the grants that a party can read have used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Usages {
    /// When it was counted.
    pub as_of: Timestamp,
    /// By whose copy of the log.
    pub party: PartyId,
    /// The log.
    pub origin: String,
    /// Statements of the log.
    pub statements: u64,
    /// Uses of so many seconds may not be in there yet.
    pub stated_within_seconds: u64,
    /// The grants, by case and id.
    pub grants: Vec<Usage>,
}

/// One grant's uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// The case.
    pub case: CaseId,
    /// The grant.
    pub grant: GrantId,
    /// The person's organisation.
    pub party: PartyId,
    /// The person.
    pub person: PersonId,
    /// The model.
    pub model: ModelId,
    /// The first instant of use.
    pub starts_at: Timestamp,
    /// The first instant without use.
    pub ends_at: Timestamp,
    /// The budget, in tokens.
    pub budget_tokens: u64,
    /// Tokens on record as used.
    pub used_tokens: u64,
    /// Tokens that are left.
    pub left_tokens: u64,
    /// Requests on record.
    pub requests: u64,
    /// Gateways that served it within one minute, at most: each may have spent something that is not on record yet.
    pub gateways: u64,
    /// Most tokens of a day, when the terms bound one.
    pub tokens_per_day: Option<u64>,
    /// Days (UTC) with uses, oldest first.
    pub days: Vec<Day>,
    /// The latest minute with a use.
    pub last_use: Option<Timestamp>,
    /// Why it can't be used now, if it can't.
    pub why_not: Option<String>,
}

/// One day's uses of one grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Day {
    /// The day, as `2026-11-29`.
    pub day: String,
    /// Requests.
    pub requests: u64,
    /// Tokens of prompts.
    pub tokens_in: u64,
    /// Tokens of answers.
    pub tokens_out: u64,
    /// Minutes with uses: each is one statement whose root commits to every request.
    pub minutes: u64,
    /// Tokens of both together, in thousandths of the busiest day's, for a bar.
    pub permille: u64,
}

/// What was counted of one grant while folding.
#[derive(Debug, Default)]
struct Counted {
    days: BTreeMap<String, Day>,
    last_use: Option<Timestamp>,
    /// Statements about one minute: each gateway makes one.
    minutes: BTreeMap<Timestamp, u64>,
    gateways: u64,
}

/// What the grants that this party can read have used, by case and grant; one grant alone with `only`.
///
/// # Errors
/// The log can't be brought up to date.
pub async fn usage(ctx: &Ctx, only: Option<&GrantId>) -> Result<Usages, ReviewError> {
    let known = ctx.known().await?;
    let mut counted: BTreeMap<GrantId, Counted> = BTreeMap::new();
    let (reviews, _) = review::reviews_with(&known, &known.trust, |event| {
        if let Event::UsesRecorded(uses) = event {
            counted.entry(uses.grant.clone()).or_default().add(uses);
        }
    });
    let now = ctx.clock.now();
    let views = reviews.cases().filter_map(|case| review::view_of(&reviews, case.id(), now).ok());
    let mut all = Vec::new();
    for view in views {
        for grant in &view.grants {
            if only.is_none_or(|only| *only == grant.grant) {
                all.push(of(&view, grant, counted.remove(&grant.grant).unwrap_or_default()));
            }
        }
    }
    Ok(Usages {
        as_of: now,
        party: ctx.home.id().clone(),
        origin: known.trust.log().origin().to_owned(),
        statements: known.head.size,
        stated_within_seconds: super::STATED_WITHIN_SECONDS,
        grants: all,
    })
}

fn of(view: &CaseView, grant: &GrantView, counted: Counted) -> Usage {
    let mut days: Vec<_> = counted.days.into_values().collect();
    let busiest = days.iter().map(Day::tokens).max().unwrap_or(0).max(1);
    for day in &mut days {
        day.permille = day.tokens().saturating_mul(1_000) / busiest;
    }
    Usage {
        case: view.case.clone(),
        grant: grant.grant.clone(),
        party: grant.party.clone(),
        person: grant.person.clone(),
        model: grant.model.clone(),
        starts_at: grant.starts_at,
        ends_at: grant.ends_at,
        budget_tokens: grant.budget_tokens,
        used_tokens: grant.used_tokens,
        left_tokens: grant.budget_tokens.saturating_sub(grant.used_tokens),
        requests: grant.used_requests,
        gateways: counted.gateways,
        tokens_per_day: view.terms.as_ref().and_then(|(_, t)| t.limits.tokens_per_day),
        days,
        last_use: counted.last_use,
        why_not: grant.stopped.as_ref().map(ToString::to_string),
    }
}

impl Counted {
    fn add(&mut self, uses: &access::Uses) {
        let name = uses.minute.date();
        let day = self.days.entry(name.clone()).or_insert_with(|| Day {
            day: name,
            requests: 0,
            tokens_in: 0,
            tokens_out: 0,
            minutes: 0,
            permille: 0,
        });
        day.requests = day.requests.saturating_add(uses.count);
        day.tokens_in = day.tokens_in.saturating_add(uses.tokens_in);
        day.tokens_out = day.tokens_out.saturating_add(uses.tokens_out);
        day.minutes += 1;
        self.last_use = self.last_use.max(Some(uses.minute));
        let stated = self.minutes.entry(uses.minute).or_default();
        *stated += 1;
        self.gateways = self.gateways.max(*stated);
    }
}

impl Day {
    /// Tokens of prompts and answers.
    pub fn tokens(&self) -> u64 {
        self.tokens_in.saturating_add(self.tokens_out)
    }
}
