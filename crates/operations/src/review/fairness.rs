//! Who was considered, by which rule, with which outcome: so that a choice of partners can be looked at as a whole.

use super::{ReviewError, case};
use crate::act::Ctx;
use access::{Case, CaseView, Consideration};
use domain::{CaseId, Digest, Line, PartyId};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// One organisation of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Considered {
    /// Which.
    pub candidate: PartyId,
    /// Its cohort, as the last consideration says; none when it was never considered on record.
    pub cohort: Option<Line>,
    /// Who considered it, by which criterion of which criteria, whether it was put forward, and why.
    pub by: Vec<(PartyId, Line, Digest, bool, String)>,
    /// What became of it: `not put forward`, `put forward`, `waits for the other key`, `admitted` or `ended`.
    pub outcome: &'static str,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fairness {
    /// The case.
    pub case: CaseId,
    /// Each organisation, by cohort.
    pub considered: Vec<Considered>,
    /// By cohort: how many were considered, put forward, admitted.
    pub cohorts: BTreeMap<String, [usize; 3]>,
    /// Criteria that were used, by how many considerations. More than one means that not all were measured alike.
    pub criteria: BTreeMap<String, usize>,
    /// What whoever reads it should ask about.
    pub questions: Vec<String>,
}

/// The report on a case.
///
/// # Errors
/// A case of which nothing can be read here.
pub async fn fairness(ctx: &Ctx, id: &CaseId) -> Result<Fairness, ReviewError> {
    let (reviews, view) = case(ctx, id).await?;
    let found = reviews.case(id).map_err(|_| ReviewError::Unknown(id.clone()))?;
    Ok(report(found, &view))
}

fn report(case: &Case, view: &CaseView) -> Fairness {
    let mut by_candidate: BTreeMap<&PartyId, Vec<&Consideration>> = BTreeMap::new();
    for one in case.considered() {
        by_candidate.entry(&one.candidate).or_default().push(one);
    }
    for standing in &view.standings {
        by_candidate.entry(&standing.party).or_default();
    }
    let mut considered: Vec<_> = by_candidate.iter().map(|(id, all)| one(id, all, view)).collect();
    considered.sort_by(|a, b| (&a.cohort, &a.candidate).cmp(&(&b.cohort, &b.candidate)));
    let mut cohorts: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let mut questions = Vec::new();
    for one in &considered {
        let name = one.cohort.as_ref().map_or("(not considered on record)", Line::as_str);
        let [all, forward, admitted] = cohorts.entry(name.to_owned()).or_default();
        *all += 1;
        *forward += usize::from(one.by.iter().any(|(.., forward, _)| *forward));
        *admitted += usize::from(one.outcome == "admitted");
        let votes: Vec<_> = one.by.iter().map(|(.., forward, _)| *forward).collect();
        if one.cohort.is_none() {
            questions
                .push(format!("`{}` has a standing and no consideration on record", one.candidate));
        } else if one.outcome == "admitted" && !votes.contains(&true) {
            questions
                .push(format!("`{}` was admitted though nobody put it forward", one.candidate));
        } else if votes.contains(&true) && votes.contains(&false) {
            questions.push(format!("the sides differ about `{}`", one.candidate));
        }
    }
    for standing in &view.standings {
        let Some(nomination) = case.nomination(&standing.nomination) else { continue };
        let by: Vec<_> =
            case.considered().iter().filter(|c| c.candidate == standing.party).collect();
        if !by.is_empty() && by.iter().all(|c| c.criteria != nomination.criteria_digest) {
            let party = &standing.party;
            questions.push(format!(
                "`{party}` was nominated by other criteria than it was considered by"
            ));
        }
        for conflict in nomination.conflicts.iter().filter(|c| c.as_str() != "none") {
            questions
                .push(format!("`{}` was nominated with a conflict: {conflict}", standing.party));
        }
    }
    for one in case.considered() {
        if let Some(declared) = one.declared.as_ref().filter(|d| d.as_str() != "none") {
            let (person, candidate) =
                (one.person.as_ref().map_or("-", |p| p.as_str()), &one.candidate);
            questions
                .push(format!("{person} decided about `{candidate}` and declared: {declared}"));
        }
    }
    let mut criteria: BTreeMap<String, usize> = BTreeMap::new();
    for one in case.considered() {
        *criteria.entry(one.criteria.to_string()).or_default() += 1;
    }
    if criteria.len() > 1 {
        questions.push(format!(
            "{} different criteria were used; were all measured alike?",
            criteria.len()
        ));
    }
    for (cohort, [all, forward, _]) in &cohorts {
        if *all >= 3 && *forward == 0 {
            questions.push(format!("nobody of `{cohort}` was put forward, of {all}"));
        }
    }
    Fairness { case: view.case.clone(), considered, cohorts, criteria, questions }
}

fn one(candidate: &PartyId, all: &[&Consideration], view: &CaseView) -> Considered {
    let standing = view.standings.iter().rfind(|standing| standing.party == *candidate);
    let outcome = match standing {
        Some(s) if s.revoked_by.is_some() => "ended",
        Some(s) if s.until.is_some() => "admitted",
        Some(_) => "waits for the other key",
        None if all.iter().any(|one| one.forward) => "put forward",
        None => "not put forward",
    };
    let by = all.iter().map(|one| {
        let reason = one.reason.as_str().to_owned();
        (one.by.clone(), one.rule.clone(), one.criteria, one.forward, reason)
    });
    Considered {
        candidate: candidate.clone(),
        cohort: all.last().map(|one| one.cohort.clone()),
        by: by.collect(),
        outcome,
    }
}

impl fmt::Display for Fairness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for one in &self.considered {
            let cohort = one.cohort.as_ref().map_or("-", Line::as_str);
            writeln!(f, "{:<20} {cohort:<24} {}", one.candidate, one.outcome)?;
            for (by, rule, criteria, forward, reason) in &one.by {
                let word = if *forward { "put forward" } else { "not put forward" };
                let short: String = criteria.to_string().chars().take(12).collect();
                writeln!(f, "  {by}: {word} by {rule} of criteria {short}: {reason}")?;
            }
        }
        for (cohort, [all, forward, admitted]) in &self.cohorts {
            writeln!(f, "{cohort}: {all} considered, {forward} put forward, {admitted} admitted")?;
        }
        for question in &self.questions {
            writeln!(f, "? {question}")?;
        }
        write!(f, "{} organisations considered", self.considered.len())
    }
}
