//! Transparency logs as C2SP specifies them: Merkle math, tiles, checkpoints, notes, cosignatures, proofs.
//!
//! Read [`merkle`] for trees and proofs (RFC 6962 and 9162, and the subtrees of Merkle tree
//! certificates), [`tile`] for how a tree is cut into files, [`append`](fn@append) for what an append writes,
//! [`Note`] for signed text, [`Checkpoint`] for a signed tree head, [`TlogProof`] for a proof that
//! travels alone, [`Policy`] for whose signatures are enough, and [`cose`] for receipts in COSE (RFC 9942).
//!
//! Specifications: <https://c2sp.org> `signed-note`, `tlog-checkpoint`, `tlog-cosignature`,
//! `tlog-tiles`, `tlog-proof` and `tlog-policy`, as of July 2026 (text CC BY 4.0).
//!
//! Beside C2SP's trees with SHA-256 stand the same with SHA-384 ([`TreeHash`], [`Hash384`]), and a signature
//! line of ML-DSA-87 over both roots ([`CnsaSigner`]). Verifiers of C2SP alone ignore both.
//!
//! Nothing here does I/O, reads a clock or knows what is logged. Every parser is strict: what a
//! specification leaves open to one reading is read that way, and everything else is refused. No
//! parser panics on outside bytes. There is one rule for Ed25519, in [`verify_ed25519`].
#![warn(clippy::wildcard_enum_match_arm, missing_docs)]

mod append;
mod checkpoint;
mod cnsa;
pub mod cose;
mod cosignature;
mod ed25519;
mod hash;
mod key;
pub mod merkle;
pub mod mirror;
mod mldsa;
mod note;
mod policy;
mod proof;
#[cfg(not(target_arch = "wasm32"))]
mod signer;
mod text;
pub mod tile;
pub mod witness;

pub use append::{AppendError, Appended, TileWrite, append, append_tree};
pub use checkpoint::{Checkpoint, CheckpointError, MAX_ORIGIN, SignedCheckpoint};
pub use cnsa::{CNSA_IDENTIFIER, CnsaError, CnsaHead, CnsaVerifier, cnsa_message, cnsa_root};
#[cfg(not(target_arch = "wasm32"))]
pub use cnsa::{CnsaAt, CnsaSigner};
pub use cosignature::{cosignature_v1_message, split_time, subtree_v1_message};
pub use ed25519::{Ed25519Refused, is_small_order_ed25519, verify_ed25519};
pub use hash::{Hash, Hash384, ParseHashError, TreeHash, leaf_hash, node_hash};
pub use key::{KeyError, KeyId, KeyName, PublicKey, VerifierKey};
pub use merkle::{HashReader, ProofError, ReadError};
pub use mldsa::{
    MLDSA44_PUBLIC_LEN, MLDSA44_SIGNATURE_LEN, MLDSA87_PUBLIC_LEN, MLDSA87_SIGNATURE_LEN,
    verify_mldsa44, verify_mldsa87,
};
pub use note::{MAX_NOTE, MAX_SIGNATURES, Note, NoteError, SignatureLine, Verified};
pub use policy::{LineError, Policy, PolicyError, PolicyMember};
pub use proof::{ReceiptError, TlogProof, TlogProofError};
#[cfg(not(target_arch = "wasm32"))]
pub use signer::{
    At, Ed25519Cosigner, Ed25519Signer, MlDsa44Cosigner, NoteSigner, SignError, sign_note,
};
pub use text::base64;
pub use tile::{Level, Tile, TileError, TileReader, TileSource};

#[cfg(test)]
mod tests;
