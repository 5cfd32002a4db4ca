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

mod change;
mod file;
mod founders;
mod grade;
mod history;
mod signed;
mod witness;

pub use change::{Change, Closed, KeyRefusal, Possession};
pub use founders::Founders;
pub use grade::{Cosigned, Grade, Vouched};
pub use history::{Ending, KeyEnd, KeySpan, MAX_KEYS};
pub use witness::{MAX_WITNESSES, Witness, WitnessRole};

use crate::keys::{KeyError, PublicKeys};
use crate::log_key::{LogKeyError, LogVerifier};
use crate::signature::{Scheme, SignaturePair};
use domain::{Party, PartyId, Role};
use std::collections::BTreeMap;
use tlog::VerifierKey;

/// Most bytes of a roots of trust file.
pub const MAX_TRUST: usize = 2 << 20;
/// Most parties in it, and of those that join later.
pub const MAX_PARTIES: usize = 1024;

/// Whom to believe: everything a verifier needs besides the log's files. It begins as the file says and grows
/// by the statements of the log that change who has which key ([`Trust::take`]), each judged at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    log: LogVerifier,
    /// Every party, as of now.
    members: BTreeMap<PartyId, Member>,
    /// Every key that a party has or had, oldest first.
    keys: BTreeMap<PartyId, Vec<KeySpan>>,
    founders: Founders,
    /// What was learned from the log, in its order.
    changes: Vec<Change>,
    closed: Option<Closed>,
    /// The file itself, signatures and all.
    text: String,
    /// The signatures under it, each verified.
    signatures: BTreeMap<PartyId, SignaturePair>,
    witnesses: Vec<Witness>,
    /// The keys of `witnesses`, for one pass over a note.
    witness_keys: Vec<VerifierKey>,
}

/// A party with its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who it is and what it may do.
    pub party: Party,
    /// Its public keys, the newest that it got.
    pub keys: PublicKeys,
    /// The party that stands above its keys: it signs every rotation and can revoke alone. Its own keys lie
    /// in a safe.
    pub root: Option<PartyId>,
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
    /// A party's root that is not one.
    #[error(
        "`{root}` can't be the root of `{party}`: it must be another party of the file, with the role `root` and no root of its own"
    )]
    NoRoot {
        /// Whose root.
        party: PartyId,
        /// What is named.
        root: PartyId,
    },
    /// A signature line that is not one.
    #[error("signature line {line} is not `# party base64`, sorted by party, each party once")]
    SignatureLine {
        /// Which, counted from 1.
        line: usize,
    },
    /// A signature under the file by somebody whom it does not name.
    #[error("`{0}` can't sign this file: it is not named in it with this key")]
    NotSigner(PartyId),
    /// A signature under the file that does not verify.
    #[error(
        "the {scheme} signature of `{party}` under the file does not verify: the file was changed after it was signed"
    )]
    BadSignature {
        /// Whose.
        party: PartyId,
        /// Which of the two.
        scheme: Scheme,
    },
    /// Founders that can't be.
    #[error(
        "the founders must be parties of the file, each once, and the threshold 1 to their number"
    )]
    Founders,
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
        for member in by_id.values() {
            let Some(root) = &member.root else { continue };
            let found = by_id.get(root).filter(|r| r.party.roles.contains(&Role::Root));
            if !found.is_some_and(|r| r.root.is_none() && r.party.id != member.party.id) {
                let (party, root) = (member.party.id.clone(), root.clone());
                return Err(TrustError::NoRoot { party, root });
            }
        }
        let span = |m: &Member| vec![KeySpan { keys: m.keys.clone(), from: 0, end: None }];
        let trust = Self {
            keys: by_id.iter().map(|(id, m)| (id.clone(), span(m))).collect(),
            founders: Founders::of(&by_id),
            log,
            members: by_id,
            changes: Vec::new(),
            closed: None,
            text: String::new(),
            signatures: BTreeMap::new(),
            witnesses: Vec::new(),
            witness_keys: Vec::new(),
        };
        Ok(trust.written())
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
        Ok(self.written())
    }

    /// The same roots with other founders than all parties.
    ///
    /// # Errors
    /// [`TrustError::Founders`].
    pub fn with_founders(mut self, founders: Founders) -> Result<Self, TrustError> {
        founders.check(&self.members)?;
        self.founders = founders;
        Ok(self.written())
    }

    /// The log's name and key.
    pub const fn log(&self) -> &LogVerifier {
        &self.log
    }
    /// Who together may change who is who.
    pub const fn founders(&self) -> &Founders {
        &self.founders
    }
    /// The file's text, byte for byte.
    pub fn to_text(&self) -> String {
        self.text.clone()
    }
    /// One party, as of now.
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
