//! Signed statements in a transparency log: envelope, signatures, sealing, append plan, receipts, audit.
//!
//! The way of a statement: a [`Draft`] seals its payload to an [`Audience`] and collects the other
//! parties' signatures; [`Draft::issue`] gives it a [`Position`] in its issuer's chain and makes an [`Entry`];
//! [`plan_append`] computes every byte that the log host writes; [`Receipt`] proves it to anyone,
//! [`statements`] reads it back, and [`verify_log`] audits everything. [`Trust`] says whose keys count.
//!
//! This crate knows the `Statement` trait, not the statements; its own are [`Event`]. It has no clock and
//! no I/O, and randomness comes in as an argument, with one exception: ML-DSA-87 signatures are
//! hedged (FIPS 204 §3.4) with randomness of the cryptographic module. So signatures, and the leaves that
//! name them, differ from run to run; statement ids do not.
//!
//! For `wasm32` only what a verifier needs is built: nothing that signs, seals, opens what is sealed, or draws
//! randomness, and so no value of [`SecretKeys`].
#![warn(clippy::wildcard_enum_match_arm, missing_docs)]
#![cfg_attr(
    target_arch = "wasm32",
    expect(dead_code, reason = "only the verifying half of this crate is built for wasm32")
)]

mod bundle;
mod chain;
pub mod cobblestone;
mod disclosure;
#[cfg(not(target_arch = "wasm32"))]
mod draft;
mod dsse;
mod entry;
mod event;
mod fields;
mod files;
mod kem;
mod keys;
mod leaf;
mod letter;
mod log_key;
pub mod monitor;
#[cfg(not(target_arch = "wasm32"))]
mod plan;
#[cfg(not(target_arch = "wasm32"))]
mod random;
mod receipt;
pub mod reveal;
mod seal;
mod shred;
mod signature;
mod sync;
mod trees;
mod trust;
mod verify;
mod word;

pub use bundle::{Bundle, BundleError, MAX_CHANGES, MAX_STAMP};
pub use chain::{ChainFault, Chains, Heads};
pub use disclosure::{Disclosed, Disclosure, DisclosureError, Part};
#[cfg(not(target_arch = "wasm32"))]
pub use draft::{Content, Draft, DraftError};
pub use dsse::{DsseError, Envelope, Enveloped};
pub use entry::{CheckedEntry, Entry, Object, ObjectError, object_path};
pub use event::{Event, Newcomer, Signers};
pub use files::{CHECKPOINT_PATH, FileError, LogFiles, Tiles, WITNESSED_PATH};
pub use kem::Kem;
pub use keys::{KeyError, ML_DSA_87_PUBLIC_LEN, PublicKeys, SecretKeys};
pub use leaf::{Header, Leaf, LeafError, MAX_LEAF, MAX_SIGNERS, Name, Position, Seen};
pub use letter::{LetterError, MAX_LETTER, check_letter};
#[cfg(not(target_arch = "wasm32"))]
pub use letter::{open_letter, seal_letter};
#[cfg(not(target_arch = "wasm32"))]
pub use log_key::LogSigner;
pub use log_key::{
    CoseReceiptError, CoseSignature, CoseVerified, HeadError, LogKeyError, LogVerifier, Profile,
};
#[cfg(not(target_arch = "wasm32"))]
pub use plan::{AppendPlan, CLOCK_TOLERANCE, PlanError, PlannedFile, Unfit, fits, plan_append};
#[cfg(not(target_arch = "wasm32"))]
pub use random::Random;
pub use receipt::{Receipt, ReceiptError, Receipts, VerifiedReceipt, inclusion384};
pub use seal::{Audience, MAX_PAYLOAD, MAX_READERS, OpenError, Opened, SealError};
pub use shred::{Shreds, may_shred};
#[cfg(not(target_arch = "wasm32"))]
pub use signature::sign_host;
pub use signature::{
    Cosignature, ML_DSA_87_SIGNATURE_LEN, NOW, Scheme, SignatureBlock, SignatureError,
    SignaturePair, pae, verify_host,
};
pub use sync::{Cursor, End, LogStatement, NotCounted, Statements, SyncError, leaves, statements};
pub use trees::{TreeHead, Trees};
pub use trust::{
    Change, Closed, Cosigned, Ending, Founders, Grade, KeyEnd, KeyRefusal, KeySpan, MAX_KEYS,
    MAX_PARTIES, MAX_TRUST, MAX_WITNESSES, Member, Possession, Trust, TrustError, Vouched, Witness,
    WitnessRole,
};
pub use verify::{Fault, FaultKind, MAX_FAULTS, Place, Report, verify_log, verify_log_as};
pub use word::{MAX_WORD, Word, WordError};

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
