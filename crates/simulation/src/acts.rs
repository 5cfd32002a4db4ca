//! What honest parties state: the commands of the shipped rules, asked on the party's own fold.

use crate::cast::{DEFENDER, EVALUATOR, GOVERNMENT, LAB, PARTNER, is_main, spelled};
use crate::dice::Dice;
use access::{
    Application, Audience, Basis, CaseView, Determination, Endpoint, Event, GrantRequest, Head,
    InForce, Inquiry, Limits, Nomination, Open, Outcome, Refusal, Reviews, Safeguards, Scope,
    State, Terms, WindowView,
};
use domain::{CaseId, Digest, ModelId, NominationId, PartyId, PersonId, Span, Timestamp};
use std::collections::BTreeSet;

/// What every grant may spend at most, in tokens.
const TOKENS: u64 = 1_000;

/// A party about to act.
pub(crate) struct Actor<'a> {
    pub(crate) who: &'a PartyId,
    pub(crate) reviews: &'a Reviews,
    pub(crate) now: Timestamp,
    pub(crate) case: CaseId,
    pub(crate) dice: &'a mut Dice,
    /// Numbers that were used in names.
    pub(crate) names: &'a mut u64,
}

type Act = Option<Result<Event, Refusal>>;

impl Actor<'_> {
    /// The next thing this party would state, if any.
    pub(crate) fn act(&mut self) -> Act {
        let reviews = self.reviews;
        let Ok(state) = reviews.state(&self.case, self.now) else {
            let inquiry = self.inquiry();
            return (self.who.as_str() == LAB).then(|| reviews.inquire(inquiry, self.now));
        };
        if self.dice.once_in(12) {
            return self.record(&state);
        }
        let main = is_main(self.who);
        match state {
            State::Inquired(s) if main => Some(s.propose_terms(self.who.clone(), self.terms())),
            State::AwaitingTerms(s) if main && self.dice.once_in(8) => {
                Some(s.propose_terms(self.who.clone(), self.terms()))
            }
            State::AwaitingTerms(s) if main => Some(s.agree_terms()),
            State::Agreed(s) if main && self.dice.below(3) > 0 => {
                let (window, models, from, longest) = self.window();
                Some(s.open_window(spelled(&window), models, from, longest))
            }
            State::Ended(s) if main && self.dice.once_in(3) => {
                let (window, models, from, longest) = self.window();
                Some(s.open_window(spelled(&window), models, from, longest))
            }
            State::Open(s) if main && self.dice.once_in(40) => Some(self.close(s)),
            state => self.under_terms(state.in_force()?, &state.records().view()),
        }
    }

    fn close(&self, open: Open<'_>) -> Result<Event, Refusal> {
        open.close_window(self.who.clone(), spelled("enough"))
    }

    fn name(&mut self, stem: &str) -> String {
        *self.names += 1;
        format!("{stem}-{}", self.names)
    }

    fn person(&mut self, party: &str) -> PersonId {
        spelled(&format!("{party}-p{}", self.dice.below(3) + 1))
    }

    /// The models of the case; those that the developer withdrew only by mistake.
    fn models(&mut self) -> BTreeSet<ModelId> {
        let careless = self.dice.once_in(12);
        let state = self.reviews.state(&self.case, self.now).ok();
        let view = state.map(|state| state.records().view().models).unwrap_or_default();
        let model = |letter| spelled(&format!("{}-{letter}", self.case));
        let mut models: BTreeSet<ModelId> = BTreeSet::from([model('a'), model('b')]);
        let gone = |id: &ModelId| view.iter().any(|m| m.model == *id && m.withdrawn);
        models.retain(|id| careless || !gone(id));
        models
    }

    fn model(&mut self) -> ModelId {
        let models: Vec<_> = self.models().into_iter().collect();
        match self.dice.place(models.len()).and_then(|at| models.get(at)) {
            Some(model) => model.clone(),
            None => spelled(&format!("{}-a", self.case)),
        }
    }

    fn plan(&mut self) -> Timestamp {
        let (hours, days) = (self.dice.below(72), self.dice.below(8));
        match self.dice.below(6) {
            0 => self.now.after(Span::hours(hours)),
            1 => self.now.after(Span::days(days + 27)),
            _ => self.now.after(Span::days(days + 1)),
        }
    }

    fn inquiry(&mut self) -> Inquiry {
        Inquiry {
            case: self.case.clone(),
            developer: spelled(LAB),
            government: spelled(GOVERNMENT),
            models: self.models(),
            planned_partner_release_at: self.plan(),
            question: spelled("is it covered?"),
        }
    }

    fn terms(&mut self) -> Terms {
        let head = || Head {
            protection: spelled("kept in one enclave"),
            usage: spelled("measurement only"),
            nondisclosure: spelled("nobody outside the review"),
        };
        Terms {
            id: spelled(&self.name("terms")),
            case: self.case.clone(),
            models: self.models(),
            evaluators: BTreeSet::from([spelled(EVALUATOR)]),
            safeguards: Safeguards {
                confidentiality: head(),
                cybersecurity: head(),
                insider_risk: head(),
                intellectual_property: head(),
            },
            limits: Limits::new(BTreeSet::from([Endpoint::ChatCompletions]), TOKENS),
        }
    }

    fn window(&mut self) -> (String, BTreeSet<ModelId>, Timestamp, Span) {
        let wait = Span::minutes(if self.dice.once_in(4) { self.dice.below(240) } else { 0 });
        let longest = Span::days(self.dice.pick(&[3, 10, 30, 30, 30]));
        (self.name("w"), self.models(), self.now.after(wait), longest)
    }

    /// What is legal in every state.
    fn record(&mut self, state: &State<'_>) -> Act {
        let records = state.records();
        let view = records.view();
        let grant = self.dice.place(view.grants.len()).and_then(|at| view.grants.get(at));
        let grant = grant.map(|grant| grant.grant.clone());
        let (by, reason) = (self.who.clone(), spelled("because"));
        match (self.who.as_str(), self.dice.below(8)) {
            (LAB, 0) => Some(Ok(records.replan(self.plan()))),
            (LAB, 1) => Some(Ok(records.release(self.model(), Audience::Limited, self.now))),
            (GOVERNMENT, 0) => Some(records.determine(self.determination(&view))),
            (_, 2 | 3) => Some(records.suspend_grant(grant?, by, reason)),
            (_, 4..=6) => Some(state.in_force()?.resume_grant(grant?, by, reason)),
            (LAB | GOVERNMENT, 7) if self.dice.once_in(2) => {
                Some(records.revoke_grant(grant?, by, reason))
            }
            _ => None,
        }
    }

    fn determination(&mut self, view: &CaseView) -> Determination {
        let model = self.model();
        let current = view.models.iter().find(|m| m.model == model);
        let current = current.and_then(|m| {
            m.determinations.iter().find(|d| d.superseded_by.is_none() && !d.withdrawn)
        });
        Determination {
            case: self.case.clone(),
            model,
            authority: self.who.clone(),
            outcome: self.dice.pick(&[Outcome::Covered, Outcome::NotCovered]),
            reference: Digest::of(self.name("determination").as_bytes()),
            benchmark: spelled("benchmark 1"),
            consultees: BTreeSet::new(),
            decided_at: self.now,
            handling: spelled("unclassified"),
            supersedes: current.map(|d| d.reference),
            account: None,
        }
    }

    fn under_terms(&mut self, terms: InForce<'_>, view: &CaseView) -> Act {
        if is_main(self.who) {
            return self.decide(terms, view);
        }
        let read = view.acknowledged.iter().filter(|(party, _)| party == self.who);
        let read: Vec<_> = read.map(|(_, person)| person.clone()).collect();
        let standing = view.standings.iter().find(|s| s.party == *self.who);
        match self.who.as_str() {
            DEFENDER if standing.is_none() => Some(terms.apply_as_defender(self.application())),
            PARTNER if standing.is_none() => None,
            EVALUATOR | PARTNER | DEFENDER if read.is_empty() || self.dice.once_in(6) => {
                let person = self.person(self.who.as_str());
                Some(terms.acknowledge(self.who.clone(), person))
            }
            EVALUATOR => {
                let window = view.windows.iter().find(|w| w.live)?;
                let request = self.request_in(window, view, &read)?;
                Some(terms.request_grant(request))
            }
            PARTNER | DEFENDER => {
                let standing = standing?;
                let id = standing.nomination.clone();
                let basis =
                    if standing.defender { Basis::Defender(id) } else { Basis::Partner(id) };
                let from = view.planned_partner_release_at.max(self.now);
                let request = self.request(basis, view, &read, (from, standing.until?))?;
                Some(terms.request_grant(request))
            }
            _ => None,
        }
    }

    /// What the two main parties have to decide.
    fn decide(&mut self, terms: InForce<'_>, view: &CaseView) -> Act {
        let waiting = view.grants.iter().find(|g| g.approvers.is_none());
        let unsettled = view.standings.iter().find(|s| s.until.is_none());
        let partners = view.standings.iter().filter(|s| !s.defender).count();
        match (waiting, unsettled) {
            (Some(grant), _) if self.dice.below(4) > 0 => {
                let (ours, theirs) = (self.person(LAB), self.person(GOVERNMENT));
                Some(terms.issue_grant(grant.grant.clone(), ours, theirs))
            }
            (_, Some(standing)) if standing.defender => {
                let until = self.now.after(Span::days(90));
                Some(terms.admit_defender(standing.nomination.clone(), until))
            }
            (_, Some(standing)) => Some(terms.select_partner(standing.nomination.clone())),
            _ if partners == 0 => Some(terms.nominate(self.nomination())),
            _ => None,
        }
    }

    fn nomination(&mut self) -> Nomination {
        let criteria = "operates critical infrastructure";
        let nomination: NominationId = spelled(&self.name("n"));
        Nomination {
            case: self.case.clone(),
            nomination,
            by: self.who.clone(),
            nominee: spelled(PARTNER),
            models: self.models(),
            criteria: spelled(criteria),
            criteria_digest: Digest::of(criteria.as_bytes()),
            reason: spelled("it does"),
            conflicts: BTreeSet::new(),
            expires_at: self.now.after(Span::days(90)),
        }
    }

    fn application(&mut self) -> Application {
        Application {
            case: self.case.clone(),
            application: spelled(&self.name("n")),
            applicant: self.who.clone(),
            organisation: spelled("a hospital"),
            sector: spelled("health"),
            systems: BTreeSet::from([spelled("its own network")]),
            models: self.models(),
        }
    }

    fn request_in(
        &mut self,
        window: &WindowView,
        view: &CaseView,
        read: &[PersonId],
    ) -> Option<GrantRequest> {
        let basis = Basis::Window(window.window.clone());
        self.request(basis, view, read, (window.first_access_at, window.ends_at))
    }

    /// A grant to someone who has read the terms; none while enough are usable or wait.
    fn request(
        &mut self,
        basis: Basis,
        view: &CaseView,
        read: &[PersonId],
        (from, to): (Timestamp, Timestamp),
    ) -> Option<GrantRequest> {
        let ours = view.grants.iter().filter(|g| g.party == *self.who);
        if ours.filter(|g| g.approvers.is_none() || g.stopped.is_none()).count() >= 3 {
            return None;
        }
        let grant = self.name("g");
        let credential = Digest::of(grant.as_bytes());
        let (terms, _) = view.terms.as_ref()?;
        let person = self.dice.pick(read);
        let shorter = Span::hours(self.dice.below(200));
        let ends_at = if self.dice.once_in(3) { to.min(from.after(shorter)) } else { to };
        Some(GrantRequest {
            case: self.case.clone(),
            grant: spelled(&grant),
            basis,
            model: self.model(),
            party: self.who.clone(),
            requested_by: person.clone(),
            person,
            terms: *terms,
            credential,
            endpoints: BTreeSet::from([Endpoint::ChatCompletions]),
            budget_tokens: self.dice.pick(&[300, TOKENS, TOKENS]),
            starts_at: from,
            ends_at,
            purpose: spelled("to measure"),
        })
    }
}

/// How much the developer withdraws, of a case as its own fold shows it.
pub(crate) fn scope(dice: &mut Dice, reviews: &Reviews, case: &CaseId) -> Scope {
    let window = reviews.case(case).ok().and_then(|case| case.last_window());
    match (dice.below(3), window) {
        (0, _) => Scope::Case,
        (1, Some((window, _))) => Scope::Window(window.clone()),
        _ => Scope::Model(spelled(&format!("{case}-a"))),
    }
}
