//! Duplicates: equal digests propose, the clearinghouse confirms, every finder stays.
//!
//! Confirmed pairs join findings into groups, whatever the order of confirmation. A group speaks
//! through its **head**, the finding that was logged first and not withdrawn, so that one flaw reaches
//! a maintainer once.

use domain::{Digest, FindingId, Line, PartyId, PersonId};
use minicbor::{Decode, Encode};
use std::collections::{BTreeMap, BTreeSet};

/// Why two findings are one flaw.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Basis {
    /// The same proof, byte for byte.
    #[n(0)]
    SameProof,
    /// The same fix commit.
    #[n(1)]
    SameFix,
    /// The same report, byte for byte.
    #[n(2)]
    SameContent,
    /// A named person compared them: root cause and needed fix are the same.
    #[n(3)]
    Judged {
        /// Who, within the clearinghouse.
        #[n(0)]
        person: PersonId,
        /// Why, in one line.
        #[n(1)]
        why: Line,
    },
}

/// The clearinghouse confirms that two findings are one flaw.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DuplicateConfirmation {
    /// One finding.
    #[n(0)]
    pub finding: FindingId,
    /// The other.
    #[n(1)]
    pub of: FindingId,
    /// Who confirms: a clearinghouse.
    #[n(2)]
    pub by: PartyId,
    /// Why.
    #[n(3)]
    pub basis: Basis,
}

/// A proposal: two findings share a digest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The later one.
    pub finding: FindingId,
    /// The first one with that digest.
    pub of: FindingId,
    /// What they share.
    pub basis: Basis,
}

/// The digests by which a finding can equal another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keys {
    pub(crate) proof: Option<Digest>,
    pub(crate) fix: Option<Digest>,
    pub(crate) content: Digest,
}

impl Keys {
    fn each(self) -> impl Iterator<Item = (Basis, Digest)> {
        let proof = self.proof.map(|d| (Basis::SameProof, d));
        let fix = self.fix.map(|d| (Basis::SameFix, d));
        proof.into_iter().chain(fix).chain([(Basis::SameContent, self.content)])
    }

    /// Whether a basis that speaks of digests is true of two findings.
    pub(crate) fn support(self, other: Self, basis: &Basis) -> bool {
        let same = |one: Option<Digest>, two: Option<Digest>| one.is_some() && one == two;
        match basis {
            Basis::SameProof => same(self.proof, other.proof),
            Basis::SameFix => same(self.fix, other.fix),
            Basis::SameContent => self.content == other.content,
            Basis::Judged { .. } => true,
        }
    }
}

/// Groups of findings that are one flaw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Groups {
    /// Each finding's place in the log.
    index: BTreeMap<FindingId, u64>,
    /// The head of each finding; its own when alone.
    head: BTreeMap<FindingId, FindingId>,
    /// The members behind each head, itself included.
    members: BTreeMap<FindingId, BTreeSet<FindingId>>,
}

impl Groups {
    pub(crate) fn add(&mut self, finding: &FindingId, index: u64) {
        self.index.insert(finding.clone(), index);
        self.head.insert(finding.clone(), finding.clone());
        self.members.insert(finding.clone(), BTreeSet::from([finding.clone()]));
    }

    pub(crate) fn head<'a>(&'a self, finding: &'a FindingId) -> &'a FindingId {
        self.head.get(finding).unwrap_or(finding)
    }

    /// The findings of one flaw, first logged first.
    pub(crate) fn members(&self, finding: &FindingId) -> Vec<&FindingId> {
        let mut all: Vec<_> = self.members.get(self.head(finding)).into_iter().flatten().collect();
        all.sort_by_key(|f| (self.index.get(*f), *f));
        all
    }

    pub(crate) fn join(&mut self, one: &FindingId, two: &FindingId) {
        let (one, two) = (self.head(one).clone(), self.head(two).clone());
        if one == two {
            return;
        }
        let order = |f: &FindingId| (self.index.get(f).copied(), f.clone());
        let (head, tail) = if order(&one) < order(&two) { (one, two) } else { (two, one) };
        let moved = self.members.remove(&tail).unwrap_or_default();
        for finding in &moved {
            self.head.insert(finding.clone(), head.clone());
        }
        self.members.entry(head).or_default().extend(moved);
    }

    /// Pairs that share a digest and are not yet joined: each with the first that has it, so that n
    /// equal findings give n - 1 proposals.
    pub(crate) fn candidates<'a>(
        &self,
        findings: impl Iterator<Item = (&'a FindingId, Keys)>,
    ) -> Vec<Candidate> {
        let mut ordered: Vec<_> = findings.collect();
        ordered.sort_by_key(|(f, _)| (self.index.get(*f), *f));
        let mut first: BTreeMap<(Basis, Digest), &FindingId> = BTreeMap::new();
        let mut candidates = Vec::new();
        for (finding, keys) in ordered {
            for key in keys.each() {
                let basis = key.0.clone();
                let of = *first.entry(key).or_insert(finding);
                if self.head(of) != self.head(finding) {
                    let (finding, of) = (finding.clone(), of.clone());
                    candidates.push(Candidate { finding, of, basis });
                }
            }
        }
        candidates
    }
}

#[cfg(test)]
mod tests;
