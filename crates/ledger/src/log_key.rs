//! The log's own keys: Ed25519 for C2SP's world, ML-DSA-87 for the CNSA line over both roots.
//!
//! The name of both keys is the log's origin. The public form is two C2SP vkeys (c2sp.org/signed-note), one a
//! line, first the Ed25519 key that any C2SP verifier reads, then the key of [`tlog::CnsaSigner`]:
//!
//! ```text
//! name+id+base64(0x01 || Ed25519 key, 32 bytes)
//! name+id+base64(0xff || "ledger-cnsa-v1" || ML-DSA-87 key, 2592 bytes)
//! ```
//!
//! The secret form is two lines alike, in the way of Go's `note` package and the tools around it, so that the
//! first can move between programs:
//!
//! ```text
//! PRIVATE+KEY+name+id+base64(0x01 || Ed25519 seed, 32 bytes)
//! PRIVATE+KEY+name+id+base64(0xff || "ledger-cnsa-v1" || ML-DSA-87 seed, 32 bytes)
//! ```
//!
//! Both lines are there, in this order, of one name, each ended by a line feed, the last perhaps not; nothing
//! else is read.

mod cose;
#[cfg(not(target_arch = "wasm32"))]
mod signer;

pub use cose::{CoseReceiptError, CoseSignature, CoseVerified};
#[cfg(not(target_arch = "wasm32"))]
pub use signer::LogSigner;

use crate::trees::TreeHead;
use std::fmt;
use std::str::FromStr;
use tlog::{
    Checkpoint, CheckpointError, CnsaError, CnsaHead, CnsaVerifier, Hash, KeyName, PublicKey,
    SignedCheckpoint, VerifierKey,
};

const SECRET_PREFIX: &str = "PRIVATE+KEY+";

/// A log's name with the keys that sign its checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogVerifier {
    key: VerifierKey,
    cnsa: CnsaVerifier,
}

/// Which signature and which tree a verdict relies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profile {
    /// Ed25519 and SHA-256, as every C2SP verifier does.
    C2sp,
    /// ML-DSA-87 and SHA-384 only, the algorithms of CNSA 2.0.
    Cnsa,
}

/// Why a log's key was refused. Never shows any part of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogKeyError {
    /// Not two lines.
    #[error(
        "a log has two public keys, one a line: first Ed25519, then ML-DSA-87 (`ledger-cnsa-v1`)"
    )]
    Lines,
    /// Not a vkey.
    #[error("not a C2SP verifier key: {0}")]
    Vkey(String),
    /// A key of another type.
    #[error("the key has signature type 0x{0:02x}; a log's own key is Ed25519, type 0x01")]
    Type(u8),
    /// The second key is not one of the CNSA line.
    #[error("the second key is not ML-DSA-87 with the identifier `ledger-cnsa-v1`")]
    NotCnsa,
    /// The keys have different names.
    #[error("the keys are of `{first}` and `{second}`; both must be of one log")]
    TwoNames {
        /// The name of the Ed25519 key.
        first: String,
        /// The name of the ML-DSA-87 key.
        second: String,
    },
    /// The name can't be a log's origin.
    #[error(
        "`{0}` can't be a log's name: 1 to 255 bytes without `+`, spaces or control characters"
    )]
    Name(String),
    /// Not a secret key.
    #[error(
        "not the secret keys of a log: two lines `{SECRET_PREFIX}<name>+<id>+<base64>` are needed"
    )]
    Secret,
    /// The id is not that of name and key.
    #[error("the key's id is not that of its name and key; copy the whole line again")]
    Id,
}

/// Why a checkpoint was not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// It is malformed, of another log, or its Ed25519 signature is not good.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// It is of another log.
    #[error("the checkpoint is of `{0}`")]
    OtherLog(String),
    /// Its ML-DSA-87 signature is not good.
    #[error(transparent)]
    Cnsa(#[from] CnsaError),
}

impl LogVerifier {
    /// The keys of a log from its two vkeys.
    ///
    /// # Errors
    /// See [`LogKeyError`].
    pub fn new(vkey: &str, cnsa: &str) -> Result<Self, LogKeyError> {
        let parse =
            |text: &str| text.parse::<VerifierKey>().map_err(|e| LogKeyError::Vkey(e.to_string()));
        let key = parse(vkey)?;
        if !matches!(key.key(), PublicKey::Ed25519(_)) {
            return Err(LogKeyError::Type(key.key().kind()));
        }
        check_name(key.name().as_str())?;
        let cnsa = CnsaVerifier::new(parse(cnsa)?).ok_or(LogKeyError::NotCnsa)?;
        if cnsa.name() != key.name() {
            let (first, second) = (key.name().to_string(), cnsa.name().to_string());
            return Err(LogKeyError::TwoNames { first, second });
        }
        Ok(Self { key, cnsa })
    }

    /// Reads two lines, with or without a final line feed.
    ///
    /// # Errors
    /// See [`LogKeyError`].
    pub fn read(text: &str) -> Result<Self, LogKeyError> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let (vkey, cnsa) = text.split_once('\n').ok_or(LogKeyError::Lines)?;
        Self::new(vkey, cnsa)
    }

    /// Writes both vkeys, each with a line feed.
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n", self.key, self.cnsa)
    }

    /// The Ed25519 vkey, which any C2SP verifier reads.
    pub fn vkey(&self) -> String {
        self.key.to_string()
    }

    /// The vkey of the CNSA line.
    pub fn cnsa_vkey(&self) -> String {
        self.cnsa.to_string()
    }

    /// The log's name, the first line of its checkpoints.
    pub fn origin(&self) -> &str {
        self.key.name().as_str()
    }

    /// Verifies both signatures of a checkpoint of this log and gives both roots.
    ///
    /// # Errors
    /// Malformed, of another log, or not signed by both keys.
    pub fn open(&self, note: &[u8]) -> Result<TreeHead, HeadError> {
        self.check(&SignedCheckpoint::parse(note)?)
    }

    /// [`LogVerifier::open`] for a checkpoint that was read already.
    ///
    /// # Errors
    /// As there.
    pub fn check(&self, signed: &SignedCheckpoint) -> Result<TreeHead, HeadError> {
        self.check_c2sp(signed)?;
        Ok(self.check_cnsa(signed)?.into())
    }

    /// Verifies the Ed25519 signature alone: what a checkpoint is worth to any C2SP verifier.
    ///
    /// # Errors
    /// Malformed, of another log, or not signed by this key.
    pub fn check_c2sp(&self, signed: &SignedCheckpoint) -> Result<(u64, Hash), HeadError> {
        signed.verify(std::slice::from_ref(&self.key))?;
        Ok((signed.checkpoint().size(), signed.checkpoint().root()))
    }

    /// Verifies the ML-DSA-87 signature alone, and gives size, roots and the log's time from under it. The
    /// SHA-256 root is under the signature too, but nobody has to rely on it.
    ///
    /// # Errors
    /// Of another log, or not signed by this key.
    pub fn check_cnsa(&self, signed: &SignedCheckpoint) -> Result<CnsaHead, HeadError> {
        let origin = signed.checkpoint().origin();
        if origin != self.origin() {
            return Err(HeadError::OtherLog(origin.chars().take(60).collect()));
        }
        Ok(self.cnsa.open(signed)?)
    }
}

impl From<CnsaHead> for TreeHead {
    fn from(head: CnsaHead) -> Self {
        let (root, root384) = (*head.root.as_bytes(), *head.root384.as_bytes());
        Self { size: head.size, root, root384 }
    }
}

impl FromStr for Profile {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = [Self::C2sp, Self::Cnsa].into_iter().find(|p| p.to_string() == text);
        found.ok_or_else(|| format!("`{text}` is not a profile: c2sp or cnsa"))
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::C2sp => "c2sp",
            Self::Cnsa => "cnsa",
        })
    }
}

fn check_name(name: &str) -> Result<(), LogKeyError> {
    let wrong = || LogKeyError::Name(name.chars().take(60).collect());
    match Checkpoint::new(name, 0, Hash::EMPTY_ROOT) {
        Ok(_) if KeyName::new(name).is_ok() => Ok(()),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests;
