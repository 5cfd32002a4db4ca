//! Witnesses: the programs of parties that cosign the log's checkpoints, and the C2SP policy that follows.
//!
//! A witness has keys of its own, apart from its party's: it runs day and night and signs only that the log
//! did not take anything back (c2sp.org/tlog-witness), so its key says nothing about statements.

use super::{Grade, Trust, TrustError};
use domain::PartyId;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use tlog::{PublicKey, VerifierKey};

/// Most witnesses in roots of trust.
pub const MAX_WITNESSES: usize = 32;

/// What a witness's cosignature is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WitnessRole {
    /// It belongs to a main party: a full receipt has the cosignatures of all of them.
    Main,
    /// It belongs to an inspector: an audited receipt has its cosignature too.
    Inspector,
}

/// A party's witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Whose it is.
    pub party: PartyId,
    /// What its cosignature is needed for.
    pub role: WitnessRole,
    /// Its key, of type 0x04 (Ed25519) or 0x06 (ML-DSA-44).
    pub vkey: VerifierKey,
    /// Its key of type 0xff for the `ledger-cnsa-v1` line, if it keeps a mirror that signs one.
    pub cnsa: Option<VerifierKey>,
}

impl Witness {
    /// A witness, its keys checked for their types.
    ///
    /// # Errors
    /// [`TrustError::WitnessKey`].
    pub fn new(
        party: PartyId,
        role: WitnessRole,
        vkey: VerifierKey,
        cnsa: Option<VerifierKey>,
    ) -> Result<Self, TrustError> {
        let wrong = |field, kind| TrustError::WitnessKey { party: party.clone(), field, kind };
        match vkey.key() {
            PublicKey::Ed25519Cosignature(_) | PublicKey::MlDsa44Cosignature(_) => {}
            other @ (PublicKey::Ed25519(_) | PublicKey::LedgerCnsa(_) | PublicKey::Other(..)) => {
                return Err(wrong("vkey", other.kind()));
            }
        }
        if let Some(key) = cnsa.as_ref().map(VerifierKey::key)
            && !matches!(key, PublicKey::LedgerCnsa(_))
        {
            return Err(wrong("cnsa", key.kind()));
        }
        Ok(Self { party, role, vkey, cnsa })
    }

    /// The witness's name in a derived policy.
    fn policy_name(&self) -> String {
        format!("{}-witness", self.party)
    }
}

/// Checks that witnesses fit together: one a party, no key twice.
pub(super) fn check(witnesses: &[Witness]) -> Result<(), TrustError> {
    if witnesses.len() > MAX_WITNESSES {
        return Err(TrustError::TooManyWitnesses { given: witnesses.len() });
    }
    for (n, one) in witnesses.iter().enumerate() {
        for other in witnesses.iter().take(n) {
            if one.party == other.party {
                return Err(TrustError::TwoWitnesses(one.party.clone()));
            }
            let shares = one.vkey.key().bytes() == other.vkey.key().bytes()
                || (one.cnsa.is_some() && one.cnsa == other.cnsa);
            if shares {
                let (first, second) = (other.party.clone(), one.party.clone());
                return Err(TrustError::SharedWitnessKey { first, second });
            }
        }
    }
    Ok(())
}

impl Trust {
    /// The parties' witnesses, in the order of the file.
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    /// The main parties: those whose witnesses a full receipt needs. None when no witness is named.
    pub fn main_parties(&self) -> impl Iterator<Item = &PartyId> {
        self.witnesses.iter().filter(|w| w.role == WitnessRole::Main).map(|w| &w.party)
    }

    /// The C2SP trust policy (c2sp.org/tlog-policy) that believes exactly the checkpoints of a grade, for
    /// programs that know nothing of parties. `None` when these roots of trust can't give that grade.
    pub fn policy(&self, grade: Grade) -> Option<String> {
        if grade > self.best_grade() {
            return None;
        }
        let mut text = format!("log {}\n", self.log.vkey());
        let wanted = |w: &&Witness| match (grade, w.role) {
            (Grade::Provisional, _) | (Grade::Full, WitnessRole::Inspector) => false,
            (Grade::Full, WitnessRole::Main) | (Grade::Audited, _) => true,
        };
        let wanted: Vec<_> = self.witnesses.iter().filter(wanted).collect();
        for witness in &wanted {
            let _ = writeln!(text, "witness {} {}", witness.policy_name(), witness.vkey);
            if let Some(cnsa) = &witness.cnsa {
                // no witness line may have a key of this type
                let _ = writeln!(text, "# ledger-cnsa-v1 {} {cnsa}", witness.policy_name());
            }
        }
        let mut group = |name: &str, role| {
            let names: Vec<_> =
                wanted.iter().filter(|w| w.role == role).map(|w| w.policy_name()).collect();
            let _ = writeln!(text, "group {name} all {}", names.join(" "));
        };
        match grade {
            Grade::Provisional => text.push_str("quorum none\n"),
            Grade::Full => {
                group("main", WitnessRole::Main);
                text.push_str("quorum main\n");
            }
            Grade::Audited => {
                group("main", WitnessRole::Main);
                group("inspectors", WitnessRole::Inspector);
                text.push_str("group audited all main inspectors\nquorum audited\n");
            }
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests;
