//! Roots of trust: who is to be believed, and who signed that.

use crate::Refusal;
use domain::{Digest, PartyId};
use ledger::{Trust, WitnessRole};
use serde::Serialize;

/// What a person compares before relying on roots of trust.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrustReport {
    /// The log's Ed25519 key, which begins with its name.
    pub log: String,
    /// SHA-256 over both of the log's public keys as `log.vkey` has them, the ML-DSA-87 key included.
    pub log_fingerprint: Digest,
    /// The parties.
    pub parties: Vec<PartyReport>,
    /// Their witnesses.
    pub witnesses: Vec<WitnessReport>,
    /// Who together may change who is who, where no root does.
    pub founders: Vec<String>,
    /// How many of them must sign.
    pub threshold: usize,
    /// Whose signatures are under the file.
    pub signed_by: Vec<String>,
    /// Who has not signed it, nor their root for them.
    pub unsigned: Vec<String>,
    /// The best grade that a receipt can have under them.
    pub best_grade: &'static str,
}

/// A party's witness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WitnessReport {
    /// Whose.
    pub party: PartyId,
    /// What its cosignature is needed for.
    pub role: WitnessRole,
    /// Its key.
    pub vkey: String,
    /// Its key for the `ledger-cnsa-v1` line.
    pub cnsa: Option<String>,
}

/// One party of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartyReport {
    /// Its id.
    pub id: PartyId,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub roles: Vec<String>,
    /// SHA-256 over its public keys.
    pub fingerprint: Digest,
}

/// Reads roots of trust and verifies the signatures under them.
///
/// # Errors
/// [`Refusal::NotText`] or [`Refusal::Trust`].
pub fn trust(bytes: &[u8]) -> Result<Trust, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::NotText)?;
    Ok(Trust::read(text)?)
}

/// What a person compares before relying on them.
pub fn describe(trust: &Trust) -> TrustReport {
    let parties = trust.parties().map(|member| PartyReport {
        id: member.party.id.clone(),
        name: member.party.name.to_string(),
        roles: member.party.roles.iter().map(ToString::to_string).collect(),
        fingerprint: member.keys.fingerprint(),
    });
    let witnesses = trust.witnesses().iter().map(|witness| WitnessReport {
        party: witness.party.clone(),
        role: witness.role,
        vkey: witness.vkey.to_string(),
        cnsa: witness.cnsa.as_ref().map(ToString::to_string),
    });
    let log = trust.log();
    TrustReport {
        log: log.vkey(),
        log_fingerprint: Digest::of(log.to_text().as_bytes()),
        parties: parties.collect(),
        witnesses: witnesses.collect(),
        founders: trust.founders().parties().iter().map(ToString::to_string).collect(),
        threshold: trust.founders().threshold(),
        signed_by: trust.signed_by().map(ToString::to_string).collect(),
        unsigned: trust.unsigned().iter().map(ToString::to_string).collect(),
        best_grade: trust.best_grade().as_str(),
    }
}
