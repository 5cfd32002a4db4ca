//! Roots of trust: putting the file together from what parties hand over, and showing it.

use crate::files::{self, Access, FileError};
use crate::home::{Home, HomeError};
use domain::PartyId;
use ledger::{Founders, LogKeyError, LogVerifier, Trust, TrustError, Witness, WitnessRole};
use std::path::{Path, PathBuf};
use tlog::{PublicKey, VerifierKey};
pub use verifier::{PartyReport, TrustReport, WitnessReport, describe as view};

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
    /// A witness's key file.
    #[error("{}: {reason}", path.display())]
    Witness {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The parts do not fit together.
    #[error("the parts do not fit together")]
    Trust(#[source] TrustError),
}

/// What a person names to be put together.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// The log's public key file.
    pub log: PathBuf,
    /// Folders with a party's `party.toml` and `public.key`.
    pub parties: Vec<PathBuf>,
    /// Witnesses: whose, what for, and the file with its verifier key.
    pub witnesses: Vec<(PartyId, WitnessRole, PathBuf)>,
    /// The founders and how many of them must sign; all parties but the roots, and more than half, when left out.
    pub founders: Option<(Vec<PartyId>, usize)>,
}

/// Puts roots of trust together from a log's public key and parties' folders.
///
/// # Errors
/// See [`AssembleError`].
pub fn assemble(log: &Path, parties: &[PathBuf]) -> Result<Trust, AssembleError> {
    let (log, parties) = (log.to_owned(), parties.to_vec());
    assemble_parts(&Parts { log, parties, ..Parts::default() })
}

/// Puts roots of trust together, witnesses and all.
///
/// # Errors
/// See [`AssembleError`].
pub fn assemble_parts(parts: &Parts) -> Result<Trust, AssembleError> {
    let text = files::read_text(&parts.log, 64 << 10)?;
    let verifier = LogVerifier::read(&text)
        .map_err(|source| AssembleError::LogKey { path: parts.log.clone(), source })?;
    let mut members = Vec::new();
    for folder in &parts.parties {
        members.push(Home::card(folder)?);
    }
    let mut witnesses = Vec::new();
    for (party, role, path) in &parts.witnesses {
        witnesses.push(witness(party, *role, path)?);
    }
    let founders = parts.founders.clone();
    Trust::new(verifier, members)
        .and_then(|trust| trust.with_witnesses(witnesses))
        .and_then(|trust| match founders {
            None => Ok(trust),
            Some((named, k)) => trust.with_founders(Founders::new(named, k)?),
        })
        .map_err(AssembleError::Trust)
}

/// Adds a party's signature to a roots of trust file.
///
/// # Errors
/// The file is not good, or does not name the party with a key of its home.
pub fn sign(path: &Path, home: &Home) -> Result<Trust, AssembleError> {
    let trust = crate::home::read_trust(path)?;
    let named = trust.party(home.id()).map(|m| m.keys.clone());
    let keys = home.keys().all().find(|k| Some(k.public()) == named.as_ref());
    let trust = trust.sign(home.id(), keys.unwrap_or_else(|| home.keys()));
    let trust = trust.map_err(AssembleError::Trust)?;
    write(&trust, path)?;
    Ok(trust)
}

/// A witness from its key file, as `cosigner.vkey` is: a verifier key, and its key of type 0xff, if it has one. Of
/// several keys that cosign the first is taken, which is ML-DSA-44 in a file that this software made.
fn witness(party: &PartyId, role: WitnessRole, path: &Path) -> Result<Witness, AssembleError> {
    let wrong = |reason: String| AssembleError::Witness { path: path.to_owned(), reason };
    let text = files::read_text(path, 64 << 10)?;
    let keys: Result<Vec<VerifierKey>, _> = text.lines().map(str::parse).collect();
    let keys = keys.map_err(|e| wrong(e.to_string()))?;
    let is_cnsa = |key: &VerifierKey| matches!(key.key(), PublicKey::LedgerCnsa(_));
    let (cnsa, mut vkeys): (Vec<_>, Vec<_>) = keys.into_iter().partition(is_cnsa);
    if cnsa.len() > 1 || vkeys.is_empty() {
        return Err(wrong("a verifier key, and at most one `cnsa` key, are read".into()));
    }
    let (vkey, cnsa) = (vkeys.remove(0), cnsa.into_iter().next());
    Witness::new(party.clone(), role, vkey, cnsa).map_err(AssembleError::Trust)
}

/// Writes them.
///
/// # Errors
/// The system's.
pub fn write(trust: &Trust, path: &Path) -> Result<(), FileError> {
    files::write(path, trust.to_text().as_bytes(), Access::Shared)
}
