//! Bundles: a receipt with everything a stranger needs who has the signed roots of trust and nothing else.
//!
//! A receipt alone is checked with the keys as of its place in the log, and a stranger knows those of the
//! file only. So the bundle carries the changes of keys that matter to its signers, each with a receipt of
//! its own and its public payload, and the C2SP policy under which other programs believe the checkpoint.
//!
//! What a bundle can't show is that no change was left out, such as a revocation. A reader who knows more of
//! the log, from a copy of it, gives what it knows: [`Trust`] with its changes.

use crate::entry::{Object, ObjectError};
use crate::event::Event;
use crate::files::{FileError, LogFiles};
use crate::leaf::Leaf;
use crate::log_key::Profile;
use crate::receipt::{Receipt, ReceiptError, VerifiedReceipt};
use crate::trust::{Change, KeyRefusal, Trust};
use domain::wire::{self, WireError};
use domain::{PartyId, Statement};
use std::collections::BTreeSet;
use tlog::{Policy, PolicyError};

const MAGIC: &str = "vestibule-bundle/v1";
/// Most bytes of a time-stamp token in a bundle.
pub const MAX_STAMP: usize = 1 << 16;
/// Most changes in a bundle.
pub const MAX_CHANGES: usize = 64;

/// A bundle, read and well formed, not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    receipt: Receipt,
    policy: String,
    changes: Vec<(Receipt, Object)>,
    stamp: Option<Vec<u8>>,
}

#[derive(minicbor::Encode, minicbor::Decode)]
struct BundleFile {
    #[n(0)]
    magic: String,
    #[n(1)]
    receipt: String,
    #[n(2)]
    policy: String,
    #[n(3)]
    changes: Vec<ChangeFile>,
    /// A token of RFC 3161 over the text of the receipt's checkpoint, in DER.
    #[cbor(n(4), with = "minicbor::bytes")]
    stamp: Option<Vec<u8>>,
}

#[derive(minicbor::Encode, minicbor::Decode)]
struct ChangeFile {
    #[n(0)]
    receipt: String,
    #[cbor(n(1), with = "minicbor::bytes")]
    object: Vec<u8>,
}

/// Why a bundle could not be made, read or believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Not a bundle's encoding.
    #[error("the bundle can't be read")]
    Malformed(#[source] WireError),
    /// Not a bundle at all.
    #[error("not a bundle: it does not begin with `{MAGIC}`")]
    Magic,
    /// More changes than [`MAX_CHANGES`].
    #[error("{0} changes of keys; at most {MAX_CHANGES} are read: give the log itself")]
    TooMany(usize),
    /// The log's files can't be read.
    #[error("the log's files can't be read")]
    File(#[source] FileError),
    /// The receipt of the statement.
    #[error("the bundle's receipt")]
    Receipt(#[source] ReceiptError),
    /// The receipt of a change.
    #[error("the receipt of the change of keys in statement {index}")]
    Change {
        /// Its place.
        index: u64,
        /// Why.
        #[source]
        source: ReceiptError,
    },
    /// The payload of a change.
    #[error("the payload of the change of keys in statement {index}")]
    Object {
        /// Its place.
        index: u64,
        /// Why.
        #[source]
        source: ObjectError,
    },
    /// A change that has no effect.
    #[error("the change of keys in statement {index} does not count")]
    Refused {
        /// Its place.
        index: u64,
        /// Why.
        #[source]
        source: KeyRefusal,
    },
    /// Something that is no change, or changes out of order or after the statement.
    #[error(
        "statement {0} does not belong among the changes of keys: they come in order, before the statement"
    )]
    Order(u64),
    /// The policy is not one, or does not believe the checkpoint.
    #[error("the bundle's policy")]
    Policy(#[source] PolicyError),
    /// A token that is too long.
    #[error("a time-stamp token of {0} bytes; at most {MAX_STAMP} are carried")]
    Stamp(usize),
    /// The roots of trust do not give that policy at any grade.
    #[error("the bundle's policy is not one of these roots of trust")]
    OtherPolicy,
}

impl Bundle {
    /// Puts a bundle together from a receipt and a log's files. `trust` knows the changes up to the receipt's
    /// place; `held` is the size of the tree whose tiles the files have.
    ///
    /// # Errors
    /// See [`BundleError`].
    pub fn build(
        files: &dyn LogFiles,
        receipt: Receipt,
        trust: &Trust,
        held: u64,
    ) -> Result<Self, BundleError> {
        let verified = receipt.verify(trust).map_err(BundleError::Receipt)?;
        let note = receipt.checkpoint_note();
        let wanted = concerning(receipt.leaf(), receipt.index(), trust.changes());
        if wanted.len() > MAX_CHANGES {
            return Err(BundleError::TooMany(wanted.len()));
        }
        let mut changes = Vec::with_capacity(wanted.len());
        for index in wanted {
            let proof = Receipt::build_under(files, index, note.as_bytes(), held);
            let proof = proof.map_err(|source| BundleError::Change { index, source })?;
            let path = crate::object_path(&proof.leaf().id());
            let bytes = files.read(&path).map_err(BundleError::File)?;
            let object = bytes.ok_or(ObjectError::Missing).and_then(|b| Object::from_bytes(&b));
            changes.push((proof, object.map_err(|source| BundleError::Object { index, source })?));
        }
        let policy = trust.policy(verified.grade).ok_or(BundleError::OtherPolicy)?;
        Ok(Self { receipt, policy, changes, stamp: None })
    }

    /// The same with a time-stamp token (RFC 3161) over the text of the receipt's checkpoint. It is carried, not
    /// believed: the reader names the authority, not this crate.
    ///
    /// # Errors
    /// [`BundleError::Stamp`].
    pub fn stamped(self, token: Vec<u8>) -> Result<Self, BundleError> {
        if token.len() > MAX_STAMP {
            return Err(BundleError::Stamp(token.len()));
        }
        Ok(Self { stamp: Some(token), ..self })
    }

    /// The token that it carries.
    pub fn stamp(&self) -> Option<&[u8]> {
        self.stamp.as_deref()
    }

    /// The statement's receipt.
    pub const fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// The C2SP policy under which other programs believe the receipt's checkpoint.
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// Verifies everything, offline: the changes in order, each by the keys as of its place; the policy; the
    /// receipt. Nothing but `trust` is believed. What `trust` knows of changes already counts, and the bundle
    /// adds to it only what comes later.
    ///
    /// # Errors
    /// See [`BundleError`]; the first fault found.
    pub fn verify(&self, trust: &Trust) -> Result<VerifiedReceipt, BundleError> {
        self.verify_under(trust, None)
    }

    /// As [`Bundle::verify`], relying on one profile alone ([`Receipt::verify_as`]). The policy speaks of C2SP
    /// signatures only, so under [`Profile::Cnsa`] it is compared and not relied on.
    ///
    /// # Errors
    /// See [`BundleError`]; the first fault found.
    pub fn verify_as(
        &self,
        trust: &Trust,
        profile: Profile,
    ) -> Result<VerifiedReceipt, BundleError> {
        self.verify_under(trust, Some(profile))
    }

    fn verify_under(
        &self,
        trust: &Trust,
        profile: Option<Profile>,
    ) -> Result<VerifiedReceipt, BundleError> {
        let under = |receipt: &Receipt, trust: &Trust| match profile {
            None => receipt.verify(trust),
            Some(profile) => receipt.verify_as(trust, profile),
        };
        let mut trust = trust.clone();
        let mut next = 0;
        for (proof, object) in &self.changes {
            let index = proof.index();
            if index < next || index >= self.receipt.index() {
                return Err(BundleError::Order(index));
            }
            next = index + 1;
            let verified = under(proof, &trust);
            let verified = verified.map_err(|source| BundleError::Change { index, source })?;
            let checked = object.check(proof.leaf());
            checked.map_err(|source| BundleError::Object { index, source })?;
            if trust.changes().iter().any(|change| change.index >= index) {
                continue; // known already, and more
            }
            match trust.take(proof.leaf(), object, &verified.signers, index) {
                None => return Err(BundleError::Order(index)),
                Some(taken) => {
                    taken.map_err(|source| BundleError::Refused { index, source })?;
                }
            }
        }
        let verified = under(&self.receipt, &trust).map_err(BundleError::Receipt)?;
        if trust.policy(verified.grade).as_ref() != Some(&self.policy) {
            return Err(BundleError::OtherPolicy);
        }
        if profile != Some(Profile::Cnsa) {
            let policy = Policy::parse(self.policy.as_bytes()).map_err(BundleError::Policy)?;
            policy.check(self.receipt.checkpoint()).map_err(BundleError::Policy)?;
        }
        Ok(verified)
    }

    /// Writes the bundle.
    pub fn to_bytes(&self) -> Vec<u8> {
        let changes = self.changes.iter().map(|(receipt, object)| ChangeFile {
            receipt: receipt.to_string(),
            object: object.to_bytes(),
        });
        wire::encode(&BundleFile {
            magic: MAGIC.to_owned(),
            receipt: self.receipt.to_string(),
            policy: self.policy.clone(),
            changes: changes.collect(),
            stamp: self.stamp.clone(),
        })
    }

    /// Whether bytes are meant to be a bundle, rather than a receipt.
    pub fn is_bundle(bytes: &[u8]) -> bool {
        // an array of four or five, then a text of its length in one byte
        bytes.get(2..2 + MAGIC.len()).is_some_and(|head| head == MAGIC.as_bytes())
    }

    /// Reads a bundle, strictly.
    ///
    /// # Errors
    /// See [`BundleError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BundleError> {
        let file: BundleFile = wire::decode(bytes).map_err(BundleError::Malformed)?;
        if file.magic != MAGIC {
            return Err(BundleError::Magic);
        }
        if file.changes.len() > MAX_CHANGES {
            return Err(BundleError::TooMany(file.changes.len()));
        }
        let receipt = Receipt::from_bytes(file.receipt.as_bytes()).map_err(BundleError::Receipt)?;
        let mut changes = Vec::with_capacity(file.changes.len());
        for ChangeFile { receipt, object } in file.changes {
            let proof = Receipt::from_bytes(receipt.as_bytes()).map_err(BundleError::Receipt)?;
            let index = proof.index();
            let object = Object::from_bytes(&object);
            changes.push((proof, object.map_err(|source| BundleError::Object { index, source })?));
        }
        let whole = Self { receipt, policy: file.policy, changes, stamp: None };
        match file.stamp {
            Some(token) => whole.stamped(token),
            None => Ok(whole),
        }
    }
}

/// The places of the changes before a statement that matter to its signers, and to the signers of those.
fn concerning(leaf: &Leaf, index: u64, changes: &[Change]) -> Vec<u64> {
    let mut who: BTreeSet<PartyId> = leaf.header().signers().iter().cloned().collect();
    let mut wanted = Vec::new();
    for change in changes.iter().rev().filter(|change| change.index < index) {
        if who.contains(&change.party) {
            wanted.push(change.index);
            who.extend(change.event.signers());
            if let Event::PartyAdded { root: Some(root), .. } = &change.event {
                who.insert(root.clone());
            }
        }
    }
    wanted.reverse();
    wanted
}

#[cfg(test)]
mod tests;
