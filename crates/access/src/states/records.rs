//! What is legal in every state: the developer's own words, stops by either side, and facts.

use crate::event::{
    AssessmentPublication, AssessmentSharing, Audience, Determination, DeterminationWithdrawal,
    Event, GrantChange, PersonStatement, Release, Replan, Revocation, Scope, Uses, Withdrawal,
};
use crate::{Case, CaseView, Refusal, Reviews};
use domain::{GrantId, ModelId, NominationId, PartyId, PersonId, Text, Timestamp};

/// What is legal in every state of a case.
#[derive(Debug, Clone, Copy)]
pub struct Records<'a> {
    pub(crate) reviews: &'a Reviews,
    pub(crate) case: &'a Case,
    pub(crate) at: Timestamp,
}

impl<'a> Records<'a> {
    /// The case.
    pub fn case(&self) -> &'a Case {
        self.case
    }

    /// The case as people see it.
    pub fn view(&self) -> CaseView {
        CaseView::of(self.reviews, self.case, self.at)
    }

    /// The developer's word that it released a model. It can't fail.
    pub fn release(&self, model: ModelId, audience: Audience, released_at: Timestamp) -> Event {
        Reviews::release(Release {
            developer: self.case.developer.clone(),
            model,
            audience,
            released_at,
            case: Some(self.case.id.clone()),
        })
    }

    /// The developer's word that access ends. It can't fail.
    pub fn withdraw(&self, scope: Scope, reason: Text) -> Event {
        Reviews::withdraw(Withdrawal {
            case: self.case.id.clone(),
            developer: self.case.developer.clone(),
            scope,
            reason,
        })
    }

    /// The developer's new plan for its partner release. It can't fail; a live window ends with the
    /// plan, and never later than its longest span.
    pub fn replan(&self, planned_partner_release_at: Timestamp) -> Event {
        Event::ReleaseReplanned(Replan {
            case: self.case.id.clone(),
            developer: self.case.developer.clone(),
            planned_partner_release_at,
        })
    }

    /// A determination's reference.
    ///
    /// # Errors
    /// An authority without the role, a model outside the case, a reference on record already, or a
    /// determination in force that is not named as superseded.
    pub fn determine(&self, determination: Determination) -> Result<Event, Refusal> {
        self.offer(Event::ModelDetermined(determination))
    }

    /// The authority takes a determination back.
    ///
    /// # Errors
    /// A reference that is not in force, or another authority's.
    pub fn withdraw_determination(
        &self,
        withdrawal: DeterminationWithdrawal,
    ) -> Result<Event, Refusal> {
        self.offer(Event::DeterminationWithdrawn(withdrawal))
    }

    /// An assessment or findings were shared.
    ///
    /// # Errors
    /// A party that is neither government, an evaluator under the terms nor a determiner.
    pub fn share_assessment(&self, sharing: AssessmentSharing) -> Result<Event, Refusal> {
        self.offer(Event::AssessmentShared(sharing))
    }

    /// An assessment, or an item of it, is made public.
    ///
    /// # Errors
    /// A party that may not, one that agrees and is neither side, or what the terms don't let be published.
    pub fn publish_assessment(&self, publication: AssessmentPublication) -> Result<Event, Refusal> {
        self.offer(Event::AssessmentPublished(publication))
    }

    /// A minute of uses.
    ///
    /// # Errors
    /// An unknown grant, an instant that is not the start of a minute, or uses on record already.
    pub fn record_uses(&self, uses: Uses) -> Result<Event, Refusal> {
        self.offer(Event::UsesRecorded(uses))
    }

    /// A person of the developer or government declares a conflict and won't approve in this case.
    ///
    /// # Errors
    /// A party that is not one of the two.
    pub fn recuse(&self, party: PartyId, person: PersonId, reason: Text) -> Result<Event, Refusal> {
        let (case, by) = (self.case.id.clone(), party.clone());
        self.offer(Event::PersonRecused(PersonStatement { case, party, person, by, reason }))
    }

    /// A person loses all access in this case.
    ///
    /// # Errors
    /// A party that is neither the person's nor one of the main two.
    pub fn remove_person(
        &self,
        party: PartyId,
        person: PersonId,
        by: PartyId,
        reason: Text,
    ) -> Result<Event, Refusal> {
        let case = self.case.id.clone();
        self.offer(Event::PersonRemoved(PersonStatement { case, party, person, by, reason }))
    }

    /// Either side, or the holder's own party, ends a grant.
    ///
    /// # Errors
    /// Another party, an unknown grant, or one revoked already.
    pub fn revoke_grant(
        &self,
        grant: GrantId,
        by: PartyId,
        reason: Text,
    ) -> Result<Event, Refusal> {
        let case = self.case.id.clone();
        self.offer(Event::GrantRevoked(GrantChange { case, grant, by, reason }))
    }

    /// Either side, or the holder's own party, pauses a grant.
    ///
    /// # Errors
    /// Another party, an unknown grant, or one that the party has paused already.
    pub fn suspend_grant(
        &self,
        grant: GrantId,
        by: PartyId,
        reason: Text,
    ) -> Result<Event, Refusal> {
        let case = self.case.id.clone();
        self.offer(Event::GrantSuspended(GrantChange { case, grant, by, reason }))
    }

    /// Either side ends a partner's standing, or its nomination.
    ///
    /// # Errors
    /// Another party, or nothing to revoke.
    pub fn revoke_partner(
        &self,
        nomination: NominationId,
        by: PartyId,
        reason: Text,
    ) -> Result<Event, Refusal> {
        let case = self.case.id.clone();
        self.offer(Event::PartnerRevoked(Revocation { case, nomination, by, reason }))
    }

    /// Either side ends a defender's standing, or its application.
    ///
    /// # Errors
    /// Another party, or nothing to revoke.
    pub fn revoke_defender(
        &self,
        application: NominationId,
        by: PartyId,
        reason: Text,
    ) -> Result<Event, Refusal> {
        let (case, nomination) = (self.case.id.clone(), application);
        self.offer(Event::DefenderRevoked(Revocation { case, nomination, by, reason }))
    }

    pub(super) fn offer(&self, event: Event) -> Result<Event, Refusal> {
        self.reviews.offer(event, self.at)
    }
}
