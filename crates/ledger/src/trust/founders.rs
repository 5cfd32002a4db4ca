//! Founders: the parties that together may change who is who, where no root stands above a key.

use super::{Member, TrustError};
use domain::{PartyId, Role};
use std::collections::{BTreeMap, BTreeSet};

/// Who may add parties, and change the keys of a party that has no root: `threshold` of `parties`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Founders {
    parties: BTreeSet<PartyId>,
    threshold: usize,
    /// Whether the file names them; else they are all its parties but the roots, and more than half must sign.
    named: bool,
}

impl Founders {
    /// Named founders.
    ///
    /// # Errors
    /// [`TrustError::Founders`].
    pub fn new(parties: Vec<PartyId>, threshold: usize) -> Result<Self, TrustError> {
        let given = parties.len();
        let parties: BTreeSet<_> = parties.into_iter().collect();
        if parties.len() != given || !(1..=given).contains(&threshold) {
            return Err(TrustError::Founders);
        }
        Ok(Self { parties, threshold, named: true })
    }

    /// All parties but the roots; more than half of them must sign.
    pub(super) fn of(members: &BTreeMap<PartyId, Member>) -> Self {
        let counts = |m: &&Member| !m.party.roles.contains(&Role::Root);
        let parties: BTreeSet<_> =
            members.values().filter(counts).map(|m| m.party.id.clone()).collect();
        Self { threshold: parties.len() / 2 + 1, parties, named: false }
    }

    pub(super) fn check(&self, members: &BTreeMap<PartyId, Member>) -> Result<(), TrustError> {
        if self.parties.iter().all(|p| members.contains_key(p)) {
            Ok(())
        } else {
            Err(TrustError::Founders)
        }
    }

    pub(super) fn named(&self) -> Option<(&BTreeSet<PartyId>, usize)> {
        self.named.then_some((&self.parties, self.threshold))
    }

    /// Who they are.
    pub const fn parties(&self) -> &BTreeSet<PartyId> {
        &self.parties
    }

    /// How many of them must sign.
    pub const fn threshold(&self) -> usize {
        self.threshold
    }

    /// Whether enough of them are among the signers.
    pub fn agree(&self, signers: &BTreeSet<PartyId>) -> bool {
        self.parties.intersection(signers).count() >= self.threshold
    }
}
