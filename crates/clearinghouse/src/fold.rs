//! The fold: claims, findings, groups of duplicates and paces, from statements in log order.

mod check;

use crate::duplicates::Groups;
use crate::{
    Candidate, Claim, DisclosureClock, Due, Event, Finding, FindingReport, Overlap, Refusal,
    ScanClaim, Stage, Validation, Verdict,
};
use domain::{Attested, ClaimId, FindingId, Party, PartyId, Span, Timestamp};
use std::collections::BTreeMap;

/// Numbers that are policy, given as values: the caller reads them from cited data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// When to disclose.
    pub disclosure: DisclosureClock,
    /// Reports in seven days to a maintainer that has set no pace.
    pub default_pace: u32,
    /// The longest lease of a scan claim.
    pub longest_lease: Span,
}

/// Something that time alone has brought about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Elapsed {
    /// A lease ended: the work is free again.
    LeaseExpired {
        /// When.
        at: Timestamp,
        /// Which claim.
        claim: ClaimId,
    },
    /// A finding's clock ran out.
    FindingDue {
        /// What is due, since when and why.
        due: Due,
        /// Which finding.
        finding: FindingId,
    },
}

impl Elapsed {
    /// Since when.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::LeaseExpired { at, .. } => *at,
            Self::FindingDue { due, .. } => due.at,
        }
    }
}

/// Scan claims and findings of everybody, as far as the reader may see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clearinghouse {
    parties: BTreeMap<PartyId, Party>,
    rules: Rules,
    claims: BTreeMap<ClaimId, Claim>,
    findings: BTreeMap<FindingId, Finding>,
    groups: Groups,
    paces: BTreeMap<PartyId, u32>,
}

impl Clearinghouse {
    /// Nothing yet, from the directory of parties and the rules.
    pub fn new(parties: BTreeMap<PartyId, Party>, rules: Rules) -> Self {
        Self {
            parties,
            rules,
            claims: BTreeMap::new(),
            findings: BTreeMap::new(),
            groups: Groups::default(),
            paces: BTreeMap::new(),
        }
    }

    /// Checks a statement that is about to be made. The same rules judge it in [`Self::apply`], so what
    /// is admitted here counts once its signer has signed.
    ///
    /// # Errors
    /// Why it would not count.
    pub fn propose(&self, event: Event, now: Timestamp) -> Result<Event, Refusal> {
        self.check(&event, now).map(|()| event)
    }

    /// Claims scan work. Claims of others that overlap come along as a warning; they block nothing.
    ///
    /// # Errors
    /// An id that is taken, or a lease that is empty or too long.
    pub fn claim_scan(
        &self,
        claim: ScanClaim,
        now: Timestamp,
    ) -> Result<(Event, Vec<Overlap>), Refusal> {
        let overlaps = self.overlaps_of(&claim, now);
        Ok((self.propose(Event::ScanClaimed(claim), now)?, overlaps))
    }

    /// Reports a finding. Findings that share a digest with it come along; it is taken all the same.
    ///
    /// # Errors
    /// An id that is taken, or a report that [`FindingReport::validate`] refuses.
    pub fn report(
        &self,
        report: FindingReport,
        now: Timestamp,
    ) -> Result<(Event, Vec<Candidate>), Refusal> {
        let mut with = self.clone();
        let id = report.finding.clone();
        let event = self.propose(Event::FindingReported(report.clone()), now)?;
        with.insert(report, now, u64::MAX);
        let mut candidates = with.candidates();
        candidates.retain(|c| c.finding == id);
        Ok((event, candidates))
    }

    /// Records runs on two builds, with the verdict that follows from them.
    ///
    /// # Errors
    /// As for [`Self::apply`]; the verdict given is replaced by the one that follows.
    pub fn validate(&self, validation: Validation, now: Timestamp) -> Result<Event, Refusal> {
        let verdict = crate::judge(&validation.runs);
        self.propose(Event::Validated(Validation { verdict, ..validation }), now)
    }

    /// Folds one statement. What does not count changes nothing.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn apply(&mut self, attested: &Attested<Event>) -> Result<(), Refusal> {
        let by = attested.event.by();
        if !attested.signers.contains(by) {
            return Err(Refusal::NotSigned(by.clone()));
        }
        let now = attested.claimed_at;
        self.check(&attested.event, now)?;
        match attested.event.clone() {
            Event::ScanClaimed(terms) => {
                let claim = Claim { since: now, released: None, terms };
                self.claims.insert(claim.terms.claim.clone(), claim);
            }
            Event::ScanRenewed(e) => {
                if let Some(claim) = self.claims.get_mut(&e.claim) {
                    claim.terms.until = e.until;
                }
            }
            Event::ScanReleased(e) => {
                if let Some(claim) = self.claims.get_mut(&e.claim) {
                    claim.released = Some((now, e.note));
                }
            }
            Event::FindingReported(report) => self.insert(report, now, attested.index),
            Event::DuplicateConfirmed(e) => self.groups.join(&e.finding, &e.of),
            Event::PaceSet(e) => {
                self.paces.insert(e.maintainer, e.per_week);
            }
            other @ (Event::FindingReceived(_)
            | Event::Validated(_)
            | Event::ReportDrafted(_)
            | Event::ReportSent(_)
            | Event::ReportAcknowledged(_)
            | Event::FixReleased(_)
            | Event::AdvisoryPublished(_)
            | Event::ExploitationSeen(_)
            | Event::CoordinatorEngaged(_)
            | Event::EmbargoExtended(_)
            | Event::FindingWithdrawn(_)) => {
                if let Some(finding) =
                    other.finding().cloned().and_then(|id| self.findings.get_mut(&id))
                {
                    advance(finding, other, now);
                }
            }
        }
        Ok(())
    }

    fn insert(&mut self, report: FindingReport, reported_at: Timestamp, index: u64) {
        let id = report.finding.clone();
        self.groups.add(&id, index);
        self.findings.insert(id, Finding::new(report, reported_at, index));
    }

    /// Every claim, by id.
    pub fn claims(&self) -> impl Iterator<Item = &Claim> {
        self.claims.values()
    }

    /// A claim.
    pub fn claim(&self, id: &ClaimId) -> Option<&Claim> {
        self.claims.get(id)
    }

    /// The claims that hold at an instant, by id. Expired ones are not among them: their work is free.
    pub fn claims_at(&self, now: Timestamp) -> impl Iterator<Item = &Claim> {
        self.claims.values().filter(move |c| c.holds(now))
    }

    /// Others' claims that overlap a claim at an instant.
    pub fn overlaps(&self, id: &ClaimId, now: Timestamp) -> Vec<Overlap> {
        self.claims.get(id).map_or_else(Vec::new, |c| self.overlaps_of(&c.terms, now))
    }

    fn overlaps_of(&self, claim: &ScanClaim, now: Timestamp) -> Vec<Overlap> {
        self.claims_at(now)
            .map(|c| &c.terms)
            .filter(|c| c.by != claim.by && c.target.overlaps(&claim.target))
            .map(|c| Overlap {
                claim: c.claim.clone(),
                by: c.by.clone(),
                method: c.method,
                until: c.until,
            })
            .collect()
    }

    /// Every finding, by id.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.values()
    }

    /// A finding.
    pub fn finding(&self, id: &FindingId) -> Option<&Finding> {
        self.findings.get(id)
    }

    /// Pairs that share a digest and are not yet confirmed as one flaw.
    pub fn candidates(&self) -> Vec<Candidate> {
        let open = self.findings.iter().filter(|(_, f)| f.withdrawn.is_none());
        self.groups.candidates(open.map(|(id, f)| (id, f.keys())))
    }

    /// The findings that are one flaw with this one, itself included, first reported first.
    pub fn flaw(&self, id: &FindingId) -> Vec<&Finding> {
        self.groups.members(id).into_iter().filter_map(|f| self.findings.get(f)).collect()
    }

    /// The finding that speaks for this one's flaw: the first that was logged and not withdrawn.
    pub fn head<'a>(&'a self, id: &'a FindingId) -> &'a FindingId {
        let flaw = self.flaw(id);
        let open = flaw.iter().find(|f| f.withdrawn.is_none());
        open.or(flaw.first()).map_or(id, |f| &f.report.finding)
    }

    /// Everyone who found a flaw, first reported first, each once.
    pub fn finders(&self, id: &FindingId) -> Vec<&PartyId> {
        let mut finders = Vec::new();
        for finding in self.flaw(id) {
            if !finders.contains(&&finding.report.by) {
                finders.push(&finding.report.by);
            }
        }
        finders
    }

    /// Whether a flaw is believed: some finding of it is confirmed on two builds.
    pub fn believed(&self, id: &FindingId) -> bool {
        self.flaw(id).into_iter().any(Finding::confirmed)
    }

    /// How many reports a maintainer takes in seven days.
    pub fn pace(&self, maintainer: &PartyId) -> u32 {
        self.paces.get(maintainer).copied().unwrap_or(self.rules.default_pace)
    }

    /// The due dates of a finding that still stand, earliest first.
    pub fn due_dates(&self, id: &FindingId) -> Vec<Due> {
        self.findings.get(id).map_or_else(Vec::new, |f| self.rules.disclosure.due_dates(f))
    }

    /// When time alone will matter next, after `now`.
    pub fn due(&self, now: Timestamp) -> Option<Timestamp> {
        self.pending().map(|e| e.at()).filter(|at| *at > now).min()
    }

    /// What time alone has brought about by `now`, earliest first: ended leases, and findings whose
    /// clock ran out and on which nobody has acted.
    pub fn tick(&self, now: Timestamp) -> Vec<Elapsed> {
        let mut elapsed: Vec<_> = self.pending().filter(|e| e.at() <= now).collect();
        elapsed.sort_by(|a, b| (a.at(), a).cmp(&(b.at(), b)));
        elapsed
    }

    fn pending(&self) -> impl Iterator<Item = Elapsed> {
        let leases = self
            .claims
            .values()
            .filter(|c| c.released.is_none())
            .map(|c| Elapsed::LeaseExpired { at: c.terms.until, claim: c.terms.claim.clone() });
        let findings = self.findings.iter().flat_map(|(id, f)| {
            let dues = self.rules.disclosure.due_dates(f);
            dues.into_iter().map(|due| Elapsed::FindingDue { due, finding: id.clone() })
        });
        leases.chain(findings)
    }
}

/// Moves a finding on by a statement that was checked.
fn advance(finding: &mut Finding, event: Event, now: Timestamp) {
    match event {
        Event::FindingReceived(e) => finding.received_at = Some(e.received_at),
        Event::Validated(e) => {
            if finding.stage <= Stage::Validated {
                finding.stage = match e.verdict {
                    Verdict::Confirmed => Stage::Validated,
                    Verdict::NotReproduced => Stage::NotReproduced,
                    // The flaw may be real and the fix or the control wrong; runs that say nothing
                    // change nothing.
                    Verdict::FiresOnFixed | Verdict::ControlFails => Stage::Reported,
                    Verdict::Invalid(_) => finding.stage,
                };
            }
            finding.validations.push(e);
        }
        Event::ReportDrafted(e) => {
            finding.stage = Stage::Drafted;
            finding.draft = Some(e);
            finding.drafted_at = Some(now);
        }
        Event::ReportSent(e) => {
            finding.stage = Stage::Sent;
            finding.sent = Some(e);
        }
        Event::ReportAcknowledged(e) => {
            finding.stage = finding.stage.max(Stage::Acknowledged);
            finding.acknowledged_at = Some(e.acknowledged_at);
        }
        Event::FixReleased(e) => {
            finding.stage = finding.stage.max(Stage::FixAvailable);
            finding.fix = Some(e);
        }
        Event::AdvisoryPublished(e) => {
            finding.stage = Stage::Published;
            finding.published = Some(e);
        }
        Event::ExploitationSeen(e) => finding.exploited_at = Some(e.known_at),
        Event::CoordinatorEngaged(e) => finding.coordinator_at = Some(e.engaged_at),
        Event::EmbargoExtended(_) => finding.extended = true,
        Event::FindingWithdrawn(e) => {
            finding.stage = Stage::Withdrawn;
            finding.withdrawn = Some(e.reason);
        }
        Event::ScanClaimed(_)
        | Event::ScanRenewed(_)
        | Event::ScanReleased(_)
        | Event::FindingReported(_)
        | Event::DuplicateConfirmed(_)
        | Event::PaceSet(_) => {}
    }
}

#[cfg(test)]
mod tests;
