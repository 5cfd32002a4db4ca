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

#[cfg(not(target_arch = "wasm32"))]
mod wrap;

use hpke::kem::{MlKem1024, MlKem1024P384};
use hpke::{Deserializable, Kem as HpkeKem};
use std::fmt;
use std::str::FromStr;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use wrap::{SecretKems, Wrapped};

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
}

#[cfg(test)]
mod tests;
