//! Statements that carry receipts (RFC 9942 §3): a `COSE_Sign1` with header 394.

use super::sign1::{Sign1, write_sign1};
use super::{CoseError, CoseKey, CoseReceipt, MAX_COSE_PROOFS, MAX_COSE_STATEMENT};

const RECEIPTS: i128 = 394;

/// A signed statement with the receipts that came with it. Read, not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoseStatement {
    signed: Sign1,
    receipts: Vec<CoseReceipt>,
}

impl CoseStatement {
    /// Reads a statement and its receipts, if it has any.
    ///
    /// # Errors
    ///
    /// [`CoseError`]; also if one of the receipts can't be read.
    pub fn parse(bytes: &[u8]) -> Result<Self, CoseError> {
        let signed = Sign1::parse(bytes, MAX_COSE_STATEMENT)?;
        let wanted = CoseError::Shape {
            part: "header 394",
            wanted: "an array of 1 to 64 byte strings, each a receipt",
        };
        let mut receipts = Vec::new();
        if let Some(list) = signed.unprotected.get(RECEIPTS).or(signed.protected.get(RECEIPTS)) {
            let list = list.array().filter(|l| (1..=MAX_COSE_PROOFS).contains(&l.len()));
            for receipt in list.ok_or(wanted.clone())? {
                receipts.push(CoseReceipt::parse(receipt.bytes().ok_or(wanted.clone())?)?);
            }
        }
        Ok(Self { signed, receipts })
    }

    /// Its receipts. What their leaf is, is the rule of the service that issued them.
    pub fn receipts(&self) -> &[CoseReceipt] {
        &self.receipts
    }

    /// What it states, where that is attached.
    pub fn payload(&self) -> Option<&[u8]> {
        self.signed.payload.as_deref()
    }

    /// The statement alone, as it was signed and registered: no unprotected header is left.
    pub fn bare(&self) -> Vec<u8> {
        let Sign1 { protected_bytes, payload, signature, .. } = &self.signed;
        write_sign1(protected_bytes, &[0xa0], payload.as_deref(), signature)
    }

    /// Verifies the issuer's signature over the attached payload.
    ///
    /// # Errors
    ///
    /// [`CoseError::Algorithm`], [`CoseError::Payload`] when it is detached, [`CoseError::Signature`].
    pub fn verify(&self, issuer: &CoseKey) -> Result<&[u8], CoseError> {
        let algorithm = self.signed.algorithm()?;
        if !issuer.fits(algorithm) {
            return Err(CoseError::Algorithm(algorithm.name().to_owned()));
        }
        let payload = self.payload().ok_or(CoseError::Payload)?;
        if issuer.verify(&self.signed.message(payload), &self.signed.signature) {
            Ok(payload)
        } else {
            Err(CoseError::Signature)
        }
    }

    /// The statement with these receipts in place of its own, which is how a service hands them out.
    pub fn with_receipts(&self, receipts: &[Vec<u8>]) -> Vec<u8> {
        let unprotected = super::item::write(|e| {
            e.map(1)?.u16(394)?;
            e.array(u64::try_from(receipts.len()).unwrap_or(u64::MAX))?;
            receipts.iter().try_for_each(|receipt| e.bytes(receipt).map(|_| ()))
        });
        let Sign1 { protected_bytes, payload, signature, .. } = &self.signed;
        write_sign1(protected_bytes, &unprotected, payload.as_deref(), signature)
    }
}
