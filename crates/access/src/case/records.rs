//! Guards of inquiries, determinations and sharing.

use super::conduct::room;
use super::{Case, DeterminationRecord, Rules, Withdrawals};
use crate::event::{
    Account, AssessmentPublication, AssessmentSharing, Determination, DeterminationWithdrawal,
    Event, Inquiry,
};
use crate::{ConductRefusal, Publication, Refusal, terms};
use domain::{Digest, PartyId, Role, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

impl Inquiry {
    /// Whether an inquiry may open a case.
    pub(crate) fn admit(&self, rules: &Rules<'_>) -> Result<(), Refusal> {
        rules.role(&self.developer, Role::Developer)?;
        rules.role(&self.government, Role::Government)?;
        if self.developer == self.government {
            return Err(Refusal::OneParty { party: self.developer.clone() });
        }
        terms::bounded("models", &self.models)
    }
}

impl Case {
    pub(crate) fn opened(inquiry: &Inquiry, at: Timestamp, withdrawn: Withdrawals) -> Self {
        Self {
            id: inquiry.case.clone(),
            developer: inquiry.developer.clone(),
            government: inquiry.government.clone(),
            models: inquiry.models.clone(),
            question: inquiry.question.clone(),
            plan: inquiry.planned_partner_release_at,
            latest: at,
            proposal: None,
            terms: None,
            terms_ids: BTreeSet::new(),
            acknowledged: BTreeSet::new(),
            windows: BTreeMap::new(),
            last_window: None,
            standings: BTreeMap::new(),
            grants: BTreeMap::new(),
            recused: BTreeSet::new(),
            removed: BTreeSet::new(),
            removed_parties: BTreeSet::new(),
            determinations: Vec::new(),
            shared: Vec::new(),
            published: Vec::new(),
            withdrawn,
            breaches: BTreeMap::new(),
            destroyed: Vec::new(),
            snapshots: Vec::new(),
            actions: Vec::new(),
            considered: Vec::new(),
            held_by: BTreeMap::new(),
        }
    }

    pub(super) fn admit_determination(
        &self,
        rules: &Rules<'_>,
        e: &Determination,
    ) -> Result<(), Refusal> {
        rules.role(&e.authority, Role::Determiner)?;
        if !self.models.contains(&e.model) {
            return Err(Refusal::UnknownModel { model: e.model.clone(), of: "the case" });
        }
        if e.consultees.len() > terms::LIST {
            let given = e.consultees.len();
            return Err(Refusal::TooMany { what: "consultees", given, bound: terms::LIST });
        }
        if self.determinations.iter().any(|r| r.determination.reference == e.reference) {
            return Err(Refusal::DeterminationExists { reference: e.reference });
        }
        if let Some(account) = &e.account {
            self.admit_account(e, account)?;
        }
        let current = self.current_determination(e).map(|r| r.determination.reference);
        match (current, e.supersedes) {
            (Some(current), None) => Err(Refusal::MustSupersede { current }),
            (None, Some(reference)) => Err(Refusal::UnknownDetermination { reference }),
            (Some(current), Some(named)) if current != named => {
                Err(Refusal::UnknownDetermination { reference: named })
            }
            (Some(_), Some(_)) | (None, None) => Ok(()),
        }
    }

    /// Whoever decided is neither recused nor removed, and words are the reference's.
    fn admit_account(&self, e: &Determination, account: &Account) -> Result<(), Refusal> {
        self.impartial(&e.authority, &account.decided_by)?;
        let given = account.document.as_ref().map(|text| Digest::of(text.as_str().as_bytes()));
        match given {
            Some(given) if given != e.reference => {
                Err(Refusal::DigestDiffers { what: "determination", given })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Besides the developer, government and the evaluators, the terms' recipients alone receive assessments,
    /// where the terms name any.
    fn recipients_under_terms(&self, e: &AssessmentSharing) -> Result<(), Refusal> {
        let Some((_, terms)) = self.terms() else { return Ok(()) };
        let Some(named) = &terms.limits.recipients else { return Ok(()) };
        let outside = e.recipients.iter().find(|party| {
            **party != self.developer
                && **party != self.government
                && !terms.evaluators.contains(*party)
                && !named.contains(*party)
        });
        match outside {
            Some(party) => Err(Refusal::RecipientOutsideTerms { party: party.clone() }),
            None => Ok(()),
        }
    }

    fn current_determination(&self, e: &Determination) -> Option<&DeterminationRecord> {
        self.determinations.iter().find(|r| r.determination.model == e.model && r.is_in_force())
    }

    pub(super) fn admit_determination_withdrawal(
        &self,
        e: &DeterminationWithdrawal,
    ) -> Result<(), Refusal> {
        let record = self
            .determinations
            .iter()
            .find(|r| r.determination.reference == e.reference && r.is_in_force())
            .ok_or(Refusal::UnknownDetermination { reference: e.reference })?;
        if record.determination.authority == e.authority {
            return Ok(());
        }
        let party = e.authority.clone();
        Err(Refusal::NotEntitled { party, needed: "the authority that determined" })
    }

    pub(super) fn admit_sharing(
        &self,
        rules: &Rules<'_>,
        e: &AssessmentSharing,
    ) -> Result<(), Refusal> {
        self.may_share(rules, &e.by)?;
        terms::bounded("recipients", &e.recipients)?;
        self.recipients_under_terms(e)?;
        if self.shared.contains(e) {
            return Err(ConductRefusal::RecordExists { what: "sharing" }.into());
        }
        Ok(())
    }

    /// Government, an evaluator under the terms, or a determiner.
    fn may_share(&self, rules: &Rules<'_>, party: &PartyId) -> Result<(), Refusal> {
        let evaluator = self.terms.as_ref().is_some_and(|a| a.terms.evaluators.contains(party));
        if *party == self.government || evaluator {
            return Ok(());
        }
        rules.role(party, Role::Determiner).map_err(|_| Refusal::NotEntitled {
            party: party.clone(),
            needed: "government, an evaluator under the terms or a determiner",
        })
    }

    /// A record of every state, also long after the end; the terms say when.
    pub(super) fn admit_publication(
        &self,
        rules: &Rules<'_>,
        e: &AssessmentPublication,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        if e.by != self.developer {
            self.may_share(rules, &e.by)?;
        }
        for party in &e.agreed_by {
            self.either_speaks(party)?;
        }
        self.publication_under_terms(e, at)?;
        if self.published.contains(e) {
            return Err(ConductRefusal::RecordExists { what: "publication" }.into());
        }
        room("publications", self.published.len())
    }

    pub(super) fn commit_records(&mut self, event: &Event) {
        if let Event::AssessmentShared(e) = event {
            self.shared.push(e.clone());
        } else if let Event::AssessmentPublished(e) = event {
            self.published.push(e.clone());
        }
    }

    fn publication_under_terms(
        &self,
        e: &AssessmentPublication,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let Some((_, terms)) = self.terms() else { return Ok(()) };
        let Some(rule) = terms.limits.publication else { return Ok(()) };
        let signers = e.signers();
        let both = signers.contains(&self.developer) && signers.contains(&self.government);
        let admitted = match rule {
            Publication::Nobody => false,
            Publication::BothSides => both,
            Publication::AfterPartnerRelease => both || at >= self.plan,
        };
        if admitted {
            return Ok(());
        }
        Err(Refusal::PublicationOutsideTerms { rule, plan: self.plan })
    }
}
