//! Guards of terms and windows.

use super::{Case, Rules};
use crate::event::{Acknowledgement, TermsAgreement, TermsProposal, WindowClosing, WindowOpening};
use crate::{Refusal, Window};
use domain::{PartyId, Timestamp};

impl Case {
    pub(super) fn admit_proposal(
        &self,
        rules: &Rules<'_>,
        e: &TermsProposal,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        self.either_speaks(&e.by)?;
        self.not_withdrawn()?;
        e.terms.check()?;
        for party in &e.terms.evaluators {
            rules.evaluates(party)?;
        }
        self.models_usable(&e.terms.models)?;
        if self.terms_ids.contains(&e.terms.id) {
            return Err(Refusal::TermsExist { terms: e.terms.id.clone() });
        }
        self.no_live_window(at)
    }

    pub(super) fn admit_agreement(
        &self,
        rules: &Rules<'_>,
        e: &TermsAgreement,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        self.both_speak(&e.developer, &e.government)?;
        self.not_withdrawn()?;
        let Some(proposal) = &self.proposal else {
            return Err(self.wrong_state(at, "proposed terms"));
        };
        if proposal.digest() != e.terms {
            return Err(Refusal::TermsDiffer { given: e.terms, needed: "on the table" });
        }
        self.models_usable(&proposal.models)?;
        for party in &proposal.evaluators {
            rules.evaluates(party)?;
        }
        self.no_live_window(at)
    }

    /// Terms don't change under an open window: whoever wants other terms ends it first.
    fn no_live_window(&self, at: Timestamp) -> Result<(), Refusal> {
        match self.live_window(at) {
            Some((window, _)) => Err(Refusal::WindowLive { window: window.clone() }),
            None => Ok(()),
        }
    }

    pub(super) fn admit_acknowledgement(
        &self,
        e: &Acknowledgement,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let agreed = self.in_force(at)?;
        if agreed.digest != e.terms {
            return Err(Refusal::TermsDiffer { given: e.terms, needed: "in force" });
        }
        let (party, person) = (e.party.clone(), e.person.clone());
        if !self.has_people(&party) {
            let needed = "an evaluator, partner or defender";
            return Err(Refusal::NotEntitled { party, needed });
        }
        if self.acknowledged.contains(&(e.terms, party.clone(), person.clone())) {
            return Err(Refusal::AcknowledgedAlready { party, person });
        }
        Ok(())
    }

    /// Whether people of the party can come to hold grants in this case.
    fn has_people(&self, party: &PartyId) -> bool {
        self.terms.as_ref().is_some_and(|agreed| agreed.terms.evaluators.contains(party))
            || self.standings.values().any(|standing| standing.origin.party() == party)
    }

    pub(super) fn admit_opening(
        &self,
        rules: &Rules<'_>,
        e: &WindowOpening,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        self.both_speak(&e.developer, &e.government)?;
        let agreed = self.in_force(at)?;
        if agreed.digest != e.terms {
            return Err(Refusal::TermsDiffer { given: e.terms, needed: "in force" });
        }
        if self.windows.contains_key(&e.window) {
            return Err(Refusal::WindowExists { window: e.window.clone() });
        }
        if self.withdrawn.windows.contains(&e.window) {
            return Err(Refusal::WindowWithdrawn { window: e.window.clone() });
        }
        self.no_live_window(at)?;
        self.models_usable(&e.models)?;
        if let Some(model) = e.models.difference(&agreed.terms.models).next() {
            return Err(Refusal::UnknownModel { model: model.clone(), of: "the terms" });
        }
        if e.planned_partner_release_at != self.plan {
            let given = e.planned_partner_release_at;
            return Err(Refusal::PlanMoved { given, plan: self.plan });
        }
        let window = e.window(rules)?;
        if window.is_over(at) {
            let ended_at = window.ends_at();
            return Err(Refusal::WindowOver { window: e.window.clone(), ended_at });
        }
        Ok(())
    }

    pub(super) fn admit_closing(&self, e: &WindowClosing, at: Timestamp) -> Result<(), Refusal> {
        self.either_speaks(&e.by)?;
        self.window_in_time(&e.window, at).map(|_| ())
    }
}

impl WindowOpening {
    pub(crate) fn window(&self, rules: &Rules<'_>) -> Result<Window, Refusal> {
        Window::new(
            self.first_access_at,
            self.planned_partner_release_at,
            self.longest,
            rules.bounds,
        )
    }
}
