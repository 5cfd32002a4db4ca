//! The open formats: Merkle proofs, signed notes, policies, proofs that travel alone, COSE Receipts, Ed25519.

use crate::{Refusal, plain};
use serde::Serialize;
use tlog::cose::{CoseKey, CoseReceipt};
use tlog::witness::{self, AddCheckpoint, Latest, Watched};
use tlog::{
    Checkpoint, Hash, Note, Policy, SignedCheckpoint, TlogProof, Verified, VerifierKey, merkle,
};

/// Whose signatures verified under a note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignedReport {
    /// The names of the keys, each with the signer's time in seconds since 1970 where it claims one.
    pub signed_by: Vec<SignerReport>,
}

/// A key whose signature verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignerReport {
    /// The key's name.
    pub name: String,
    /// When it says it signed, in seconds since 1970.
    pub time: Option<u64>,
}

/// What a COSE Receipt of anybody's log proves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProvenReport {
    /// The leaf's place, of an inclusion.
    pub index: Option<u64>,
    /// Leaves in the older tree, of a consistency.
    pub old_size: Option<u64>,
    /// Leaves in the tree that is signed.
    pub size: u64,
    /// The root that is signed.
    pub root: String,
}

fn refused(error: &dyn std::error::Error) -> Refusal {
    Refusal::Open(plain(error))
}

fn signed(verified: &[Verified<'_>]) -> SignedReport {
    let one = |v: &Verified<'_>| SignerReport { name: v.key.name().to_string(), time: v.time };
    SignedReport { signed_by: verified.iter().map(one).collect() }
}

/// Verifies one Ed25519 signature by the system's one rule ([`tlog::verify_ed25519`]).
///
/// # Errors
/// [`Refusal::Open`] says which part of the rule failed.
pub fn ed25519(key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), Refusal> {
    tlog::verify_ed25519(key, message, signature).map_err(|e| refused(&e))
}

/// Verifies that a leaf is in a tree.
///
/// # Errors
/// [`Refusal::Open`].
pub fn inclusion(
    leaf: &Hash,
    (index, size): (u64, u64),
    root: &Hash,
    proof: &[Hash],
) -> Result<(), Refusal> {
    merkle::verify_inclusion(leaf, index, size, root, proof).map_err(|e| refused(&e))
}

/// Verifies that one tree goes on from another.
///
/// # Errors
/// [`Refusal::Open`].
pub fn consistency(
    (old, new): (u64, u64),
    (before, after): (&Hash, &Hash),
    proof: &[Hash],
) -> Result<(), Refusal> {
    merkle::verify_consistency(old, new, before, after, proof).map_err(|e| refused(&e))
}

/// Most leaves of a tree that is grown to compare its root.
pub const MAX_TREE: u64 = 50_000_000;

/// Verifies that so many leaves, each given by its index, have this root.
///
/// # Errors
/// [`Refusal::Open`] also when there are more than [`MAX_TREE`].
pub fn tree(size: u64, leaf: impl Fn(u64) -> Hash, root: &Hash) -> Result<(), Refusal> {
    if size > MAX_TREE {
        let why = format!("a tree of {size} leaves is not grown here; {MAX_TREE} are the most");
        return Err(Refusal::Open(why));
    }
    let mut tree = merkle::Frontier::new();
    for index in 0..size {
        tree.push(leaf(index));
    }
    if tree.root() == *root {
        return Ok(());
    }
    Err(Refusal::Open(format!("the tree has the root `{}`, not `{root}`", tree.root())))
}

/// Decides on a request of tlog-witness as a witness of this log does that has seen `latest`, a size and its root.
///
/// # Errors
/// [`Refusal::Witness`] has the status of the answer.
pub fn add_checkpoint(
    request: &[u8],
    (origin, keys): (&str, &[VerifierKey]),
    latest: Option<(u64, Hash)>,
) -> Result<(), Refusal> {
    let refused = |status, error: &dyn std::error::Error| {
        let why = plain(error);
        Refusal::Witness { status, why }
    };
    let request = AddCheckpoint::parse(request).map_err(|e| refused(e.status(), &e))?;
    let watched = Watched { origin: origin.to_owned(), keys: keys.to_vec() };
    // the time of a cosignature is the witness's own: it decides nothing
    let latest = latest.map(|(size, root)| Latest { size, root, time: 1 });
    witness::decide(&request, Some(&watched), latest.as_ref(), 1)
        .map(drop)
        .map_err(|(refusal, _)| refused(refusal.status(), &refusal))
}

/// Verifies a signed note by these keys. A note whose text presents itself as a checkpoint, by a size in its second
/// line and a hash in its third, must be one.
///
/// # Errors
/// [`Refusal::Open`].
pub fn note(bytes: &[u8], keys: &[VerifierKey]) -> Result<SignedReport, Refusal> {
    let note = Note::parse(bytes).map_err(|e| refused(&e))?;
    let verified = note.verify(keys).map_err(|e| refused(&e))?;
    if is_like_checkpoint(note.text()) {
        Checkpoint::parse(note.text()).map_err(|e| refused(&e))?;
    }
    Ok(signed(&verified))
}

fn is_like_checkpoint(text: &str) -> bool {
    let mut lines = text.split('\n').skip(1);
    let size = lines.next().unwrap_or_default();
    let root = lines.next().unwrap_or_default();
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    size.contains(|c: char| c.is_ascii_digit())
        && size.chars().all(|c| c.is_ascii_digit() || "+-".contains(c))
        && root.len() >= 16
        && root.chars().all(is_base64)
}

/// Verifies a checkpoint under a tlog-policy.
///
/// # Errors
/// [`Refusal::Policy`].
pub fn policy(note: &[u8], policy: &[u8]) -> Result<SignedReport, Refusal> {
    let policy = Policy::parse(policy)?;
    let signed_note = SignedCheckpoint::parse(note).map_err(tlog::PolicyError::from)?;
    Ok(signed(&policy.check(&signed_note)?))
}

/// Verifies a tlog-proof of a leaf under a tlog-policy.
///
/// # Errors
/// [`Refusal::Policy`] or [`Refusal::Open`].
pub fn proof(proof: &[u8], leaf: &Hash, policy: &[u8]) -> Result<SignedReport, Refusal> {
    let policy = Policy::parse(policy)?;
    let proof = TlogProof::parse(proof).map_err(|e| refused(&e))?;
    Ok(signed(&proof.verify(leaf, &policy).map_err(|e| refused(&e))?))
}

/// What a COSE Receipt is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The leaf with this hash is in the tree.
    Leaf(Hash),
    /// The tree goes on from the one with this root.
    OldRoot(Hash),
}

/// Verifies a COSE Receipt of anybody's log (RFC 9942) by a key, which must be of the receipt's algorithm.
///
/// # Errors
/// [`Refusal::Open`].
pub fn cose(receipt: &[u8], key: &CoseKey, claim: Claim) -> Result<ProvenReport, Refusal> {
    let receipt = CoseReceipt::parse(receipt).map_err(|e| refused(&e))?;
    match claim {
        Claim::Leaf(leaf) => {
            let (proof, root) = receipt.verify_inclusion(&leaf, key).map_err(|e| refused(&e))?;
            let (index, size) = (Some(proof.index), proof.size);
            Ok(ProvenReport { index, old_size: None, size, root: root.to_string() })
        }
        Claim::OldRoot(old) => {
            let (proof, root) = receipt.verify_consistency(&old, key).map_err(|e| refused(&e))?;
            let (old_size, size) = (Some(proof.old_size), proof.new_size);
            Ok(ProvenReport { index: None, old_size, size, root: root.to_string() })
        }
    }
}
