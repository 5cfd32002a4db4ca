//! Wrapping a secret for one reader: HPKE (RFC 9180) in base mode, with one of two key encapsulations.
//!
//! | id | key encapsulation | public key | encapsulated | from |
//! |---|---|---|---|---|
//! | 0x0042 | ML-KEM-1024 (FIPS 203) | 1,568 bytes | 1,568 bytes | draft-ietf-hpke-pq |
//! | 0x0051 | MLKEM1024-P384: ML-KEM-1024 and ECDH on P-384, combined | 1,665 bytes | 1,665 bytes | draft-ietf-hpke-pq |
//!
//! Both with HKDF-SHA384 (0x0002) and AES-256-GCM (0x0002). Each wrap says which one it uses. The hybrid is the
//! default: it holds while either of its halves does. Decision record 6 says why, and when to
//! choose the other.

use crate::random::{Random, Source};
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha384;
use hpke::kem::{MlKem1024, MlKem1024P384};
use hpke::{Deserializable, Kem as HpkeKem, OpModeR, OpModeS, Serializable};
use std::fmt;
use std::str::FromStr;
use zeroize::Zeroizing;

/// A key encapsulation mechanism that wraps use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Kem {
    /// ML-KEM-1024 alone, as CNSA 2.0 lists it.
    MlKem1024,
    /// ML-KEM-1024 with ECDH on P-384.
    #[default]
    MlKem1024P384,
}

/// The encapsulation keys of a reader.
#[derive(Clone)]
pub(crate) struct PublicKems {
    pure: <MlKem1024 as HpkeKem>::PublicKey,
    hybrid: <MlKem1024P384 as HpkeKem>::PublicKey,
}

/// The decapsulation keys of a reader. Both erase themselves.
pub(crate) struct SecretKems {
    pure: <MlKem1024 as HpkeKem>::PrivateKey,
    hybrid: <MlKem1024P384 as HpkeKem>::PrivateKey,
}

/// A secret as it was wrapped.
pub(crate) struct Wrapped {
    pub(crate) encapsulated: Vec<u8>,
    pub(crate) wrapped: Vec<u8>,
}

impl Kem {
    /// Every mechanism with its name in key files, settings and manual.
    pub const ALL: [(Self, &'static str); 2] =
        [(Self::MlKem1024, "ml-kem-1024"), (Self::MlKem1024P384, "mlkem1024-p384")];

    /// Its number in the IANA registry of HPKE KEM identifiers.
    pub const fn id(self) -> u16 {
        match self {
            Self::MlKem1024 => MlKem1024::KEM_ID,
            Self::MlKem1024P384 => MlKem1024P384::KEM_ID,
        }
    }

    /// The mechanism of a number.
    pub fn from_id(id: u16) -> Option<Self> {
        Self::ALL.into_iter().map(|(kem, _)| kem).find(|kem| kem.id() == id)
    }

    /// Length of the key file's public key in bytes.
    pub const fn public_len(self) -> usize {
        match self {
            Self::MlKem1024 => 1568,
            Self::MlKem1024P384 => 1568 + 97,
        }
    }

    /// Length of what travels beside a wrapped secret, in bytes.
    pub const fn encapsulated_len(self) -> usize {
        self.public_len()
    }
}

impl fmt::Display for Kem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(kem, _)| kem == self).map_or("", |(_, name)| name);
        f.pad(name)
    }
}

impl FromStr for Kem {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(_, name)| *name == text).map(|(kem, _)| *kem);
        found.ok_or_else(|| {
            let shown: String = text.chars().take(64).collect();
            let all = Self::ALL.map(|(_, name)| name).join(" or ");
            format!("`{shown}` is no key encapsulation that is known here: {all}")
        })
    }
}

impl PublicKems {
    /// Reads both keys; the name of the one that is no key.
    pub(crate) fn new(pure: &[u8], hybrid: &[u8]) -> Result<Self, Kem> {
        let pure = <MlKem1024 as HpkeKem>::PublicKey::from_bytes(pure);
        let hybrid = <MlKem1024P384 as HpkeKem>::PublicKey::from_bytes(hybrid);
        Ok(Self {
            pure: pure.map_err(|_| Kem::MlKem1024)?,
            hybrid: hybrid.map_err(|_| Kem::MlKem1024P384)?,
        })
    }

    /// Wraps a secret; `None` for a key that does not take part.
    pub(crate) fn wrap(
        &self,
        kem: Kem,
        info: &[u8],
        secret: &[u8],
        random: &mut Random<'_>,
    ) -> Option<Wrapped> {
        match kem {
            Kem::MlKem1024 => wrap::<MlKem1024>(&self.pure, info, secret, random),
            Kem::MlKem1024P384 => wrap::<MlKem1024P384>(&self.hybrid, info, secret, random),
        }
    }
}

impl SecretKems {
    /// Keys from their seeds; the name of the one that is none.
    pub(crate) fn new(pure: &[u8; 64], hybrid: &[u8; 32]) -> Result<Self, Kem> {
        let pure = <MlKem1024 as HpkeKem>::PrivateKey::from_bytes(pure);
        let hybrid = <MlKem1024P384 as HpkeKem>::PrivateKey::from_bytes(hybrid);
        Ok(Self {
            pure: pure.map_err(|_| Kem::MlKem1024)?,
            hybrid: hybrid.map_err(|_| Kem::MlKem1024P384)?,
        })
    }

    /// The encapsulation key's bytes.
    pub(crate) fn public(&self, kem: Kem) -> Vec<u8> {
        match kem {
            Kem::MlKem1024 => MlKem1024::sk_to_pk(&self.pure).to_bytes().to_vec(),
            Kem::MlKem1024P384 => MlKem1024P384::sk_to_pk(&self.hybrid).to_bytes().to_vec(),
        }
    }

    /// Unwraps a secret; `None` when it was wrapped for another key or under other information.
    pub(crate) fn unwrap(
        &self,
        kem: Kem,
        info: &[u8],
        encapsulated: &[u8],
        wrapped: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        match kem {
            Kem::MlKem1024 => unwrap::<MlKem1024>(&self.pure, info, encapsulated, wrapped),
            Kem::MlKem1024P384 => {
                unwrap::<MlKem1024P384>(&self.hybrid, info, encapsulated, wrapped)
            }
        }
    }
}

fn wrap<K: HpkeKem>(
    key: &K::PublicKey,
    info: &[u8],
    secret: &[u8],
    random: &mut Random<'_>,
) -> Option<Wrapped> {
    let mut source = Source(random);
    let (encapsulated, wrapped) = hpke::single_shot_seal_with_rng::<AesGcm256, HkdfSha384, K>(
        &OpModeS::Base,
        key,
        info,
        secret,
        &[],
        &mut source,
    )
    .ok()?;
    Some(Wrapped { encapsulated: encapsulated.to_bytes().to_vec(), wrapped })
}

fn unwrap<K: HpkeKem>(
    key: &K::PrivateKey,
    info: &[u8],
    encapsulated: &[u8],
    wrapped: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let encapsulated = K::EncappedKey::from_bytes(encapsulated).ok()?;
    hpke::single_shot_open::<AesGcm256, HkdfSha384, K>(
        &OpModeR::Base,
        key,
        &encapsulated,
        info,
        wrapped,
        &[],
    )
    .ok()
    .map(Zeroizing::new)
}

#[cfg(test)]
mod tests;
