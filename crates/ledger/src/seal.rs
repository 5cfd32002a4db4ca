//! Sealing: who may read a payload, and how the leaf pins what they read.
//!
//! The plaintext is `salt (32) || payload length (u32, big-endian) || payload || zeros up to the
//! length class`. `commit` in the header is the digest over salted commitments to the payload's fields
//! (`fields`): without the salt, which only readers get, nobody can guess a payload of low entropy.
//!
//! Algorithm 0 is public: the plaintext itself, not padded. Algorithm 1 encrypts once with Cobblestone-256
//! ([`crate::cobblestone`]) under a fresh 32-byte secret, with the header's other fields as its context, and
//! wraps the secret per reader with HPKE; each wrap says with which [`Kem`]. The ciphertext commits
//! to its key, salt and context by itself. So that the leaf alone binds the key too, the header
//! carries `HMAC-SHA-384(secret, "vestibule/key-commitment/v1")`, and each reader checks all of it: no two
//! readers can be shown two payloads. Wraps are bound to the header's other fields as well, so neither
//! they nor the ciphertext can be reused under another statement.
//!
//! Readers' names, their number and the length class are visible to all who hold the log.

mod open;
#[cfg(not(target_arch = "wasm32"))]
mod secret;

pub use open::{OpenError, Opened};
pub(crate) use open::{check_shape, open};
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use secret::seal;

use crate::cobblestone::KEY_LEN;
use crate::kem::Kem;
use crate::keys::PublicKeys;
use domain::PartyId;

/// Most bytes of a payload.
pub const MAX_PAYLOAD: usize = (512 << 10) - OVERHEAD;
/// Most readers of one statement.
pub const MAX_READERS: usize = 64;
/// Bytes that salt and length add.
const OVERHEAD: usize = 32 + 4;
/// The lengths that sealed plaintexts are padded to, in bytes; class 1 is the first.
const CLASSES: [usize; 6] = [1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 512 << 10];

const PUBLIC: u8 = 0;
const COBBLESTONE_HPKE: u8 = 1;
/// Length of a wrapped secret: the secret and the tag of AES-GCM.
const WRAPPED_LEN: usize = KEY_LEN + 16;

/// Who may read a statement.
#[derive(Debug, Clone, Copy)]
pub enum Audience<'a> {
    /// Everyone who holds the log.
    Public,
    /// These parties, by the keys they published, each through this key encapsulation.
    Readers(&'a [(PartyId, &'a PublicKeys)], Kem),
}

/// The sealed payload as it lies in the object and, by SHA-384, under the signatures.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
struct Sealed {
    #[n(0)]
    algorithm: u8,
    #[cbor(n(1), with = "minicbor::bytes")]
    content: Vec<u8>,
    #[n(2)]
    wraps: Vec<Wrap>,
}

/// The content secret, wrapped for one reader.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
struct Wrap {
    #[n(0)]
    reader: PartyId,
    /// [`Kem::id`].
    #[n(1)]
    kem: u16,
    #[cbor(n(2), with = "minicbor::bytes")]
    encapsulated: Vec<u8>,
    #[cbor(n(3), with = "minicbor::bytes")]
    wrapped: Vec<u8>,
}

/// Why a payload could not be sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Longer than [`MAX_PAYLOAD`].
    #[error("the payload has {given} bytes; at most {MAX_PAYLOAD} fit in one statement")]
    TooLong {
        /// How many it has.
        given: usize,
    },
    /// No reader, or more than [`MAX_READERS`].
    #[error("{given} readers; a sealed statement has 1 to {MAX_READERS}")]
    Readers {
        /// How many were named.
        given: usize,
    },
    /// A reader named twice.
    #[error("`{0}` is named twice among the readers")]
    Twice(PartyId),
    /// A party must sign what it can't read.
    #[error("`{0}` must sign this statement but is not among its readers; add it")]
    BlindSigner(PartyId),
    /// A reader's key does not take part in encryption.
    #[error("nothing can be sealed to the key of `{0}`; ask it for its public key file again")]
    Key(PartyId),
}

/// The padded length of a class, in bytes; `None` for 0 and for classes that do not exist.
pub(crate) fn class_len(class: u8) -> Option<usize> {
    CLASSES.get(usize::from(class).checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests;
