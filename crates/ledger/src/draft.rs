//! A statement on its way: sealed by its issuer, travelling until all others have signed, then issued.

use crate::Trust;
use crate::entry::{Entry, Object};
use crate::keys::SecretKeys;
use crate::leaf::{
    Header, HeaderParts, Leaf, LeafError, MAX_SIGNERS, Name, Position, issued_bytes,
};
use crate::log_key::LogVerifier;
use crate::random::Random;
use crate::seal::{self, Audience, OpenError, Opened, SealError};
use crate::signature::{
    Cosignature, NOW, Purpose, SignatureBlock, SignatureError, SignaturePair, block_digest, check,
    check_log, list,
};
use domain::wire::{self, WireError};
use domain::{Digest, Digest384, PartyId, Statement, Timestamp};
use std::collections::BTreeSet;

const MAGIC: &str = "vestibule-draft/v1";

/// A sealed statement with the signatures it has so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub(crate) header: Header,
    pub(crate) sealed: Vec<u8>,
    offer: Option<SignaturePair>,
    cosignatures: Vec<Cosignature>,
}

#[derive(minicbor::Encode, minicbor::Decode)]
struct DraftFile {
    #[n(0)]
    magic: String,
    #[n(1)]
    header: Header,
    #[cbor(n(2), with = "minicbor::bytes")]
    sealed: Vec<u8>,
    #[n(3)]
    offer: Option<SignaturePair>,
    #[n(4)]
    cosignatures: Vec<Cosignature>,
}

/// What is to be stated, as bytes; [`Draft::start`] makes it from a typed statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Family and version of the payload's encoding.
    pub schema: Name,
    /// The statement's type within its schema.
    pub kind: Name,
    /// Everyone who may sign it; the issuer is added.
    pub signers: BTreeSet<PartyId>,
    /// How many of them must sign; `None` when all must. An issuer who is not among them signs besides.
    pub needed: Option<usize>,
    /// The statement's bytes.
    pub payload: Vec<u8>,
}

/// Why a draft was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// The statement's schema or kind is no [`Name`]; a bug in its crate.
    #[error("{0}")]
    Name(String),
    /// The payload could not be sealed.
    #[error("the statement can't be sealed")]
    Seal(#[source] SealError),
    /// More signers than [`MAX_SIGNERS`].
    #[error("{given} signers; a statement has at most {MAX_SIGNERS}")]
    TooManySigners {
        /// How many.
        given: usize,
    },
    /// Not a draft's encoding.
    #[error("the draft can't be read")]
    Malformed(#[source] WireError),
    /// Not a draft at all.
    #[error("not a draft: it does not begin with `{MAGIC}`")]
    Magic,
    /// The header breaks a rule.
    #[error("the draft's header is not sound")]
    Header(#[source] LeafError),
    /// The sealed payload is not the header's.
    #[error("the draft's sealed payload is not the one that its header names")]
    Sealed(#[source] OpenError),
    /// Cosignatures unsorted, repeated, or by parties that need not sign.
    #[error("the draft has signatures of parties that the statement does not name, or one twice")]
    Cosignatures,
    /// This party's signature is not needed.
    #[error("`{0}` is not among the parties that sign this statement")]
    NotSigner(PartyId),
    /// Signatures are still missing.
    #[error("the statement still needs {more} more of these signatures: {of}")]
    Incomplete {
        /// How many more.
        more: usize,
        /// Who has not signed.
        of: String,
    },
    /// A signature does not verify.
    #[error("a signature in the draft is not good")]
    Signature(#[source] SignatureError),
    /// The position contradicts itself or the header.
    #[error("the statement can't be logged at this position")]
    Position(#[source] LeafError),
    /// The leaf would be longer than a leaf can be.
    #[error("the leaf would have {given} bytes; shorten the names of signers, schema or kind")]
    LeafTooLong {
        /// How many bytes.
        given: usize,
    },
}

impl Content {
    /// The bytes of a typed statement.
    ///
    /// # Errors
    /// [`DraftError::Name`] if its schema or kind is not well formed.
    pub fn of<S: Statement>(statement: &S) -> Result<Self, DraftError> {
        Ok(Self {
            schema: S::SCHEMA.parse().map_err(DraftError::Name)?,
            kind: statement.kind().parse().map_err(DraftError::Name)?,
            signers: statement.signers(),
            needed: statement.needed(),
            payload: statement.to_bytes(),
        })
    }
}

impl Draft {
    /// Seals `content` to `audience`, as stated by `issuer` now in `log`. Nothing is signed yet.
    ///
    /// # Errors
    /// A payload too long, an audience without one of the signers, too many signers.
    pub fn start(
        log: &LogVerifier,
        content: Content,
        issuer: &PartyId,
        audience: Audience<'_>,
        random: &mut Random<'_>,
        now: Timestamp,
    ) -> Result<Self, DraftError> {
        let Content { schema, kind, mut signers, needed, payload } = content;
        let besides = usize::from(signers.insert(issuer.clone()));
        if signers.len() > MAX_SIGNERS {
            return Err(DraftError::TooManySigners { given: signers.len() });
        }
        // all is said by saying nothing, so that there is one way to say it
        let needed = needed.map(|k| k + besides).filter(|k| *k != signers.len());
        let needed = needed.map(|k| u8::try_from(k).unwrap_or(u8::MAX));
        let (header, sealed) = seal::seal(&payload, audience, random, |commit, length_class| {
            let (issuer, signers) = (issuer.clone(), signers.into_iter().collect());
            let (log, claimed_at) = (log.origin().to_owned(), now);
            HeaderParts {
                log,
                schema,
                kind,
                issuer,
                signers,
                needed,
                claimed_at,
                commit,
                length_class,
            }
        })
        .map_err(DraftError::Seal)?;
        header.check().map_err(DraftError::Header)?;
        Ok(Self { header, sealed, offer: None, cosignatures: Vec::new() })
    }

    /// What the draft states, as far as all can see.
    pub const fn header(&self) -> &Header {
        &self.header
    }
    /// The id it will have in the log.
    pub fn id(&self) -> Digest {
        self.header.id()
    }

    /// Adds a party's signature. The issuer's shows the others that the draft is genuine, and is
    /// not the one that logs it ([`Draft::issue`]); signing again replaces.
    ///
    /// # Errors
    /// [`DraftError::NotSigner`].
    pub fn sign(&mut self, party: &PartyId, keys: &SecretKeys) -> Result<(), DraftError> {
        let bytes = self.header.to_bytes();
        if party == self.header.issuer() {
            self.offer = Some(keys.sign(Purpose::Offer, &bytes));
            return Ok(());
        }
        if !self.header.signers().contains(party) {
            return Err(DraftError::NotSigner(party.clone()));
        }
        let pair = keys.sign(Purpose::Statement, &bytes);
        self.cosignatures.retain(|c| c.party != *party);
        self.cosignatures.push(Cosignature { party: party.clone(), pair });
        self.cosignatures.sort_by(|a, b| a.party.cmp(&b.party));
        Ok(())
    }

    /// Who has not signed yet, besides the issuer, who signs last. Not all of them may be needed:
    /// [`Draft::still_needed`].
    pub fn missing(&self) -> BTreeSet<PartyId> {
        let signed: BTreeSet<_> = self.cosignatures.iter().map(|c| &c.party).collect();
        let all = self.header.signers().iter();
        all.filter(|p| *p != self.header.issuer() && !signed.contains(p)).cloned().collect()
    }

    /// How many more must sign before the issuer can log it.
    pub fn still_needed(&self) -> usize {
        self.header.needed().saturating_sub(1 + self.cosignatures.len())
    }

    /// Whether enough others have signed, so that only the issuer's [`Draft::issue`] is left.
    pub fn is_complete(&self) -> bool {
        self.still_needed() == 0
    }

    /// Whether the issuer signed it as an offer.
    pub const fn is_offered(&self) -> bool {
        self.offer.is_some()
    }

    /// Takes over the signatures of a copy of the same draft that others signed.
    ///
    /// # Errors
    /// [`DraftError::Cosignatures`] when it is another draft.
    pub fn merge(&mut self, copy: Self) -> Result<(), DraftError> {
        if copy.header != self.header {
            return Err(DraftError::Cosignatures);
        }
        self.offer = self.offer.take().or(copy.offer);
        for cosignature in copy.cosignatures {
            if self.cosignatures.iter().all(|c| c.party != cosignature.party) {
                self.cosignatures.push(cosignature);
            }
        }
        self.cosignatures.sort_by(|a, b| a.party.cmp(&b.party));
        Ok(())
    }

    /// Verifies that the draft is for the trusted log, and every signature that it has by the keys as of now.
    /// A signature by a key that was replaced meanwhile must be made again.
    ///
    /// # Errors
    /// The first bad one.
    pub fn verify(&self, trust: &Trust) -> Result<(), DraftError> {
        check_log(&self.header, trust).map_err(DraftError::Signature)?;
        let bytes = self.header.to_bytes();
        if let Some(offer) = &self.offer {
            check(trust, NOW, self.header.issuer(), Purpose::Offer, &bytes, offer)
                .map_err(DraftError::Signature)?;
        }
        for Cosignature { party, pair } in &self.cosignatures {
            check(trust, NOW, party, Purpose::Statement, &bytes, pair)
                .map_err(DraftError::Signature)?;
        }
        Ok(())
    }

    /// Opens the payload, so that a party reads what it is asked to sign.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(&self, party: &PartyId, keys: &SecretKeys) -> Result<Opened, OpenError> {
        seal::open(&self.header, &self.sealed, Some((party, keys)))
    }

    /// Gives the statement its place in the issuer's chain and signs it as issuer. `keys` are the issuer's.
    ///
    /// # Errors
    /// Missing signatures, or a position that contradicts itself.
    pub fn issue(self, position: Position, keys: &SecretKeys) -> Result<Entry, DraftError> {
        if !self.is_complete() {
            let (of, more) = (list(self.missing().iter()), self.still_needed());
            return Err(DraftError::Incomplete { more, of });
        }
        let issuer = keys.sign(Purpose::Issue, &issued_bytes(&self.header, &position));
        let block = SignatureBlock { issuer, cosigners: self.cosignatures }.to_bytes();
        let leaf = Leaf::new(self.header, position, block_digest(&block));
        leaf.check().map_err(DraftError::Position)?;
        let bytes = leaf.to_bytes();
        if bytes.len() > crate::leaf::MAX_LEAF {
            return Err(DraftError::LeafTooLong { given: bytes.len() });
        }
        let object = Object::new(Some(self.sealed), block).to_bytes();
        Ok(Entry { id: leaf.id(), leaf: bytes, object })
    }

    /// Writes the draft as a file to hand on.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { header, sealed, offer, cosignatures } = self.clone();
        wire::encode(&DraftFile { magic: MAGIC.to_owned(), header, sealed, offer, cosignatures })
    }

    /// Reads a draft, strictly. Signatures are not verified yet: [`Draft::verify`].
    ///
    /// # Errors
    /// See [`DraftError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DraftError> {
        let file: DraftFile = wire::decode(bytes).map_err(DraftError::Malformed)?;
        let DraftFile { magic, header, sealed, offer, cosignatures } = file;
        if magic != MAGIC {
            return Err(DraftError::Magic);
        }
        header.check().map_err(DraftError::Header)?;
        if Digest384::of(&sealed) != *header.sealed() {
            return Err(DraftError::Sealed(OpenError::Digest));
        }
        seal::check_shape(&header, &sealed).map_err(DraftError::Sealed)?;
        let named =
            |c: &Cosignature| c.party != *header.issuer() && header.signers().contains(&c.party);
        let sorted = cosignatures.is_sorted_by(|a, b| a.party < b.party);
        if !sorted || !cosignatures.iter().all(named) {
            return Err(DraftError::Cosignatures);
        }
        Ok(Self { header, sealed, offer, cosignatures })
    }
}

#[cfg(test)]
mod tests;
