//! Whose word shreds a payload, and which payloads the log says are gone.
//!
//! Shredding deletes a statement's ciphertext, wrapped keys and salt; leaf, signatures and every proof stay
//! valid. It counts when a public `ledger/v1` statement says so, later in the log than what it names:
//!
//! - the issuer's alone: what it sealed is its own to retire;
//! - or that of two other parties together, exactly one of them an inspector. An issuer that is gone, or that ought to
//!   shred and does not, can't keep a payload for ever; and neither a party that fears a statement nor an
//!   inspector can destroy it alone.
//!
//! Statements of the ledger itself are never shredded. Nothing recalls what a reader already opened.

use crate::Trust;
use crate::event::Event;
use crate::leaf::Header;
use crate::sync::LogStatement;
use domain::{Digest, PartyId, Role};
use std::collections::{BTreeMap, BTreeSet};

/// The shred statements of a log, by the statement they name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shreds {
    named: BTreeMap<Digest, Vec<Named>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    index: u64,
    by: PartyId,
    with: Option<PartyId>,
}

impl Shreds {
    /// Takes a statement in, if it is a shred statement that everyone may read and that everyone signed who must.
    pub fn note(&mut self, statement: &LogStatement) {
        if statement.leaf.header().length_class() != 0 {
            return;
        }
        if let Ok(attested) = statement.attested::<Event>()
            && attested.is_complete()
        {
            self.take(attested.index, &attested.issuer, attested.event);
        }
    }

    /// Takes in what is known to be public, logged at `index` by `issuer` and signed by all who must.
    pub(crate) fn take(&mut self, index: u64, issuer: &PartyId, event: Event) {
        let Event::Shredded { statement, by, authority: _, rule: _, with } = event else {
            return;
        };
        let named = Named { index, by, with };
        if named.by == *issuer {
            let all = self.named.entry(statement).or_default();
            if !all.contains(&named) {
                all.push(named);
            }
        }
    }

    /// Whether the log says, in words that count, that the payload of this statement is gone.
    pub fn names(&self, header: &Header, index: u64, trust: &Trust) -> bool {
        let named = self.named.get(&header.id());
        header.schema() != <Event as domain::Statement>::SCHEMA
            && named
                .into_iter()
                .flatten()
                .any(|n| n.index > index && may_shred(header, &n.by, n.with.as_ref(), trust))
    }

    /// The statements that shred statements name, whether those count or not.
    pub fn targets(&self) -> BTreeSet<Digest> {
        self.named.keys().copied().collect()
    }
}

/// Whether the word of `by`, with that of `with` if it signs too, is enough to shred the statement of this header: its
/// issuer shreds it, or two known parties together, exactly one of them an inspector.
pub fn may_shred(header: &Header, by: &PartyId, with: Option<&PartyId>, trust: &Trust) -> bool {
    if by == header.issuer() {
        return true;
    }
    let Some(with) = with.filter(|with| *with != by) else { return false };
    let inspector = |party: &PartyId| {
        trust.party(party).map(|member| member.party.roles.contains(&Role::Inspector))
    };
    matches!((inspector(by), inspector(with)), (Some(a), Some(b)) if a != b)
}
