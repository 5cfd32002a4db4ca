//! The stable codes of refusals.

use super::Refusal;
use crate::{ProgrammeRefusal, Publication};
use domain::{Span, Timestamp};
use std::net::IpAddr;

impl Refusal {
    /// Where tokens are spent, of a grant or a person, for a day or in all: how many are left and how many were asked for.
    pub fn spent(&self) -> Option<(u64, u64)> {
        if let Self::BudgetSpent { left, asked, .. }
        | Self::DayBudgetSpent { left, asked, .. }
        | Self::PersonBudgetSpent { left, asked }
        | Self::PersonDayBudgetSpent { left, asked, .. } = self
        {
            return Some((*left, *asked));
        }
        None
    }

    /// Whether a grant that is stopped by this never goes on: what ended it can't be taken back.
    pub fn is_for_ever(&self) -> bool {
        matches!(
            self,
            Self::CaseWithdrawn
                | Self::ModelWithdrawn { .. }
                | Self::WindowWithdrawn { .. }
                | Self::WindowOver { .. }
                | Self::NominationRevoked { .. }
                | Self::NominationExpired { .. }
                | Self::GrantRevoked { .. }
                | Self::GrantOver { .. }
                | Self::PersonRemoved { .. }
                | Self::TermsReplaced { .. }
                | Self::Programme(ProgrammeRefusal::OrganisationRemoved { .. })
        )
    }

    /// The stable code, kebab-case.
    #[expect(clippy::too_many_lines, reason = "one line for each refusal")]
    pub fn code(&self) -> &'static str {
        match self {
            Self::SignatureMissing { .. } => "signature-missing",
            Self::UnknownParty { .. } => "unknown-party",
            Self::RoleMissing { .. } => "role-missing",
            Self::OneParty { .. } => "one-party-two-keys",
            Self::NotEntitled { .. } => "not-entitled",
            Self::Conduct(refusal) => refusal.code(),
            Self::Programme(refusal) => refusal.code(),
            Self::UnknownCase { .. } => "unknown-case",
            Self::CaseExists { .. } => "case-exists",
            Self::WrongState { .. } => "wrong-state",
            Self::CaseWithdrawn => "case-withdrawn",
            Self::ModelWithdrawn { .. } => "model-withdrawn",
            Self::WindowWithdrawn { .. } => "window-withdrawn",
            Self::NothingNamed { .. } => "nothing-named",
            Self::TooMany { .. } => "too-many",
            Self::UnknownModel { .. } => "unknown-model",
            Self::DigestDiffers { .. } => "digest-differs",
            Self::DeterminationExists { .. } => "determination-exists",
            Self::UnknownDetermination { .. } => "unknown-determination",
            Self::MustSupersede { .. } => "must-supersede",
            Self::SafeguardMissing { .. } => "safeguard-missing",
            Self::TermsExist { .. } => "terms-exist",
            Self::TermsDiffer { .. } => "terms-differ",
            Self::NotAcknowledged { .. } => "terms-not-acknowledged",
            Self::AcknowledgedAlready { .. } => "terms-acknowledged-already",
            Self::WindowTooLong { .. } => "window-too-long",
            Self::WindowEmpty { .. } => "window-empty",
            Self::WindowExists { .. } => "window-exists",
            Self::UnknownWindow { .. } => "unknown-window",
            Self::WindowLive { .. } => "window-live",
            Self::PlanMoved { .. } => "plan-moved",
            Self::WindowNotBegun { .. } => "window-not-begun",
            Self::WindowOver { .. } => "window-over",
            Self::NominationExists { .. } => "nomination-exists",
            Self::UnknownNomination { .. } => "unknown-nomination",
            Self::NominationSettled { .. } => "nomination-settled",
            Self::NominationOpen { .. } => "nomination-open",
            Self::NominationRevoked { .. } => "nomination-revoked",
            Self::NominationExpired { .. } => "nomination-expired",
            Self::PartnerOutsideTerms { .. } => "partner-outside-terms",
            Self::RecipientOutsideTerms { .. } => "recipient-outside-terms",
            Self::PublicationOutsideTerms { .. } => "publication-outside-terms",
            Self::GrantExists { .. } => "grant-exists",
            Self::UnknownGrant { .. } => "unknown-grant",
            Self::GrantIssued { .. } => "grant-issued",
            Self::GrantNotIssued { .. } => "grant-not-issued",
            Self::GrantRevoked { .. } => "grant-revoked",
            Self::GrantSuspended { .. } => "grant-suspended",
            Self::GrantNotSuspended { .. } => "grant-not-suspended",
            Self::GrantNotBegun { .. } => "grant-not-begun",
            Self::GrantOver { .. } => "grant-over",
            Self::GrantOutsideBasis { .. } => "grant-outside-basis",
            Self::BeforePartnerRelease { .. } => "before-partner-release",
            Self::BudgetOverTerms { .. } => "budget-over-terms",
            Self::EndpointOutsideTerms { .. } => "endpoint-outside-terms",
            Self::CredentialInUse => "credential-in-use",
            Self::SelfApproval { .. } => "self-approval",
            Self::PersonRecused { .. } => "person-recused",
            Self::PersonRemoved { .. } => "person-removed",
            Self::UnknownCredential => "unknown-credential",
            Self::TermsReplaced { .. } => "terms-replaced",
            Self::ModelNotGranted { .. } => "model-not-granted",
            Self::EndpointNotGranted { .. } => "endpoint-not-granted",
            Self::CredentialReplaced { .. } => "credential-replaced",
            Self::OverlapTooLong { .. } => "overlap-too-long",
            Self::GrantPaused { .. } => "grant-paused",
            Self::SecondPersonNeeded { .. } => "second-person-needed",
            Self::BudgetSpent { .. } => "budget-spent",
            Self::DayBudgetSpent { .. } => "day-budget-spent",
            Self::PersonBudgetSpent { .. } => "person-budget-spent",
            Self::PersonDayBudgetSpent { .. } => "person-day-budget-spent",
            Self::NetworkOutsideTerms { .. } => "network-outside-terms",
            Self::RecordingOutsideTerms { .. } => "recording-outside-terms",
            Self::CredentialOutsideTerms { .. } => "credential-outside-terms",
            Self::UsesRecorded { .. } => "uses-recorded",
            Self::NotAMinute { .. } => "not-a-minute",
        }
    }
}

pub(super) fn source_of(address: Option<IpAddr>) -> String {
    address.map_or_else(|| "an unknown address".to_owned(), |address| address.to_string())
}

pub(super) fn publication_of(rule: Publication, plan: Timestamp) -> String {
    match rule {
        Publication::Nobody => "nobody publish an assessment".to_owned(),
        Publication::BothSides => {
            "an assessment be published with the signatures of both sides only".to_owned()
        }
        Publication::AfterPartnerRelease => format!(
            "an assessment be published from the planned partner release at {plan} on, and before with the signatures of both sides"
        ),
    }
}

pub(super) fn hours(span: Span) -> u64 {
    span.as_seconds().div_ceil(3_600)
}
