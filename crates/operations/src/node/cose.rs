//! COSE Receipts from the log's own keys, for programs that read RFC 9942.

use super::{Node, NodeError};
use domain::Digest;
use ledger::CoseSignature;

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
        self.steady(|committed| {
            let Some(receipt) = self.receipt_under(id, committed)? else { return Ok(None) };
            let cose = self.signer.cose(&receipt, &committed.head, signature);
            cose.map(Some).map_err(NodeError::Cose)
        })
    }
}
