//! A statement's signatures as DSSE envelopes, for the programs of others.
//!
//! What parties sign is DSSE's own encoding, so nothing is signed anew: an envelope is a payload, its type, and
//! the signatures over both (<https://github.com/secure-systems-lab/dsse/blob/master/envelope.md>). The issuer
//! signs header and position, everybody else the header, so a statement of several parties gives two
//! envelopes. Each party has two signatures, named `party/ed25519` and `party/ml-dsa-87`.

use crate::leaf::Leaf;
use crate::receipt::{Receipt, ReceiptError};
use crate::signature::{Purpose, SignatureBlock, SignaturePair};
use domain::PartyId;

/// A DSSE envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The payload's type.
    pub payload_type: &'static str,
    /// What is signed, inside DSSE's encoding.
    pub payload: Vec<u8>,
    /// The signatures, each with the name of its key.
    pub signatures: Vec<(String, Vec<u8>)>,
}

impl Receipt {
    /// The envelopes of the statement's signatures: the issuer's, and that of the others if there are any.
    /// They are not verified here.
    ///
    /// # Errors
    /// [`ReceiptError::Signature`] when the block can't be read.
    pub fn envelopes(&self) -> Result<Vec<Envelope>, ReceiptError> {
        let block = SignatureBlock::from_bytes(self.block()).map_err(ReceiptError::Signature)?;
        Ok(envelopes(self.leaf(), &block))
    }
}

fn envelopes(leaf: &Leaf, block: &SignatureBlock) -> Vec<Envelope> {
    let issuer = leaf.header().issuer();
    let mut all = vec![Envelope {
        payload_type: Purpose::Issue.payload_type(),
        payload: leaf.issued_bytes(),
        signatures: named(issuer, &block.issuer).into(),
    }];
    if !block.cosigners.is_empty() {
        let signatures = block.cosigners.iter().flat_map(|c| named(&c.party, &c.pair));
        all.push(Envelope {
            payload_type: Purpose::Statement.payload_type(),
            payload: leaf.header().to_bytes(),
            signatures: signatures.collect(),
        });
    }
    all
}

fn named(party: &PartyId, pair: &SignaturePair) -> [(String, Vec<u8>); 2] {
    let (ed25519, ml_dsa_87) = pair.parts();
    [
        (format!("{party}/ed25519"), ed25519.to_vec()),
        (format!("{party}/ml-dsa-87"), ml_dsa_87.to_vec()),
    ]
}

#[cfg(test)]
mod tests;
