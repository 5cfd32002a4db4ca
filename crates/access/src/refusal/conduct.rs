//! Why not, about how the parties keep the terms: breaches, snapshots, records.

use domain::{Digest, IncidentId, PartyId};

/// Why a breach, a snapshot or another record of conduct was not admitted, or stops uses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConductRefusal {
    /// The id is taken.
    #[error("breach `{incident}` was noticed already; choose another id")]
    BreachExists {
        /// Which.
        incident: IncidentId,
    },
    /// No such breach.
    #[error("nobody noticed a breach `{incident}` in this case")]
    UnknownBreach {
        /// Which.
        incident: IncidentId,
    },
    /// Whoever noticed it took it for remedied.
    #[error("breach `{incident}` is remedied; notice another if there is one")]
    BreachRemedied {
        /// Which.
        incident: IncidentId,
    },
    /// Uses stop until the breach is remedied.
    #[error(
        "`{by}` stopped all uses in this case over breach `{incident}`; they go on once it says that it is remedied"
    )]
    StoppedByBreach {
        /// Which.
        incident: IncidentId,
        /// Who noticed it.
        by: PartyId,
    },
    /// The same is on record.
    #[error("this {what} is on record already")]
    RecordExists {
        /// What.
        what: &'static str,
    },
    /// The snapshot is bound with another model or another parent.
    #[error(
        "snapshot {digest} is bound already, with another model or from another snapshot; it has one of each"
    )]
    SnapshotBound {
        /// Which.
        digest: Digest,
    },
    /// No snapshot of this digest was bound before.
    #[error(
        "no snapshot {digest} is bound in this case before this one; bind first what it derives from"
    )]
    UnknownSnapshot {
        /// Which.
        digest: Digest,
    },
}

impl ConductRefusal {
    /// The stable code, kebab-case.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::BreachExists { .. } => "breach-exists",
            Self::UnknownBreach { .. } => "unknown-breach",
            Self::BreachRemedied { .. } => "breach-remedied",
            Self::StoppedByBreach { .. } => "stopped-by-breach",
            Self::RecordExists { .. } => "record-exists",
            Self::SnapshotBound { .. } => "snapshot-bound",
            Self::UnknownSnapshot { .. } => "unknown-snapshot",
        }
    }
}
