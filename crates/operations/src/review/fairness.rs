//! Who was considered, by which rule, with which outcome: so that a choice of partners can be looked at as a whole.

use super::{ReviewError, case};
use crate::act::Ctx;
use access::{AdmissionView, Case, CaseView, Consideration};
use domain::{CaseId, Digest, Line, PartyId, PersonId};
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
    pub by: Vec<Vote>,
    /// What became of it: `not put forward`, `put forward`, `waits for the other key`, `admitted` or `ended`.
    pub outcome: &'static str,
}

/// One consideration of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Vote {
    /// Who considered it.
    pub by: PartyId,
    /// The criterion that decided.
    pub rule: Line,
    /// SHA-256 of the criteria as a whole.
    pub criteria: Digest,
    /// Whether it was put forward.
    pub forward: bool,
    /// Why.
    pub reason: String,
    /// Who decided, and what that person declared, where that was said.
    pub person: Option<PersonId>,
    /// What that person declared of interests.
    pub declared: Option<Line>,
}

/// How many of a cohort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Were considered.
    pub considered: usize,
    /// Were put forward.
    pub put_forward: usize,
    /// Have a standing.
    pub admitted: usize,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fairness {
    /// The case.
    pub case: CaseId,
    /// Each organisation, by cohort.
    pub considered: Vec<Considered>,
    /// By cohort: how many were considered, put forward, admitted.
    pub cohorts: BTreeMap<String, Counts>,
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

pub(super) fn report(case: &Case, view: &CaseView) -> Fairness {
    let mut by_candidate: BTreeMap<&PartyId, Vec<&Consideration>> = BTreeMap::new();
    for one in case.considered() {
        by_candidate.entry(&one.candidate).or_default().push(one);
    }
    for standing in &view.standings {
        by_candidate.entry(&standing.party).or_default();
    }
    let mut considered: Vec<_> = by_candidate.iter().map(|(id, all)| one(id, all, view)).collect();
    considered.sort_by(|a, b| (&a.cohort, &a.candidate).cmp(&(&b.cohort, &b.candidate)));
    let mut cohorts: BTreeMap<String, Counts> = BTreeMap::new();
    let mut questions = Vec::new();
    for one in &considered {
        let name = one.cohort.as_ref().map_or("(not considered on record)", Line::as_str);
        let votes: Vec<_> = one.by.iter().map(|vote| vote.forward).collect();
        let counts = cohorts.entry(name.to_owned()).or_default();
        counts.considered += 1;
        counts.put_forward += usize::from(votes.contains(&true));
        counts.admitted += usize::from(one.outcome == "admitted");
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
    for (cohort, Counts { considered, put_forward, .. }) in &cohorts {
        if *considered >= 3 && *put_forward == 0 {
            questions.push(format!("nobody of `{cohort}` was put forward, of {considered}"));
        }
    }
    Fairness { case: view.case.clone(), considered, cohorts, criteria, questions }
}

fn one(candidate: &PartyId, all: &[&Consideration], view: &CaseView) -> Considered {
    // one may have several: the best of them counts
    let standings = view.standings.iter().filter(|standing| standing.party == *candidate);
    let outcomes: Vec<_> = standings.map(|standing| outcome(standing, view)).collect();
    let best = ["admitted", "waits for the other key", "ended"];
    let outcome = best.into_iter().find(|outcome| outcomes.contains(outcome));
    let forward = all.iter().any(|one| one.forward);
    let outcome = outcome.unwrap_or(if forward { "put forward" } else { "not put forward" });
    let by = all.iter().map(|one| Vote {
        by: one.by.clone(),
        rule: one.rule.clone(),
        criteria: one.criteria,
        forward: one.forward,
        reason: one.reason.as_str().to_owned(),
        person: one.person.clone(),
        declared: one.declared.clone(),
    });
    Considered {
        candidate: candidate.clone(),
        cohort: all.last().map(|one| one.cohort.clone()),
        by: by.collect(),
        outcome,
    }
}

fn outcome(standing: &AdmissionView, view: &CaseView) -> &'static str {
    if standing.revoked_by.is_some() || view.removed.contains(&standing.party) {
        "ended"
    } else if standing.until.is_some() {
        "admitted"
    } else {
        "waits for the other key"
    }
}

impl fmt::Display for Fairness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for one in &self.considered {
            let cohort = one.cohort.as_ref().map_or("-", Line::as_str);
            writeln!(f, "{:<20} {cohort:<24} {}", one.candidate, one.outcome)?;
            for Vote { by, rule, criteria, forward, reason, person, .. } in &one.by {
                let word = if *forward { "put forward" } else { "not put forward" };
                let short: String = criteria.to_string().chars().take(12).collect();
                let who = person.as_ref().map_or_else(String::new, |p| format!(" ({p})"));
                writeln!(f, "  {by}{who}: {word} by {rule} of criteria {short}: {reason}")?;
            }
        }
        for (cohort, Counts { considered, put_forward, admitted }) in &self.cohorts {
            writeln!(
                f,
                "{cohort}: {considered} considered, {put_forward} put forward, {admitted} admitted"
            )?;
        }
        for question in &self.questions {
            writeln!(f, "? {question}")?;
        }
        write!(f, "{} organisations considered", self.considered.len())
    }
}
