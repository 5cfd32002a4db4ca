//! The ledger's own statements: what the log says about itself.

use domain::{Digest, Line, PartyId, Statement};
use std::collections::BTreeSet;

/// A statement of schema `ledger/v1`. Logged for everyone to read, or it has no effect.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub enum Event {
    /// The issuer of an earlier statement had its sealed payload, wrapped keys and salt deleted.
    /// Leaf, signatures and proofs stay. What a reader already opened can't be recalled.
    #[n(0)]
    Shredded {
        /// The id of the statement whose payload is gone.
        #[n(0)]
        statement: Digest,
        /// Its issuer, who had it shredded.
        #[n(1)]
        by: PartyId,
        /// On whose authority, such as an order or an office.
        #[n(2)]
        authority: Line,
        /// Under which retention rule.
        #[n(3)]
        rule: Line,
    },
}

impl Statement for Event {
    const SCHEMA: &'static str = "ledger/v1";

    fn kind(&self) -> &'static str {
        match self {
            Self::Shredded { .. } => "shredded",
        }
    }

    fn signers(&self) -> BTreeSet<PartyId> {
        match self {
            Self::Shredded { by, .. } => BTreeSet::from([by.clone()]),
        }
    }
}

#[cfg(test)]
mod tests;
