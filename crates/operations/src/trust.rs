//! Roots of trust: putting the file together from what parties hand over, and showing it.

use crate::files::{self, Access, FileError};
use crate::home::{Home, HomeError};
use domain::{Digest, PartyId};
use ledger::{LogKeyError, LogVerifier, Trust, TrustError};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Why roots of trust could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A party's card.
    #[error(transparent)]
    Card(#[from] HomeError),
    /// The log's key.
    #[error("{}", path.display())]
    LogKey {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: LogKeyError,
    },
    /// The parts do not fit together.
    #[error("the parts do not fit together")]
    Trust(#[source] TrustError),
}

/// What a person compares before relying on roots of trust.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrustView {
    /// The log's public key, which begins with its name.
    pub log: String,
    /// The parties.
    pub parties: Vec<PartyView>,
}

/// One party of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartyView {
    /// Its id.
    pub id: PartyId,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub roles: Vec<String>,
    /// SHA-256 over its public keys.
    pub fingerprint: Digest,
}

/// Puts roots of trust together from a log's public key and parties' folders.
///
/// # Errors
/// See [`AssembleError`].
pub fn assemble(log: &Path, parties: &[PathBuf]) -> Result<Trust, AssembleError> {
    let text = files::read_text(log, 64 << 10)?;
    let verifier = LogVerifier::read(text.trim_end())
        .map_err(|source| AssembleError::LogKey { path: log.to_owned(), source })?;
    let mut members = Vec::new();
    for folder in parties {
        members.push(Home::card(folder)?);
    }
    Trust::new(verifier, members).map_err(AssembleError::Trust)
}

/// Writes them.
///
/// # Errors
/// The system's.
pub fn write(trust: &Trust, path: &Path) -> Result<(), FileError> {
    files::write(path, trust.to_text().as_bytes(), Access::Shared)
}

/// What to compare.
pub fn view(trust: &Trust) -> TrustView {
    let parties = trust.parties().map(|member| PartyView {
        id: member.party.id.clone(),
        name: member.party.name.to_string(),
        roles: member.party.roles.iter().map(ToString::to_string).collect(),
        fingerprint: member.keys.fingerprint(),
    });
    TrustView { log: trust.log().to_text(), parties: parties.collect() }
}
