//! Asking an authority (RFC 3161 §2.4.1).

use crate::{TimestampError, hash, unreadable};
use cms::cert::x509::spki::AlgorithmIdentifier;
use der::asn1::{Int, OctetString};
use der::oid::db::rfc5912::ID_SHA_384;
use der::{Decode, Encode};
use x509_tsp::{MessageImprint, TimeStampReq, TspVersion};

/// Bytes of a nonce.
const NONCE: usize = 16;

/// A query about the SHA-384 digest of some bytes, with a nonce, which asks for the certificate too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    request: TimeStampReq,
    der: Vec<u8>,
}

impl Query {
    /// A query about `message`. The nonce is fresh randomness: by it, the answer is known to be new.
    ///
    /// # Errors
    /// Never for a message that fits in memory; DER's own errors otherwise.
    pub fn new(message: &[u8], nonce: [u8; NONCE]) -> Result<Self, TimestampError> {
        let wrong = unreadable("the query");
        // a positive integer in its one shortest form, as DER wants it: its top bit is off and its first byte is not 0
        let [first, rest @ ..] = nonce;
        let mut positive = [0; NONCE];
        let (head, tail) = positive.split_at_mut(1);
        head.fill((first & 0x3f) | 0x40);
        tail.copy_from_slice(&rest);
        let digest = hash(ID_SHA_384, message)?;
        let request = TimeStampReq {
            version: TspVersion::V1,
            message_imprint: MessageImprint {
                hash_algorithm: AlgorithmIdentifier { oid: ID_SHA_384, parameters: None },
                hashed_message: OctetString::new(digest.as_ref()).map_err(&wrong)?,
            },
            req_policy: None,
            nonce: Some(Int::new(&positive).map_err(&wrong)?),
            cert_req: true,
            extensions: None,
        };
        let der = request.to_der().map_err(&wrong)?;
        Ok(Self { request, der })
    }

    /// Reads a query that was written before.
    ///
    /// # Errors
    /// See [`TimestampError`].
    pub fn from_der(bytes: &[u8]) -> Result<Self, TimestampError> {
        if bytes.len() > crate::MAX_TOKEN {
            return Err(TimestampError::TooLong(bytes.len()));
        }
        let request = TimeStampReq::from_der(bytes).map_err(unreadable("the query"))?;
        Ok(Self { request, der: bytes.to_vec() })
    }

    /// What is sent, as `application/timestamp-query`.
    pub fn to_der(&self) -> &[u8] {
        &self.der
    }

    /// The nonce that an answer must repeat.
    pub(crate) fn nonce(&self) -> Option<&Int> {
        self.request.nonce.as_ref()
    }
}
