//! Which statements of a log belong to a case: those about the review, the runs that were sealed for it, and the findings
//! that were made with its grants or shared as its assessments.

use super::LeftOut;
use crate::sync::Known;
use access::Event;
use domain::{CaseId, Digest, FindingId, GrantId, ModelId, PartyId, RunId, Statement};
use ledger::{LogStatement, OpenError, Opened};
use std::collections::BTreeSet;

/// A log, sorted by one case.
pub(super) struct Sorted<'k> {
    /// The statements of the case that can be read, in log order.
    pub(super) belongs: Vec<&'k LogStatement>,
    /// Those of the three families that can't.
    pub(super) left_out: Vec<LeftOut>,
    /// The case's findings.
    pub(super) findings: BTreeSet<FindingId>,
}

/// Sorts a log by a case.
pub(super) fn sorted<'k>(known: &'k Known, case: &CaseId) -> Sorted<'k> {
    let case = Case::of(known, case);
    let (mut belongs, mut left_out) = (Vec::new(), Vec::new());
    for statement in &known.statements {
        let header = statement.leaf.header();
        let families = [Event::SCHEMA, assessment::Event::SCHEMA, clearinghouse::Event::SCHEMA];
        if !families.contains(&header.schema()) {
            continue;
        }
        match &statement.content {
            Ok(opened) => {
                if case.has(header.schema(), opened) {
                    belongs.push(statement);
                }
            }
            Err(error) => left_out.push(LeftOut {
                index: statement.index,
                id: statement.leaf.id(),
                kind: header.kind().to_owned(),
                signers: header.signers().to_vec(),
                why: match error {
                    OpenError::NotReader { .. } => {
                        "it is sealed to others, and may belong to another case".to_owned()
                    }
                    OpenError::Shredded => "its content was deleted on the record".to_owned(),
                    other => crate::plain(other),
                },
            }),
        }
    }
    Sorted { belongs, left_out, findings: case.findings }
}

/// What tells that a statement belongs to a case.
struct Case<'c> {
    id: &'c CaseId,
    /// Its models with their developer: a release may name no case.
    models: BTreeSet<(PartyId, ModelId)>,
    /// Runs that were sealed for it.
    runs: BTreeSet<RunId>,
    findings: BTreeSet<FindingId>,
}

impl<'c> Case<'c> {
    fn of(known: &Known, id: &'c CaseId) -> Self {
        let opened = || known.statements.iter().filter_map(|s| s.content.as_ref().ok());
        let mut models = BTreeSet::new();
        let (mut grants, mut shared) = (BTreeSet::new(), BTreeSet::new());
        for event in opened().filter_map(|opened| opened.statement::<Event>().ok()) {
            if event.case() != Some(id) {
                continue;
            }
            match event {
                Event::Inquired(e) if models.is_empty() => {
                    models.extend(e.models.into_iter().map(|model| (e.developer.clone(), model)));
                }
                Event::GrantRequested(e) => {
                    grants.insert((e.party, e.grant));
                }
                Event::AssessmentShared(e) => {
                    shared.insert(e.report);
                }
                Event::AssessmentPublished(e) => {
                    shared.insert(e.report);
                }
                _ => {}
            }
        }
        let runs = opened().filter_map(|opened| opened.statement::<assessment::Event>().ok());
        let runs = runs.filter(|event| {
            use assessment::Event::CriteriaSealed;
            matches!(event, CriteriaSealed { case: Some(of), .. } if of == id)
        });
        let runs = runs.map(|event| event.run().clone()).collect();
        let reports = opened().filter_map(|o| o.statement::<clearinghouse::Event>().ok());
        let findings = reports.filter_map(|event| finding(event, &grants, &shared, &models));
        Self { id, findings: findings.collect(), models, runs }
    }

    fn has(&self, schema: &str, opened: &Opened) -> bool {
        if schema == assessment::Event::SCHEMA {
            let event = opened.statement::<assessment::Event>();
            return event.is_ok_and(|event| self.runs.contains(event.run()));
        }
        if schema == clearinghouse::Event::SCHEMA {
            let event = opened.statement::<clearinghouse::Event>();
            return event.is_ok_and(|event| self.is_about_a_finding(&event));
        }
        opened.statement::<Event>().is_ok_and(|event| match &event {
            Event::ModelReleased(e) if e.case.is_none() => {
                self.models.contains(&(e.developer.clone(), e.model.clone()))
            }
            event => event.case() == Some(self.id),
        })
    }

    fn is_about_a_finding(&self, event: &clearinghouse::Event) -> bool {
        let also = match event {
            clearinghouse::Event::DuplicateConfirmed(pair) => Some(&pair.of),
            _ => None,
        };
        event.finding().into_iter().chain(also).any(|id| self.findings.contains(id))
    }
}

/// The finding of a report that was made with a grant of the case, by that grant's party, or whose bytes were shared.
/// Grants of two cases may have one id: where the report names a model, it is the case's.
fn finding(
    event: clearinghouse::Event,
    grants: &BTreeSet<(PartyId, GrantId)>,
    shared: &BTreeSet<Digest>,
    models: &BTreeSet<(PartyId, ModelId)>,
) -> Option<FindingId> {
    let clearinghouse::Event::FindingReported(report) = event else { return None };
    let provenance = &report.provenance;
    let granted = provenance.grant.as_ref().is_some_and(|grant| {
        let model = provenance.model.as_ref();
        grants.contains(&(report.by.clone(), grant.clone()))
            && model.is_none_or(|model| models.iter().any(|(_, of)| of == model))
    });
    (granted || shared.contains(&report.content)).then_some(report.finding)
}
