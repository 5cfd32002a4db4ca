//! Algorithms and public keys, raw, as `COSE_Key`, or as X.509 `SubjectPublicKeyInfo`.

use super::CoseError;
use super::item::Item;
use crypto::MlDsa;

/// The signature algorithms that are verified (IANA "COSE Algorithms").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CoseAlgorithm {
    /// ECDSA with SHA-256, -7 (RFC 9053); here with P-256 only.
    Es256,
    /// The same with the curve in its name, -9 (RFC 9864).
    Esp256,
    /// EdDSA, -8 (RFC 9053); here with Ed25519 only.
    EdDsa,
    /// The same with the curve in its name, -19 (RFC 9864).
    Ed25519,
    /// ML-DSA-44, -48 (RFC 9964).
    MlDsa44,
    /// ML-DSA-65, -49 (RFC 9964).
    MlDsa65,
    /// ML-DSA-87, -50 (RFC 9964).
    MlDsa87,
}

/// Every algorithm with its number and name.
const ALGORITHMS: [(CoseAlgorithm, i8, &str); 7] = [
    (CoseAlgorithm::Es256, -7, "ES256"),
    (CoseAlgorithm::Esp256, -9, "ESP256"),
    (CoseAlgorithm::EdDsa, -8, "EdDSA"),
    (CoseAlgorithm::Ed25519, -19, "Ed25519"),
    (CoseAlgorithm::MlDsa44, -48, "ML-DSA-44"),
    (CoseAlgorithm::MlDsa65, -49, "ML-DSA-65"),
    (CoseAlgorithm::MlDsa87, -50, "ML-DSA-87"),
];

impl CoseAlgorithm {
    /// Its number.
    pub fn id(self) -> i8 {
        ALGORITHMS.iter().find(|(a, ..)| *a == self).map_or(0, |(_, id, _)| *id)
    }

    /// Its registered name.
    pub fn name(self) -> &'static str {
        ALGORITHMS.iter().find(|(a, ..)| *a == self).map_or("", |(.., name)| *name)
    }

    /// The algorithm of a registered name.
    pub fn from_name(name: &str) -> Option<Self> {
        ALGORITHMS.iter().find(|(.., n)| *n == name).map(|(a, ..)| *a)
    }

    /// The algorithm of a registered number.
    pub fn from_number(number: i64) -> Option<Self> {
        ALGORITHMS.iter().find(|(_, id, _)| i64::from(*id) == number).map(|(a, ..)| *a)
    }

    pub(super) fn from_id(item: &Item) -> Option<Self> {
        Self::from_number(i64::try_from(item.int()?).ok()?)
    }

    const fn ml_dsa(self) -> Option<MlDsa> {
        match self {
            Self::MlDsa44 => Some(MlDsa::MlDsa44),
            Self::MlDsa65 => Some(MlDsa::MlDsa65),
            Self::MlDsa87 => Some(MlDsa::MlDsa87),
            Self::Es256 | Self::Esp256 | Self::EdDsa | Self::Ed25519 => None,
        }
    }
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoseKey {
    pub(super) kind: Kind,
    /// The one algorithm that the key is for, where it says so.
    only: Option<CoseAlgorithm>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A P-256 point in SEC 1 form.
    P256(Vec<u8>),
    Ed25519([u8; 32]),
    MlDsa(MlDsa, Vec<u8>),
}

/// How a `SubjectPublicKeyInfo` begins, up to the key itself; each has one DER encoding.
const SPKI: [(&[u8], CoseAlgorithm); 5] = [
    (
        &[
            0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86,
            0x48, 0xce, 0x3d, 3, 1, 7, 3, 0x42, 0,
        ],
        CoseAlgorithm::Es256,
    ),
    (&[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0], CoseAlgorithm::EdDsa),
    (
        &[
            0x30, 0x82, 0x05, 0x32, 0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 0x11, 3,
            0x82, 0x05, 0x21, 0,
        ],
        CoseAlgorithm::MlDsa44,
    ),
    (
        &[
            0x30, 0x82, 0x07, 0xb2, 0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 0x12, 3,
            0x82, 0x07, 0xa1, 0,
        ],
        CoseAlgorithm::MlDsa65,
    ),
    (
        &[
            0x30, 0x82, 0x0a, 0x32, 0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 0x13, 3,
            0x82, 0x0a, 0x21, 0,
        ],
        CoseAlgorithm::MlDsa87,
    ),
];

impl CoseKey {
    /// A raw key of an algorithm: a SEC 1 point (33 or 65 bytes), 32 bytes of Ed25519, or an ML-DSA key.
    ///
    /// # Errors
    ///
    /// [`CoseError::Key`].
    pub fn raw(algorithm: CoseAlgorithm, bytes: &[u8]) -> Result<Self, CoseError> {
        let kind = match (algorithm, algorithm.ml_dsa()) {
            (CoseAlgorithm::Es256 | CoseAlgorithm::Esp256, _) => point(bytes.to_vec())?,
            (_, Some(set)) => ml_dsa(set, bytes)?,
            (_, None) => ed25519(bytes)?,
        };
        Ok(Self { kind, only: None })
    }

    /// A `SubjectPublicKeyInfo` in DER, as in the PEM files that other programs write.
    ///
    /// # Errors
    ///
    /// [`CoseError::Key`] if it is malformed, or of a kind that no algorithm here uses.
    pub fn from_spki(der: &[u8]) -> Result<Self, CoseError> {
        for (prefix, algorithm) in SPKI {
            if let Some(key) = der.strip_prefix(prefix) {
                return Self::raw(algorithm, key);
            }
        }
        Err(CoseError::Key("is no SubjectPublicKeyInfo of P-256, Ed25519 or ML-DSA"))
    }

    /// A `COSE_Key` (RFC 9052 §7, RFC 9053 §7, RFC 9964).
    ///
    /// # Errors
    ///
    /// [`CoseError`].
    pub fn from_cose_key(bytes: &[u8]) -> Result<Self, CoseError> {
        const VERIFY: Item = Item::Int(2);
        let key = Item::read(bytes, super::MAX_COSE_RECEIPT)?;
        let algorithm = match key.get(3) {
            None => None,
            Some(alg) => {
                let known = CoseAlgorithm::from_id(alg);
                Some(known.ok_or_else(|| CoseError::Algorithm(alg.shown()))?)
            }
        };
        if key.get(4).is_some_and(|ops| !ops.array().is_some_and(|o| o.contains(&VERIFY))) {
            return Err(CoseError::Key("is not for verifying (key_ops)"));
        }
        let bytes_of = |label| key.get(label).and_then(Item::bytes);
        let kind = match (key.get(1).and_then(Item::int), key.get(-1)) {
            (Some(1), Some(Item::Int(6))) => ed25519(bytes_of(-2).unwrap_or_default())?,
            (Some(2), Some(Item::Int(1))) => {
                let x = bytes_of(-2).filter(|x| x.len() == 32);
                let x = x.ok_or(CoseError::Key("has no x of 32 bytes"))?;
                match key.get(-3) {
                    Some(Item::Bytes(y)) if y.len() == 32 => point([&[4], x, y].concat())?,
                    Some(Item::Bool(odd)) => point([&[2 + u8::from(*odd)], x].concat())?,
                    _ => return Err(CoseError::Key("has no y of 32 bytes or sign")),
                }
            }
            (Some(7), Some(Item::Bytes(public))) => {
                let set = algorithm.and_then(CoseAlgorithm::ml_dsa);
                ml_dsa(set.ok_or(CoseError::Key("must say which ML-DSA it is for"))?, public)?
            }
            _ => return Err(CoseError::Key("is no COSE_Key of P-256, Ed25519 or ML-DSA")),
        };
        let key = Self { kind, only: None };
        match algorithm {
            Some(algorithm) if !key.fits(algorithm) => {
                Err(CoseError::Algorithm(algorithm.name().to_owned()))
            }
            only => Ok(Self { only, ..key }),
        }
    }

    /// Whether signatures of this algorithm can be this key's.
    pub fn fits(&self, algorithm: CoseAlgorithm) -> bool {
        let of_kind = match &self.kind {
            Kind::P256(_) => matches!(algorithm, CoseAlgorithm::Es256 | CoseAlgorithm::Esp256),
            Kind::Ed25519(_) => {
                matches!(algorithm, CoseAlgorithm::EdDsa | CoseAlgorithm::Ed25519)
            }
            Kind::MlDsa(set, _) => algorithm.ml_dsa() == Some(*set),
        };
        of_kind && self.only.is_none_or(|only| only == algorithm)
    }

    /// Whether this is the key's signature over the message; the algorithm [fits](Self::fits).
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.kind {
            Kind::P256(point) => signature
                .try_into()
                .is_ok_and(|signature| crypto::es256_verify(point, message, signature)),
            Kind::Ed25519(key) => crate::verify_ed25519(key, message, signature).is_ok(),
            Kind::MlDsa(set, key) => set.verify(key, message, signature),
        }
    }
}

fn point(sec1: Vec<u8>) -> Result<Kind, CoseError> {
    match (sec1.len(), sec1.first()) {
        (65, Some(4)) | (33, Some(2 | 3)) => Ok(Kind::P256(sec1)),
        _ => Err(CoseError::Key("is no point of P-256 in SEC 1 form")),
    }
}

fn ed25519(bytes: &[u8]) -> Result<Kind, CoseError> {
    bytes.try_into().map(Kind::Ed25519).map_err(|_| CoseError::Key("is not 32 bytes of Ed25519"))
}

fn ml_dsa(set: MlDsa, bytes: &[u8]) -> Result<Kind, CoseError> {
    if bytes.len() == set.public_len() {
        Ok(Kind::MlDsa(set, bytes.to_vec()))
    } else {
        Err(CoseError::Key("has not the length of its ML-DSA parameter set"))
    }
}
