//! Opening: every commitment is checked before a byte is believed.

use super::{
    AES_256_GCM_HPKE, MAX_READERS, PUBLIC, Sealed, Wrap, class_len, commitment, content_key,
    key_commitment, nonce, wrap_info,
};
use crate::disclosure::Disclosure;
use crate::keys::SecretKeys;
use crate::leaf::Header;
use aws_lc_rs::aead::{AES_256_GCM, Aad};
use aws_lc_rs::constant_time;
use domain::wire::{self, WireError};
use domain::{Digest384, PartyId, Statement};
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha384;
use hpke::kem::MlKem1024;
use hpke::{Deserializable, Kem, OpModeR};
use zeroize::Zeroizing;

/// A payload that was opened, with its commitments checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    schema: String,
    kind: String,
    signers: Vec<PartyId>,
    salt: [u8; 32],
    payload: Vec<u8>,
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

fn equal(a: &Digest384, b: &Digest384) -> bool {
    constant_time::verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
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
    let (salt, payload) = strip(&content, header)?;
    disclosed(header, salt, payload)
}

/// Takes over a payload that a reader opened and disclosed with its salt, if the header commits to it.
pub(crate) fn disclosed(
    header: &Header,
    salt: [u8; 32],
    payload: &[u8],
) -> Result<Opened, OpenError> {
    if !equal(&commitment(&salt, payload), header.commit()) {
        return Err(OpenError::Commitment);
    }
    Ok(Opened {
        schema: header.schema().to_owned(),
        kind: header.kind().to_owned(),
        signers: header.signers().to_vec(),
        salt,
        payload: payload.to_vec(),
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

/// Takes salt and padding off.
fn strip<'a>(content: &'a [u8], header: &Header) -> Result<([u8; 32], &'a [u8]), OpenError> {
    let (salt, rest) = content.split_first_chunk::<32>().ok_or(OpenError::Padding)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(OpenError::Padding)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| OpenError::Padding)?;
    let (payload, zeros) = rest.split_at_checked(length).ok_or(OpenError::Padding)?;
    if zeros.iter().any(|b| *b != 0) || (header.length_class() == 0 && !zeros.is_empty()) {
        return Err(OpenError::Padding);
    }
    Ok((*salt, payload))
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
    /// What shows this payload to somebody whom it was not sealed to. It is as confidential as the payload.
    pub fn disclose(&self) -> Disclosure {
        Disclosure::new(self.salt, self.payload.clone())
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
