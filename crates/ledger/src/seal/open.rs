//! Opening: every commitment is checked before a byte is believed.

#[cfg(not(target_arch = "wasm32"))]
use super::secret::decrypt;
use super::{COBBLESTONE_HPKE, MAX_READERS, PUBLIC, Sealed, WRAPPED_LEN, Wrap, class_len};
use crate::cobblestone::{self, CobblestoneError};
use crate::disclosure::{self, Disclosure, DisclosureError, Part};
use crate::fields::{self, Salt};
use crate::kem::Kem;
use crate::keys::SecretKeys;
use crate::leaf::Header;
use domain::wire::{self, WireError};
use domain::{Digest, Digest384, PartyId, Statement};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// A payload that was opened, with its commitments checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    id: Digest,
    schema: String,
    kind: String,
    signers: Vec<PartyId>,
    needed: usize,
    /// One for each part of the payload.
    salts: Vec<Salt>,
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
    /// A key encapsulation that this software does not know.
    #[error("key encapsulation {0:#06x} is not known here; a newer vestibule may open it")]
    Kem(u16),
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
    Decrypt(#[source] CobblestoneError),
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

pub(super) fn equal(a: &Digest384, b: &Digest384) -> bool {
    crypto::equal(a.as_bytes(), b.as_bytes())
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
    let Sealed { algorithm, content, wraps } = decode(header, sealed)?;
    let mut content = Zeroizing::new(content);
    if algorithm == COBBLESTONE_HPKE {
        content = decrypt(header, &wraps, &content, reader)?;
    }
    let (salt, payload) = strip(&content, header)?;
    if !equal(&fields::commit(&salt, payload), header.commit()) {
        return Err(OpenError::Commitment);
    }
    Ok(Opened::new(header, disclosure::salts(&salt, payload), payload.to_vec()))
}

/// Nobody holds a secret here, so nothing sealed opens.
#[cfg(target_arch = "wasm32")]
fn decrypt(
    _: &Header,
    _: &[Wrap],
    _: &[u8],
    reader: Option<(&PartyId, &SecretKeys)>,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    match reader {
        None => Err(OpenError::NotReader { reader: None }),
        Some((_, keys)) => match *keys {},
    }
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
        (COBBLESTONE_HPKE, Some(room)) => {
            (1..=MAX_READERS).contains(&value.wraps.len())
                && value.content.len() == cobblestone::sealed_len(room)
        }
        (PUBLIC | COBBLESTONE_HPKE, _) => false,
        (unknown, _) => return Err(OpenError::Algorithm(unknown)),
    };
    for Wrap { reader, kem, encapsulated, wrapped } in &value.wraps {
        let kem = Kem::from_id(*kem).ok_or(OpenError::Kem(*kem))?;
        if encapsulated.len() != kem.encapsulated_len() || wrapped.len() != WRAPPED_LEN {
            return Err(OpenError::Unwrap(reader.clone()));
        }
    }
    if sorted && shaped { Ok(value) } else { Err(OpenError::Padding) }
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
    /// A payload whose salts and commitments were checked.
    pub(crate) fn new(header: &Header, salts: Vec<Salt>, payload: Vec<u8>) -> Self {
        Self {
            id: header.id(),
            schema: header.schema().to_owned(),
            kind: header.kind().to_owned(),
            signers: header.signers().to_vec(),
            needed: header.needed(),
            salts,
            payload,
        }
    }

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
    ///
    /// # Panics
    /// Never: every part of the payload exists.
    pub fn disclose(&self) -> Disclosure {
        Disclosure::new(self.id, &self.payload, &self.salts, None)
            .expect("all parts of a payload are parts of it")
    }

    /// What shows these parts of the payload, and nothing of the others.
    ///
    /// # Errors
    /// [`DisclosureError::NoPart`].
    pub fn disclose_parts(&self, parts: &BTreeSet<Part>) -> Result<Disclosure, DisclosureError> {
        Disclosure::new(self.id, &self.payload, &self.salts, Some(parts))
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
        let named = statement.signers();
        // how many of the payload's own signers must have signed when as many signed as the leaf demands
        let others = self.signers.iter().filter(|s| !named.contains(*s)).count();
        let needed = statement.needed().unwrap_or(named.len());
        if !named.iter().all(|s| self.signers.contains(s)) || self.needed < needed + others {
            return Err(OpenError::Signers(self.kind.clone()));
        }
        Ok(statement)
    }
}
