//! The roots of trust: which log, and which parties with which keys. One small file, strict.
//!
//! ```toml
//! [log]
//! origin = "log.example/vestibule"
//! vkey = "log.example/vestibule+1a2b3c4d+AbCd…"
//!
//! [[party]]
//! id = "lab"
//! name = "Example Lab"
//! roles = ["developer"]
//! ed25519 = "<base64 of 32 bytes>"
//! ml-dsa-87 = "<base64 of 2592 bytes>"
//! ml-kem-1024 = "<base64 of 1568 bytes>"
//! ```

use crate::keys::{KeyError, PublicKeys};
use crate::log_key::{LogKeyError, LogVerifier};
use data_encoding::BASE64;
use domain::{Line, Party, PartyId, Role};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most bytes of a roots of trust file.
pub const MAX_TRUST: usize = 8 << 20;
/// Most parties in it.
pub const MAX_PARTIES: usize = 1024;

/// Whom to believe: everything a verifier needs besides the log's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    log: LogVerifier,
    members: BTreeMap<PartyId, Member>,
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
    #[error("`log.vkey` is not a usable key")]
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
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    log: LogTable,
    #[serde(default)]
    party: Vec<PartyTable>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogTable {
    origin: String,
    vkey: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PartyTable {
    id: PartyId,
    name: Line,
    roles: Vec<Role>,
    ed25519: String,
    #[serde(rename = "ml-dsa-87")]
    ml_dsa_87: String,
    #[serde(rename = "ml-kem-1024")]
    ml_kem_1024: String,
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
        Ok(Self { log, members: by_id })
    }

    /// Reads a roots of trust file.
    ///
    /// # Errors
    /// See [`TrustError`].
    pub fn read(text: &str) -> Result<Self, TrustError> {
        if text.len() > MAX_TRUST {
            return Err(TrustError::TooLong { given: text.len() });
        }
        let file: File = toml::from_str(text).map_err(|e| TrustError::Toml(e.to_string()))?;
        let log = LogVerifier::read(&file.log.vkey).map_err(TrustError::LogKey)?;
        if log.origin() != file.log.origin {
            let vkey = log.origin().to_owned();
            return Err(TrustError::Origin { origin: file.log.origin, vkey });
        }
        if file.party.len() > MAX_PARTIES {
            return Err(TrustError::TooManyParties { given: file.party.len() });
        }
        let members: Result<Vec<_>, _> = file.party.into_iter().map(member).collect();
        Self::new(log, members?)
    }

    /// Writes the file.
    ///
    /// # Panics
    /// Never: every value can be written as TOML.
    pub fn to_text(&self) -> String {
        let party = self.members.values().map(|Member { party, keys }| PartyTable {
            id: party.id.clone(),
            name: party.name.clone(),
            roles: party.roles.clone(),
            ed25519: BASE64.encode(keys.ed25519()),
            ml_dsa_87: BASE64.encode(keys.ml_dsa_87()),
            ml_kem_1024: BASE64.encode(keys.ml_kem_1024()),
        });
        let log = LogTable { origin: self.log.origin().to_owned(), vkey: self.log.to_text() };
        let file = File { log, party: party.collect() };
        toml::to_string(&file).expect("tables after plain values can be written")
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

fn member(table: PartyTable) -> Result<Member, TrustError> {
    let PartyTable { id, name, roles, ed25519, ml_dsa_87, ml_kem_1024 } = table;
    let decode = |field: &'static str, text: &str| {
        BASE64.decode(text.as_bytes()).map_err(|_| TrustError::Base64 { party: id.clone(), field })
    };
    let keys = PublicKeys::new(
        &decode("ed25519", &ed25519)?,
        &decode("ml-dsa-87", &ml_dsa_87)?,
        &decode("ml-kem-1024", &ml_kem_1024)?,
    )
    .map_err(|source| TrustError::Key { party: id.clone(), source })?;
    Ok(Member { party: Party { id, name, roles }, keys })
}

#[cfg(test)]
mod tests;
