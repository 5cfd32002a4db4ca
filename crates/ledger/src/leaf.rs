//! The leaf: all that the log itself holds of a statement, at most 4 KiB of deterministic CBOR.
//!
//! A [`Header`] says what is stated without showing it, and is what every signer signs. A
//! [`Position`] ties the statement to its issuer's chain and is added when the issuer logs it, so a
//! statement that waits for another party's signature never holds up its issuer's other statements.

use crate::signature::pae;
use domain::wire::{self, WireError};
use domain::{Digest, Digest384, PartyId, Timestamp};
use std::fmt;
use std::str::FromStr;
use tlog::MAX_ORIGIN;

/// Most bytes of a leaf, so that 256 of them stay within 1 MiB.
pub const MAX_LEAF: usize = 4096;
/// Most parties that can sign one statement: so many signatures fit in a receipt.
pub const MAX_SIGNERS: usize = 12;
/// The envelope's version.
const VERSION: u8 = 1;

/// A schema such as `access/v1`, or a kind such as `window-opened`: 1 to 64 of `a-z`, `0-9`, `-`, `.`, `/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(Box<str>);

/// What is stated, in which log, by whom, and which sealed bytes hold it.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Header {
    #[n(0)]
    version: u8,
    #[n(1)]
    log: String,
    #[n(2)]
    schema: Name,
    #[n(3)]
    pub(crate) kind: Name,
    #[n(4)]
    issuer: PartyId,
    #[n(5)]
    signers: Vec<PartyId>,
    #[n(6)]
    claimed_at: Timestamp,
    #[n(7)]
    pub(crate) commit: Digest384,
    #[n(8)]
    length_class: u8,
    #[n(9)]
    sealed: Digest384,
    #[n(10)]
    key_commitment: Option<Digest384>,
    #[n(11)]
    needed: Option<u8>,
}

/// Where a statement stands in its issuer's chain.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Position {
    /// How many statements the issuer logged before.
    #[n(0)]
    pub sequence: u64,
    /// The leaf hash (RFC 6962) of the one before; none for the first.
    #[n(1)]
    pub previous: Option<Digest>,
    /// When the issuer says it was logged; never goes back within a chain.
    #[n(2)]
    pub issued_at: Timestamp,
    /// A checkpoint the issuer had seen: proof of "not before".
    #[n(3)]
    pub seen: Option<Seen>,
}

/// Size and root of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Seen {
    /// How many leaves.
    #[n(0)]
    pub size: u64,
    /// The SHA-256 root over them.
    #[n(1)]
    pub root: Digest,
}

/// One leaf of the log.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Leaf {
    #[n(0)]
    header: Header,
    #[n(1)]
    position: Position,
    #[n(2)]
    signatures: Digest384,
}

/// Why a leaf or header was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// Longer than [`MAX_LEAF`].
    #[error("the leaf has {given} bytes; at most {MAX_LEAF} are read")]
    TooLong {
        /// How many it has.
        given: usize,
    },
    /// Not a leaf's encoding.
    #[error("the leaf can't be read")]
    Malformed(#[source] WireError),
    /// An envelope version that this software does not know.
    #[error("envelope version {0} is not known here; a newer vestibule may read it")]
    Version(u8),
    /// No log's name, or too long a one.
    #[error("the name of the log must have 1 to {MAX_ORIGIN} bytes")]
    Log,
    /// Signers unsorted, repeated, too many, or without the issuer.
    #[error("the signers must be 1 to {MAX_SIGNERS}, sorted, each once, the issuer among them")]
    Signers,
    /// A number of needed signatures that is none, or more than there are signers.
    #[error("{needed} of {signers} signatures can't be what a statement needs")]
    Needed {
        /// How many the header asks for.
        needed: u8,
        /// How many signers it names.
        signers: usize,
    },
    /// A length class that does not exist, or that disagrees with the key commitment.
    #[error("length class {0} does not go with this sealing")]
    LengthClass(u8),
    /// Sequence 0 has no predecessor, every other has.
    #[error("sequence {sequence} and the predecessor's hash contradict each other")]
    Predecessor {
        /// The leaf's sequence.
        sequence: u64,
    },
    /// Logged before it was claimed to be made.
    #[error("issued at {issued_at}, before it was stated at {claimed_at}")]
    IssuedEarly {
        /// When it was stated.
        claimed_at: Timestamp,
        /// When it was issued.
        issued_at: Timestamp,
    },
}

/// What a header is made from.
pub(crate) struct HeaderParts {
    pub(crate) log: String,
    pub(crate) schema: Name,
    pub(crate) kind: Name,
    pub(crate) issuer: PartyId,
    pub(crate) signers: Vec<PartyId>,
    pub(crate) needed: Option<u8>,
    pub(crate) claimed_at: Timestamp,
    pub(crate) commit: Digest384,
    pub(crate) length_class: u8,
}

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Header {
    /// A header whose sealing is still to come; see [`Header::with_sealing`].
    pub(crate) fn unsealed(parts: HeaderParts) -> Self {
        let HeaderParts {
            log,
            schema,
            kind,
            issuer,
            signers,
            needed,
            claimed_at,
            commit,
            length_class,
        } = parts;
        Self {
            version: VERSION,
            log,
            schema,
            kind,
            issuer,
            signers,
            claimed_at,
            commit,
            length_class,
            sealed: Digest384::from_bytes([0; 48]),
            key_commitment: None,
            needed,
        }
    }

    pub(crate) fn with_sealing(self, sealed: Digest384, key: Option<Digest384>) -> Self {
        Self { sealed, key_commitment: key, ..self }
    }

    /// What ciphertext and wrapped keys are bound to: the SHA-384 of all but their own digests.
    pub(crate) fn context(&self) -> Digest384 {
        let blank = self.clone().with_sealing(Digest384::from_bytes([0; 48]), None);
        Digest384::of(&pae("vestibule/seal/v1", &wire::encode(&blank)))
    }

    /// The bytes that signers sign (inside the encoding of [`pae`]).
    pub fn to_bytes(&self) -> Vec<u8> {
        wire::encode(self)
    }

    /// The statement's id: SHA-256 of [`Header::to_bytes`]. The same id never counts twice.
    pub fn id(&self) -> Digest {
        Digest::of(&self.to_bytes())
    }

    /// The origin of the log that it is stated in. In any other log it does not count, so a statement
    /// from a rehearsal is no good in earnest.
    pub fn log(&self) -> &str {
        &self.log
    }
    /// Family and version of the payload's encoding.
    pub fn schema(&self) -> &str {
        &self.schema.0
    }
    /// The statement's type within its schema.
    pub fn kind(&self) -> &str {
        &self.kind.0
    }
    /// Who states it.
    pub const fn issuer(&self) -> &PartyId {
        &self.issuer
    }
    /// Everyone who may sign it, sorted, the issuer among them.
    pub fn signers(&self) -> &[PartyId] {
        &self.signers
    }
    /// How many of [`Header::signers`] must sign, the issuer among them; all of them unless the header says
    /// otherwise.
    pub fn needed(&self) -> usize {
        self.needed.map_or(self.signers.len(), usize::from)
    }
    /// When the issuer says it was stated.
    pub const fn claimed_at(&self) -> Timestamp {
        self.claimed_at
    }
    /// The salted commitment to the payload.
    pub const fn commit(&self) -> &Digest384 {
        &self.commit
    }
    /// SHA-384 of the sealed payload with its wrapped keys.
    pub const fn sealed(&self) -> &Digest384 {
        &self.sealed
    }
    /// The commitment to the content key; none when everyone may read.
    pub const fn key_commitment(&self) -> Option<&Digest384> {
        self.key_commitment.as_ref()
    }
    /// Which length the payload was padded to; 0 when it was not.
    pub const fn length_class(&self) -> u8 {
        self.length_class
    }

    pub(crate) fn check(&self) -> Result<(), LeafError> {
        if self.version != VERSION {
            return Err(LeafError::Version(self.version));
        }
        if !(1..=MAX_ORIGIN).contains(&self.log.len()) {
            return Err(LeafError::Log);
        }
        let sorted = self.signers.is_sorted_by(|a, b| a < b);
        if !sorted || self.signers.len() > MAX_SIGNERS || !self.signers.contains(&self.issuer) {
            return Err(LeafError::Signers);
        }
        let signers = self.signers.len();
        if let Some(needed) = self.needed
            && !(1..=signers).contains(&usize::from(needed))
        {
            return Err(LeafError::Needed { needed, signers });
        }
        let class = crate::seal::class_len(self.length_class);
        if class.is_none() != (self.length_class == 0)
            || self.key_commitment.is_none() != (self.length_class == 0)
        {
            return Err(LeafError::LengthClass(self.length_class));
        }
        Ok(())
    }
}

impl Position {
    /// The position of an issuer's first statement.
    pub const fn first(seen: Option<Seen>, now: Timestamp) -> Self {
        Self { sequence: 0, previous: None, issued_at: now, seen }
    }

    /// The position after the issuer's latest leaf, logged or not yet. A clock that went back stands still.
    pub fn after(latest: &Leaf, seen: Option<Seen>, now: Timestamp) -> Self {
        Self {
            sequence: latest.position.sequence.saturating_add(1),
            previous: Some(latest.hash()),
            issued_at: now.max(latest.position.issued_at),
            seen,
        }
    }
}

impl Leaf {
    pub(crate) const fn new(header: Header, position: Position, signatures: Digest384) -> Self {
        Self { header, position, signatures }
    }

    /// Reads a leaf, strictly.
    ///
    /// # Errors
    /// See [`LeafError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LeafError> {
        if bytes.len() > MAX_LEAF {
            return Err(LeafError::TooLong { given: bytes.len() });
        }
        let leaf: Self = wire::decode(bytes).map_err(LeafError::Malformed)?;
        leaf.check()?;
        Ok(leaf)
    }

    /// Writes the leaf.
    pub fn to_bytes(&self) -> Vec<u8> {
        wire::encode(self)
    }

    /// What is stated.
    pub const fn header(&self) -> &Header {
        &self.header
    }
    /// Where it stands in its issuer's chain.
    pub const fn position(&self) -> &Position {
        &self.position
    }
    /// SHA-384 of the signature block.
    pub const fn signatures(&self) -> &Digest384 {
        &self.signatures
    }
    /// The statement's id, as [`Header::id`].
    pub fn id(&self) -> Digest {
        self.header.id()
    }

    /// The leaf's hash in the tree (RFC 6962 §2.1), which its issuer's next leaf names.
    pub fn hash(&self) -> Digest {
        Digest::from_bytes(*tlog::leaf_hash(&self.to_bytes()).as_bytes())
    }

    /// Header and position, which the issuer signs last.
    pub fn issued_bytes(&self) -> Vec<u8> {
        issued_bytes(&self.header, &self.position)
    }

    pub(crate) fn check(&self) -> Result<(), LeafError> {
        self.header.check()?;
        let Position { sequence, previous, issued_at, seen: _ } = &self.position;
        if (*sequence == 0) != previous.is_none() {
            return Err(LeafError::Predecessor { sequence: *sequence });
        }
        if *issued_at < self.header.claimed_at {
            return Err(LeafError::IssuedEarly {
                claimed_at: self.header.claimed_at,
                issued_at: *issued_at,
            });
        }
        Ok(())
    }
}

/// The encoding of a header followed by that of a position.
pub(crate) fn issued_bytes(header: &Header, position: &Position) -> Vec<u8> {
    let mut bytes = wire::encode(header);
    bytes.extend(wire::encode(position));
    bytes
}

impl FromStr for Name {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|b| {
                b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'/')
            });
        if fits {
            Ok(Self(text.into()))
        } else {
            let shown: String = text.chars().take(64).collect();
            Err(format!("`{shown}` is not a schema or kind: 1 to 64 of a-z, 0-9, `-`, `.`, `/`"))
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<C> minicbor::Encode<C> for Name {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(&self.0)?;
        Ok(())
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Name {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.str()?.parse().map_err(minicbor::decode::Error::message)
    }
}

#[cfg(test)]
mod tests;
