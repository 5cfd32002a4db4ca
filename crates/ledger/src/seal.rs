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

use crate::keys::{PublicKeys, SecretKeys};
use crate::leaf::{Header, HeaderParts};
use crate::random::{Random, Source};
use crate::signature::pae;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{constant_time, hmac};
use domain::wire::{self, WireError};
use domain::{Digest384, PartyId, Statement};
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha384;
use hpke::kem::MlKem1024;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
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

/// A payload that was opened, with its commitments checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    schema: String,
    kind: String,
    signers: Vec<PartyId>,
    payload: Vec<u8>,
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

/// Why a payload could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The object is missing, or its signatures are not good.
    #[error("there is no sound object to open")]
    NoObject,
    /// Shredded: only the signatures are left.
    #[error("the payload was shredded")]
    Shredded,
    /// The sealed bytes are not those the leaf names.
    #[error("the sealed payload is not the one that was logged (SHA-384 differs)")]
    Digest,
    /// The sealed bytes can't be read.
    #[error("the sealed payload can't be read")]
    Malformed(#[source] WireError),
    /// An algorithm that this software does not know.
    #[error("sealing algorithm {0} is not known here; a newer vestibule may open it")]
    Algorithm(u8),
    /// Not among the readers.
    #[error("sealed to others, not to {}", reader.as_ref().map_or_else(|| "you".to_owned(), |p| format!("`{p}`")))]
    NotReader {
        /// Who tried.
        reader: Option<PartyId>,
    },
    /// The wrapped secret does not open with this reader's key.
    #[error(
        "the key of `{0}` does not unwrap the content key: it is another key, or the issuer's fault"
    )]
    Unwrap(PartyId),
    /// The content key is not the one in the header: the issuer gave readers different keys.
    #[error("the content key is not the one that the issuer committed to; keep this as evidence")]
    KeyCommitment,
    /// The ciphertext does not decrypt.
    #[error("the payload does not decrypt; keep this as evidence")]
    Decrypt,
    /// Salt, length or padding are not as they must be.
    #[error("the payload's length and padding are not as the leaf says; keep this as evidence")]
    Padding,
    /// The payload is not the one in the header.
    #[error("the payload is not the one that the issuer committed to; keep this as evidence")]
    Commitment,
    /// The payload is no statement of the wanted schema.
    #[error("a statement of schema `{given}`, not `{expected}`")]
    Schema {
        /// What it is.
        given: String,
        /// What was wanted.
        expected: &'static str,
    },
    /// The payload does not decode as its schema says.
    #[error("the payload is not a `{kind}` of its schema")]
    Payload {
        /// The kind that the leaf names.
        kind: String,
        /// What is wrong with it.
        #[source]
        source: WireError,
    },
    /// The leaf says another kind than the payload.
    #[error("the leaf says `{leaf}`, the payload `{payload}`; keep this as evidence")]
    Kind {
        /// As the leaf says.
        leaf: String,
        /// As the payload says.
        payload: &'static str,
    },
    /// The leaf does not demand everyone's signature that the payload needs.
    #[error("the leaf does not name all signers that a `{0}` needs")]
    Signers(String),
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

fn equal(a: &Digest384, b: &Digest384) -> bool {
    constant_time::verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
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

/// Opens sealed bytes under their header, for one reader or for everyone.
pub(crate) fn open(
    header: &Header,
    sealed: &[u8],
    reader: Option<(&PartyId, &SecretKeys)>,
) -> Result<Opened, OpenError> {
    if !equal(&Digest384::of(sealed), header.sealed()) {
        return Err(OpenError::Digest);
    }
    let Sealed { algorithm, mut content, wraps } = decode(header, sealed)?;
    if algorithm == AES_256_GCM_HPKE {
        let context = header.context();
        let secret = unwrap(&wraps, &context, reader)?;
        let committed = header.key_commitment().ok_or(OpenError::KeyCommitment)?;
        if !equal(&key_commitment(&secret), committed) {
            return Err(OpenError::KeyCommitment);
        }
        let length = content_key(&secret)
            .open_in_place(nonce(), Aad::from(context.as_bytes()), &mut content)
            .map_err(|_| OpenError::Decrypt)?
            .len();
        content.truncate(length);
    }
    let payload = strip(&content, header)?;
    Ok(Opened {
        schema: header.schema().to_owned(),
        kind: header.kind().to_owned(),
        signers: header.signers().to_vec(),
        payload,
    })
}

/// Whether the sealed bytes have the shape that the header announces, without opening them.
pub(crate) fn check_shape(header: &Header, sealed: &[u8]) -> Result<(), OpenError> {
    decode(header, sealed).map(|_| ())
}

fn decode(header: &Header, sealed: &[u8]) -> Result<Sealed, OpenError> {
    let value: Sealed = wire::decode(sealed).map_err(OpenError::Malformed)?;
    let sorted = value.wraps.is_sorted_by(|a, b| a.reader < b.reader);
    let shaped = match (value.algorithm, class_len(header.length_class())) {
        (PUBLIC, None) => value.wraps.is_empty(),
        (AES_256_GCM_HPKE, Some(room)) => {
            (1..=MAX_READERS).contains(&value.wraps.len())
                && value.content.len() == room + AES_256_GCM.tag_len()
        }
        (PUBLIC | AES_256_GCM_HPKE, _) => false,
        (unknown, _) => return Err(OpenError::Algorithm(unknown)),
    };
    if sorted && shaped { Ok(value) } else { Err(OpenError::Padding) }
}

fn unwrap(
    wraps: &[Wrap],
    context: &Digest384,
    reader: Option<(&PartyId, &SecretKeys)>,
) -> Result<Zeroizing<[u8; 32]>, OpenError> {
    let (party, keys) = reader.ok_or(OpenError::NotReader { reader: None })?;
    let wrap = wraps
        .iter()
        .find(|w| w.reader == *party)
        .ok_or_else(|| OpenError::NotReader { reader: Some(party.clone()) })?;
    let fail = || OpenError::Unwrap(party.clone());
    let encapsulated =
        <MlKem1024 as Kem>::EncappedKey::from_bytes(&wrap.encapsulated).map_err(|_| fail())?;
    let opened = hpke::single_shot_open::<AesGcm256, HkdfSha384, MlKem1024>(
        &OpModeR::Base,
        keys.ml_kem_1024(),
        &encapsulated,
        &wrap_info(party, context),
        &wrap.wrapped,
        &[],
    );
    let opened = Zeroizing::new(opened.map_err(|_| fail())?);
    let mut secret = Zeroizing::new([0; 32]);
    if opened.len() != secret.len() {
        return Err(fail());
    }
    secret.copy_from_slice(&opened);
    Ok(secret)
}

/// Takes salt and padding off and checks the commitment.
fn strip(content: &[u8], header: &Header) -> Result<Vec<u8>, OpenError> {
    let (salt, rest) = content.split_at_checked(32).ok_or(OpenError::Padding)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(OpenError::Padding)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| OpenError::Padding)?;
    let (payload, zeros) = rest.split_at_checked(length).ok_or(OpenError::Padding)?;
    if zeros.iter().any(|b| *b != 0) || (header.length_class() == 0 && !zeros.is_empty()) {
        return Err(OpenError::Padding);
    }
    if !equal(&commitment(salt, payload), header.commit()) {
        return Err(OpenError::Commitment);
    }
    Ok(payload.to_vec())
}

impl Opened {
    /// Family and version of the payload's encoding.
    pub fn schema(&self) -> &str {
        &self.schema
    }
    /// The statement's type within its schema.
    pub fn kind(&self) -> &str {
        &self.kind
    }
    /// The payload's bytes.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Reads the payload as a statement, and checks that the leaf announced its schema, its kind and
    /// all signers that it needs.
    ///
    /// # Errors
    /// [`OpenError::Schema`], [`OpenError::Payload`], [`OpenError::Kind`] or [`OpenError::Signers`].
    pub fn statement<S: Statement>(&self) -> Result<S, OpenError> {
        if self.schema != S::SCHEMA {
            return Err(OpenError::Schema { given: self.schema.clone(), expected: S::SCHEMA });
        }
        let statement = S::from_bytes(&self.payload)
            .map_err(|source| OpenError::Payload { kind: self.kind.clone(), source })?;
        if statement.kind() != self.kind {
            let leaf = self.kind.clone();
            return Err(OpenError::Kind { leaf, payload: statement.kind() });
        }
        if !statement.signers().iter().all(|s| self.signers.contains(s)) {
            return Err(OpenError::Signers(self.kind.clone()));
        }
        Ok(statement)
    }
}

#[cfg(test)]
mod tests;
