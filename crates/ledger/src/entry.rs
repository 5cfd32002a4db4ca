//! What goes to the log host: a leaf for the tree and an object that lies beside it.
//!
//! The object holds the sealed payload and the signature block. The leaf names each by SHA-384 and the
//! encoding is deterministic, so no byte of an object can change unseen. Shredding takes the sealed
//! payload out and keeps the signatures: the leaf and every proof stay valid.

use crate::Trust;
use crate::keys::SecretKeys;
use crate::leaf::{Leaf, LeafError};
use crate::seal::{self, OpenError, Opened};
use crate::signature::{NOW, SignatureBlock, SignatureError, block_digest};
use domain::wire::{self, WireError};
use domain::{Digest, Digest384, PartyId};
use std::collections::BTreeSet;

const MAGIC: &str = "vestibule-object/v1";

/// A complete statement, ready to be logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The leaf's bytes.
    pub leaf: Vec<u8>,
    /// The object's bytes.
    pub object: Vec<u8>,
    /// The statement's id.
    pub id: Digest,
}

/// An entry whose parts were read once and belong together: the only thing that can be appended. Its signatures
/// are checked apart, by the keys of the place that it will take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedEntry {
    entry: Entry,
    leaf: Leaf,
    object: Object,
}

/// The file beside the log that belongs to one leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    sealed: Option<Vec<u8>>,
    block: Vec<u8>,
}

#[derive(minicbor::Encode, minicbor::Decode)]
struct ObjectFile {
    #[n(0)]
    magic: String,
    #[cbor(n(1), with = "minicbor::bytes")]
    block: Vec<u8>,
    #[cbor(n(2), with = "minicbor::bytes")]
    sealed: Option<Vec<u8>>,
}

/// Why an object or an entry was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// There is no object: withheld, lost or shredded.
    #[error("the statement's object is missing")]
    Missing,
    /// The leaf is not sound.
    #[error("the leaf is not sound")]
    Leaf(#[source] LeafError),
    /// The statement's id is not the leaf's.
    #[error("the entry calls itself {given}, but its leaf is {leaf}")]
    Id {
        /// The entry's id.
        given: Digest,
        /// The leaf's.
        leaf: Digest,
    },
    /// Not an object's encoding.
    #[error("the object can't be read")]
    Malformed(#[source] WireError),
    /// Not an object at all.
    #[error("not an object: it does not begin with `{MAGIC}`")]
    Magic,
    /// The sealed payload is not the leaf's.
    #[error("the sealed payload is not sound")]
    Sealed(#[source] OpenError),
    /// The signatures are not the leaf's or not good.
    #[error("the signatures are not sound")]
    Signature(#[source] SignatureError),
}

/// Where the object of a statement lies, relative to the log's folder.
pub fn object_path(id: &Digest) -> String {
    let hex = id.to_string();
    let shard: String = hex.chars().take(2).collect();
    format!("object/{shard}/{hex}")
}

impl Entry {
    /// Reads leaf and object and checks that they belong together; signatures are not verified.
    ///
    /// # Errors
    /// See [`ObjectError`].
    pub fn check(&self) -> Result<(Leaf, Object), ObjectError> {
        let leaf = Leaf::from_bytes(&self.leaf).map_err(ObjectError::Leaf)?;
        if leaf.id() != self.id {
            return Err(ObjectError::Id { given: self.id, leaf: leaf.id() });
        }
        let object = Object::from_bytes(&self.object)?;
        object.check(&leaf)?;
        match object.sealed {
            Some(_) => Ok((leaf, object)),
            None => Err(ObjectError::Sealed(OpenError::Shredded)),
        }
    }

    /// [`Entry::check`], and keeps what it read.
    ///
    /// # Errors
    /// See [`ObjectError`].
    pub fn checked(self) -> Result<CheckedEntry, ObjectError> {
        let (leaf, object) = self.check()?;
        Ok(CheckedEntry { entry: self, leaf, object })
    }

    /// [`Entry::check`], and verifies every signature by the keys as of now.
    ///
    /// # Errors
    /// See [`ObjectError`].
    pub fn verify(&self, trust: &Trust) -> Result<(Leaf, BTreeSet<PartyId>), ObjectError> {
        let (leaf, object) = self.check()?;
        let signers = object.verify(&leaf, trust, NOW)?;
        Ok((leaf, signers))
    }
}

impl CheckedEntry {
    /// The statement's id.
    pub const fn id(&self) -> Digest {
        self.entry.id
    }

    /// The bytes as they were given.
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The leaf.
    pub const fn leaf(&self) -> &Leaf {
        &self.leaf
    }

    /// The object.
    pub const fn object(&self) -> &Object {
        &self.object
    }

    /// The RFC 6962 hash of the leaf.
    pub fn leaf_hash(&self) -> Digest {
        Digest::from_bytes(*tlog::leaf_hash(&self.entry.leaf).as_bytes())
    }

    /// Verifies every signature by the keys as of now, and says who signed.
    ///
    /// # Errors
    /// [`ObjectError::Signature`].
    pub fn verify(&self, trust: &Trust) -> Result<BTreeSet<PartyId>, ObjectError> {
        // the block's digest was compared with the leaf's when this was checked
        self.object.verify_block(&self.leaf, trust, NOW)
    }
}

impl Object {
    pub(crate) const fn new(sealed: Option<Vec<u8>>, block: Vec<u8>) -> Self {
        Self { sealed, block }
    }

    /// Reads an object, strictly.
    ///
    /// # Errors
    /// [`ObjectError::Malformed`], [`ObjectError::Magic`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ObjectError> {
        let file: ObjectFile = wire::decode(bytes).map_err(ObjectError::Malformed)?;
        if file.magic != MAGIC {
            return Err(ObjectError::Magic);
        }
        Ok(Self { sealed: file.sealed, block: file.block })
    }

    /// Writes the object.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { sealed, block } = self.clone();
        wire::encode(&ObjectFile { magic: MAGIC.to_owned(), block, sealed })
    }

    /// The same object without its sealed payload, its wrapped keys and its salt.
    #[must_use]
    pub fn shredded(&self) -> Self {
        Self { sealed: None, block: self.block.clone() }
    }

    /// Whether the sealed payload is gone.
    pub const fn is_shredded(&self) -> bool {
        self.sealed.is_none()
    }

    /// The signature block's bytes.
    pub fn block(&self) -> &[u8] {
        &self.block
    }

    /// Checks every byte against the digests in the leaf.
    ///
    /// # Errors
    /// [`ObjectError::Sealed`], [`ObjectError::Signature`].
    pub fn check(&self, leaf: &Leaf) -> Result<(), ObjectError> {
        if block_digest(&self.block) != *leaf.signatures() {
            return Err(ObjectError::Signature(SignatureError::Digest));
        }
        let Some(sealed) = &self.sealed else { return Ok(()) };
        if Digest384::of(sealed) != *leaf.header().sealed() {
            return Err(ObjectError::Sealed(OpenError::Digest));
        }
        seal::check_shape(leaf.header(), sealed).map_err(ObjectError::Sealed)
    }

    /// Verifies the signatures by the keys that parties had when the leaf took place `at`, and says who signed.
    ///
    /// # Errors
    /// [`ObjectError::Signature`].
    pub fn verify(
        &self,
        leaf: &Leaf,
        trust: &Trust,
        at: u64,
    ) -> Result<BTreeSet<PartyId>, ObjectError> {
        if block_digest(&self.block) != *leaf.signatures() {
            return Err(ObjectError::Signature(SignatureError::Digest));
        }
        self.verify_block(leaf, trust, at)
    }

    /// [`Object::verify`] of a block whose digest is known to be the leaf's.
    fn verify_block(
        &self,
        leaf: &Leaf,
        trust: &Trust,
        at: u64,
    ) -> Result<BTreeSet<PartyId>, ObjectError> {
        let block = SignatureBlock::from_bytes(&self.block).map_err(ObjectError::Signature)?;
        block.verify(leaf, trust, at).map_err(ObjectError::Signature)
    }

    /// Opens the payload for one reader; without one, only what is public. Both commitments are checked.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(
        &self,
        leaf: &Leaf,
        reader: Option<(&PartyId, &SecretKeys)>,
    ) -> Result<Opened, OpenError> {
        let sealed = self.sealed.as_deref().ok_or(OpenError::Shredded)?;
        seal::open(leaf.header(), sealed, reader)
    }
}

#[cfg(test)]
mod tests;
