//! What happened: the statements of a review, one struct for each.
//!
//! Bytes are for ever. A variant or field keeps its number; a new meaning gets a new one. The golden
//! bytes in the tests hold that.

mod agreement;
mod conduct;
mod grants;
mod partners;
mod programme;
mod publication;
mod records;

pub use agreement::{Acknowledgement, TermsAgreement, TermsProposal, WindowClosing, WindowOpening};
pub use conduct::{
    Breach, BreachKind, BreachWord, Consideration, Destruction, SignalAction, Snapshot, Stage, Step,
};
pub use grants::{
    Basis, CredentialReplacement, GrantChange, GrantIssue, GrantRequest, PersonStatement, Uses,
};
pub use partners::{Admission, Application, Nomination, Revocation, Selection};
pub use programme::{
    Allowance, Enrolment, EnrolmentAdmission, Gives, OrganisationRemoval, Right, System, Tier,
    Verification,
};
pub use publication::AssessmentPublication;
pub use records::{
    AccessRequest, Account, AssessmentSharing, Audience, Decline, Determination,
    DeterminationWithdrawal, ExternalOrder, Inquiry, Outcome, Release, Replan, Scope, Withdrawal,
};

use domain::{CaseId, PartyId, Statement};
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;

/// A statement about a review (schema `access/v1`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Event {
    /// A developer asks whether models still in training are covered. Opens the case.
    #[n(0)]
    Inquired(#[n(0)] Inquiry),
    /// Government asks a developer for access. A record without consequence.
    #[n(1)]
    AccessRequested(#[n(0)] AccessRequest),
    /// The developer declines, for whatever reason or none. A record without consequence.
    #[n(2)]
    RequestDeclined(#[n(0)] Decline),
    /// A determination exists in another place; here is its reference.
    #[n(3)]
    ModelDetermined(#[n(0)] Determination),
    /// The authority takes a determination back.
    #[n(4)]
    DeterminationWithdrawn(#[n(0)] DeterminationWithdrawal),
    /// One side puts terms on the table, replacing what lay there.
    #[n(5)]
    TermsProposed(#[n(0)] TermsProposal),
    /// Both sides sign the terms on the table.
    #[n(6)]
    TermsAgreed(#[n(0)] TermsAgreement),
    /// A person has read the terms and keeps them.
    #[n(7)]
    TermsAcknowledged(#[n(0)] Acknowledgement),
    /// Both sides sign a window.
    #[n(8)]
    WindowOpened(#[n(0)] WindowOpening),
    /// Either side ends the window early.
    #[n(9)]
    WindowClosed(#[n(0)] WindowClosing),
    /// The developer moves its planned partner release.
    #[n(10)]
    ReleaseReplanned(#[n(0)] Replan),
    /// The developer ends access.
    #[n(11)]
    AccessWithdrawn(#[n(0)] Withdrawal),
    /// The developer released a model.
    #[n(12)]
    ModelReleased(#[n(0)] Release),
    /// Either side proposes a trusted partner.
    #[n(13)]
    PartnerNominated(#[n(0)] Nomination),
    /// Both sides select a nominated partner.
    #[n(14)]
    PartnerSelected(#[n(0)] Selection),
    /// Either side ends a partner's standing.
    #[n(15)]
    PartnerRevoked(#[n(0)] Revocation),
    /// A defender applies (EO 14409 §2(c)(iii)).
    #[n(16)]
    DefenderApplied(#[n(0)] Application),
    /// Both sides admit a defender.
    #[n(17)]
    DefenderAdmitted(#[n(0)] Admission),
    /// Either side ends a defender's standing.
    #[n(18)]
    DefenderRevoked(#[n(0)] Revocation),
    /// A person declares a conflict and will not approve in this case.
    #[n(19)]
    PersonRecused(#[n(0)] PersonStatement),
    /// A person loses all access in this case: left the organisation, or broke the terms.
    #[n(20)]
    PersonRemoved(#[n(0)] PersonStatement),
    /// An evaluator, partner or defender asks for a grant to a named person.
    #[n(21)]
    GrantRequested(#[n(0)] GrantRequest),
    /// Both sides issue the grant, each through a second person.
    #[n(22)]
    GrantIssued(#[n(0)] GrantIssue),
    /// Either side, or the holder's own party, ends a grant.
    #[n(23)]
    GrantRevoked(#[n(0)] GrantChange),
    /// Either side, or the holder's own party, pauses a grant.
    #[n(24)]
    GrantSuspended(#[n(0)] GrantChange),
    /// The party that paused a grant lets it go on.
    #[n(25)]
    GrantResumed(#[n(0)] GrantChange),
    /// A minute of uses of one grant, as a root over salted leaves.
    #[n(26)]
    UsesRecorded(#[n(0)] Uses),
    /// An assessment or findings were shared with the developer.
    #[n(27)]
    AssessmentShared(#[n(0)] AssessmentSharing),
    /// An order under other law. A separate record that changes no state.
    #[n(28)]
    OrderRecorded(#[n(0)] ExternalOrder),
    /// A party noticed a breach of the terms.
    #[n(29)]
    BreachNoticed(#[n(0)] Breach),
    /// Whoever a breach is about says what it does about it.
    #[n(30)]
    BreachAnswered(#[n(0)] BreachWord),
    /// Whoever noticed a breach takes it for remedied.
    #[n(31)]
    BreachRemedied(#[n(0)] BreachWord),
    /// A party holds something no more.
    #[n(32)]
    DestructionAttested(#[n(0)] Destruction),
    /// The developer binds a snapshot of a model.
    #[n(33)]
    SnapshotBound(#[n(0)] Snapshot),
    /// The developer does something about a signal.
    #[n(34)]
    SignalActed(#[n(0)] SignalAction),
    /// An organisation was considered as a partner or defender.
    #[n(35)]
    CandidateConsidered(#[n(0)] Consideration),
    /// The holder's party replaces a grant's credential.
    #[n(36)]
    CredentialReplaced(#[n(0)] CredentialReplacement),
    /// An organisation loses all access in this case.
    #[n(37)]
    OrganisationRemoved(#[n(0)] OrganisationRemoval),
    /// A defender, or its sponsor, applies to the programme.
    #[n(38)]
    ProgrammeApplied(#[n(0)] Enrolment),
    /// One side verified an applicant's organisation.
    #[n(39)]
    OrganisationVerified(#[n(0)] Verification),
    /// Both sides admit a defender at a tier.
    #[n(40)]
    ProgrammeAdmitted(#[n(0)] EnrolmentAdmission),
    /// An assessment, or an item of it, is made public.
    #[n(41)]
    AssessmentPublished(#[n(0)] AssessmentPublication),
}

impl Event {
    /// The case it names; only releases and external orders may name none.
    pub fn case(&self) -> Option<&CaseId> {
        match self {
            Self::Inquired(e) => Some(&e.case),
            Self::AccessRequested(e) => Some(&e.case),
            Self::RequestDeclined(e) => Some(&e.case),
            Self::ModelDetermined(e) => Some(&e.case),
            Self::DeterminationWithdrawn(e) => Some(&e.case),
            Self::TermsProposed(e) => Some(&e.terms.case),
            Self::TermsAgreed(e) => Some(&e.case),
            Self::TermsAcknowledged(e) => Some(&e.case),
            Self::WindowOpened(e) => Some(&e.case),
            Self::WindowClosed(e) => Some(&e.case),
            Self::ReleaseReplanned(e) => Some(&e.case),
            Self::AccessWithdrawn(e) => Some(&e.case),
            Self::ModelReleased(e) => e.case.as_ref(),
            Self::PartnerNominated(e) => Some(&e.case),
            Self::PartnerSelected(e) => Some(&e.case),
            Self::PartnerRevoked(e) | Self::DefenderRevoked(e) => Some(&e.case),
            Self::DefenderApplied(e) => Some(&e.case),
            Self::DefenderAdmitted(e) => Some(&e.case),
            Self::PersonRecused(e) | Self::PersonRemoved(e) => Some(&e.case),
            Self::GrantRequested(e) => Some(&e.case),
            Self::GrantIssued(e) => Some(&e.case),
            Self::CredentialReplaced(e) => Some(&e.case),
            Self::GrantRevoked(e) | Self::GrantSuspended(e) | Self::GrantResumed(e) => {
                Some(&e.case)
            }
            Self::UsesRecorded(e) => Some(&e.case),
            Self::AssessmentShared(e) => Some(&e.case),
            Self::OrderRecorded(e) => e.case.as_ref(),
            Self::BreachNoticed(e) => Some(&e.case),
            Self::BreachAnswered(e) | Self::BreachRemedied(e) => Some(&e.case),
            Self::DestructionAttested(e) => Some(&e.case),
            Self::SnapshotBound(e) => Some(&e.case),
            Self::SignalActed(e) => Some(&e.case),
            Self::CandidateConsidered(e) => Some(&e.case),
            Self::OrganisationRemoved(e) => Some(&e.case),
            Self::ProgrammeApplied(e) => Some(&e.case),
            Self::OrganisationVerified(e) => Some(&e.case),
            Self::ProgrammeAdmitted(e) => Some(&e.case),
            Self::AssessmentPublished(e) => Some(&e.case),
        }
    }
}

impl Statement for Event {
    const SCHEMA: &'static str = "access/v1";

    fn kind(&self) -> &'static str {
        match self {
            Self::Inquired(_) => "inquired",
            Self::AccessRequested(_) => "access-requested",
            Self::RequestDeclined(_) => "request-declined",
            Self::ModelDetermined(_) => "model-determined",
            Self::DeterminationWithdrawn(_) => "determination-withdrawn",
            Self::TermsProposed(_) => "terms-proposed",
            Self::TermsAgreed(_) => "terms-agreed",
            Self::TermsAcknowledged(_) => "terms-acknowledged",
            Self::WindowOpened(_) => "window-opened",
            Self::WindowClosed(_) => "window-closed",
            Self::ReleaseReplanned(_) => "release-replanned",
            Self::AccessWithdrawn(_) => "access-withdrawn",
            Self::ModelReleased(_) => "model-released",
            Self::PartnerNominated(_) => "partner-nominated",
            Self::PartnerSelected(_) => "partner-selected",
            Self::PartnerRevoked(_) => "partner-revoked",
            Self::DefenderApplied(_) => "defender-applied",
            Self::DefenderAdmitted(_) => "defender-admitted",
            Self::DefenderRevoked(_) => "defender-revoked",
            Self::PersonRecused(_) => "person-recused",
            Self::PersonRemoved(_) => "person-removed",
            Self::GrantRequested(_) => "grant-requested",
            Self::GrantIssued(_) => "grant-issued",
            Self::CredentialReplaced(_) => "credential-replaced",
            Self::GrantRevoked(_) => "grant-revoked",
            Self::GrantSuspended(_) => "grant-suspended",
            Self::GrantResumed(_) => "grant-resumed",
            Self::UsesRecorded(_) => "uses-recorded",
            Self::AssessmentShared(_) => "assessment-shared",
            Self::OrderRecorded(_) => "order-recorded",
            Self::BreachNoticed(_) => "breach-noticed",
            Self::BreachAnswered(_) => "breach-answered",
            Self::BreachRemedied(_) => "breach-remedied",
            Self::DestructionAttested(_) => "destruction-attested",
            Self::SnapshotBound(_) => "snapshot-bound",
            Self::SignalActed(_) => "signal-acted",
            Self::CandidateConsidered(_) => "candidate-considered",
            Self::OrganisationRemoved(_) => "organisation-removed",
            Self::ProgrammeApplied(_) => "programme-applied",
            Self::OrganisationVerified(_) => "organisation-verified",
            Self::ProgrammeAdmitted(_) => "programme-admitted",
            Self::AssessmentPublished(_) => "assessment-published",
        }
    }

    fn signers(&self) -> BTreeSet<PartyId> {
        let one = |party: &PartyId| BTreeSet::from([party.clone()]);
        let two = |developer: &PartyId, government: &PartyId| {
            BTreeSet::from([developer.clone(), government.clone()])
        };
        match self {
            Self::Inquired(e) => one(&e.developer),
            Self::AccessRequested(e) => one(&e.government),
            Self::RequestDeclined(e) => one(&e.developer),
            Self::ModelDetermined(e) => one(&e.authority),
            Self::DeterminationWithdrawn(e) => one(&e.authority),
            Self::TermsProposed(e) => one(&e.by),
            Self::TermsAgreed(e) => two(&e.developer, &e.government),
            Self::TermsAcknowledged(e) => one(&e.party),
            Self::WindowOpened(e) => two(&e.developer, &e.government),
            Self::WindowClosed(e) => one(&e.by),
            Self::ReleaseReplanned(e) => one(&e.developer),
            Self::AccessWithdrawn(e) => one(&e.developer),
            Self::ModelReleased(e) => one(&e.developer),
            Self::PartnerNominated(e) => one(&e.by),
            Self::PartnerSelected(e) => two(&e.developer, &e.government),
            Self::PartnerRevoked(e) | Self::DefenderRevoked(e) => one(&e.by),
            Self::DefenderApplied(e) => one(&e.applicant),
            Self::DefenderAdmitted(e) => two(&e.developer, &e.government),
            Self::PersonRecused(e) | Self::PersonRemoved(e) => one(&e.by),
            Self::GrantRequested(e) => one(&e.party),
            Self::CredentialReplaced(e) => one(&e.party),
            Self::GrantIssued(e) => two(&e.developer, &e.government),
            Self::GrantRevoked(e) | Self::GrantSuspended(e) | Self::GrantResumed(e) => one(&e.by),
            Self::UsesRecorded(e) => one(&e.developer),
            Self::AssessmentShared(e) => one(&e.by),
            Self::OrderRecorded(e) => one(&e.by),
            Self::BreachNoticed(e) => one(&e.by),
            Self::BreachAnswered(e) | Self::BreachRemedied(e) => one(&e.by),
            Self::DestructionAttested(e) => one(&e.by),
            Self::SnapshotBound(e) => one(&e.developer),
            Self::SignalActed(e) => one(&e.developer),
            Self::CandidateConsidered(e) => one(&e.by),
            Self::OrganisationRemoved(e) => one(&e.by),
            Self::ProgrammeApplied(e) => one(&e.applicant),
            Self::OrganisationVerified(e) => one(&e.by),
            Self::ProgrammeAdmitted(e) => two(&e.developer, &e.government),
            Self::AssessmentPublished(e) => e.signers(),
        }
    }
}

#[cfg(test)]
mod tests;
