//! Guards of the defender programme, and of organisations that lost access.

use super::conduct::room;
use super::partners::{not_expired, unknown};
use super::{Case, Origin, Rules, Standing};
use crate::event::{
    Allowance, Enrolment, EnrolmentAdmission, Event, Gives, GrantRequest, OrganisationRemoval,
    Verification,
};
use crate::{ConductRefusal, ProgrammeRefusal, Refusal, terms};
use domain::{NominationId, PartyId, Role, Timestamp};

impl Case {
    pub(super) fn admit_enrolment(
        &self,
        rules: &Rules<'_>,
        e: &Enrolment,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        rules.role(&e.applicant, Role::Defender)?;
        self.in_force(at)?;
        self.new_standing(&e.application, &e.applicant)?;
        self.partner_under_terms(&e.applicant)?;
        terms::bounded("systems", &e.systems)
    }

    /// A person of one side looked; a recused one can't. It is a record until both sides admit.
    pub(super) fn admit_verification(&self, e: &Verification) -> Result<(), Refusal> {
        self.either_speaks(&e.by)?;
        self.impartial(&e.by, &e.person)?;
        let standing = self.programme(&e.application)?;
        if standing.verified.contains(e) {
            return Err(ConductRefusal::RecordExists { what: "verification" }.into());
        }
        room("verifications", standing.verified.len())
    }

    pub(super) fn admit_enrolment_admission(
        &self,
        e: &EnrolmentAdmission,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        self.both_speak(&e.developer, &e.government)?;
        let agreed = self.in_force(at)?;
        if agreed.digest != e.terms {
            return Err(Refusal::TermsDiffer { given: e.terms, needed: "in force" });
        }
        let enrolment = self.enrolment(&e.application).ok_or_else(|| unknown(&e.application))?;
        let standing = self.unsettled(&e.application)?;
        if enrolment.digest() != e.proposal {
            return Err(Refusal::DigestDiffers { what: "application", given: e.proposal });
        }
        if standing.verified.is_empty() {
            return Err(ProgrammeRefusal::NotVerified { application: e.application.clone() }.into());
        }
        if let Gives::Model(allowance) = &e.tier.gives {
            self.admit_allowance(allowance, &agreed.terms)?;
            if e.starts_at < self.plan {
                return Err(Refusal::BeforePartnerRelease { plan: self.plan });
            }
        }
        not_expired(&e.application, e.expires_at, at)
    }

    /// A tier gives nothing that the terms don't.
    fn admit_allowance(&self, allowance: &Allowance, terms: &crate::Terms) -> Result<(), Refusal> {
        self.models_usable(&allowance.models)?;
        if let Some(model) = allowance.models.difference(&terms.models).next() {
            return Err(Refusal::UnknownModel { model: model.clone(), of: terms::MODELS });
        }
        terms::bounded("endpoints", &allowance.endpoints)?;
        if let Some(endpoint) = allowance.endpoints.difference(&terms.limits.endpoints).next() {
            return Err(Refusal::EndpointOutsideTerms { endpoint: *endpoint });
        }
        let bound = terms.limits.tokens_per_grant;
        match allowance.tokens_per_grant {
            0 => Err(Refusal::NothingNamed { what: "tokens" }),
            given if given > bound => Err(Refusal::BudgetOverTerms { given, bound }),
            _ => Ok(()),
        }
    }

    /// The first instant of use, for a grant from a tier that gives a model and within it; `None` without a tier.
    pub(super) fn within_tier(
        &self,
        id: &NominationId,
        standing: &Standing,
        e: &GrantRequest,
    ) -> Result<Option<Timestamp>, Refusal> {
        let Some((tier, starts_at)) = &standing.tier else { return Ok(None) };
        let outside = |what| ProgrammeRefusal::OutsideTier { application: id.clone(), what }.into();
        let Gives::Model(allowance) = &tier.gives else {
            return Err(ProgrammeRefusal::TierWithoutModel { application: id.clone() }.into());
        };
        if e.endpoints.difference(&allowance.endpoints).next().is_some() {
            return Err(outside("these endpoints"));
        }
        if e.budget_tokens > allowance.tokens_per_grant {
            return Err(outside("that many tokens"));
        }
        Ok(Some(*starts_at))
    }

    /// Either side, or the organisation itself.
    pub(super) fn admit_organisation_removal(
        &self,
        e: &OrganisationRemoval,
    ) -> Result<(), Refusal> {
        if e.by != e.party {
            self.either_speaks(&e.by)?;
        }
        self.party_not_removed(&e.party)
    }

    pub(crate) fn party_not_removed(&self, party: &PartyId) -> Result<(), Refusal> {
        if self.removed_parties.contains(party) {
            return Err(ProgrammeRefusal::OrganisationRemoved { party: party.clone() }.into());
        }
        Ok(())
    }

    fn programme(&self, id: &NominationId) -> Result<&Standing, Refusal> {
        let standing = self.standings.get(id);
        let found = standing.filter(|standing| matches!(standing.origin, Origin::Programme(_)));
        found.ok_or_else(|| unknown(id))
    }

    pub(super) fn commit_programme(&mut self, event: &Event) {
        if let Event::ProgrammeApplied(e) = event {
            self.add_standing(&e.application, Origin::Programme(e.clone()));
        }
        if let Event::OrganisationVerified(e) = event
            && let Some(standing) = self.standings.get_mut(&e.application)
        {
            standing.verified.push(e.clone());
        }
        if let Event::ProgrammeAdmitted(e) = event
            && let Some(standing) = self.standings.get_mut(&e.application)
        {
            standing.until = Some(e.expires_at);
            standing.tier = Some((e.tier.clone(), e.starts_at));
        }
    }
}
