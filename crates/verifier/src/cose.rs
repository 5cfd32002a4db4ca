//! COSE Receipts (RFC 9942) by the log's own keys.

use crate::Refusal;
use domain::Digest;
use ledger::Trust;
use serde::Serialize;

/// What a COSE Receipt proves: that the log has the statement, not who signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CoseReport {
    /// The statement's place in the log.
    pub index: u64,
    /// Leaves in the tree that it is in.
    pub size: u64,
    /// The SHA-256 root that the log signed.
    pub root: Digest,
    /// The algorithm of that signature: `eddsa` or `ml-dsa-87`.
    pub algorithm: String,
    /// The statement's id.
    pub id: Digest,
    /// What kind of statement it is.
    pub kind: String,
    /// The receipt's length in bytes.
    pub bytes: usize,
}

/// Verifies a COSE Receipt of a leaf by the keys of the log.
///
/// # Errors
/// [`Refusal::Cose`].
pub fn cose(receipt: &[u8], leaf: &[u8], trust: &Trust) -> Result<CoseReport, Refusal> {
    let proven = trust.log().check_cose(receipt, leaf)?;
    Ok(CoseReport {
        index: proven.index,
        size: proven.size,
        root: proven.root,
        algorithm: proven.signature.to_string(),
        id: proven.leaf.id(),
        kind: proven.leaf.header().kind().to_owned(),
        bytes: receipt.len(),
    })
}
