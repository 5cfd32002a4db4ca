//! The CNSA line: an ML-DSA-87 signature over both roots of a log, as one more line of its checkpoint.
//!
//! C2SP fixes SHA-256 and has ML-DSA-44 as its strongest signature. A log that also keeps a tree with SHA-384 over
//! the same leaves adds a line of signature type `0xff`, which c2sp.org/signed-note reserves for types without
//! an assigned byte, with the identifier `ledger-cnsa-v1`. Verifiers that do not know its key ignore it,
//! as that specification demands. A log signs the line with its origin as the name; a mirror that has recomputed both
//! roots signs the same line with a name of its own.
//!
//! Bytes, numbers big-endian, in the presentation language of RFC 8446 §3:
//!
//! ```text
//! vkey        name "+" hex(key id) "+" base64(0xff || "ledger-cnsa-v1" || ML-DSA-87 public key, 2592 bytes)
//! key id      SHA-256(name || 0x0A || 0xff || "ledger-cnsa-v1" || public key)[:4]
//! signature   key id || uint64 time || opaque root_sha384[48] || ML-DSA-87 signature, 4627 bytes
//!
//! struct {
//!     opaque label[16] = "ledger-cnsa-v1\n\0";
//!     opaque name<1..2^8-1>;        /* of the signer's key */
//!     opaque origin<1..2^8-1>;      /* of the checkpoint */
//!     uint64 time;                  /* seconds since 1970, at most 2^63 - 1; 0 claims none */
//!     uint64 size;
//!     opaque root_sha256[32];
//!     opaque root_sha384[48];
//! } SignedHead;                     /* signed with ML-DSA-87 (FIPS 204), empty context */
//! ```
//!
//! The line covers no extension lines, so it is neither made nor accepted on a checkpoint that has any.

#[cfg(not(target_arch = "wasm32"))]
mod signer;

use crate::cosignature::{LAST_TIME, split_time};
use crate::{Checkpoint, Hash, Hash384, KeyError, KeyName, PublicKey, SignatureLine};
use crate::{MLDSA87_SIGNATURE_LEN, SignedCheckpoint, VerifierKey, verify_mldsa87};
#[cfg(not(target_arch = "wasm32"))]
pub use signer::{CnsaAt, CnsaSigner};
use std::fmt;
use std::str::FromStr;

/// What follows the type byte `0xff` in keys of this line.
pub const CNSA_IDENTIFIER: &[u8; 14] = b"ledger-cnsa-v1";

/// The signature type of the line.
pub(crate) const CNSA_KIND: u8 = 0xff;

const LABEL: &[u8; 16] = b"ledger-cnsa-v1\n\0";

/// What a CNSA line says of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CnsaHead {
    /// When it was signed, in seconds since 1970; 0 when the signer claims no time.
    pub time: u64,
    /// How many leaves.
    pub size: u64,
    /// The SHA-256 root over them.
    pub root: Hash,
    /// The SHA-384 root over them.
    pub root384: Hash384,
}

/// Why a checkpoint's CNSA line is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CnsaError {
    /// No line of this key.
    #[error("`{0}` has not signed the checkpoint with ML-DSA-87")]
    Unsigned(String),
    /// A line of this key does not verify.
    #[error("the ML-DSA-87 signature of `{0}` does not verify")]
    BadSignature(String),
    /// Two good lines of this key with different SHA-384 roots: evidence of two trees under one name.
    #[error("`{0}` has signed two SHA-384 roots for one tree; keep the checkpoint as evidence")]
    TwoRoots(String),
}

/// The bytes that are signed; `None` when they must not be: a name or origin that is empty or above 255 bytes,
/// a time above 2^63 - 1, or an empty tree with another root than the empty one.
pub fn cnsa_message(name: &str, origin: &str, head: &CnsaHead) -> Option<Vec<u8>> {
    let CnsaHead { time, size, root, root384 } = head;
    let empty = *root == Hash::EMPTY_ROOT && *root384 == Hash384::EMPTY_ROOT;
    if name.is_empty() || origin.is_empty() || *time > LAST_TIME || (*size == 0 && !empty) {
        return None;
    }
    let mut message = LABEL.to_vec();
    for text in [name, origin] {
        message.push(u8::try_from(text.len()).ok()?);
        message.extend_from_slice(text.as_bytes());
    }
    message.extend_from_slice(&time.to_be_bytes());
    message.extend_from_slice(&size.to_be_bytes());
    message.extend_from_slice(root.as_bytes());
    message.extend_from_slice(root384.as_bytes());
    Some(message)
}

/// What a signature claims about a checkpoint, not yet verified, and the ML-DSA-87 signature over it.
fn claimed<'s>(checkpoint: &Checkpoint, signature: &'s [u8]) -> Option<(CnsaHead, &'s [u8])> {
    let (time, rest) = split_time(signature)?;
    let (root384, signature) = rest.split_first_chunk::<48>()?;
    let (size, root) = (checkpoint.size(), checkpoint.root());
    let root384 = Hash384::from_bytes(*root384);
    checkpoint
        .extensions()
        .is_empty()
        .then_some((CnsaHead { time, size, root, root384 }, signature))
}

/// The SHA-384 root that a CNSA line claims, before anything is verified; `None` for a line of another length.
pub fn cnsa_root(line: &SignatureLine) -> Option<Hash384> {
    let (_, rest) = split_time(&line.signature)?;
    let (root384, signature) = rest.split_first_chunk::<48>()?;
    (signature.len() == MLDSA87_SIGNATURE_LEN).then_some(Hash384::from_bytes(*root384))
}

/// Whether `signature`, the bytes after the key id, is that of the key with this name and these bytes after the
/// identifier over the checkpoint; what it says if so.
pub(crate) fn verify(
    name: &KeyName,
    key: &[u8],
    checkpoint: &Checkpoint,
    signature: &[u8],
) -> Option<CnsaHead> {
    let (head, signature) = claimed(checkpoint, signature)?;
    let message = cnsa_message(name.as_str(), checkpoint.origin(), &head)?;
    verify_mldsa87(key, &message, signature).then_some(head)
}

/// A log's or mirror's key for the CNSA line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CnsaVerifier {
    key: VerifierKey,
}

impl CnsaVerifier {
    /// The key, if it is one of this line.
    pub fn new(key: VerifierKey) -> Option<Self> {
        matches!(key.key(), PublicKey::LedgerCnsa(_)).then_some(Self { key })
    }

    /// The key itself.
    pub const fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// The signer's name.
    pub const fn name(&self) -> &KeyName {
        self.key.name()
    }

    /// What this signer says about the tree of a checkpoint. Every line of its key must verify; of several, the
    /// earliest time counts. Whose the key is (the log's own, a mirror's) is the caller's to know.
    ///
    /// # Errors
    ///
    /// [`CnsaError`].
    pub fn open(&self, signed: &SignedCheckpoint) -> Result<CnsaHead, CnsaError> {
        let name = || self.name().to_string();
        let PublicKey::LedgerCnsa(bytes) = self.key.key() else {
            return Err(CnsaError::Unsigned(name()));
        };
        let key = bytes.get(CNSA_IDENTIFIER.len()..).unwrap_or_default();
        let mine = |l: &&SignatureLine| l.name == *self.key.name() && l.id == self.key.id();
        let mut found: Option<CnsaHead> = None;
        for line in signed.note().signatures().iter().filter(mine) {
            let head = verify(self.name(), key, signed.checkpoint(), &line.signature)
                .ok_or_else(|| CnsaError::BadSignature(name()))?;
            found = match found {
                Some(before) if before.root384 != head.root384 => {
                    return Err(CnsaError::TwoRoots(name()));
                }
                Some(before) if before.time <= head.time => Some(before),
                Some(_) | None => Some(head),
            };
        }
        found.ok_or_else(|| CnsaError::Unsigned(name()))
    }
}

impl fmt::Display for CnsaVerifier {
    /// The vkey.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key.fmt(f)
    }
}

impl FromStr for CnsaVerifier {
    type Err = KeyError;

    /// Reads a vkey of this line.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let key: VerifierKey = text.parse()?;
        let (name, kind) = (key.name().to_string(), key.key().kind());
        Self::new(key).ok_or(KeyError::Key { name, kind })
    }
}

#[cfg(test)]
mod tests;
