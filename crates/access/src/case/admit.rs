//! What a case admits. The one guard: commands ask it, and so does the fold.

use super::{Case, Phase};
use crate::{Bounds, Event, Refusal};
use domain::{ModelId, Party, PartyId, Role, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// What guards need beside the case: who plays which part, and the bounds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'a> {
    pub(crate) directory: &'a BTreeMap<PartyId, Party>,
    pub(crate) bounds: &'a Bounds,
}

impl Rules<'_> {
    pub(crate) fn known(&self, party: &PartyId) -> Result<&Party, Refusal> {
        self.directory.get(party).ok_or_else(|| Refusal::UnknownParty { party: party.clone() })
    }

    pub(crate) fn role(&self, party: &PartyId, role: Role) -> Result<(), Refusal> {
        if self.known(party)?.roles.contains(&role) {
            return Ok(());
        }
        Err(Refusal::RoleMissing { party: party.clone(), role })
    }

    pub(crate) fn evaluates(&self, party: &PartyId) -> Result<(), Refusal> {
        if self.known(party)?.roles.contains(&Role::Government) {
            return Ok(());
        }
        self.role(party, Role::Evaluator)
    }
}

impl Case {
    /// Whether the rules admit an event of this case at `at`. Signatures are the caller's concern:
    /// who must sign follows from the event, and here whether those may say it.
    pub(crate) fn admit(
        &self,
        rules: &Rules<'_>,
        event: &Event,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let at = self.instant(at);
        match event {
            Event::Inquired(_) => Err(Refusal::CaseExists { case: self.id.clone() }),
            // The developer's own words: no state, no clock and no other party can refuse them.
            Event::AccessWithdrawn(e) => self.developer_speaks(&e.developer),
            Event::ReleaseReplanned(e) => self.developer_speaks(&e.developer),
            Event::ModelReleased(_) => Ok(()),
            // Records.
            Event::AccessRequested(_) | Event::RequestDeclined(_) | Event::OrderRecorded(_) => {
                Ok(())
            }
            Event::ModelDetermined(e) => self.admit_determination(rules, e),
            Event::DeterminationWithdrawn(e) => self.admit_determination_withdrawal(e),
            Event::AssessmentShared(e) => self.admit_sharing(rules, e),
            Event::AssessmentPublished(e) => self.admit_publication(rules, e, at),
            Event::UsesRecorded(e) => self.admit_uses(e),
            Event::DestructionAttested(e) => self.admit_destruction(e),
            Event::SnapshotBound(e) => self.admit_snapshot(e),
            Event::SignalActed(e) => self.admit_action(e),
            Event::CandidateConsidered(e) => self.admit_consideration(e),
            Event::OrganisationVerified(e) => self.admit_verification(e),
            Event::BreachNoticed(e) => self.admit_breach(e),
            Event::BreachAnswered(e) => self.admit_answer(e),
            Event::BreachRemedied(e) => self.admit_remedy(e),
            // Stops: either side alone, in every state.
            Event::WindowClosed(e) => self.admit_closing(e, at),
            Event::PartnerRevoked(e) | Event::DefenderRevoked(e) => {
                self.admit_standing_revocation(event, e)
            }
            Event::GrantRevoked(e) => self.admit_grant_revocation(e),
            Event::CredentialReplaced(e) => self.admit_replacement(e, at),
            Event::GrantSuspended(e) => self.admit_suspension(e),
            Event::PersonRecused(e) => self.admit_recusal(rules, e),
            Event::PersonRemoved(e) => self.admit_removal(e),
            Event::OrganisationRemoved(e) => self.admit_organisation_removal(e),
            // Everything that can lead to access.
            Event::TermsProposed(e) => self.admit_proposal(rules, e, at),
            Event::TermsAgreed(e) => self.admit_agreement(rules, e, at),
            Event::TermsAcknowledged(e) => self.admit_acknowledgement(e, at),
            Event::WindowOpened(e) => self.admit_opening(rules, e, at),
            Event::PartnerNominated(e) => self.admit_nomination(e, at),
            Event::PartnerSelected(e) => self.admit_selection(e, at),
            Event::DefenderApplied(e) => self.admit_application(rules, e, at),
            Event::DefenderAdmitted(e) => self.admit_admission(rules, e, at),
            Event::ProgrammeApplied(e) => self.admit_enrolment(rules, e, at),
            Event::ProgrammeAdmitted(e) => self.admit_enrolment_admission(e, at),
            Event::GrantRequested(e) => self.admit_grant_request(rules, e, at),
            Event::GrantIssued(e) => self.admit_grant_issue(rules, e, at),
            Event::GrantResumed(e) => self.admit_resumption(e, at),
        }
    }

    /// Only the case's developer.
    pub(super) fn developer_speaks(&self, party: &PartyId) -> Result<(), Refusal> {
        if *party == self.developer {
            return Ok(());
        }
        Err(Refusal::NotEntitled { party: party.clone(), needed: "the developer" })
    }

    /// The developer or government of the case.
    pub(super) fn either_speaks(&self, party: &PartyId) -> Result<(), Refusal> {
        if *party == self.developer || *party == self.government {
            return Ok(());
        }
        Err(Refusal::NotEntitled { party: party.clone(), needed: "the developer or government" })
    }

    /// Both of them: the event names whose signatures it needs, and they are the case's.
    pub(super) fn both_speak(
        &self,
        developer: &PartyId,
        government: &PartyId,
    ) -> Result<(), Refusal> {
        self.developer_speaks(developer)?;
        if *government == self.government {
            return Ok(());
        }
        Err(Refusal::NotEntitled { party: government.clone(), needed: "government" })
    }

    /// The case is not withdrawn.
    pub(super) fn not_withdrawn(&self) -> Result<(), Refusal> {
        if self.withdrawn.case { Err(Refusal::CaseWithdrawn) } else { Ok(()) }
    }

    /// Terms are in force and the case is not withdrawn.
    pub(super) fn in_force(&self, at: Timestamp) -> Result<&super::Agreement, Refusal> {
        self.not_withdrawn()?;
        self.terms.as_ref().ok_or_else(|| self.wrong_state(at, "terms that both sides signed"))
    }

    pub(crate) fn wrong_state(&self, at: Timestamp, needed: &'static str) -> Refusal {
        let phase: Phase = self.phase(at);
        Refusal::WrongState { state: phase.name(), needed }
    }

    /// Every model is the case's and not withdrawn.
    pub(super) fn models_usable(&self, models: &BTreeSet<ModelId>) -> Result<(), Refusal> {
        crate::terms::bounded("models", models)?;
        for model in models {
            self.model_usable(model)?;
        }
        Ok(())
    }

    pub(super) fn model_usable(&self, model: &ModelId) -> Result<(), Refusal> {
        if !self.models.contains(model) {
            return Err(Refusal::UnknownModel { model: model.clone(), of: "the case" });
        }
        if self.withdrawn.models.contains(model) {
            return Err(Refusal::ModelWithdrawn { model: model.clone() });
        }
        Ok(())
    }
}
