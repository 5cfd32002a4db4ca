//! What parties sign, and the block of their signatures.
//!
//! Everything signed is a pre-authentication encoding in the manner of DSSE
//! (<https://github.com/secure-systems-lab/dsse/blob/master/protocol.md>):
//! `"DSSEv1" SP len(type) SP type SP len(body) SP body`, with one of our types inside, so a
//! signature made for one purpose is no good for another:
//!
//! | type | body | signed by |
//! |---|---|---|
//! | `vestibule/offer/v1` | header | the issuer, while a draft travels; not in the log |
//! | `vestibule/statement/v1` | header | every other signer |
//! | `vestibule/issue/v1` | header and position in the issuer's chain | the issuer, last |
//! | `vestibule/possession/v1` | log, party, new public keys | the new keys, when a party gets them |
//! | `vestibule/trust/v1` | the roots of trust file | the parties that it names, or their roots |
//! | `vestibule/host/v1` | what was checked of a host | the party whose people checked; not in the log |
//! | `vestibule/word/v1` | a direct word ([`crate::Word`]) | who says it; the log follows |

use crate::keys::PublicKeys;
#[cfg(not(target_arch = "wasm32"))]
use crate::keys::SecretKeys;
use crate::leaf::{Header, Leaf};
use crate::trust::{Ending, KeyEnd, Trust};
use domain::wire::{self, WireError};
use domain::{Digest, Digest384, PartyId};
use std::collections::BTreeSet;
use tlog::verify_ed25519;

/// Length of an ML-DSA-87 signature in bytes (FIPS 204, table 2).
pub const ML_DSA_87_SIGNATURE_LEN: usize = 4627;

/// The place of what is not logged yet: signatures count by the keys as of now.
pub const NOW: u64 = u64::MAX;

/// The purposes of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Offer,
    Statement,
    Issue,
    Possession,
    Trust,
    Host,
    Word,
}

/// The signature schemes; a party's signature needs both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// RFC 8032, by the system's one rule.
    Ed25519,
    /// FIPS 204, pure, with an empty context.
    MlDsa87,
}

impl std::fmt::Display for Scheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Ed25519 => "Ed25519",
            Self::MlDsa87 => "ML-DSA-87",
        })
    }
}

/// Both signatures of one party over one thing.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct SignaturePair {
    #[cbor(n(0), with = "minicbor::bytes")]
    ed25519: [u8; 64],
    #[cbor(n(1), with = "minicbor::bytes")]
    ml_dsa_87: Vec<u8>,
}

/// A signer other than the issuer, with its signatures.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Cosignature {
    /// Who signed.
    #[n(0)]
    pub party: PartyId,
    /// Over the header.
    #[n(1)]
    pub pair: SignaturePair,
}

/// All signatures of one statement; its SHA-384 is in the leaf.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct SignatureBlock {
    /// The issuer's, over header and position.
    #[n(0)]
    pub issuer: SignaturePair,
    /// Everyone else's, over the header, in the order of the header's signers.
    #[n(1)]
    pub cosigners: Vec<Cosignature>,
}

/// Why signatures were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The block is not the one the leaf names.
    #[error("the signatures are not those that the leaf was logged with (SHA-384 differs)")]
    Digest,
    /// The block can't be read.
    #[error("the signature block can't be read")]
    Malformed(#[source] WireError),
    /// The signers differ from those that the header demands.
    #[error("signed by {given}, but the statement names {expected}")]
    Signers {
        /// Who is in the block.
        given: String,
        /// Who must be.
        expected: String,
    },
    /// Fewer signed than the header demands.
    #[error("signed by {given}, but {needed} of {of} must sign")]
    TooFew {
        /// Who is in the block.
        given: String,
        /// How many must be.
        needed: usize,
        /// Of whom.
        of: String,
    },
    /// Signed for another log.
    #[error("signed for the log `{given}`, not for `{expected}`")]
    OtherLog {
        /// The log in the header.
        given: String,
        /// The log in the roots of trust.
        expected: String,
    },
    /// Nobody of that name is known.
    #[error("`{0}` is not in the roots of trust; get a newer trust file")]
    UnknownParty(PartyId),
    /// A signature does not verify.
    #[error("the {scheme} signature of `{party}` does not verify")]
    Bad {
        /// Whose.
        party: PartyId,
        /// Which of the two.
        scheme: Scheme,
    },
    /// Signed with a key that did not count any more.
    #[error(
        "`{party}` signed with the key {key}, which was {ending} by statement {index}; what is signed with it after that does not count"
    )]
    Ended {
        /// Whose.
        party: PartyId,
        /// The key's fingerprint.
        key: Digest,
        /// What ended it.
        ending: Ending,
        /// The place of the statement that ended it.
        index: u64,
    },
    /// Signed with a key that did not count yet.
    #[error("`{party}` signed with the key {key}, which counts from statement {from} on only")]
    Early {
        /// Whose.
        party: PartyId,
        /// The key's fingerprint.
        key: Digest,
        /// The first place at which it counts.
        from: u64,
    },
}

impl SignaturePair {
    /// Both signatures after each other, 64 and 4627 bytes.
    pub(crate) fn to_raw(&self) -> Vec<u8> {
        [self.ed25519.as_slice(), &self.ml_dsa_87].concat()
    }

    /// Both signatures as hexadecimal text.
    pub fn to_hex(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.to_raw())
    }

    /// Reads what [`SignaturePair::to_hex`] writes.
    pub fn from_hex(text: &str) -> Option<Self> {
        Self::from_raw(&data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?)
    }

    /// The two signatures.
    pub(crate) fn parts(&self) -> (&[u8; 64], &[u8]) {
        (&self.ed25519, &self.ml_dsa_87)
    }

    pub(crate) fn from_raw(raw: &[u8]) -> Option<Self> {
        let (ed25519, ml_dsa_87) = raw.split_first_chunk::<64>()?;
        let good = ml_dsa_87.len() == ML_DSA_87_SIGNATURE_LEN;
        good.then(|| Self { ed25519: *ed25519, ml_dsa_87: ml_dsa_87.to_vec() })
    }
}

/// Signs what was checked of a host, for [`verify_host`].
#[cfg(not(target_arch = "wasm32"))]
pub fn sign_host(declaration: &[u8], keys: &SecretKeys) -> SignaturePair {
    keys.sign(Purpose::Host, declaration)
}

/// Whether these keys signed this declaration about a host.
///
/// # Errors
/// Which signature does not verify.
pub fn verify_host(
    declaration: &[u8],
    signature: &SignaturePair,
    keys: &PublicKeys,
) -> Result<(), Scheme> {
    keys.verify(Purpose::Host, declaration, signature)
}

impl Purpose {
    pub(crate) const fn payload_type(self) -> &'static str {
        match self {
            Self::Offer => "vestibule/offer/v1",
            Self::Statement => "vestibule/statement/v1",
            Self::Issue => "vestibule/issue/v1",
            Self::Possession => "vestibule/possession/v1",
            Self::Trust => "vestibule/trust/v1",
            Self::Host => "vestibule/host/v1",
            Self::Word => "vestibule/word/v1",
        }
    }

    pub(crate) fn encode(self, body: &[u8]) -> Vec<u8> {
        pae(self.payload_type(), body)
    }
}

/// DSSE's pre-authentication encoding, version 1.
pub fn pae(payload_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), body.len());
    let mut out = Vec::with_capacity(head.len() + body.len());
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(body);
    out
}

#[cfg(not(target_arch = "wasm32"))]
impl SecretKeys {
    /// Signs with both keys. ML-DSA-87 is hedged: the module mixes in randomness of its own.
    pub(crate) fn sign(&self, purpose: Purpose, body: &[u8]) -> SignaturePair {
        let message = purpose.encode(body);
        let mut ed25519 = [0; 64];
        ed25519.copy_from_slice(self.ed25519().sign(&message).as_ref());
        let mut ml_dsa_87 = vec![0; ML_DSA_87_SIGNATURE_LEN];
        let length = self.ml_dsa_87().sign(&message, &mut ml_dsa_87);
        assert_eq!(length, Ok(ML_DSA_87_SIGNATURE_LEN), "a sound key pair signs");
        SignaturePair { ed25519, ml_dsa_87 }
    }
}

impl PublicKeys {
    /// Checks both signatures.
    pub(crate) fn verify(
        &self,
        purpose: Purpose,
        body: &[u8],
        pair: &SignaturePair,
    ) -> Result<(), Scheme> {
        let message = purpose.encode(body);
        verify_ed25519(self.ed25519(), &message, &pair.ed25519).map_err(|_| Scheme::Ed25519)?;
        let good = tlog::verify_mldsa87(self.ml_dsa_87(), &message, &pair.ml_dsa_87);
        if good { Ok(()) } else { Err(Scheme::MlDsa87) }
    }
}

impl SignatureBlock {
    /// Writes the block.
    pub fn to_bytes(&self) -> Vec<u8> {
        wire::encode(self)
    }

    /// Reads a block, strictly.
    ///
    /// # Errors
    /// [`SignatureError::Malformed`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SignatureError> {
        wire::decode(bytes).map_err(SignatureError::Malformed)
    }

    /// Checks that these are as many signatures as `leaf` needs, by parties that it names, and verifies each
    /// by the keys that its party had when the leaf took place `at` in the log; [`NOW`] is the next place.
    ///
    /// # Errors
    /// See [`SignatureError`]; the first fault found.
    pub fn verify(
        &self,
        leaf: &Leaf,
        trust: &Trust,
        at: u64,
    ) -> Result<BTreeSet<PartyId>, SignatureError> {
        let header = leaf.header();
        check_log(header, trust)?;
        let expected: BTreeSet<_> = header.signers().iter().cloned().collect();
        let signed: BTreeSet<_> = self.signers(header);
        let sorted = self.cosigners.is_sorted_by(|a, b| a.party < b.party);
        let extra = self.cosigners.iter().any(|c| c.party == *header.issuer());
        let outside = signed.iter().any(|p| !header.signers().contains(p));
        let (given, needed) = (list(signed.iter()), header.needed());
        if !sorted || extra || outside || (signed.len() < needed && needed == expected.len()) {
            return Err(SignatureError::Signers { given, expected: list(expected.iter()) });
        }
        if signed.len() < needed {
            return Err(SignatureError::TooFew { given, needed, of: list(expected.iter()) });
        }
        let header_bytes = header.to_bytes();
        check(trust, at, header.issuer(), Purpose::Issue, &leaf.issued_bytes(), &self.issuer)?;
        for Cosignature { party, pair } in &self.cosigners {
            check(trust, at, party, Purpose::Statement, &header_bytes, pair)?;
        }
        Ok(signed)
    }

    /// Whose signatures are in the block, the issuer's included.
    fn signers(&self, header: &Header) -> BTreeSet<PartyId> {
        let cosigners = self.cosigners.iter().map(|c| c.party.clone());
        std::iter::once(header.issuer().clone()).chain(cosigners).collect()
    }
}

pub(crate) fn check_log(header: &Header, trust: &Trust) -> Result<(), SignatureError> {
    if header.log() == trust.log().origin() {
        return Ok(());
    }
    let (given, expected) = (header.log().to_owned(), trust.log().origin().to_owned());
    Err(SignatureError::OtherLog { given, expected })
}

/// Verifies a party's signatures by the keys that it had at a place in the log.
pub(crate) fn check(
    trust: &Trust,
    at: u64,
    party: &PartyId,
    purpose: Purpose,
    body: &[u8],
    pair: &SignaturePair,
) -> Result<(), SignatureError> {
    let unknown = || SignatureError::UnknownParty(party.clone());
    let spans = trust.keys_of(party).ok_or_else(unknown)?;
    let mut worst = Scheme::Ed25519;
    for span in spans.iter().rev().filter(|span| span.counts_at(at)) {
        match span.keys.verify(purpose, body, pair) {
            Ok(()) => return Ok(()),
            Err(scheme) => worst = scheme,
        }
    }
    // not good: say so by the name of the key, if it is one that the party had or got at another time
    let other = spans.iter().rev().filter(|span| !span.counts_at(at));
    let mut other = other.filter(|span| span.keys.verify(purpose, body, pair).is_ok());
    let party = party.clone();
    Err(match other.next() {
        None => SignatureError::Bad { party, scheme: worst },
        Some(span) => {
            let (key, from) = (span.keys.fingerprint(), span.from);
            match span.end {
                Some(KeyEnd { index, ending }) if at > index => {
                    SignatureError::Ended { party, key, ending, index }
                }
                _ => SignatureError::Early { party, key, from },
            }
        }
    })
}

/// The digest by which a leaf names a block.
pub(crate) fn block_digest(bytes: &[u8]) -> Digest384 {
    Digest384::of(bytes)
}

pub(crate) fn list<'a>(parties: impl Iterator<Item = &'a PartyId>) -> String {
    let names: Vec<_> = parties.map(|p| format!("`{p}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests;
