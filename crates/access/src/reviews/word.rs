//! Direct words: the developer's withdrawal, or either side's notice of a breach that stops uses. They can only take access away.

use super::Reviews;
use crate::case::{Case, Withdrawals};
use crate::event::{Breach, Withdrawal};
use crate::{ConductRefusal, Refusal};
use domain::{CaseId, PartyId};
use std::collections::BTreeSet;

/// A developer's signed withdrawal, as it is heeded without the log. Whoever makes one has checked
/// the signatures.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Word {
    /// What the developer said.
    pub withdrawal: Withdrawal,
    /// Who signed it.
    pub signers: BTreeSet<PartyId>,
}

impl Reviews {
    /// Obeys a developer's signed word at once, log or no log. Heeding it again, or folding the
    /// logged statement before or after, changes nothing more.
    ///
    /// # Errors
    /// Words that are not signed by the developer they name, or not by the case's developer.
    pub fn heed(&mut self, word: &Word) -> Result<(), Refusal> {
        let Withdrawal { case, developer, .. } = &word.withdrawal;
        self.may_say(case, (developer, "the developer"), &word.signers, |known, by| {
            known.developer == *by
        })?;
        self.heeded.entry((case.clone(), developer.clone())).or_default().note(&word.withdrawal);
        Ok(())
    }

    /// Obeys the developer's or government's notice of a breach that stops uses, log or no log. Once the log has the
    /// breach, the log alone says whether it is remedied. A notice that stops nothing changes nothing here.
    ///
    /// # Errors
    /// A notice that is not signed by whoever gives it, or not by one of the two of the case.
    pub fn heed_breach(
        &mut self,
        breach: &Breach,
        signers: &BTreeSet<PartyId>,
    ) -> Result<(), Refusal> {
        let Breach { case, by, incident, stops, .. } = breach;
        self.may_say(case, (by, "the developer or government"), signers, |known, by| {
            known.developer == *by || known.government == *by
        })?;
        if *stops {
            let stopped = self.stopped.entry((case.clone(), by.clone())).or_default();
            stopped.insert(incident.clone());
        }
        Ok(())
    }

    /// Whether a breach is remedied by the log, so that its notice stops nothing any more.
    pub fn is_remedied(&self, breach: &Breach) -> bool {
        let case = self.record.cases.get(&breach.case);
        let record = case.and_then(|case| case.breaches.get(&breach.incident));
        record.is_some_and(|record| record.breach.by == breach.by && record.remedied.is_some())
    }

    /// Forgets the breaches that were heeded directly, before those that still stand are heeded again: one that the rules
    /// refused afterwards was taken back. Withdrawals are never forgotten.
    pub fn forget_breaches(&mut self) {
        self.stopped.clear();
    }

    /// The word is signed by whoever gives it, who may say it in this case as far as the case is known.
    fn may_say(
        &self,
        case: &CaseId,
        (by, needed): (&PartyId, &'static str),
        signers: &BTreeSet<PartyId>,
        entitled: impl Fn(&Case, &PartyId) -> bool,
    ) -> Result<(), Refusal> {
        if !signers.contains(by) {
            return Err(Refusal::SignatureMissing { missing: by.clone() });
        }
        match self.record.cases.get(case) {
            Some(known) if !entitled(known, by) => {
                Err(Refusal::NotEntitled { party: by.clone(), needed })
            }
            Some(_) | None => Ok(()),
        }
    }

    pub(crate) fn heeded_of(&self, case: &Case) -> Option<&Withdrawals> {
        if self.heeded.is_empty() {
            return None; // the common case of every request
        }
        self.heeded.get(&(case.id.clone(), case.developer.clone()))
    }

    /// No breach that was heeded directly, and is not in the log yet, stops uses in the case.
    pub(crate) fn not_stopped(&self, case: &Case) -> Result<(), Refusal> {
        if self.stopped.is_empty() {
            return Ok(()); // the common case of every request
        }
        for by in [&case.developer, &case.government] {
            let heeded = self.stopped.get(&(case.id.clone(), by.clone())).into_iter().flatten();
            let unlogged = heeded.into_iter().find(|id| !case.breaches.contains_key(*id));
            if let Some(incident) = unlogged {
                let (incident, by) = (incident.clone(), by.clone());
                return Err(ConductRefusal::StoppedByBreach { incident, by }.into());
            }
        }
        Ok(())
    }
}
