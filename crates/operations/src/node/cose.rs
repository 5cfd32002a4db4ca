//! COSE Receipts from the log's own keys, for programs that read RFC 9942.

use super::{Node, NodeError};
use domain::Digest;
use ledger::{CoseSignature, Receipt, TreeHead};

impl Node {
    /// The COSE receipt of a logged statement under the committed checkpoint; `None` when it is not logged.
    ///
    /// # Errors
    /// Storage that fails, or files that are not those of the committed checkpoint.
    pub fn cose(
        &self,
        id: &Digest,
        signature: CoseSignature,
    ) -> Result<Option<Vec<u8>>, NodeError> {
        let Some(receipt) = self.receipt(id)? else { return Ok(None) };
        let receipt = Receipt::from_bytes(&receipt).map_err(NodeError::Receipt)?;
        let committed = self.head()?.unwrap_or(TreeHead::EMPTY);
        self.signer.cose(&receipt, &committed, signature).map(Some).map_err(|e| match e {
            // a statement was appended between the two looks
            ledger::CoseReceiptError::NotCommitted => NodeError::Again,
            other => NodeError::Cose(other),
        })
    }
}
