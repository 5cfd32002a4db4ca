//! Verifier keys: who may have signed a note (c2sp.org/signed-note, "Verifier keys").

use crate::checkpoint::Checkpoint;
use crate::cnsa::{self, CNSA_IDENTIFIER, CNSA_KIND};
use crate::cosignature::{cosignature_v1_message, split_time, subtree_v1_message};
use crate::ed25519::is_good_key;
use crate::hash::plain_sha256;
use crate::text::shown;
use crate::{Hash, MLDSA44_PUBLIC_LEN, MLDSA87_PUBLIC_LEN, verify_ed25519, verify_mldsa44};
use std::fmt;
use std::str::FromStr;

/// The longest verifier key that is read, in bytes.
const MAX_VKEY: usize = 16_384;

/// The name of a key: not empty, no Unicode spaces, no plus, no control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

/// The short identifier of a key beside its name. Not a cryptographic commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 4]);

/// The key itself, with its signature type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// Type 0x01: Ed25519 over the note's text.
    Ed25519([u8; 32]),
    /// Type 0x04: timestamped Ed25519 cosignature over a checkpoint.
    Ed25519Cosignature([u8; 32]),
    /// Type 0x06: timestamped ML-DSA-44 cosignature over a checkpoint or subtree; 1312 bytes.
    MlDsa44Cosignature(Vec<u8>),
    /// Type 0xff `ledger-cnsa-v1`: timestamped ML-DSA-87 signature over both roots of a log, see
    /// [`crate::CnsaSigner`]. The identifier's 14 bytes, then the key's 2592.
    LedgerCnsa(Vec<u8>),
    /// Any other type: read, and never verified here. The byte is the type; 0xff is followed by a longer
    /// identifier within the bytes.
    Other(u8, Vec<u8>),
}

/// A key with its name and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    id: KeyId,
    key: PublicKey,
}

/// Why a text is not a verifier key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The name is empty or has a space, a plus or a control character.
    #[error(
        "`{0}` is not a key name: it must not be empty or have spaces, plus or control characters"
    )]
    Name(String),
    /// Not three parts, or a part is not in its one right encoding.
    #[error("`{0}` is not a verifier key: write name+hex(key id)+base64(type and key)")]
    Format(String),
    /// The key id is not the one that name and key give.
    #[error("the key id of `{name}` is `{given}`, and its key gives `{computed}`")]
    OtherId {
        /// The key's name.
        name: String,
        /// The id in the text.
        given: KeyId,
        /// The id computed.
        computed: KeyId,
    },
    /// The key has a wrong length or is not acceptable for its type.
    #[error("the key of `{name}` is not a usable key of type 0x{kind:02x}")]
    Key {
        /// The key's name.
        name: String,
        /// The signature type.
        kind: u8,
    },
}

impl KeyName {
    /// A name, checked.
    ///
    /// # Errors
    ///
    /// [`KeyError::Name`].
    pub fn new(name: &str) -> Result<Self, KeyError> {
        let bad = |c: char| c == '+' || c.is_whitespace() || c < ' ';
        if name.is_empty() || name.contains(bad) {
            return Err(KeyError::Name(shown(name)));
        }
        Ok(Self(name.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl KeyId {
    /// The recommended id: the start of SHA-256(name || 0x0A || type || key).
    pub fn compute(name: &KeyName, kind: u8, key: &[u8]) -> Self {
        let [a, b, c, d, ..] = plain_sha256(&[name.0.as_bytes(), b"\n", &[kind], key]);
        Self([a, b, c, d])
    }

    /// An id from its four bytes.
    pub const fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }

    /// Its four bytes.
    pub const fn as_bytes(&self) -> &[u8; 4] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl PublicKey {
    /// The signature type byte.
    pub const fn kind(&self) -> u8 {
        match self {
            Self::Ed25519(_) => 0x01,
            Self::Ed25519Cosignature(_) => 0x04,
            Self::MlDsa44Cosignature(_) => 0x06,
            Self::LedgerCnsa(_) => CNSA_KIND,
            Self::Other(kind, _) => *kind,
        }
    }

    /// The key's bytes after the type.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Ed25519(key) | Self::Ed25519Cosignature(key) => key,
            Self::MlDsa44Cosignature(key) | Self::LedgerCnsa(key) | Self::Other(_, key) => key,
        }
    }

    /// A key of the type; `None` if the bytes are not a usable one.
    pub fn new(kind: u8, bytes: &[u8]) -> Option<Self> {
        let ed25519 = || <[u8; 32]>::try_from(bytes).ok().filter(is_good_key);
        match kind {
            0x01 => Some(Self::Ed25519(ed25519()?)),
            0x04 => Some(Self::Ed25519Cosignature(ed25519()?)),
            0x06 if bytes.len() == MLDSA44_PUBLIC_LEN => {
                Some(Self::MlDsa44Cosignature(bytes.to_vec()))
            }
            0x06 => None,
            CNSA_KIND if bytes.starts_with(CNSA_IDENTIFIER) => {
                let whole = bytes.len() == CNSA_IDENTIFIER.len() + MLDSA87_PUBLIC_LEN;
                whole.then(|| Self::LedgerCnsa(bytes.to_vec()))
            }
            other => (!bytes.is_empty()).then(|| Self::Other(other, bytes.to_vec())),
        }
    }
}

impl VerifierKey {
    /// A key with its recommended id. Type 0x02 has another way to compute ids; read such a key from text.
    pub fn new(name: KeyName, key: PublicKey) -> Self {
        let id = KeyId::compute(&name, key.kind(), key.bytes());
        Self { name, id, key }
    }

    /// The key's name.
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// The key's id.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The key itself.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Whether this crate can verify signatures of this type.
    pub const fn is_supported(&self) -> bool {
        !matches!(self.key, PublicKey::Other(..))
    }

    /// Whether `signature`, the bytes after the key id, is this key's over the note text; with the time of a
    /// cosignature, in seconds since 1970. `None` if not. Cosignatures are only over checkpoints.
    pub fn verify(&self, text: &str, signature: &[u8]) -> Option<Option<u64>> {
        match &self.key {
            PublicKey::Ed25519(key) => {
                verify_ed25519(key, text.as_bytes(), signature).ok()?;
                Some(None)
            }
            PublicKey::Ed25519Cosignature(key) => {
                let (time, signature) = split_time(signature)?;
                Checkpoint::parse(text).ok()?;
                verify_ed25519(key, &cosignature_v1_message(time, text), signature).ok()?;
                Some(Some(time))
            }
            PublicKey::MlDsa44Cosignature(_) => {
                let checkpoint = Checkpoint::parse(text).ok()?;
                let range = (0, checkpoint.size());
                self.verify_subtree(checkpoint.origin(), range, &checkpoint.root(), signature)
                    .map(Some)
            }
            PublicKey::LedgerCnsa(bytes) => {
                let key = bytes.get(CNSA_IDENTIFIER.len()..)?;
                let checkpoint = Checkpoint::parse(text).ok()?;
                Some(Some(cnsa::verify(&self.name, key, &checkpoint, signature)?.time))
            }
            PublicKey::Other(..) => None,
        }
    }

    /// Whether `signature` is this ML-DSA-44 cosigner's over the leaves `start..end` of the log; its time if
    /// so. The time is 0 when none is claimed.
    pub fn verify_subtree(
        &self,
        origin: &str,
        range: (u64, u64),
        hash: &Hash,
        signature: &[u8],
    ) -> Option<u64> {
        let PublicKey::MlDsa44Cosignature(key) = &self.key else { return None };
        let (time, signature) = split_time(signature)?;
        let message = subtree_v1_message(self.name.as_str(), time, origin, range, hash)?;
        verify_mldsa44(key, &message, signature).then_some(time)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut encoded = vec![self.key.kind()];
        encoded.extend_from_slice(self.key.bytes());
        write!(f, "{}+{}+{}", self.name, self.id, data_encoding::BASE64.encode(&encoded))
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let wrong = || KeyError::Format(shown(text));
        if text.len() > MAX_VKEY {
            return Err(wrong());
        }
        // The base64 part may itself have a plus; names and ids have none.
        let (name, rest) = text.split_once('+').ok_or_else(wrong)?;
        let (id, key) = rest.split_once('+').ok_or_else(wrong)?;
        let name = KeyName::new(name)?;
        let id = data_encoding::HEXLOWER.decode(id.as_bytes()).map_err(|_| wrong())?;
        let id = KeyId(id.as_slice().try_into().map_err(|_| wrong())?);
        let encoded = crate::base64(key).ok_or_else(wrong)?;
        let (kind, bytes) = encoded.split_first().ok_or_else(wrong)?;
        let bad_key = || KeyError::Key { name: name.to_string(), kind: *kind };
        let key = PublicKey::new(*kind, bytes).ok_or_else(bad_key)?;
        let computed = match kind {
            // c2sp.org/signed-note: the id of a type 0x02 key hashes the key's SPKI alone.
            0x02 => {
                let [a, b, c, d, ..] = plain_sha256(&[bytes]);
                KeyId([a, b, c, d])
            }
            kind => KeyId::compute(&name, *kind, bytes),
        };
        if id != computed {
            return Err(KeyError::OtherId { name: name.to_string(), given: id, computed });
        }
        Ok(Self { name, id, key })
    }
}

#[cfg(test)]
mod tests;
