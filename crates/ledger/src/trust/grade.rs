//! Who vouches for a checkpoint: the log alone, every main party, the inspectors too.

use super::{Trust, Witness, WitnessRole};
use crate::log_key::{HeadError, Profile};
use crate::trees::TreeHead;
use domain::{PartyId, Timestamp};
use std::fmt;
use std::str::FromStr;
use tlog::{CheckpointError, CnsaError, CnsaVerifier, Hash384, NoteError, SignedCheckpoint};

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
    /// witness's signature that does not verify condemns the checkpoint, its `ledger-cnsa-v1` line included; a missing
    /// one lowers the grade.
    ///
    /// # Errors
    /// Malformed, of another log, not signed by both of the log's keys, or with a bad cosignature.
    pub fn vouch(&self, signed: &SignedCheckpoint) -> Result<Vouched, HeadError> {
        let head = self.log.check(signed)?;
        self.cnsa_times(signed, Hash384::from_bytes(head.root384))?;
        self.vouched(signed, head)
    }

    /// What the witnesses' cosignatures add to the log's word.
    fn vouched(&self, signed: &SignedCheckpoint, head: TreeHead) -> Result<Vouched, HeadError> {
        let verified = match signed.note().verify(&self.witness_keys) {
            Ok(verified) => verified,
            Err(NoteError::Unsigned) => Vec::new(),
            Err(error) => return Err(CheckpointError::from(error).into()),
        };
        let by =
            |w: &Witness| verified.iter().find(|v| *v.key == w.vkey).map(|v| v.time.unwrap_or(0));
        let times: Vec<_> = self.witnesses.iter().map(by).collect();
        Ok(self.graded(head, &times))
    }

    /// The grade, from each witness's time; 0 claims none, `None` has not signed.
    fn graded(&self, head: TreeHead, times: &[Option<u64>]) -> Vouched {
        let mut cosigned = Vec::with_capacity(times.len());
        for (witness, time) in self.witnesses.iter().zip(times) {
            let Some(time) = time else { continue };
            let (party, role) = (witness.party.clone(), witness.role);
            cosigned.push(Cosigned { party, role, at: seconds(*time) });
        }
        let all = |role| {
            let mut of_role = self.witnesses.iter().zip(times).filter(|(w, _)| w.role == role);
            of_role.all(|(_, time)| time.is_some())
        };
        let reached = match (all(WitnessRole::Main), all(WitnessRole::Inspector)) {
            (false, _) => Grade::Provisional,
            (true, false) => Grade::Full,
            (true, true) => Grade::Audited,
        };
        Vouched { head, grade: reached.min(self.best_grade()), cosigned }
    }

    /// [`Trust::vouch`] by the signatures of one profile alone. Under [`Profile::C2sp`] the head's SHA-384 root is
    /// all zeros; under [`Profile::Cnsa`] a witness counts by its `ledger-cnsa-v1` line over the same roots.
    ///
    /// # Errors
    /// As there, of the signatures that the profile relies on.
    pub fn vouch_as(
        &self,
        signed: &SignedCheckpoint,
        profile: Profile,
    ) -> Result<Vouched, HeadError> {
        match profile {
            Profile::C2sp => {
                let (size, root) = self.log.check_c2sp(signed)?;
                let head = TreeHead { size, root: *root.as_bytes(), root384: [0; 48] };
                self.vouched(signed, head)
            }
            Profile::Cnsa => {
                let head = self.log.check_cnsa(signed)?;
                let times = self.cnsa_times(signed, head.root384)?;
                Ok(self.graded(head.into(), &times))
            }
        }
    }

    /// The time of each witness's `ledger-cnsa-v1` line over this root; 0 claims none, `None` has no such line.
    fn cnsa_times(
        &self,
        signed: &SignedCheckpoint,
        root: Hash384,
    ) -> Result<Vec<Option<u64>>, HeadError> {
        let mut times = Vec::with_capacity(self.witnesses.len());
        for witness in &self.witnesses {
            let key = witness.cnsa.clone().and_then(CnsaVerifier::new);
            times.push(match key.map(|key| (key.open(signed), key)) {
                None | Some((Err(CnsaError::Unsigned(_)), _)) => None,
                Some((Ok(seen), key)) if seen.root384 != root => {
                    return Err(CnsaError::TwoRoots(key.name().to_string()).into());
                }
                Some((Ok(seen), _)) => Some(seen.time),
                Some((Err(error), _)) => return Err(error.into()),
            });
        }
        Ok(times)
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
