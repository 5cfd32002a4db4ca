//! What is stated about obligations; schema `directives/v1`.

use crate::{ClockId, ObligationId};
use domain::{Digest, Line, PartyId, Statement, Timestamp};
use std::collections::BTreeSet;

/// A fact about clocks and obligations. Each is signed by the party it names.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub enum Event {
    /// Something happened from which one or more rules of a pack run.
    #[n(0)]
    ClockStarted {
        /// The clock: one incident, one vulnerability on one system. It may get several starts.
        #[n(0)]
        clock: ClockId,
        /// The pack's id.
        #[n(1)]
        pack: Line,
        /// Which start of the pack.
        #[n(2)]
        start: Line,
        /// When it happened, which may be long before it is stated.
        #[n(3)]
        at: Timestamp,
        /// What it is about.
        #[n(4)]
        subject: Line,
        /// Whose obligation it is.
        #[n(5)]
        by: PartyId,
    },
    /// A party met an obligation.
    #[n(1)]
    ObligationMet {
        /// Which one.
        #[n(0)]
        obligation: ObligationId,
        /// Who met it.
        #[n(1)]
        by: PartyId,
        /// When it was met.
        #[n(2)]
        at: Timestamp,
        /// The SHA-256 digest of the evidence, which stays with the party.
        #[n(3)]
        evidence: Digest,
        /// What the evidence is.
        #[n(4)]
        note: Line,
    },
    /// A due date moved for a party, with the reason and where that is written.
    #[n(2)]
    DueAdjusted {
        /// Which obligation.
        #[n(0)]
        obligation: ObligationId,
        /// For whom.
        #[n(1)]
        by: PartyId,
        /// The last instant in time from now on.
        #[n(2)]
        due: Timestamp,
        /// Why.
        #[n(3)]
        reason: Line,
        /// Where it is written.
        #[n(4)]
        source: Line,
    },
    /// A clock was started in error. It stays on record.
    #[n(3)]
    ClockWithdrawn {
        /// Which clock.
        #[n(0)]
        clock: ClockId,
        /// Whose.
        #[n(1)]
        by: PartyId,
        /// Why.
        #[n(2)]
        reason: Line,
    },
}

impl Event {
    /// The party whose obligation it concerns.
    pub fn by(&self) -> &PartyId {
        match self {
            Self::ClockStarted { by, .. }
            | Self::ObligationMet { by, .. }
            | Self::DueAdjusted { by, .. }
            | Self::ClockWithdrawn { by, .. } => by,
        }
    }
}

impl Statement for Event {
    const SCHEMA: &'static str = "directives/v1";

    fn kind(&self) -> &'static str {
        match self {
            Self::ClockStarted { .. } => "clock-started",
            Self::ObligationMet { .. } => "obligation-met",
            Self::DueAdjusted { .. } => "due-adjusted",
            Self::ClockWithdrawn { .. } => "clock-withdrawn",
        }
    }

    fn signers(&self) -> BTreeSet<PartyId> {
        BTreeSet::from([self.by().clone()])
    }
}

#[cfg(test)]
mod tests;
