//! Who vouches for a checkpoint: the log alone, every main party, the inspectors too.

use super::{Trust, Witness, WitnessRole};
use crate::log_key::HeadError;
use crate::plan::TreeHead;
use domain::{PartyId, Timestamp};
use std::fmt;
use std::str::FromStr;
use tlog::{CheckpointError, NoteError, SignedCheckpoint};

/// How much a checkpoint proves against a log that shows its readers different histories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// The log alone signed: it could still show others another tree.
    Provisional,
    /// The witness of every main party cosigned: both sides saw this one history.
    Full,
    /// The inspectors' witnesses cosigned too.
    Audited,
}

/// What the signatures on a checkpoint say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// The tree head.
    pub head: TreeHead,
    /// Who vouches for it.
    pub grade: Grade,
    /// The parties whose witnesses cosigned, in the order of the roots of trust.
    pub cosigned: Vec<Cosigned>,
}

/// One party's witness under a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    /// Whose witness.
    pub party: PartyId,
    /// What the cosignature counts for.
    pub role: WitnessRole,
    /// When the witness says it cosigned, to the second; none when it claims no time.
    pub at: Option<Timestamp>,
}

impl Grade {
    /// Its name in files and options.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provisional => "provisional",
            Self::Full => "full",
            Self::Audited => "audited",
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Grade {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Provisional, Self::Full, Self::Audited];
        let found = all.into_iter().find(|g| g.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is not a grade: provisional, full or audited"))
    }
}

impl Vouched {
    /// The earliest time at which a trusted witness says that this tree, and so all in it, existed.
    pub fn existed_by(&self) -> Option<Timestamp> {
        self.cosigned.iter().filter_map(|c| c.at).min()
    }
}

impl Trust {
    /// The best grade that these roots of trust can give.
    pub fn best_grade(&self) -> Grade {
        let has = |role| self.witnesses.iter().any(|w| w.role == role);
        match (has(WitnessRole::Main), has(WitnessRole::Inspector)) {
            (false, _) => Grade::Provisional,
            (true, false) => Grade::Full,
            (true, true) => Grade::Audited,
        }
    }

    /// Verifies a checkpoint: the log's own signatures, and those of the witnesses that it has. A known
    /// witness's signature that does not verify condemns the checkpoint; a missing one lowers the grade.
    ///
    /// # Errors
    /// Malformed, of another log, not signed by both of the log's keys, or with a bad cosignature.
    pub fn vouch(&self, signed: &SignedCheckpoint) -> Result<Vouched, HeadError> {
        let head = self.log.check(signed)?;
        let verified = match signed.note().verify(&self.witness_keys) {
            Ok(verified) => verified,
            Err(NoteError::Unsigned) => Vec::new(),
            Err(error) => return Err(CheckpointError::from(error).into()),
        };
        let by = |w: &Witness| verified.iter().find(|v| *v.key == w.vkey);
        let mut cosigned = Vec::with_capacity(verified.len());
        for witness in &self.witnesses {
            let Some(found) = by(witness) else { continue };
            let (party, role) = (witness.party.clone(), witness.role);
            cosigned.push(Cosigned { party, role, at: found.time.and_then(seconds) });
        }
        let all = |role| self.witnesses.iter().filter(|w| w.role == role).all(|w| by(w).is_some());
        let reached = match (all(WitnessRole::Main), all(WitnessRole::Inspector)) {
            (false, _) => Grade::Provisional,
            (true, false) => Grade::Full,
            (true, true) => Grade::Audited,
        };
        Ok(Vouched { head, grade: reached.min(self.best_grade()), cosigned })
    }

    /// [`Trust::vouch`] for the bytes of a checkpoint.
    ///
    /// # Errors
    /// As there.
    pub fn open(&self, note: &[u8]) -> Result<Vouched, HeadError> {
        self.vouch(&SignedCheckpoint::parse(note)?)
    }
}

/// Seconds since 1970; 0 claims no time.
fn seconds(time: u64) -> Option<Timestamp> {
    if time == 0 {
        return None;
    }
    let micros = i64::try_from(time).ok()?.checked_mul(1_000_000)?;
    Timestamp::from_micros(micros)
}

#[cfg(test)]
mod tests;
