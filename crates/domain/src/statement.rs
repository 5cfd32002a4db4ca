//! What a party can state, and a statement once its signatures were checked.

use crate::wire::{self, WireError};
use crate::{PartyId, Timestamp};
use std::collections::BTreeSet;

/// A fact that a party states in the log. Rule crates implement it for their `Event`.
///
/// The encoding is deterministic CBOR (RFC 8949 §4.2.1) through numbered fields, versioned by
/// [`Statement::SCHEMA`]. Bytes that were once logged must decode for ever: a new meaning gets a new
/// number or a new schema, and golden bytes in each rule crate's tests hold that.
pub trait Statement: Sized + minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()> {
    /// The family and version of the encoding, such as `access/v1`.
    const SCHEMA: &'static str;

    /// The statement's type within its schema, such as `window-opened`.
    fn kind(&self) -> &'static str;

    /// The parties whose signatures are needed before the statement counts. Never empty.
    fn signers(&self) -> BTreeSet<PartyId>;

    /// How many of [`Statement::signers`] must sign; `None` when all must.
    fn needed(&self) -> Option<usize> {
        None
    }

    /// The statement's bytes.
    fn to_bytes(&self) -> Vec<u8> {
        wire::encode(self)
    }

    /// Reads the bytes of a statement, strictly.
    ///
    /// # Errors
    /// Bytes that are too many, malformed, trailing, or not in the one deterministic encoding.
    fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        wire::decode(bytes)
    }
}

/// A statement whose inclusion and signatures were checked, as rules receive it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attested<E> {
    /// What was stated.
    pub event: E,
    /// Who issued it.
    pub issuer: PartyId,
    /// Everyone who signed it, the issuer included.
    pub signers: BTreeSet<PartyId>,
    /// When the issuer says it was stated. Rules that need an instant use this one.
    pub claimed_at: Timestamp,
    /// Its place in the log.
    pub index: u64,
}

impl<E: Statement> Attested<E> {
    /// Whether all signed whose signatures the statement needs, or as many of them as it says.
    pub fn is_complete(&self) -> bool {
        let named = self.event.signers();
        let signed = named.intersection(&self.signers).count();
        signed >= self.event.needed().unwrap_or(named.len())
    }
}
