//! Why not, about the defender programme.

use domain::{NominationId, PartyId};

/// Why an organisation was not admitted to the defender programme, or gets no more than its tier gives.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProgrammeRefusal {
    /// The older way in, without verification and tier.
    #[error(
        "a defender is verified and admitted at a tier of the programme, or not at all; apply with `vestibule defender apply`"
    )]
    WithoutTier,
    /// Nobody verified the organisation.
    #[error(
        "nobody has verified the organisation of application `{application}`; one side does so before both admit it"
    )]
    NotVerified {
        /// Which application.
        application: NominationId,
    },
    /// The tier gives findings and patches, and no model.
    #[error(
        "application `{application}` was admitted for findings and patches, which gives no model; apply for another tier"
    )]
    TierWithoutModel {
        /// Which application.
        application: NominationId,
    },
    /// More than the tier gives.
    #[error("the tier of application `{application}` does not give {what}")]
    OutsideTier {
        /// Which application.
        application: NominationId,
        /// What.
        what: &'static str,
    },
    /// The organisation lost all access in this case.
    #[error("`{party}` lost all access in this case")]
    OrganisationRemoved {
        /// Which.
        party: PartyId,
    },
}

impl ProgrammeRefusal {
    /// The stable code, kebab-case.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::WithoutTier => "without-tier",
            Self::NotVerified { .. } => "not-verified",
            Self::TierWithoutModel { .. } => "tier-without-model",
            Self::OutsideTier { .. } => "outside-tier",
            Self::OrganisationRemoved { .. } => "organisation-removed",
        }
    }
}
