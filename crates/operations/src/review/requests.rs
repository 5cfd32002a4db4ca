//! Government's own requests, and what the developer made of them. All of it is a record: nothing follows, least of all from
//! silence.

use super::{ReviewError, reviews};
use crate::act::Ctx;
use access::Event;
use domain::{CaseId, PartyId, Text, Timestamp};
use serde::Serialize;
use std::collections::BTreeMap;

/// The requests that name one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Requested {
    /// The case, open or not.
    pub case: CaseId,
    /// What government asked, oldest first.
    pub requests: Vec<Request>,
    /// What the developer declined, oldest first.
    pub declines: Vec<Declined>,
    /// Whether the developer opened the case by an inquiry of its own.
    pub opened: bool,
    /// `inquired`, `declined` or `no answer`. None of them has a consequence.
    pub stands: &'static str,
}

/// A request of government.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Request {
    /// Who asked.
    pub by: PartyId,
    /// Whom.
    pub developer: PartyId,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// A decline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Declined {
    /// Who declined.
    pub by: PartyId,
    /// When.
    pub at: Timestamp,
    /// Why, if it was said.
    pub reason: Option<String>,
}

/// Every request of government and every decline that this party can read, by case.
///
/// # Errors
/// The log can't be brought up to date.
pub async fn requests(ctx: &Ctx) -> Result<Vec<Requested>, ReviewError> {
    let known = ctx.known().await?;
    let (reviews, _) = reviews(&known, &known.trust);
    let mut by_case: BTreeMap<CaseId, Requested> = BTreeMap::new();
    let blank = |case: &CaseId| Requested {
        case: case.clone(),
        requests: Vec::new(),
        declines: Vec::new(),
        opened: reviews.case(case).is_ok(),
        stands: "no answer",
    };
    let words = |text: &Text| text.as_str().to_owned();
    for statement in &known.statements {
        let Ok(attested) = statement.attested::<Event>() else { continue };
        let at = attested.claimed_at;
        if let Event::AccessRequested(e) = &attested.event {
            let found = by_case.entry(e.case.clone()).or_insert_with(|| blank(&e.case));
            let (by, developer) = (e.government.clone(), e.developer.clone());
            found.requests.push(Request { by, developer, at, reason: words(&e.reason) });
        }
        if let Event::RequestDeclined(e) = &attested.event {
            let found = by_case.entry(e.case.clone()).or_insert_with(|| blank(&e.case));
            let (by, reason) = (e.developer.clone(), e.reason.as_ref().map(words));
            found.declines.push(Declined { by, at, reason });
        }
    }
    let stands = |mut found: Requested| {
        found.stands = match (found.opened, found.declines.is_empty()) {
            (true, _) => "inquired",
            (false, false) => "declined",
            (false, true) => "no answer",
        };
        found
    };
    Ok(by_case.into_values().map(stands).collect())
}
