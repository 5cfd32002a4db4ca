//! A direct word: a statement that its party signed for whoever must obey it before the log has it.
//!
//! ```text
//! word = "vestibule/word/v1" 0x00 || CBOR [body, signature pair]
//! body = CBOR [log, party, said at, schema, statement]
//! ```
//!
//! The signatures are over the body, by a purpose of their own: a word is no signature of the statement that follows it in
//! the log, nor the other way round. The log's name is in it, so that a word of a rehearsal is none elsewhere. Whether what
//! is said is one that may be said directly, who reads it decides.

#[cfg(not(target_arch = "wasm32"))]
use crate::keys::SecretKeys;
use crate::leaf::Name;
use crate::signature::{ML_DSA_87_SIGNATURE_LEN, Purpose, Scheme, SignatureError, SignaturePair};
use crate::trust::Trust;
use domain::wire::{self, WireError};
use domain::{PartyId, Statement, Timestamp};
use minicbor::{Decode, Encode};

const MAGIC: &[u8] = b"vestibule/word/v1\0";
/// Most bytes of a word.
pub const MAX_WORD: usize = 128 << 10;

/// What is signed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct Body {
    /// The log that it will be stated in.
    #[n(0)]
    log: String,
    /// Who says it.
    #[n(1)]
    party: PartyId,
    /// When, by the clock of whoever says it.
    #[n(2)]
    said_at: Timestamp,
    /// The statement's schema.
    #[n(3)]
    schema: Name,
    /// The statement.
    #[cbor(n(4), with = "minicbor::bytes")]
    statement: Vec<u8>,
}

#[derive(Encode, Decode)]
struct WordFile {
    #[cbor(n(0), with = "minicbor::bytes")]
    body: Vec<u8>,
    #[n(1)]
    signature: SignaturePair,
}

/// A direct word, read but not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    body: Body,
    signature: SignaturePair,
}

/// Why bytes are no direct word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordError {
    /// More bytes than [`MAX_WORD`].
    #[error("{given} bytes; a word has at most {MAX_WORD}")]
    TooLong {
        /// How many there are.
        given: usize,
    },
    /// It begins otherwise.
    #[error("it is no signed word: it does not begin with `vestibule/word/v1`")]
    Magic,
    /// The rest can't be read.
    #[error("the signed word can't be read")]
    Malformed(#[source] WireError),
    /// A signature has another length than it must have.
    #[error("the word's ML-DSA-87 signature has {given} bytes, not {ML_DSA_87_SIGNATURE_LEN}")]
    Signature {
        /// How many there are.
        given: usize,
    },
    /// It says something of another kind.
    #[error("it says something of schema `{given}`, not of `{expected}`")]
    Schema {
        /// The word's.
        given: Name,
        /// What the reader understands.
        expected: &'static str,
    },
}

impl Word {
    /// Says a statement directly, to whoever trusts the log `log`.
    ///
    /// # Panics
    /// When a schema of ours is no [`Name`], which its own tests would show.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn sign<S: Statement>(
        log: &str,
        party: &PartyId,
        statement: &S,
        keys: &SecretKeys,
        said_at: Timestamp,
    ) -> Self {
        let schema = S::SCHEMA.parse().expect("the schema of a statement is a name");
        let (log, party) = (log.to_owned(), party.clone());
        let body = Body { log, party, said_at, schema, statement: statement.to_bytes() };
        let signature = keys.sign(Purpose::Word, &wire::encode(&body));
        Self { body, signature }
    }

    /// Writes the word.
    pub fn to_bytes(&self) -> Vec<u8> {
        let file = WordFile { body: wire::encode(&self.body), signature: self.signature.clone() };
        [MAGIC, &wire::encode(&file)].concat()
    }

    /// Reads a word, strictly.
    ///
    /// # Errors
    /// See [`WordError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WordError> {
        if bytes.len() > MAX_WORD {
            return Err(WordError::TooLong { given: bytes.len() });
        }
        let file = bytes.strip_prefix(MAGIC).ok_or(WordError::Magic)?;
        let WordFile { body, signature } = wire::decode(file).map_err(WordError::Malformed)?;
        let body = wire::decode(&body).map_err(WordError::Malformed)?;
        let (_, ml_dsa_87) = signature.parts();
        if ml_dsa_87.len() != ML_DSA_87_SIGNATURE_LEN {
            return Err(WordError::Signature { given: ml_dsa_87.len() });
        }
        Ok(Self { body, signature })
    }

    /// Who says it. Nobody has, before [`Word::verify`].
    pub const fn party(&self) -> &PartyId {
        &self.body.party
    }

    /// When it was said, by the clock of whoever said it.
    pub const fn said_at(&self) -> Timestamp {
        self.body.said_at
    }

    /// What is said.
    ///
    /// # Errors
    /// It is of another schema, or can't be read.
    pub fn statement<S: Statement>(&self) -> Result<S, WordError> {
        let Body { schema, statement, .. } = &self.body;
        if schema.to_string() != S::SCHEMA {
            return Err(WordError::Schema { given: schema.clone(), expected: S::SCHEMA });
        }
        S::from_bytes(statement).map_err(WordError::Malformed)
    }

    /// Checks the signatures by any key that the party has or had, then that it was said for this log. A word only ends
    /// something, so one that was signed with a key which was replaced or revoked since is still one: who ends keys must
    /// not set going again what was ended with them.
    ///
    /// # Errors
    /// [`SignatureError::UnknownParty`] or [`SignatureError::Bad`]; [`SignatureError::OtherLog`] where the signatures are
    /// good.
    pub fn verify(&self, trust: &Trust) -> Result<(), SignatureError> {
        let Body { log, party, .. } = &self.body;
        let unknown = || SignatureError::UnknownParty(party.clone());
        let spans = trust.keys_of(party).ok_or_else(unknown)?;
        let (body, mut worst) = (wire::encode(&self.body), Err(Scheme::Ed25519));
        for span in spans.iter().rev() {
            worst = span.keys.verify(Purpose::Word, &body, &self.signature);
            if worst.is_ok() {
                break;
            }
        }
        worst.map_err(|scheme| SignatureError::Bad { party: party.clone(), scheme })?;
        let (given, expected) = (log.clone(), trust.log().origin().to_owned());
        if given == expected { Ok(()) } else { Err(SignatureError::OtherLog { given, expected }) }
    }
}

#[cfg(test)]
mod tests;
