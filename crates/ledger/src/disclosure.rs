//! Disclosure: a reader shows a statement to somebody whom it was not sealed to.
//!
//! What a reader opened is a payload and the salt of its commitment. Both together, beside a receipt, prove to
//! anyone what was stated: the receipt shows that the header was signed and logged, and the header's
//! `commit` pins the payload. No key of any reader is needed and none is shown. Who discloses is
//! not shown either, and the ciphertext in the log stays closed.

use crate::leaf::Header;
use crate::seal::{self, OpenError, Opened};
use domain::wire::{self, WireError};

const MAGIC: &str = "vestibule-disclosure/v1";

/// A payload with the salt that shows it to be the stated one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure {
    salt: [u8; 32],
    payload: Vec<u8>,
}

#[derive(minicbor::Encode, minicbor::Decode)]
struct DisclosureFile {
    #[n(0)]
    magic: String,
    #[cbor(n(1), with = "minicbor::bytes")]
    salt: [u8; 32],
    #[cbor(n(2), with = "minicbor::bytes")]
    payload: Vec<u8>,
}

/// Why bytes are no disclosure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DisclosureError {
    /// Not a disclosure's encoding.
    #[error("the disclosure can't be read")]
    Malformed(#[source] WireError),
    /// Not a disclosure at all.
    #[error("not a disclosure: it does not begin with `{MAGIC}`")]
    Magic,
}

impl Disclosure {
    pub(crate) fn new(salt: [u8; 32], payload: Vec<u8>) -> Self {
        Self { salt, payload }
    }

    /// Checks that this is what `header` commits to. The header is to be believed by itself: it comes from a
    /// verified receipt or a verified log.
    ///
    /// # Errors
    /// [`OpenError::Commitment`] when it is another payload or salt.
    pub fn open(&self, header: &Header) -> Result<Opened, OpenError> {
        seal::disclosed(header, self.salt, &self.payload)
    }

    /// Writes the disclosure.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { salt, payload } = self.clone();
        wire::encode(&DisclosureFile { magic: MAGIC.to_owned(), salt, payload })
    }

    /// Reads a disclosure, strictly. It proves nothing before [`Disclosure::open`].
    ///
    /// # Errors
    /// See [`DisclosureError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DisclosureError> {
        let file: DisclosureFile = wire::decode(bytes).map_err(DisclosureError::Malformed)?;
        if file.magic != MAGIC {
            return Err(DisclosureError::Magic);
        }
        Ok(Self { salt: file.salt, payload: file.payload })
    }
}

#[cfg(test)]
mod tests;
