//! The keys of a party: Ed25519 and ML-DSA-87 to sign, ML-KEM-1024 and MLKEM1024-P384 to read what is sealed
//! to it.
//!
//! Both signatures are needed on every statement: Ed25519 because every C2SP tool has it, ML-DSA-87
//! (FIPS 204) because CNSA 2.0 relies on it alone. A secret is wrapped to one of the two encapsulation keys,
//! which share nothing ([`Kem`]). Key files are short texts, strict to the byte:
//!
//! ```text
//! vestibule-public-keys/v2
//! ed25519 <base64 of 32 bytes>
//! ml-dsa-87 <base64 of 2592 bytes>
//! ml-kem-1024 <base64 of 1568 bytes>
//! mlkem1024-p384 <base64 of 1665 bytes>
//! ```
//!
//! A secret key file has the seeds (32, 32, 64 and 32 bytes) under `vestibule-secret-keys/v2`.

#[cfg(not(target_arch = "wasm32"))]
mod secret;

use crate::kem::{Kem, PublicKems};
use data_encoding::BASE64;
use domain::Digest;
use std::fmt;
use zeroize::Zeroizing;

#[cfg(not(target_arch = "wasm32"))]
pub use secret::SecretKeys;

/// Length of an ML-DSA-87 public key in bytes (FIPS 204, table 2).
pub const ML_DSA_87_PUBLIC_LEN: usize = 2592;

const PUBLIC_MAGIC: &str = "vestibule-public-keys/v2";
const NAMES: [&str; 4] = ["ed25519", "ml-dsa-87", "ml-kem-1024", "mlkem1024-p384"];

/// Why keys were refused. Never shows any part of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A key file's first line is another.
    #[error("line 1 must be `{expected}`")]
    Magic {
        /// What it must be.
        expected: &'static str,
    },
    /// A line is missing, has another name, or is not base64.
    #[error("line {line} must be `{name} ` and the key in base64, ended by one line feed")]
    Line {
        /// Which line, counted from 1.
        line: usize,
        /// The name that belongs there.
        name: &'static str,
    },
    /// Something follows the last key.
    #[error("line {line} is one too many; remove everything after the `mlkem1024-p384` line")]
    Trailing {
        /// Which line, counted from 1.
        line: usize,
    },
    /// A key of the wrong length.
    #[error("the {name} key has {given} bytes; it must have {expected}")]
    Length {
        /// Which key.
        name: &'static str,
        /// Bytes given.
        given: usize,
        /// Bytes needed.
        expected: usize,
    },
    /// Bytes of the right length that are no key.
    #[error("the {name} key is not a valid key; copy the whole file again from its owner")]
    Invalid {
        /// Which key.
        name: &'static str,
    },
}

/// What others need to check a party's signatures and to seal to it.
#[derive(Clone)]
pub struct PublicKeys {
    ed25519: [u8; 32],
    ml_dsa_87: Box<[u8]>,
    kems: Box<PublicKems>,
    ml_kem_1024: Box<[u8]>,
    mlkem1024_p384: Box<[u8]>,
}

/// Nobody has secrets where nothing is signed or opened: this type has no values.
#[cfg(target_arch = "wasm32")]
#[derive(Debug)]
pub enum SecretKeys {}

impl PublicKeys {
    /// Takes raw keys: Ed25519 (32 bytes), ML-DSA-87 (2,592), ML-KEM-1024 (1,568), MLKEM1024-P384 (1,665).
    ///
    /// # Errors
    /// Wrong lengths and bytes that are no keys, such as an Ed25519 point of small order.
    pub fn new(
        ed25519: &[u8],
        ml_dsa_87: &[u8],
        ml_kem_1024: &[u8],
        mlkem1024_p384: &[u8],
    ) -> Result<Self, KeyError> {
        let [ed_name, dsa_name, pure_name, hybrid_name] = NAMES;
        check_length(ed_name, ed25519, 32)?;
        check_length(dsa_name, ml_dsa_87, ML_DSA_87_PUBLIC_LEN)?;
        check_length(pure_name, ml_kem_1024, Kem::MlKem1024.public_len())?;
        check_length(hybrid_name, mlkem1024_p384, Kem::MlKem1024P384.public_len())?;
        let mut ed = [0; 32];
        ed.copy_from_slice(ed25519);
        if tlog::PublicKey::new(0x01, &ed).is_none() {
            return Err(KeyError::Invalid { name: ed_name });
        }
        let kems = PublicKems::new(ml_kem_1024, mlkem1024_p384).map_err(invalid)?;
        Ok(Self {
            ed25519: ed,
            ml_dsa_87: ml_dsa_87.into(),
            kems: Box::new(kems),
            ml_kem_1024: ml_kem_1024.into(),
            mlkem1024_p384: mlkem1024_p384.into(),
        })
    }

    /// Reads a public key file.
    ///
    /// # Errors
    /// The first line that is not as it must be, or a bad key.
    pub fn read(text: &str) -> Result<Self, KeyError> {
        let [ed, dsa, pure, hybrid] = read_lines(text, PUBLIC_MAGIC)?;
        Self::new(&ed, &dsa, &pure, &hybrid)
    }

    /// Writes a public key file.
    pub fn to_text(&self) -> String {
        write_lines(PUBLIC_MAGIC, self.all()).to_string()
    }

    /// The Ed25519 key (RFC 8032).
    pub const fn ed25519(&self) -> &[u8; 32] {
        &self.ed25519
    }
    /// The ML-DSA-87 key (FIPS 204), 2,592 bytes.
    pub fn ml_dsa_87(&self) -> &[u8] {
        &self.ml_dsa_87
    }
    /// The ML-KEM-1024 encapsulation key (FIPS 203), 1,568 bytes.
    pub fn ml_kem_1024(&self) -> &[u8] {
        &self.ml_kem_1024
    }
    /// The MLKEM1024-P384 encapsulation key, 1,665 bytes.
    pub fn mlkem1024_p384(&self) -> &[u8] {
        &self.mlkem1024_p384
    }

    /// The keys in file order.
    fn all(&self) -> [&[u8]; 4] {
        [&self.ed25519, self.ml_dsa_87(), &self.ml_kem_1024, &self.mlkem1024_p384]
    }

    /// SHA-256 over the four keys in file order, for two people to compare by voice.
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&self.all().concat())
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) const fn kems(&self) -> &PublicKems {
        &self.kems
    }
}

impl PartialEq for PublicKeys {
    fn eq(&self, other: &Self) -> bool {
        self.all() == other.all()
    }
}

impl Eq for PublicKeys {}

impl fmt::Debug for PublicKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKeys({})", self.fingerprint())
    }
}

fn invalid(kem: Kem) -> KeyError {
    let name = Kem::ALL.into_iter().find(|(k, _)| *k == kem).map_or("", |(_, name)| name);
    KeyError::Invalid { name }
}

fn check_length(name: &'static str, bytes: &[u8], expected: usize) -> Result<(), KeyError> {
    if bytes.len() == expected {
        Ok(())
    } else {
        Err(KeyError::Length { name, given: bytes.len(), expected })
    }
}

/// The keys of a key file, each line ended by exactly one line feed.
fn read_lines(text: &str, magic: &'static str) -> Result<[Zeroizing<Vec<u8>>; 4], KeyError> {
    let mut lines = text.split_inclusive('\n');
    if lines.next().and_then(|l| l.strip_suffix('\n')) != Some(magic) {
        return Err(KeyError::Magic { expected: magic });
    }
    let mut keys = [(); 4].map(|()| Zeroizing::new(Vec::new()));
    for (i, (key, name)) in keys.iter_mut().zip(NAMES).enumerate() {
        let value = lines
            .next()
            .and_then(|l| l.strip_suffix('\n'))
            .and_then(|l| l.strip_prefix(name))
            .and_then(|l| l.strip_prefix(' '));
        let decoded = value.and_then(tlog::base64);
        *key = Zeroizing::new(decoded.ok_or(KeyError::Line { line: i + 2, name })?);
    }
    if lines.next().is_some() {
        return Err(KeyError::Trailing { line: NAMES.len() + 2 });
    }
    Ok(keys)
}

fn write_lines(magic: &str, keys: [&[u8]; 4]) -> Zeroizing<String> {
    // Reserved in one piece, so that no secret is left behind in an outgrown buffer.
    let room = 64 + keys.iter().map(|k| 16 + BASE64.encode_len(k.len())).sum::<usize>();
    let mut text = Zeroizing::new(String::with_capacity(room));
    text.push_str(magic);
    text.push('\n');
    for (name, key) in NAMES.iter().zip(keys) {
        text.push_str(name);
        text.push(' ');
        BASE64.encode_append(key, &mut text);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;
