//! Sealing: who may read a payload, and how the leaf pins what they read.
//!
//! The plaintext is `salt (32) || payload length (u32, big-endian) || payload || zeros up to the
//! length class`. `commit = HMAC-SHA-384(salt, PAE("vestibule/commit/v1", payload))` is in the header:
//! without the salt, which only readers get, nobody can guess a payload of low entropy.
//!
//! Algorithm 0 is public: the plaintext itself, not padded. Algorithm 1 encrypts once with AES-256-GCM
//! under a key derived from a fresh 32-byte secret, and wraps the secret per reader with HPKE
//! (RFC 9180; ML-KEM-1024 0x0042 from draft-ietf-hpke-pq, HKDF-SHA384 0x0002, AES-256-GCM 0x0002).
//! AES-GCM does not commit to its key, so the header carries `HMAC-SHA-384(secret,
//! "vestibule/key-commitment/v1")` and each reader checks both commitments: no two readers can be shown
//! two payloads. Ciphertext and wraps are bound to the header's other fields, so they can't be reused
//! under another statement.
//!
//! Readers' names, their number and the length class are visible to all who hold the log.

mod open;

pub use open::{OpenError, Opened};
pub(crate) use open::{check_shape, disclosed, open};

use crate::keys::PublicKeys;
use crate::leaf::{Header, HeaderParts};
use crate::random::{Random, Source};
use crate::signature::pae;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use domain::wire;
use domain::{Digest384, PartyId};
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha384;
use hpke::kem::MlKem1024;
use hpke::{OpModeS, Serializable};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// Most bytes of a payload.
pub const MAX_PAYLOAD: usize = (512 << 10) - OVERHEAD;
/// Most readers of one statement.
pub const MAX_READERS: usize = 64;
/// Bytes that salt and length add.
const OVERHEAD: usize = 32 + 4;
/// The lengths that sealed plaintexts are padded to, in bytes; class 1 is the first.
const CLASSES: [usize; 6] = [1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 512 << 10];

const PUBLIC: u8 = 0;
const AES_256_GCM_HPKE: u8 = 1;

/// Who may read a statement.
#[derive(Debug, Clone, Copy)]
pub enum Audience<'a> {
    /// Everyone who holds the log.
    Public,
    /// These parties, by the keys they published.
    Readers(&'a [(PartyId, &'a PublicKeys)]),
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
    #[cbor(n(1), with = "minicbor::bytes")]
    encapsulated: Vec<u8>,
    #[cbor(n(2), with = "minicbor::bytes")]
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

fn hmac384(key: &[u8], message: &[u8]) -> Digest384 {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA384, key), message);
    let mut out = [0; 48];
    out.copy_from_slice(tag.as_ref());
    Digest384::from_bytes(out)
}

fn commitment(salt: &[u8], payload: &[u8]) -> Digest384 {
    hmac384(salt, &pae("vestibule/commit/v1", payload))
}

fn key_commitment(secret: &[u8; 32]) -> Digest384 {
    hmac384(secret, b"vestibule/key-commitment/v1")
}

fn content_key(secret: &[u8; 32]) -> LessSafeKey {
    let derived = Zeroizing::new(*hmac384(secret, b"vestibule/content-key/v1").as_bytes());
    let (key, _) = derived.split_at(32);
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("the key has 32 bytes"))
}

/// The secret is used once, so the nonce is fixed.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

fn wrap_info(reader: &PartyId, context: &Digest384) -> Vec<u8> {
    let mut info = format!("vestibule/wrap/v1 {reader}\n").into_bytes();
    info.extend_from_slice(context.as_bytes());
    info
}

/// Seals `payload`; `parts` makes the header from commitment and length class.
pub(crate) fn seal(
    payload: &[u8],
    audience: Audience<'_>,
    random: &mut Random<'_>,
    parts: impl FnOnce(Digest384, u8) -> HeaderParts,
) -> Result<(Header, Vec<u8>), SealError> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    if payload.len() > MAX_PAYLOAD {
        return Err(SealError::TooLong { given: payload.len() });
    }
    let full = OVERHEAD + payload.len();
    let (class, padded) = match audience {
        Audience::Public => (0, full),
        Audience::Readers(_) => CLASSES
            .iter()
            .zip(1..)
            .find(|(room, _)| **room >= full)
            .map(|(room, class)| (class, *room))
            .ok_or(SealError::TooLong { given: payload.len() })?,
    };
    let mut salt = Zeroizing::new([0; 32]);
    random(&mut *salt);
    let header = Header::unsealed(parts(commitment(&*salt, payload), class));
    let mut content = Vec::with_capacity(padded + AES_256_GCM.tag_len());
    content.extend_from_slice(&*salt);
    content.extend_from_slice(&length.to_be_bytes());
    content.extend_from_slice(payload);
    content.resize(padded, 0);
    let (sealed, key) = match audience {
        Audience::Public => (Sealed { algorithm: PUBLIC, content, wraps: Vec::new() }, None),
        Audience::Readers(readers) => {
            check_readers(readers, header.signers())?;
            let mut secret = Zeroizing::new([0; 32]);
            random(&mut *secret);
            let context = header.context();
            content_key(&secret)
                .seal_in_place_append_tag(nonce(), Aad::from(context.as_bytes()), &mut content)
                .expect("the content is far below the bound of AES-GCM");
            let wraps = wrap_all(readers, &secret, &context, random)?;
            let sealed = Sealed { algorithm: AES_256_GCM_HPKE, content, wraps };
            (sealed, Some(key_commitment(&secret)))
        }
    };
    let sealed = wire::encode(&sealed);
    Ok((header.with_sealing(Digest384::of(&sealed), key), sealed))
}

fn check_readers(readers: &[(PartyId, &PublicKeys)], signers: &[PartyId]) -> Result<(), SealError> {
    if !(1..=MAX_READERS).contains(&readers.len()) {
        return Err(SealError::Readers { given: readers.len() });
    }
    let mut names = BTreeSet::new();
    for (reader, _) in readers {
        if !names.insert(reader) {
            return Err(SealError::Twice(reader.clone()));
        }
    }
    match signers.iter().find(|s| !names.contains(s)) {
        Some(blind) => Err(SealError::BlindSigner(blind.clone())),
        None => Ok(()),
    }
}

/// Wraps in the order of the readers' names, so that the order says nothing.
fn wrap_all(
    readers: &[(PartyId, &PublicKeys)],
    secret: &[u8; 32],
    context: &Digest384,
    random: &mut Random<'_>,
) -> Result<Vec<Wrap>, SealError> {
    let mut wraps = Vec::with_capacity(readers.len());
    for (reader, keys) in readers {
        let (encapsulated, wrapped) =
            hpke::single_shot_seal_with_rng::<AesGcm256, HkdfSha384, MlKem1024>(
                &OpModeS::Base,
                keys.ml_kem_1024_parsed(),
                &wrap_info(reader, context),
                secret,
                &[],
                &mut Source(random),
            )
            .map_err(|_| SealError::Key(reader.clone()))?;
        let encapsulated = encapsulated.to_bytes().to_vec();
        wraps.push(Wrap { reader: reader.clone(), encapsulated, wrapped });
    }
    wraps.sort_by(|a, b| a.reader.cmp(&b.reader));
    Ok(wraps)
}

#[cfg(test)]
mod tests;
