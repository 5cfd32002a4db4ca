//! COSE Receipts (RFC 9942) under the log's keys: the same inclusion path and root as in a receipt, for
//! programs that read COSE and not C2SP.
//!
//! One key signs in two formats here. They can't be confused: what COSE signs begins with the array
//! `84 6a "Signature1"` (RFC 9052 §4.4), what a note or a CNSA line signs never does, as a log's name is UTF-8 text and
//! the CNSA struct begins with its label's length.

#[cfg(not(target_arch = "wasm32"))]
use super::LogSigner;
use super::LogVerifier;
use crate::leaf::{Leaf, LeafError};
#[cfg(not(target_arch = "wasm32"))]
use crate::receipt::Receipt;
use domain::Digest;
use std::fmt;
use std::str::FromStr;
use tlog::cose::{CoseAlgorithm, CoseError, CoseKey, CoseReceipt};
use tlog::{CNSA_IDENTIFIER, Hash, PublicKey, TreeHash as _};

/// Which of the log's keys signs the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CoseSignature {
    /// EdDSA (-8) with the log's Ed25519 key.
    EdDsa,
    /// ML-DSA-87 (-50) with the key of the log's CNSA line. The root is SHA-256 all the same: RFC 9942 knows no other.
    MlDsa87,
}

/// What a COSE receipt proves. It says nothing of the parties' signatures, which a [`Receipt`] carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoseVerified {
    /// The statement's place in the log.
    pub index: u64,
    /// Leaves in the tree that it is in.
    pub size: u64,
    /// The SHA-256 root that the log signed.
    pub root: Digest,
    /// Which key signed it.
    pub signature: CoseSignature,
    /// The leaf.
    pub leaf: Leaf,
}

/// Why a COSE receipt can't be made or is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CoseReceiptError {
    /// Its form, proof or signature.
    #[error(transparent)]
    Cose(#[from] CoseError),
    /// The leaf is not one.
    #[error("the leaf is not sound")]
    Leaf(#[source] LeafError),
    /// Its algorithm is not one that a log signs with.
    #[error(
        "the receipt is signed with {0}; a log signs COSE receipts with EdDSA or with ML-DSA-87"
    )]
    Algorithm(&'static str),
    /// The receipt's checkpoint is not what the log has committed.
    #[error("the receipt is not under the committed checkpoint; nothing else is signed")]
    NotCommitted,
}

impl CoseSignature {
    const fn algorithm(self) -> CoseAlgorithm {
        match self {
            Self::EdDsa => CoseAlgorithm::EdDsa,
            Self::MlDsa87 => CoseAlgorithm::MlDsa87,
        }
    }
}

impl FromStr for CoseSignature {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = [Self::EdDsa, Self::MlDsa87].into_iter().find(|s| s.to_string() == text);
        found.ok_or_else(|| format!("`{text}` is not an algorithm: eddsa or ml-dsa-87"))
    }
}

impl fmt::Display for CoseSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EdDsa => "eddsa",
            Self::MlDsa87 => "ml-dsa-87",
        })
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl LogSigner {
    /// The COSE form of a receipt under `committed`, the tree that the log has committed to; another is refused, so
    /// that files that somebody changed can't have a second history signed.
    ///
    /// # Errors
    /// See [`CoseReceiptError`].
    pub fn cose(
        &self,
        receipt: &Receipt,
        committed: &crate::TreeHead,
        signature: CoseSignature,
    ) -> Result<Vec<u8>, CoseReceiptError> {
        let checkpoint = receipt.checkpoint().checkpoint();
        if (checkpoint.size(), *checkpoint.root().as_bytes()) != (committed.size, committed.root) {
            return Err(CoseReceiptError::NotCommitted);
        }
        let root = Hash::from_bytes(committed.root);
        let (leaf, proof) = receipt.cose_inclusion();
        Ok(match signature {
            CoseSignature::EdDsa => {
                let signer = tlog::cose::RawEd25519Signer::from_seed(&self.seed)?;
                CoseReceipt::sign_inclusion(&leaf, &proof, &root, &signer)?
            }
            CoseSignature::MlDsa87 => {
                let algorithm = signature.algorithm();
                let signer = tlog::cose::MlDsaSigner::from_seed(algorithm, &self.cnsa_seed)?;
                CoseReceipt::sign_inclusion(&leaf, &proof, &root, &signer)?
            }
        })
    }
}

impl LogVerifier {
    /// The log's key for COSE.
    ///
    /// # Errors
    /// Never for a key that [`LogVerifier::new`] took.
    pub fn cose_key(&self, signature: CoseSignature) -> Result<CoseKey, CoseError> {
        let key = match signature {
            CoseSignature::EdDsa => self.key.key(),
            CoseSignature::MlDsa87 => self.cnsa.key().key(),
        };
        let raw: &[u8] = match key {
            PublicKey::Ed25519(key) => key,
            PublicKey::LedgerCnsa(key) => key.get(CNSA_IDENTIFIER.len()..).unwrap_or_default(),
            PublicKey::Ed25519Cosignature(_)
            | PublicKey::MlDsa44Cosignature(_)
            | PublicKey::Other(..) => {
                return Err(CoseError::Key("is not one of a log"));
            }
        };
        CoseKey::raw(signature.algorithm(), raw)
    }

    /// Verifies a COSE receipt of a leaf: that this log signed a root which the leaf is under.
    ///
    /// # Errors
    /// See [`CoseReceiptError`].
    pub fn check_cose(
        &self,
        receipt: &[u8],
        leaf: &[u8],
    ) -> Result<CoseVerified, CoseReceiptError> {
        let receipt = CoseReceipt::parse(receipt)?;
        let all = [CoseSignature::EdDsa, CoseSignature::MlDsa87];
        let found = all.into_iter().find(|s| s.algorithm() == receipt.algorithm());
        let signature = found.ok_or(CoseReceiptError::Algorithm(receipt.algorithm().name()))?;
        let key = self.cose_key(signature)?;
        let (proof, root) = receipt.verify_inclusion(&Hash::leaf(leaf), &key)?;
        let (index, size) = (proof.index, proof.size);
        let leaf = Leaf::from_bytes(leaf).map_err(CoseReceiptError::Leaf)?;
        Ok(CoseVerified {
            index,
            size,
            root: Digest::from_bytes(*root.as_bytes()),
            signature,
            leaf,
        })
    }
}

#[cfg(test)]
mod tests;
