//! Sealing and opening. Both need secrets, so neither is part of a verifier in a browser.

use super::{
    CHUNK, COMMITMENT_LEN, CobblestoneError, KEY_LEN, MAX_MESSAGE, SALT_LEN, TAG, sealed_len,
};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use zeroize::Zeroizing;

const INFO: &[u8] = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0";

/// What one message uses, derived from its input key, salt and context.
struct Derived {
    key: LessSafeKey,
    base: [u8; NONCE_LEN],
    commitment: [u8; COMMITMENT_LEN],
}

/// The length of an expansion, in the shape that `hkdf` wants.
struct Length;

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        KEY_LEN + NONCE_LEN + COMMITMENT_LEN
    }
}

impl Derived {
    fn new(key: &[u8; KEY_LEN], salt: &[u8; SALT_LEN], context: &[u8]) -> Self {
        let prk = hkdf::Prk::new_less_safe(hkdf::HKDF_SHA512, key);
        let mut out = Zeroizing::new([0; KEY_LEN + NONCE_LEN + COMMITMENT_LEN]);
        prk.expand(&[INFO, salt, context], Length)
            .and_then(|okm| okm.fill(&mut *out))
            .expect("76 bytes are within what HKDF-SHA-512 gives");
        let (key, rest) = out.split_at(KEY_LEN);
        let (nonce, rest) = rest.split_at(NONCE_LEN);
        let key = UnboundKey::new(&AES_256_GCM, key).expect("the key has 32 bytes");
        let (mut base, mut commitment) = ([0; NONCE_LEN], [0; COMMITMENT_LEN]);
        base.copy_from_slice(nonce);
        commitment.copy_from_slice(rest);
        Self { key: LessSafeKey::new(key), base, commitment }
    }

    /// The nonce of a chunk: its number, big-endian, XOR the end of the base nonce.
    fn nonce(&self, chunk: u32) -> Nonce {
        let mut nonce = self.base;
        for (byte, count) in nonce.iter_mut().rev().zip(chunk.to_le_bytes()) {
            *byte ^= count;
        }
        Nonce::assume_unique_for_key(nonce)
    }
}

/// Seals a message.
///
/// # Errors
/// [`CobblestoneError::TooLong`].
pub fn seal(
    key: &[u8; KEY_LEN],
    salt: &[u8; SALT_LEN],
    context: &[u8],
    message: &[u8],
) -> Result<Vec<u8>, CobblestoneError> {
    if message.len() > MAX_MESSAGE {
        return Err(CobblestoneError::TooLong { given: message.len() });
    }
    let derived = Derived::new(key, salt, context);
    let mut out = Vec::with_capacity(sealed_len(message.len()));
    out.extend_from_slice(salt);
    out.extend_from_slice(&derived.commitment);
    let chunks = message.chunks_exact(CHUNK);
    let last = chunks.remainder();
    for (number, chunk) in (0..).zip(chunks.chain([last])) {
        let start = out.len();
        out.extend_from_slice(chunk);
        let (_, place) = out.split_at_mut(start);
        let tag = derived
            .key
            .seal_in_place_separate_tag(derived.nonce(number), Aad::empty(), place)
            .expect("a chunk is far below the bound of AES-GCM");
        out.extend_from_slice(tag.as_ref());
    }
    Ok(out)
}

/// Opens a ciphertext: first its length, then its commitment, then every chunk.
///
/// # Errors
/// See [`CobblestoneError`].
pub fn open(
    key: &[u8; KEY_LEN],
    context: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, CobblestoneError> {
    let given = ciphertext.len();
    if given > sealed_len(MAX_MESSAGE) {
        return Err(CobblestoneError::TooLong { given });
    }
    let cut = CobblestoneError::Length { given };
    let (salt, rest) = ciphertext.split_first_chunk::<SALT_LEN>().ok_or(cut)?;
    let (commitment, body) = rest.split_first_chunk::<COMMITMENT_LEN>().ok_or(cut)?;
    let derived = Derived::new(key, salt, context);
    if !crypto::equal(&derived.commitment, commitment) {
        return Err(CobblestoneError::Commitment);
    }
    let chunks = body.chunks_exact(CHUNK + TAG);
    let last = chunks.remainder();
    if last.len() < TAG {
        return Err(cut);
    }
    let mut message = Zeroizing::new(Vec::with_capacity(body.len()));
    for (number, chunk) in (0..).zip(chunks.chain([last])) {
        let start = message.len();
        message.extend_from_slice(chunk);
        let (_, place) = message.split_at_mut(start);
        let length = derived
            .key
            .open_in_place(derived.nonce(number), Aad::empty(), place)
            .map_err(|_| CobblestoneError::Chunk(number))?
            .len();
        message.truncate(start + length);
    }
    Ok(message)
}
