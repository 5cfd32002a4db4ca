//! Changes of who is who, as the log states them: judged at their place, by the keys as of that place.

use super::history::MAX_OPEN_KEYS;
use super::{Ending, KeyEnd, KeySpan, MAX_KEYS, MAX_PARTIES, Member, Trust};
use crate::entry::Object;
use crate::event::Event;
#[cfg(not(target_arch = "wasm32"))]
use crate::keys::SecretKeys;
use crate::keys::{KeyError, PublicKeys};
use crate::leaf::Leaf;
use crate::log_key::LogVerifier;
use crate::signature::{Purpose, SignaturePair};
use domain::wire;
use domain::{Digest, PartyId, Statement};
use std::collections::BTreeSet;

/// A change that was taken over from the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The place of its statement.
    pub index: u64,
    /// Whose keys it is about; the issuer when the log was closed.
    pub party: PartyId,
    /// What was stated.
    pub event: Event,
}

/// The end of a log: its closing statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The place of the closing statement, the last that counts.
    pub index: u64,
    /// The log that goes on, by its verifier key, if one does.
    pub successor: Option<String>,
}

/// Why a stated change has no effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    /// Sealed, so that not everybody could judge it.
    #[error("a change of keys counts only when everyone can read it")]
    NotPublic,
    /// The payload is not what the leaf says.
    #[error("the change can't be read")]
    Malformed,
    /// Nobody of that name.
    #[error("`{0}` is not known")]
    UnknownParty(PartyId),
    /// A party of that name is there already.
    #[error("`{0}` is known already; its keys are changed by rotating them")]
    Known(PartyId),
    /// The party itself, with a key that counts, has to sign.
    #[error("`{0}` itself must sign, with a key that counts")]
    WithoutParty(PartyId),
    /// The party's root has to sign.
    #[error("`{root}`, the root of `{party}`, must sign")]
    WithoutRoot {
        /// Whose keys.
        party: PartyId,
        /// Its root.
        root: PartyId,
    },
    /// Too few founders signed.
    #[error("{threshold} of the founders must sign")]
    WithoutFounders {
        /// How many must.
        threshold: usize,
    },
    /// The root that is named is none.
    #[error("`{0}` can't be a root: it must be known, have the role `root` and no root of its own")]
    NoRoot(PartyId),
    /// The key is not one of the party that counts.
    #[error("{key} is not a key of `{party}` that counts")]
    NotTheKey {
        /// Whose.
        party: PartyId,
        /// The fingerprint that is named.
        key: Digest,
    },
    /// The new keys are no keys.
    #[error("the new keys can't be used")]
    Keys(#[source] KeyError),
    /// The new keys were had before, by anybody.
    #[error("a party has or had one of the new keys already; make fresh ones")]
    Reused,
    /// Nobody showed that the new secret keys exist.
    #[error("the new keys did not sign that they are this party's")]
    NoPossession,
    /// More keys or parties than are kept.
    #[error("no more keys or parties are kept")]
    TooMany,
    /// After the log was closed.
    #[error("the log was closed by statement {0}")]
    Closed(u64),
}

impl KeyRefusal {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotPublic => "change-not-public",
            Self::Malformed => "change-malformed",
            Self::UnknownParty(_) => "unknown-party",
            Self::Known(_) => "party-known",
            Self::WithoutParty(_) => "without-party",
            Self::WithoutRoot { .. } => "without-root",
            Self::WithoutFounders { .. } => "without-founders",
            Self::NoRoot(_) => "no-root",
            Self::NotTheKey { .. } => "not-the-key",
            Self::Keys(_) => "bad-keys",
            Self::Reused => "keys-reused",
            Self::NoPossession => "no-possession",
            Self::TooMany => "too-many-keys",
            Self::Closed(_) => "log-closed",
        }
    }
}

/// What new keys sign, so that nobody claims keys that are another's: log, party and public keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Possession<'a> {
    /// The log.
    pub log: &'a LogVerifier,
    /// The party that gets them.
    pub party: &'a PartyId,
}

impl Possession<'_> {
    fn body(&self, keys: &str) -> Vec<u8> {
        let mut body = wire::encode(&self.log.origin().to_owned());
        body.extend(wire::encode(self.party));
        body.extend(wire::encode(&keys.to_owned()));
        body
    }

    /// Signs with the new keys.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn sign(&self, new: &SecretKeys) -> SignaturePair {
        new.sign(Purpose::Possession, &self.body(&new.public().to_text()))
    }

    fn verify(&self, keys: &str, proof: &SignaturePair) -> Result<PublicKeys, KeyRefusal> {
        let public = PublicKeys::read(keys).map_err(KeyRefusal::Keys)?;
        match public.verify(Purpose::Possession, &self.body(keys), proof) {
            Ok(()) => Ok(public),
            Err(_) => Err(KeyRefusal::NoPossession),
        }
    }
}

impl Trust {
    /// Whether a leaf may change who is who, so that its payload has to be read by everyone who goes on
    /// behind it: a public statement of the ledger's own that those whose word could suffice have signed.
    pub fn concerns(&self, leaf: &Leaf) -> bool {
        let header = leaf.header();
        let signers: BTreeSet<_> = header.signers().iter().cloned().collect();
        header.schema() == Event::SCHEMA
            && header.key_commitment().is_none()
            && Event::KEY_KINDS.contains(&header.kind())
            && (self.founders.agree(&signers)
                || self
                    .members
                    .values()
                    .any(|m| m.root.as_ref().is_some_and(|r| signers.contains(r))))
    }

    /// Takes a logged statement in, whose signatures were verified at its place: if it changes who has which
    /// key, the change counts from the next place on. `None` when it is no such statement; a refusal when it
    /// is one and has no effect.
    pub fn take(
        &mut self,
        leaf: &Leaf,
        object: &Object,
        signers: &BTreeSet<PartyId>,
        index: u64,
    ) -> Option<Result<(), KeyRefusal>> {
        let header = leaf.header();
        if header.schema() != Event::SCHEMA || !Event::KEY_KINDS.contains(&header.kind()) {
            return None;
        }
        if header.key_commitment().is_some() {
            return Some(Err(KeyRefusal::NotPublic));
        }
        let opened = object.open(leaf, None).and_then(|opened| opened.statement::<Event>());
        let Ok(event) = opened else { return Some(Err(KeyRefusal::Malformed)) };
        Some(self.learn(event, header.issuer(), signers, index))
    }

    /// Judges a change at its place and takes it over.
    ///
    /// # Errors
    /// See [`KeyRefusal`].
    pub fn learn(
        &mut self,
        event: Event,
        issuer: &PartyId,
        signers: &BTreeSet<PartyId>,
        index: u64,
    ) -> Result<(), KeyRefusal> {
        if let Some(closed) = &self.closed {
            return Err(KeyRefusal::Closed(closed.index));
        }
        let party = match &event {
            Event::Shredded { .. } => return Ok(()),
            Event::KeyAdded { party, keys, proof, .. } => {
                let public = self.new_keys(party, keys, proof)?;
                self.authorised(party, signers, Needs::PartyToo)?;
                self.room(party)?;
                self.bring(party, public, index);
                party
            }
            Event::KeyRotated { party, old, keys, proof, .. } => {
                let public = self.new_keys(party, keys, proof)?;
                self.authorised(party, signers, Needs::PartyToo)?;
                self.room(party)?;
                self.end(party, old, KeyEnd { index, ending: Ending::Rotated })?;
                self.bring(party, public, index);
                party
            }
            Event::KeyRevoked { party, key, .. } => {
                self.authorised(party, signers, Needs::AuthorityAlone)?;
                self.end(party, key, KeyEnd { index, ending: Ending::Revoked })?;
                party
            }
            Event::PartyAdded { party, root, keys, proof, .. } => {
                if self.members.contains_key(&party.id) {
                    return Err(KeyRefusal::Known(party.id.clone()));
                }
                let public = self.new_keys_of(&party.id, keys, proof)?;
                self.founders_agree(signers)?;
                self.room_for_party()?;
                if let Some(root) = root {
                    self.is_root(root)?;
                }
                let (id, root) = (party.id.clone(), root.clone());
                let member = Member { party: party.party(), keys: public.clone(), root };
                self.members.insert(id.clone(), member);
                self.bring(&id, public, index);
                &party.id
            }
            Event::LogClosed { successor, .. } => {
                self.founders_agree(signers)?;
                let successor = successor.as_ref().map(ToString::to_string);
                self.closed = Some(Closed { index, successor });
                issuer
            }
        };
        let party = party.clone();
        self.changes.push(Change { index, party, event });
        Ok(())
    }

    /// The closing statement, if the log was closed.
    pub const fn closed(&self) -> Option<&Closed> {
        self.closed.as_ref()
    }

    /// Who must sign a change of a party's keys, and how many of them, so that it counts as of now. `with_party`
    /// for a change that the party itself takes part in.
    ///
    /// # Errors
    /// [`KeyRefusal::UnknownParty`].
    pub fn needed_for(
        &self,
        party: &PartyId,
        with_party: bool,
    ) -> Result<(BTreeSet<PartyId>, usize), KeyRefusal> {
        let member = self.members.get(party);
        let member = member.ok_or_else(|| KeyRefusal::UnknownParty(party.clone()))?;
        let (mut named, mut needed) = match &member.root {
            Some(root) => (BTreeSet::from([root.clone()]), 1),
            None => (self.founders.parties().clone(), self.founders.threshold()),
        };
        if with_party && self.sealing_keys(party).is_some() && named.insert(party.clone()) {
            needed += 1;
        }
        Ok((named, needed))
    }

    fn new_keys(
        &self,
        party: &PartyId,
        keys: &str,
        proof: &SignaturePair,
    ) -> Result<PublicKeys, KeyRefusal> {
        if !self.members.contains_key(party) {
            return Err(KeyRefusal::UnknownParty(party.clone()));
        }
        self.new_keys_of(party, keys, proof)
    }

    fn new_keys_of(
        &self,
        party: &PartyId,
        keys: &str,
        proof: &SignaturePair,
    ) -> Result<PublicKeys, KeyRefusal> {
        let public = Possession { log: &self.log, party }.verify(keys, proof)?;
        let mut had = self.keys.values().flatten().map(|span| &span.keys);
        let same =
            |k: &PublicKeys| k.ed25519() == public.ed25519() || k.ml_dsa_87() == public.ml_dsa_87();
        let witness = |w: &tlog::VerifierKey| w.key().bytes() == public.ed25519();
        if had.any(same) || self.witness_keys.iter().any(witness) {
            return Err(KeyRefusal::Reused);
        }
        Ok(public)
    }

    fn authorised(
        &self,
        party: &PartyId,
        signers: &BTreeSet<PartyId>,
        needs: Needs,
    ) -> Result<(), KeyRefusal> {
        let member = self.members.get(party);
        let member = member.ok_or_else(|| KeyRefusal::UnknownParty(party.clone()))?;
        let has_key = self.sealing_keys(party).is_some();
        if needs == Needs::PartyToo && has_key && !signers.contains(party) {
            return Err(KeyRefusal::WithoutParty(party.clone()));
        }
        match &member.root {
            Some(root) if signers.contains(root) => Ok(()),
            Some(root) => {
                let (party, root) = (party.clone(), root.clone());
                Err(KeyRefusal::WithoutRoot { party, root })
            }
            None => self.founders_agree(signers),
        }
    }

    fn founders_agree(&self, signers: &BTreeSet<PartyId>) -> Result<(), KeyRefusal> {
        if self.founders.agree(signers) {
            return Ok(());
        }
        Err(KeyRefusal::WithoutFounders { threshold: self.founders.threshold() })
    }

    fn is_root(&self, root: &PartyId) -> Result<(), KeyRefusal> {
        match self.members.get(root) {
            Some(m) if m.party.roles.contains(&domain::Role::Root) && m.root.is_none() => Ok(()),
            _ => Err(KeyRefusal::NoRoot(root.clone())),
        }
    }

    fn room(&self, party: &PartyId) -> Result<(), KeyRefusal> {
        let spans = self.keys.get(party).map(Vec::as_slice).unwrap_or_default();
        let open = spans.iter().filter(|s| s.end.is_none()).count();
        if spans.len() >= MAX_KEYS || open >= MAX_OPEN_KEYS {
            return Err(KeyRefusal::TooMany);
        }
        Ok(())
    }

    fn room_for_party(&self) -> Result<(), KeyRefusal> {
        if self.members.len() >= MAX_PARTIES { Err(KeyRefusal::TooMany) } else { Ok(()) }
    }

    fn bring(&mut self, party: &PartyId, keys: PublicKeys, index: u64) {
        if let Some(member) = self.members.get_mut(party) {
            member.keys = keys.clone();
        }
        let span = KeySpan { keys, from: index.saturating_add(1), end: None };
        self.keys.entry(party.clone()).or_default().push(span);
    }

    fn end(&mut self, party: &PartyId, key: &Digest, end: KeyEnd) -> Result<(), KeyRefusal> {
        let spans = self.keys.get_mut(party).map(Vec::as_mut_slice).unwrap_or_default();
        let open = spans.iter_mut().find(|s| s.end.is_none() && s.keys.fingerprint() == *key);
        let Some(span) = open else {
            return Err(KeyRefusal::NotTheKey { party: party.clone(), key: *key });
        };
        span.end = Some(end);
        Ok(())
    }
}

/// Whose signatures a change needs besides the root's or the founders'.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// The party's own, as long as a key of it counts.
    PartyToo,
    /// None: that is what revoking is for.
    AuthorityAlone,
}

#[cfg(test)]
mod tests;
