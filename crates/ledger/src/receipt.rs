//! Receipts: one text that proves a statement to anyone, offline, with public keys only.
//!
//! A receipt is a C2SP `tlog-proof` (<https://c2sp.org/tlog-proof>), so any verifier of that format
//! checks the inclusion. Its `extra` line, which the format leaves to us, carries the leaf and the
//! signature block; they are believed only because the leaf hashes to the proven one and names the block. So
//! a receipt stays good after the payload was shredded.

mod batch;

pub use batch::Receipts;

use crate::entry::{Object, ObjectError};
use crate::files::{CHECKPOINT_PATH, FileError, LogFiles, Tiles};
use crate::leaf::{Leaf, LeafError, Seen};
use crate::log_key::{HeadError, Profile};
use crate::signature::{SignatureBlock, SignatureError, block_digest};
use crate::trees::TreeHead;
use crate::trust::{Cosigned, Grade, Trust, Vouched};
use domain::wire::{self, WireError};
use domain::{Digest, PartyId, Timestamp};
use std::collections::BTreeSet;
use std::fmt;
use tlog::cose::CoseInclusion;
use tlog::{
    Hash, Hash384, ProofError, SignedCheckpoint, TileReader, TlogProof, TlogProofError, TreeHash,
    merkle,
};

const MAGIC: &str = "vestibule-receipt/v1";

/// A receipt, read and well formed, not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    proof: TlogProof,
    leaf_bytes: Vec<u8>,
    leaf: Leaf,
    block: Vec<u8>,
    path384: Option<Vec<Hash384>>,
}

#[derive(minicbor::Encode, minicbor::Decode)]
struct Extra {
    #[n(0)]
    magic: String,
    #[cbor(n(1), with = "minicbor::bytes")]
    leaf: Vec<u8>,
    #[cbor(n(2), with = "minicbor::bytes")]
    block: Vec<u8>,
    /// The inclusion path in the tree with SHA-384, 48 bytes a hash, lowest first.
    #[cbor(n(3), with = "minicbor::bytes")]
    path384: Option<Vec<u8>>,
}

/// What a receipt proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedReceipt {
    /// The statement's place in the log.
    pub index: u64,
    /// The statement's id.
    pub id: Digest,
    /// Who stated it.
    pub issuer: PartyId,
    /// Everyone who signed it, the issuer included.
    pub signers: BTreeSet<PartyId>,
    /// Family and version of the payload's encoding.
    pub schema: String,
    /// The statement's type.
    pub kind: String,
    /// When the issuer says it was stated.
    pub claimed_at: Timestamp,
    /// Leaves in the tree that the receipt proves it to be in.
    pub size: u64,
    /// Who vouches for that tree.
    pub grade: Grade,
    /// The parties whose witnesses cosigned that tree, with their times.
    pub cosigned: Vec<Cosigned>,
    /// The earliest time at which a trusted witness says that the statement existed.
    pub existed_by: Option<Timestamp>,
    /// The checkpoint that the issuer quoted: the statement was not made before it.
    pub not_before: Option<Seen>,
}

/// Why a receipt could not be made, read or believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The log's files can't be read.
    #[error("the log's files can't be read")]
    File(#[source] FileError),
    /// The log lacks something that the receipt needs.
    #[error("`{0}` is missing from the log")]
    Missing(String),
    /// The leaf is not in the tree.
    #[error("the log has {size} statements; there is none of index {index}")]
    NotInLog {
        /// The index asked for.
        index: u64,
        /// How many there are.
        size: u64,
    },
    /// The proof can't be built, or does not lead to the signed root.
    #[error("the inclusion proof does not hold")]
    Inclusion(#[source] ProofError),
    /// Not a tlog-proof.
    #[error("not a receipt")]
    Proof(#[source] TlogProofError),
    /// A tlog-proof without our extra data.
    #[error("a tlog-proof without a statement: it has no `extra` line of a vestibule receipt")]
    NoStatement,
    /// The extra data can't be read.
    #[error("the receipt's statement can't be read")]
    Malformed(#[source] WireError),
    /// The leaf is not sound.
    #[error("the receipt's leaf is not sound")]
    Leaf(#[source] LeafError),
    /// The object is not sound.
    #[error("the statement's object is not sound")]
    Object(#[source] ObjectError),
    /// The checkpoint is not believed.
    #[error("the checkpoint is not signed by the log in the roots of trust")]
    Checkpoint(#[source] HeadError),
    /// The signatures are not good.
    #[error("the statement's signatures are not good")]
    Signature(#[source] SignatureError),
    /// No inclusion path in the tree with SHA-384.
    #[error("the receipt has no SHA-384 path, which the profile `cnsa` relies on; fetch it again")]
    NoPath384,
    /// The inclusion path in the tree with SHA-384 is not whole hashes, or too many.
    #[error("the receipt's SHA-384 path is not whole hashes of 48 bytes, or more than 65 of them")]
    Path384,
    /// The bundle is not well formed.
    #[error("`{path}` is malformed: {reason}; verify the log")]
    Bundle {
        /// Which bundle.
        path: String,
        /// Why.
        reason: String,
    },
}

impl Receipt {
    /// Makes the receipt of the statement at `index` from a log's files.
    ///
    /// The files are not trusted: the receipt is verified by whoever gets it, and by the caller with
    /// [`Receipt::verify`] if it wants to know now.
    ///
    /// # Errors
    /// Files that are missing or malformed, or an index outside the log.
    pub fn build(files: &dyn LogFiles, index: u64) -> Result<Self, ReceiptError> {
        let note = need(files, CHECKPOINT_PATH)?;
        let grown =
            SignedCheckpoint::parse(&note).map_err(|e| ReceiptError::Checkpoint(e.into()))?;
        Self::build_under(files, index, &note, grown.checkpoint().size())
    }

    /// [`Receipt::build`] under another checkpoint of the same log, such as an older one with more
    /// cosignatures. `held` is the size of the tree whose tiles the files have, at least the checkpoint's.
    ///
    /// # Errors
    /// As there.
    pub fn build_under(
        files: &dyn LogFiles,
        index: u64,
        note: &[u8],
        held: u64,
    ) -> Result<Self, ReceiptError> {
        let checkpoint =
            SignedCheckpoint::parse(note).map_err(|e| ReceiptError::Checkpoint(e.into()))?;
        let size = checkpoint.checkpoint().size();
        if index >= size {
            return Err(ReceiptError::NotInLog { index, size });
        }
        let leaf_bytes = read_leaf(files, index, held)?;
        let leaf = Leaf::from_bytes(&leaf_bytes).map_err(ReceiptError::Leaf)?;
        let object = need(files, &crate::object_path(&leaf.id()))?;
        let object = Object::from_bytes(&object).map_err(ReceiptError::Object)?;
        let reader = TileReader::new(Tiles(files), held);
        let path =
            merkle::inclusion_proof(&reader, index, size).map_err(ReceiptError::Inclusion)?;
        let block = object.block().to_vec();
        let path384 = inclusion384(files, index, (size, held)).map_err(ReceiptError::Inclusion)?;
        Ok(assemble(index, (leaf, leaf_bytes), block, (path, path384), checkpoint))
    }

    /// Reads a receipt, strictly.
    ///
    /// # Errors
    /// See [`ReceiptError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ReceiptError> {
        let proof = TlogProof::parse(bytes).map_err(ReceiptError::Proof)?;
        let extra = proof.extra.as_deref().ok_or(ReceiptError::NoStatement)?;
        let extra: Extra = wire::decode(extra).map_err(ReceiptError::Malformed)?;
        if extra.magic != MAGIC {
            return Err(ReceiptError::NoStatement);
        }
        let leaf = Leaf::from_bytes(&extra.leaf).map_err(ReceiptError::Leaf)?;
        let path384 = extra.path384.map(|bytes| read_path(&bytes)).transpose()?;
        Ok(Self { proof, leaf_bytes: extra.leaf, leaf, block: extra.block, path384 })
    }

    /// The statement's place in the log, as the receipt says.
    pub const fn index(&self) -> u64 {
        self.proof.index
    }

    /// The statement's leaf.
    pub const fn leaf(&self) -> &Leaf {
        &self.leaf
    }

    /// Verifies checkpoint, inclusion and every signature. Offline; nothing but `trust` is believed.
    ///
    /// # Errors
    /// See [`ReceiptError`]; the first fault found.
    pub fn verify(&self, trust: &Trust) -> Result<VerifiedReceipt, ReceiptError> {
        let vouched = trust.vouch(&self.proof.checkpoint).map_err(ReceiptError::Checkpoint)?;
        self.check_inclusion(&vouched.head)?;
        if self.path384.is_some() {
            self.check_inclusion384(&vouched.head)?;
        }
        self.verified(trust, vouched)
    }

    /// Verifies the receipt under one profile: only the log's signature, the witnesses' signatures and the tree
    /// that the profile relies on. Under [`Profile::Cnsa`] those are ML-DSA-87 and SHA-384 alone, and a witness
    /// counts by its `ledger-cnsa-v1` line. The statement needs both signatures of each party under either.
    ///
    /// # Errors
    /// See [`ReceiptError`]; the first fault found.
    pub fn verify_as(
        &self,
        trust: &Trust,
        profile: Profile,
    ) -> Result<VerifiedReceipt, ReceiptError> {
        let vouched = trust.vouch_as(&self.proof.checkpoint, profile);
        let vouched = vouched.map_err(ReceiptError::Checkpoint)?;
        match profile {
            Profile::C2sp => self.check_inclusion(&vouched.head)?,
            Profile::Cnsa => self.check_inclusion384(&vouched.head)?,
        }
        self.verified(trust, vouched)
    }

    fn check_inclusion(&self, head: &TreeHead) -> Result<(), ReceiptError> {
        let TlogProof { index, path, .. } = &self.proof;
        let (leaf, root) = (Hash::leaf(&self.leaf_bytes), Hash::from_bytes(head.root));
        merkle::verify_inclusion(&leaf, *index, head.size, &root, path)
            .map_err(ReceiptError::Inclusion)
    }

    fn check_inclusion384(&self, head: &TreeHead) -> Result<(), ReceiptError> {
        let path = self.path384.as_ref().ok_or(ReceiptError::NoPath384)?;
        let (leaf, root) = (Hash384::leaf(&self.leaf_bytes), Hash384::from_bytes(head.root384));
        merkle::verify_inclusion(&leaf, self.proof.index, head.size, &root, path)
            .map_err(ReceiptError::Inclusion)
    }

    /// The statement's signatures, and all that the receipt proves.
    fn verified(&self, trust: &Trust, vouched: Vouched) -> Result<VerifiedReceipt, ReceiptError> {
        let signers = self.verify_signatures(trust)?;
        let header = self.leaf.header();
        Ok(VerifiedReceipt {
            index: self.proof.index,
            id: header.id(),
            issuer: header.issuer().clone(),
            signers,
            schema: header.schema().to_owned(),
            kind: header.kind().to_owned(),
            claimed_at: header.claimed_at(),
            size: vouched.head.size,
            grade: vouched.grade,
            existed_by: vouched.existed_by(),
            cosigned: vouched.cosigned,
            not_before: self.leaf.position().seen,
        })
    }
}

impl Receipt {
    /// Verifies the parties' signatures alone: not that the statement is in the log.
    ///
    /// # Errors
    /// [`ReceiptError::Signature`].
    pub fn verify_signatures(&self, trust: &Trust) -> Result<BTreeSet<PartyId>, ReceiptError> {
        if block_digest(&self.block) != *self.leaf.signatures() {
            return Err(ReceiptError::Signature(SignatureError::Digest));
        }
        let block = SignatureBlock::from_bytes(&self.block).map_err(ReceiptError::Signature)?;
        block.verify(&self.leaf, trust, self.proof.index).map_err(ReceiptError::Signature)
    }

    /// The checkpoint that it rests on.
    pub const fn checkpoint(&self) -> &SignedCheckpoint {
        &self.proof.checkpoint
    }

    /// That checkpoint's bytes.
    pub(crate) fn checkpoint_note(&self) -> String {
        self.proof.checkpoint.note().to_string()
    }

    /// The leaf's bytes, as they are in the log.
    pub fn leaf_bytes(&self) -> &[u8] {
        &self.leaf_bytes
    }

    /// The leaf's hash and the inclusion proof in the form of COSE.
    pub(crate) fn cose_inclusion(&self) -> (Hash, CoseInclusion) {
        let size = self.proof.checkpoint.checkpoint().size();
        let (index, path) = (self.proof.index, self.proof.path.clone());
        (Hash::leaf(&self.leaf_bytes), CoseInclusion { size, index, path })
    }

    /// The signature block's bytes.
    pub(crate) fn block(&self) -> &[u8] {
        &self.block
    }
}

impl fmt::Display for Receipt {
    /// The receipt's text; [`Receipt::from_bytes`] reads exactly it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.proof)
    }
}

/// The inclusion path of a leaf in the tree with SHA-384 over the first `size` leaves, from files that hold the
/// tiles of a tree of `held` leaves, lowest hash first.
///
/// # Errors
/// A leaf outside the tree, or tiles that are missing or malformed.
pub fn inclusion384(
    files: &dyn LogFiles,
    index: u64,
    (size, held): (u64, u64),
) -> Result<Vec<Hash384>, ProofError> {
    merkle::inclusion_proof(&TileReader::of(Tiles(files), held), index, size)
}

/// Puts a receipt together; nothing is checked.
fn assemble(
    index: u64,
    (leaf, leaf_bytes): (Leaf, Vec<u8>),
    block: Vec<u8>,
    (path, path384): (Vec<Hash>, Vec<Hash384>),
    checkpoint: SignedCheckpoint,
) -> Receipt {
    let extra = Extra {
        magic: MAGIC.to_owned(),
        leaf: leaf_bytes.clone(),
        block: block.clone(),
        path384: Some(path384.iter().flat_map(|h| *h.as_bytes()).collect()),
    };
    let proof = TlogProof { extra: Some(wire::encode(&extra)), index, path, checkpoint };
    Receipt { proof, leaf_bytes, leaf, block, path384: Some(path384) }
}

fn read_path(bytes: &[u8]) -> Result<Vec<Hash384>, ReceiptError> {
    let whole = bytes.len().is_multiple_of(Hash384::LEN);
    if whole && bytes.len() <= merkle::MAX_PROOF * Hash384::LEN {
        Ok(tlog::tile::hashes(bytes))
    } else {
        Err(ReceiptError::Path384)
    }
}

fn need(files: &dyn LogFiles, path: &str) -> Result<Vec<u8>, ReceiptError> {
    let found = files.read(path).map_err(ReceiptError::File)?;
    found.ok_or_else(|| ReceiptError::Missing(path.to_owned()))
}

fn read_leaf(files: &dyn LogFiles, index: u64, size: u64) -> Result<Vec<u8>, ReceiptError> {
    let (path, bundle) = crate::files::read_bundle(files, index / 256, size)
        .map_err(ReceiptError::File)?
        .ok_or_else(|| ReceiptError::Missing(format!("the entry bundle of statement {index}")))?;
    let entries = bundle.entries();
    let entries = entries.map_err(|reason| ReceiptError::Bundle { path: path.clone(), reason })?;
    let within = usize::try_from(index % 256).ok();
    let leaf = within.and_then(|at| entries.get(at)).map(|e| e.to_vec());
    leaf.ok_or(ReceiptError::NotInLog { index, size })
}

#[cfg(test)]
mod tests;
