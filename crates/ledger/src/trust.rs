//! The roots of trust: which log, and which parties with which keys. One small file, strict.
//!
//! ```toml
//! [log]
//! origin = "log.example/vestibule"
//! vkey = "log.example/vestibule+1a2b3c4d+AbCd…"
//! cnsa = "log.example/vestibule+5e6f7a8b+/2xl…"
//!
//! [[party]]
//! id = "lab"
//! name = "Example Lab"
//! roles = ["developer"]
//! ed25519 = "<base64 of 32 bytes>"
//! ml-dsa-87 = "<base64 of 2592 bytes>"
//! ml-kem-1024 = "<base64 of 1568 bytes>"
//! mlkem1024-p384 = "<base64 of 1665 bytes>"
//!
//! [[witness]]
//! party = "lab"
//! role = "main"
//! vkey = "lab.example/witness+5e6f7a8b+BEFi…"
//! ```

mod file;
mod grade;
mod witness;

pub use grade::{Cosigned, Grade, Vouched};
pub use witness::{MAX_WITNESSES, Witness, WitnessRole};

use crate::keys::{KeyError, PublicKeys};
use crate::log_key::{LogKeyError, LogVerifier};
use domain::{Party, PartyId};
use std::collections::BTreeMap;
use tlog::VerifierKey;

/// Most bytes of a roots of trust file.
pub const MAX_TRUST: usize = 8 << 20;
/// Most parties in it.
pub const MAX_PARTIES: usize = 1024;

/// Whom to believe: everything a verifier needs besides the log's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    log: LogVerifier,
    members: BTreeMap<PartyId, Member>,
    witnesses: Vec<Witness>,
    /// The keys of `witnesses`, for one pass over a note.
    witness_keys: Vec<VerifierKey>,
}

/// A party with its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who it is and what it may do.
    pub party: Party,
    /// Its public keys.
    pub keys: PublicKeys,
}

/// Why roots of trust were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// Longer than [`MAX_TRUST`].
    #[error("the file has {given} bytes; at most {MAX_TRUST} are read")]
    TooLong {
        /// How many it has.
        given: usize,
    },
    /// Not TOML, an unknown key, or a value of the wrong kind.
    #[error("{0}")]
    Toml(String),
    /// The log's key is not one.
    #[error("`log.vkey` and `log.cnsa` are not usable keys")]
    LogKey(#[source] LogKeyError),
    /// The log's key belongs to another log.
    #[error("`log.vkey` is the key of `{vkey}`, but `log.origin` is `{origin}`")]
    Origin {
        /// As in `log.origin`.
        origin: String,
        /// As in `log.vkey`.
        vkey: String,
    },
    /// More parties than [`MAX_PARTIES`].
    #[error("{given} parties; at most {MAX_PARTIES} are read")]
    TooManyParties {
        /// How many.
        given: usize,
    },
    /// The same id twice.
    #[error("party `{0}` is listed twice")]
    Twice(PartyId),
    /// Two parties with a key in common, so a signature would not say which of them made it.
    #[error("parties `{first}` and `{second}` share a key; each must have its own")]
    SharedKey {
        /// One of them.
        first: PartyId,
        /// The other.
        second: PartyId,
    },
    /// Not base64.
    #[error("`{field}` of party `{party}` is not base64")]
    Base64 {
        /// Whose.
        party: PartyId,
        /// Which key.
        field: &'static str,
    },
    /// A bad key.
    #[error("a key of party `{party}` can't be used")]
    Key {
        /// Whose.
        party: PartyId,
        /// Why.
        #[source]
        source: KeyError,
    },
    /// More witnesses than [`MAX_WITNESSES`].
    #[error("{given} witnesses; at most {MAX_WITNESSES} are read")]
    TooManyWitnesses {
        /// How many.
        given: usize,
    },
    /// A witness of a party that is not in the file.
    #[error("a witness is `{0}`'s, which is not among the parties")]
    WitnessOfNobody(PartyId),
    /// More than one witness of a party.
    #[error("party `{0}` has two witnesses; name one")]
    TwoWitnesses(PartyId),
    /// A witness with another's key.
    #[error("the witness of `{second}` has a key of `{first}`; a witness has a key of its own")]
    SharedWitnessKey {
        /// Whose key it is.
        first: PartyId,
        /// Whose witness has it too.
        second: PartyId,
    },
    /// Not a verifier key.
    #[error("`{field}` of the witness of `{party}`: {reason}")]
    WitnessVkey {
        /// Whose witness.
        party: PartyId,
        /// Which field.
        field: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A verifier key of a type that witnesses don't have there.
    #[error(
        "`{field}` of the witness of `{party}` has type 0x{kind:02x}; a witness cosigns with 0x04 or 0x06, and its `cnsa` key is 0xff"
    )]
    WitnessKey {
        /// Whose witness.
        party: PartyId,
        /// Which field.
        field: &'static str,
        /// The key's type.
        kind: u8,
    },
}

impl Trust {
    /// Roots of trust from values.
    ///
    /// # Errors
    /// [`TrustError::Twice`], [`TrustError::SharedKey`], [`TrustError::TooManyParties`].
    pub fn new(
        log: LogVerifier,
        members: impl IntoIterator<Item = Member>,
    ) -> Result<Self, TrustError> {
        let mut by_id = BTreeMap::new();
        let mut owners: BTreeMap<Vec<u8>, PartyId> = BTreeMap::new();
        for member in members {
            let id = member.party.id.clone();
            for key in [member.keys.ed25519().as_slice(), member.keys.ml_dsa_87()] {
                match owners.insert(key.to_vec(), id.clone()) {
                    Some(first) if first != id => {
                        return Err(TrustError::SharedKey { first, second: id });
                    }
                    _ => {}
                }
            }
            if by_id.insert(id.clone(), member).is_some() {
                return Err(TrustError::Twice(id));
            }
        }
        if by_id.len() > MAX_PARTIES {
            return Err(TrustError::TooManyParties { given: by_id.len() });
        }
        Ok(Self { log, members: by_id, witnesses: Vec::new(), witness_keys: Vec::new() })
    }

    /// The same roots with these witnesses.
    ///
    /// # Errors
    /// A witness of nobody, two of one party, or a key that is used twice.
    pub fn with_witnesses(mut self, witnesses: Vec<Witness>) -> Result<Self, TrustError> {
        witness::check(&witnesses)?;
        for Witness { party, vkey, .. } in &witnesses {
            if !self.members.contains_key(party) {
                return Err(TrustError::WitnessOfNobody(party.clone()));
            }
            let owner = self.members.values().find(|m| m.keys.ed25519() == vkey.key().bytes());
            if let Some(owner) = owner {
                let (first, second) = (owner.party.id.clone(), party.clone());
                return Err(TrustError::SharedWitnessKey { first, second });
            }
        }
        self.witness_keys = witnesses.iter().map(|w| w.vkey.clone()).collect();
        self.witnesses = witnesses;
        Ok(self)
    }

    /// The log's name and key.
    pub const fn log(&self) -> &LogVerifier {
        &self.log
    }
    /// One party.
    pub fn party(&self, id: &PartyId) -> Option<&Member> {
        self.members.get(id)
    }
    /// All parties, by id.
    pub fn parties(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }
}

#[cfg(test)]
mod tests;
