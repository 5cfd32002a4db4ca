//! `COSE_Sign1` (RFC 9052 §4.2): its parts, the rules of its headers, and what is signed.

use super::item::{Item, write};
use super::{CoseAlgorithm, CoseError};

/// Header labels (IANA "COSE Header Parameters").
pub(super) const ALG: i128 = 1;
const CRIT: i128 = 2;
pub(super) const KID: i128 = 4;
pub(super) const VDS: i128 = 395;
/// The tag of a `COSE_Sign1`.
const TAG: u64 = 18;

/// A signed object, taken apart and not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sign1 {
    /// The protected header's bytes, as signed.
    pub(super) protected_bytes: Vec<u8>,
    pub(super) protected: Item,
    pub(super) unprotected: Item,
    pub(super) payload: Option<Vec<u8>>,
    pub(super) signature: Vec<u8>,
}

const fn shape(part: &'static str, wanted: &'static str) -> CoseError {
    CoseError::Shape { part, wanted }
}

impl Sign1 {
    /// Reads a tagged object of at most so many bytes.
    pub(super) fn parse(bytes: &[u8], most: usize) -> Result<Self, CoseError> {
        let whole = shape("the object", "an array of four under tag 18");
        let Item::Tag(TAG, body) = Item::read(bytes, most)? else { return Err(whole) };
        let Item::Array(parts) = *body else { return Err(whole) };
        let Ok([protected, unprotected, payload, signature]) = <[Item; 4]>::try_from(parts) else {
            return Err(whole);
        };
        let Item::Bytes(protected_bytes) = protected else {
            return Err(shape("the protected header", "a byte string"));
        };
        // An empty map may be written as no bytes at all (RFC 9052 §3).
        let protected = if protected_bytes.is_empty() {
            Item::Map(Vec::new())
        } else {
            Item::read(&protected_bytes, most)?
        };
        let payload = if payload == Item::Null {
            None
        } else {
            let Item::Bytes(bytes) = payload else {
                return Err(shape("the payload", "a byte string or null"));
            };
            Some(bytes)
        };
        let Item::Bytes(signature) = signature else {
            return Err(shape("the signature", "a byte string"));
        };
        check_headers(&protected, &unprotected)?;
        Ok(Self { protected_bytes, protected, unprotected, payload, signature })
    }

    /// The signature algorithm, which must be protected.
    pub(super) fn algorithm(&self) -> Result<CoseAlgorithm, CoseError> {
        let alg = self.protected.get(ALG);
        let alg = alg.ok_or(shape("the algorithm (header 1)", "in the protected header"))?;
        CoseAlgorithm::from_id(alg).ok_or_else(|| CoseError::Algorithm(alg.shown()))
    }

    /// The bytes under the signature, with this payload.
    pub(super) fn message(&self, payload: &[u8]) -> Vec<u8> {
        sig_structure(&self.protected_bytes, payload)
    }
}

/// The `Sig_structure` of a `COSE_Sign1` without external data (RFC 9052 §4.4).
pub(super) fn sig_structure(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    write(|e| {
        e.array(4)?.str("Signature1")?.bytes(protected)?.bytes(&[])?.bytes(payload)?;
        Ok(())
    })
}

/// Writes a tagged object.
pub(super) fn write_sign1(
    protected: &[u8],
    unprotected: &[u8],
    payload: Option<&[u8]>,
    signature: &[u8],
) -> Vec<u8> {
    let mut out = write(|e| {
        e.tag(minicbor::data::Tag::new(TAG))?.array(4)?.bytes(protected)?;
        Ok(())
    });
    out.extend_from_slice(unprotected);
    out.extend(write(|e| {
        match payload {
            Some(payload) => e.bytes(payload)?,
            None => e.null()?,
        };
        e.bytes(signature)?;
        Ok(())
    }));
    out
}

/// Both are maps of labels, no label is in both, and what is critical is understood.
fn check_headers(protected: &Item, unprotected: &Item) -> Result<(), CoseError> {
    let (Item::Map(inside), Item::Map(outside)) = (protected, unprotected) else {
        return Err(shape("each header", "a map"));
    };
    let labels = |pairs: &[(Item, Item)]| pairs.iter().map(|(k, _)| k.clone()).collect::<Vec<_>>();
    let (inside, outside) = (labels(inside), labels(outside));
    if inside.iter().chain(&outside).any(|k| !matches!(k, Item::Int(_) | Item::Text(_))) {
        return Err(shape("a header's label", "an integer or a text"));
    }
    if outside.iter().any(|k| inside.contains(k)) {
        return Err(shape("a label", "in one of the two headers only"));
    }
    if outside.contains(&Item::Int(CRIT)) {
        return Err(shape("the list of critical headers", "in the protected header"));
    }
    let Some(critical) = protected.get(CRIT) else { return Ok(()) };
    let Some(critical @ [_, ..]) = critical.array() else {
        return Err(shape("the list of critical headers", "an array that is not empty"));
    };
    let understood = [ALG, KID, VDS].map(Item::Int);
    match critical.iter().find(|k| !understood.contains(k) || !inside.contains(k)) {
        Some(unknown) => Err(CoseError::Critical(unknown.shown())),
        None => Ok(()),
    }
}
