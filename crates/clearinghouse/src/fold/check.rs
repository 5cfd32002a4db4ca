//! The guards: whether a statement counts. Commands and the fold ask the same.

use crate::{
    Acknowledgement, Clearinghouse, Draft, DuplicateConfirmation, Engagement, Event, Finding,
    FindingReport, Fix, Publication, Receipt, Refusal, ScanClaim, ScanRenewal, Sending, Stage,
    Validation, ValidationRuns,
};
use domain::{FindingId, PartyId, Role, Span, Timestamp};

/// The span that a maintainer's pace speaks of.
const WEEK: Span = Span::days(7);

type Checked = Result<(), Refusal>;

fn past(what: &'static str, at: Timestamp, now: Timestamp) -> Checked {
    if at > now { Err(Refusal::InFuture { what, at, now }) } else { Ok(()) }
}

fn ordered(first: (&'static str, Timestamp), then: (&'static str, Timestamp)) -> Checked {
    if then.1 < first.1 {
        return Err(Refusal::OutOfOrder { first: first.0, then: then.0 });
    }
    Ok(())
}

impl Clearinghouse {
    pub(super) fn check(&self, event: &Event, now: Timestamp) -> Checked {
        let by = event.by();
        if !self.parties.contains_key(by) {
            return Err(Refusal::UnknownParty(by.clone()));
        }
        match event {
            Event::ScanClaimed(e) => self.check_claim(e, now),
            Event::ScanRenewed(e) => self.check_renewal(e, now),
            Event::ScanReleased(e) => self.known_claim(&e.claim)?.check_holder(by, now),
            Event::FindingReported(e) => self.check_report(e, now),
            Event::PaceSet(_) => self.role(by, Role::Maintainer),
            Event::FindingReceived(e) => self.check_receipt(e, now),
            Event::DuplicateConfirmed(e) => self.check_duplicate(e),
            Event::Validated(e) => self.check_validation(e, now),
            Event::ReportDrafted(e) => self.check_draft(e),
            Event::ReportSent(e) => self.check_sending(e, now),
            Event::ReportAcknowledged(e) => self.check_acknowledgement(e, now),
            Event::FixReleased(e) => self.check_fix(e, now),
            Event::AdvisoryPublished(e) => self.check_publication(e, now),
            Event::CoordinatorEngaged(e) => self.check_engagement(e, now),
            Event::ExploitationSeen(e) => {
                let finding = self.coordinated(by, &e.finding)?;
                past("exploitation", e.known_at, now)?;
                once(finding, finding.exploited_at.is_some(), "exploitation is known")
            }
            Event::EmbargoExtended(e) => {
                let finding = self.coordinated(by, &e.finding)?;
                at_stage(finding, &[Stage::Sent, Stage::Acknowledged], "sent or acknowledged")?;
                if finding.extended || !self.rules.disclosure.extensible(finding) {
                    return Err(Refusal::NotExtensible(e.finding.clone()));
                }
                Ok(())
            }
            Event::FindingWithdrawn(e) => {
                let finding = self.open(&e.finding)?;
                if *by != finding.report.by {
                    let finding = e.finding.clone();
                    return Err(Refusal::NotReporter { finding, by: by.clone() });
                }
                let sent = finding.stage > Stage::Drafted;
                if sent { Err(wrong(finding, "not yet sent")) } else { Ok(()) }
            }
        }
    }

    fn role(&self, party: &PartyId, role: Role) -> Checked {
        let has = self.parties.get(party).is_some_and(|p| p.roles.contains(&role));
        if has { Ok(()) } else { Err(Refusal::RoleMissing { party: party.clone(), role }) }
    }

    fn known_claim(&self, id: &domain::ClaimId) -> Result<&crate::Claim, Refusal> {
        self.claims.get(id).ok_or_else(|| Refusal::UnknownClaim(id.clone()))
    }

    fn known(&self, id: &FindingId) -> Result<&Finding, Refusal> {
        self.findings.get(id).ok_or_else(|| Refusal::UnknownFinding(id.clone()))
    }

    /// A finding that is neither published nor withdrawn.
    fn open(&self, id: &FindingId) -> Result<&Finding, Refusal> {
        let finding = self.known(id)?;
        let closed = [Stage::Published, Stage::Withdrawn].contains(&finding.stage);
        if closed { Err(wrong(finding, "neither published nor withdrawn")) } else { Ok(finding) }
    }

    /// An open finding, for a statement that only a clearinghouse makes.
    fn coordinated(&self, by: &PartyId, id: &FindingId) -> Result<&Finding, Refusal> {
        self.role(by, Role::Clearinghouse)?;
        self.open(id)
    }

    /// An open finding that speaks for its flaw.
    fn head_of(&self, by: &PartyId, id: &FindingId) -> Result<&Finding, Refusal> {
        let finding = self.coordinated(by, id)?;
        let head = self.head(id);
        if head != id {
            return Err(Refusal::IsDuplicate { finding: id.clone(), head: head.clone() });
        }
        Ok(finding)
    }

    /// An open finding, for a statement of its maintainer or of a clearinghouse that speaks for it.
    fn answered(&self, by: &PartyId, id: &FindingId) -> Result<&Finding, Refusal> {
        let finding = self.open(id)?;
        let sent = finding.draft.as_ref().filter(|_| finding.sent.is_some());
        let maintainer = sent.is_some_and(|d| d.maintainer == *by);
        if !maintainer && self.role(by, Role::Clearinghouse).is_err() {
            return Err(Refusal::NotMaintainer { finding: id.clone(), by: by.clone() });
        }
        Ok(finding)
    }

    fn lease(&self, until: Timestamp, now: Timestamp) -> Checked {
        if until <= now {
            return Err(Refusal::LeaseInPast { until, now });
        }
        if until.since(now) > self.rules.longest_lease {
            return Err(Refusal::LeaseTooLong { days: self.rules.longest_lease.as_days() });
        }
        Ok(())
    }

    fn check_claim(&self, claim: &ScanClaim, now: Timestamp) -> Checked {
        if self.claims.contains_key(&claim.claim) {
            return Err(Refusal::ClaimExists(claim.claim.clone()));
        }
        self.lease(claim.until, now)
    }

    fn check_renewal(&self, renewal: &ScanRenewal, now: Timestamp) -> Checked {
        let claim = self.known_claim(&renewal.claim)?;
        claim.check_holder(&renewal.by, now)?;
        if renewal.until <= claim.terms.until {
            return Err(Refusal::LeaseNotLonger { until: claim.terms.until });
        }
        self.lease(renewal.until, now)
    }

    fn check_report(&self, report: &FindingReport, now: Timestamp) -> Checked {
        if self.findings.contains_key(&report.finding) {
            return Err(Refusal::FindingExists(report.finding.clone()));
        }
        if let Some(id) = &report.claim {
            // Expired is well: findings outlast leases.
            let claim = self.known_claim(id)?;
            if claim.terms.by != report.by {
                let (claim, by) = (id.clone(), report.by.clone());
                return Err(Refusal::NotClaimant { claim, by });
            }
        }
        report.validate(now)
    }

    fn check_receipt(&self, receipt: &Receipt, now: Timestamp) -> Checked {
        let finding = self.coordinated(&receipt.by, &receipt.finding)?;
        past("receipt", receipt.received_at, now)?;
        once(finding, finding.received_at.is_some(), "it was received")
    }

    fn check_duplicate(&self, e: &DuplicateConfirmation) -> Checked {
        self.role(&e.by, Role::Clearinghouse)?;
        let (one, two) = (self.known(&e.finding)?, self.known(&e.of)?);
        let (finding, of) = (e.finding.clone(), e.of.clone());
        if finding == of {
            return Err(Refusal::SameFinding(finding));
        }
        if self.groups.head(&finding) == self.groups.head(&of) {
            return Err(Refusal::AlreadyDuplicate { finding, of });
        }
        if !one.keys().support(two.keys(), &e.basis) {
            return Err(Refusal::BasisNotMet { finding, of });
        }
        Ok(())
    }

    fn check_validation(&self, e: &Validation, now: Timestamp) -> Checked {
        let finding = self.coordinated(&e.by, &e.finding)?;
        if finding.report.proof.is_some_and(|proof| proof != e.proof) {
            return Err(Refusal::OtherProof(e.finding.clone()));
        }
        if e.vulnerable == e.fixed {
            return Err(Refusal::SameBuild);
        }
        if e.proof == e.control {
            return Err(Refusal::ProofIsControl);
        }
        let (given, bound) = (e.runs.repeated.len(), ValidationRuns::MOST);
        if given > bound {
            return Err(Refusal::TooMany { what: "repetitions", given, bound });
        }
        past("the last run", e.ran_at, now)?;
        let (stated, follows) = (e.verdict, crate::judge(&e.runs));
        if stated != follows {
            return Err(Refusal::VerdictDoesNotFollow { stated, follows });
        }
        Ok(())
    }

    fn check_draft(&self, draft: &Draft) -> Checked {
        let finding = self.head_of(&draft.by, &draft.finding)?;
        if !self.parties.contains_key(&draft.maintainer) {
            return Err(Refusal::UnknownParty(draft.maintainer.clone()));
        }
        self.role(&draft.maintainer, Role::Maintainer)?;
        let sent = self.flaw(&draft.finding).iter().any(|f| f.sent.is_some());
        once(finding, sent, "a report of this flaw was sent")?;
        if finding.stage > Stage::Drafted {
            return Err(wrong(finding, "validated or drafted"));
        }
        self.believe(finding)
    }

    fn believe(&self, finding: &Finding) -> Checked {
        let id = &finding.report.finding;
        if self.believed(id) {
            return Ok(());
        }
        Err(Refusal::NotValidated { finding: id.clone(), stage: finding.stage })
    }

    fn check_sending(&self, e: &Sending, now: Timestamp) -> Checked {
        let finding = self.head_of(&e.by, &e.finding)?;
        at_stage(finding, &[Stage::Drafted], "drafted")?;
        // What was believed when it was drafted may have been refuted since.
        self.believe(finding)?;
        let (Some(draft), Some(drafted_at)) = (&finding.draft, finding.drafted_at) else {
            return Err(wrong(finding, "drafted"));
        };
        if draft.draft != e.draft {
            return Err(Refusal::NotTheDraft(e.finding.clone()));
        }
        past("sending", e.sent_at, now)?;
        ordered(("drafting", drafted_at), ("sending", e.sent_at))?;
        self.check_pace(&draft.maintainer, e.sent_at)
    }

    fn check_pace(&self, maintainer: &PartyId, at: Timestamp) -> Checked {
        let per_week = self.pace(maintainer);
        let mut sent: Vec<_> = self
            .findings
            .values()
            .filter(|f| f.draft.as_ref().is_some_and(|d| d.maintainer == *maintainer))
            .filter_map(|f| f.sent.as_ref().map(|s| s.sent_at))
            // Both ways, so that a sending recorded late does not slip in between two others.
            .filter(|sent| sent.since(at).max(at.since(*sent)) < WEEK)
            .collect();
        let most = usize::try_from(per_week).unwrap_or(usize::MAX);
        if sent.len() < most {
            return Ok(());
        }
        sent.sort_unstable();
        let next = sent.get(sent.len() - most).map(|oldest| oldest.after(WEEK));
        Err(Refusal::PaceExceeded { maintainer: maintainer.clone(), per_week, next })
    }

    fn check_acknowledgement(&self, e: &Acknowledgement, now: Timestamp) -> Checked {
        let finding = self.answered(&e.by, &e.finding)?;
        let Some(sent) = &finding.sent else { return Err(wrong(finding, "sent")) };
        past("the answer", e.acknowledged_at, now)?;
        ordered(("sending", sent.sent_at), ("the answer", e.acknowledged_at))?;
        once(finding, finding.acknowledged_at.is_some(), "the maintainer answered")
    }

    fn check_fix(&self, e: &Fix, now: Timestamp) -> Checked {
        let finding = self.answered(&e.by, &e.finding)?;
        past("the fix", e.available_at, now)?;
        once(finding, finding.fix.is_some(), "a fix can be had")
    }

    fn check_publication(&self, e: &Publication, now: Timestamp) -> Checked {
        let finding = self.head_of(&e.by, &e.finding)?;
        past("publication", e.published_at, now)?;
        self.believe(finding)?;
        if finding.fix.is_some() {
            return Ok(());
        }
        let until = self.rules.disclosure.disclosable_from(finding);
        if until.is_some_and(|at| at <= e.published_at) {
            return Ok(());
        }
        Err(Refusal::UnderEmbargo { finding: e.finding.clone(), until })
    }

    fn check_engagement(&self, e: &Engagement, now: Timestamp) -> Checked {
        let finding = self.coordinated(&e.by, &e.finding)?;
        let Some(sent) = &finding.sent else { return Err(wrong(finding, "sent")) };
        past("the engagement", e.engaged_at, now)?;
        once(finding, finding.coordinator_at.is_some(), "a coordinator was brought in")?;
        if finding.acknowledged_at.is_some() || finding.fix.is_some() {
            return Err(Refusal::NotSilent(e.finding.clone()));
        }
        let silent = Span::days(u64::from(self.rules.disclosure.silent_days));
        let due = sent.sent_at.after(silent);
        if e.engaged_at < due {
            return Err(Refusal::NotYetSilent { finding: e.finding.clone(), due });
        }
        Ok(())
    }
}

fn wrong(finding: &Finding, needed: &'static str) -> Refusal {
    Refusal::WrongStage { finding: finding.report.finding.clone(), stage: finding.stage, needed }
}

fn at_stage(finding: &Finding, stages: &[Stage], needed: &'static str) -> Checked {
    if stages.contains(&finding.stage) { Ok(()) } else { Err(wrong(finding, needed)) }
}

fn once(finding: &Finding, already: bool, what: &'static str) -> Checked {
    if already {
        return Err(Refusal::AlreadyRecorded { finding: finding.report.finding.clone(), what });
    }
    Ok(())
}
