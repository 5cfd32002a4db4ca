//! A statement's signatures as DSSE envelopes, for the programs of others.
//!
//! What parties sign is DSSE's own encoding, so nothing is signed anew: an envelope is a payload, its type, and
//! the signatures over both (<https://github.com/secure-systems-lab/dsse/blob/master/envelope.md>). The issuer
//! signs header and position, everybody else the header, so a statement of several parties gives two
//! envelopes. Each party has two signatures, named `party/ed25519` and `party/ml-dsa-87`.

use crate::leaf::{Header, Leaf, LeafError, Position};
use crate::receipt::{Receipt, ReceiptError};
use crate::signature::{
    Cosignature, NOW, Purpose, SignatureBlock, SignatureError, SignaturePair, block_digest,
};
use crate::trust::Trust;
use domain::wire::{self, WireError};
use domain::{Digest, PartyId};
use std::collections::BTreeSet;

/// A DSSE envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The payload's type.
    pub payload_type: String,
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

/// What the envelopes of one statement prove: who signed it. That it was logged, a receipt proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enveloped {
    /// The statement.
    pub header: Header,
    /// Where its issuer put it.
    pub position: Position,
    /// Who signed it.
    pub signers: BTreeSet<PartyId>,
    /// The hash of the leaf that a log has of it, if these are all its signatures: what an inclusion proof is about.
    pub leaf_hash: Digest,
}

/// Why envelopes are not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DsseError {
    /// Not one or two of them, in this order.
    #[error(
        "{given}; one of type `{}` is needed, then one of type `{}` if others than the issuer signed",
        Purpose::Issue.payload_type(),
        Purpose::Statement.payload_type()
    )]
    Types {
        /// What there is.
        given: String,
    },
    /// A payload is not strictly encoded.
    #[error("the payload of `{payload_type}` is not a statement's")]
    Payload {
        /// Its type.
        payload_type: String,
        /// What is wrong.
        #[source]
        source: WireError,
    },
    /// A payload is no statement.
    #[error("the statement")]
    Leaf(#[from] LeafError),
    /// Two payloads are not of one statement.
    #[error("the two envelopes are of different statements")]
    OtherStatement,
    /// The names of the keys.
    #[error(
        "the signatures are named {given}; each signer has two, `party/ed25519` and `party/ml-dsa-87`, in this order"
    )]
    Names {
        /// As they are.
        given: String,
    },
    /// A signature has another length than its algorithm's.
    #[error("a signature of `{0}` has the wrong length")]
    Length(PartyId),
    /// The signatures.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

impl Enveloped {
    /// Verifies the envelopes of one statement by the keys that count now: those of its issuer, then of the others.
    ///
    /// # Errors
    /// [`DsseError`], with the name of who has not signed and must.
    pub fn verify(envelopes: &[Envelope], trust: &Trust) -> Result<Self, DsseError> {
        let types: Vec<_> = envelopes.iter().map(|e| e.payload_type.as_str()).collect();
        let (issue, statement) = match envelopes {
            [issue] => (issue, None),
            [issue, statement] => (issue, Some(statement)),
            _ => return Err(DsseError::Types { given: format!("{} envelopes", types.len()) }),
        };
        let wanted = [Purpose::Issue.payload_type(), Purpose::Statement.payload_type()];
        if !wanted.starts_with(&types) {
            return Err(DsseError::Types { given: format!("`{}`", types.join("`, `")) });
        }
        let (header, position) = issued(&issue.payload).map_err(|source| {
            let payload_type = issue.payload_type.clone();
            DsseError::Payload { payload_type, source }
        })?;
        let block = block(&header, issue, statement)?;
        let leaf = Leaf::new(header, position, block_digest(&block.to_bytes()));
        leaf.check()?;
        if statement.is_some_and(|s| s.payload != leaf.header().to_bytes()) {
            return Err(DsseError::OtherStatement);
        }
        let signers = block.verify(&leaf, trust, NOW)?;
        let (header, position, leaf_hash) =
            (leaf.header().clone(), leaf.position().clone(), leaf.hash());
        Ok(Self { header, position, signers, leaf_hash })
    }
}

/// The header and the position, one after the other.
fn issued(payload: &[u8]) -> Result<(Header, Position), WireError> {
    let mut decoder = minicbor::Decoder::new(payload);
    // an item that can't be skipped can't be read either, and says why when it is
    let at = decoder.skip().map_or(payload.len(), |()| decoder.position());
    let (header, position) = payload.split_at_checked(at).unwrap_or((payload, &[]));
    Ok((wire::decode(header)?, wire::decode(position)?))
}

fn block(
    header: &Header,
    issue: &Envelope,
    statement: Option<&Envelope>,
) -> Result<SignatureBlock, DsseError> {
    let mut issuers = pairs(issue)?;
    let (Some((party, issuer)), true) = (issuers.pop(), issuers.is_empty()) else {
        return Err(names(issue));
    };
    if party != *header.issuer() {
        return Err(names(issue));
    }
    let others = statement.map_or_else(|| Ok(Vec::new()), pairs)?;
    let cosigners = others.into_iter().map(|(party, pair)| Cosignature { party, pair }).collect();
    Ok(SignatureBlock { issuer, cosigners })
}

/// Each party with its two signatures.
fn pairs(envelope: &Envelope) -> Result<Vec<(PartyId, SignaturePair)>, DsseError> {
    let mut all = Vec::new();
    for two in envelope.signatures.chunks(2) {
        let [(one, ed25519), (other, ml_dsa_87)] = two else { return Err(names(envelope)) };
        let party =
            one.strip_suffix("/ed25519").filter(|p| other.strip_suffix("/ml-dsa-87") == Some(p));
        let party = party.and_then(|p| p.parse::<PartyId>().ok()).ok_or_else(|| names(envelope))?;
        if ed25519.len() != 64 {
            return Err(DsseError::Length(party));
        }
        let Some(pair) = SignaturePair::from_raw(&[&ed25519[..], ml_dsa_87].concat()) else {
            return Err(DsseError::Length(party));
        };
        all.push((party, pair));
    }
    Ok(all)
}

fn names(envelope: &Envelope) -> DsseError {
    let names: Vec<_> = envelope.signatures.iter().map(|(name, _)| name.as_str()).collect();
    let shown = names.join(", ");
    let given: String = shown.chars().filter(|c| !c.is_control()).take(200).collect();
    DsseError::Names { given: format!("`{given}`") }
}

fn envelopes(leaf: &Leaf, block: &SignatureBlock) -> Vec<Envelope> {
    let issuer = leaf.header().issuer();
    let mut all = vec![Envelope {
        payload_type: Purpose::Issue.payload_type().to_owned(),
        payload: leaf.issued_bytes(),
        signatures: named(issuer, &block.issuer).into(),
    }];
    if !block.cosigners.is_empty() {
        let signatures = block.cosigners.iter().flat_map(|c| named(&c.party, &c.pair));
        all.push(Envelope {
            payload_type: Purpose::Statement.payload_type().to_owned(),
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
