//! The rules of use, read a second time and from the facts at once: no fold, no state, none of the shipped code.
//!
//! It sees what the simulation knows and the system can only verify: what every statement says and who really
//! signed it. What gives access counts only when the gateway's fold admitted it; what ends access counts as soon as
//! it is in the log, admitted or not, where the rules leave no reason to refuse it.

use crate::cast::{LAB, is_main};
use access::{Basis, Event, GrantRequest, Scope, UseRequest, WindowOpening, Withdrawal};
use domain::{CaseId, Digest, NominationId, PartyId, Statement, Timestamp};
use std::collections::BTreeSet;

/// A statement as the simulation knows it.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    pub(crate) event: Event,
    /// Whose keys really signed.
    pub(crate) signed: BTreeSet<PartyId>,
    pub(crate) claimed_at: Timestamp,
    /// Whether the fold that is judged took it in.
    pub(crate) admitted: bool,
}

/// What one place knows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Knowledge<'a> {
    /// The log as far as the place has read it.
    pub(crate) facts: &'a [Fact],
    /// The developer's direct words that reached it.
    pub(crate) words: &'a [Withdrawal],
    /// The latest instant it acted at.
    pub(crate) now: Timestamp,
}

impl<'a> Knowledge<'a> {
    /// Until when the holder of a credential may use what it asks for, if it may now.
    pub(crate) fn may_use(self, credential: &Digest, asked: &UseRequest) -> Option<Timestamp> {
        let (request, until) = self.usable(credential)?;
        let left = request.budget_tokens.saturating_sub(self.recorded(request));
        let fits = request.model == asked.model
            && request.endpoints.contains(&asked.endpoint)
            && left > 0
            && asked.tokens <= left;
        fits.then_some(until)
    }

    /// Whether a stream that had a permit until `until` may go on.
    pub(crate) fn may_go_on(self, credential: &Digest, until: Timestamp) -> bool {
        self.usable(credential)
            .is_some_and(|(request, end)| self.instant(&request.case) < end.min(until))
    }

    /// The statements that count and are about the case.
    fn counted(self, case: &'a CaseId) -> impl DoubleEndedIterator<Item = &'a Fact> {
        let whole = |fact: &&Fact| fact.admitted && fact.event.signers().is_subset(&fact.signed);
        self.facts.iter().filter(whole).filter(move |fact| fact.event.case() == Some(case))
    }

    fn usable(self, credential: &Digest) -> Option<(&'a GrantRequest, Timestamp)> {
        let requests = self.facts.iter().filter(|fact| fact.admitted).filter_map(|fact| {
            if let Event::GrantRequested(e) = &fact.event { Some(e) } else { None }
        });
        let asked = requests.filter(|request| request.credential == *credential);
        let issued: Vec<_> = asked.filter(|request| self.is_issued(request)).collect();
        let [request] = issued.as_slice() else { return None };
        let now = self.instant(&request.case);
        let holds = !self.is_withdrawn(request)
            && !self.is_stopped(request)
            && self.terms_in_force(&request.case) == Some(request.terms)
            && self.is_acknowledged(request)
            && request.starts_at <= now
            && now < request.ends_at;
        let end = match &request.basis {
            Basis::Window(_) => self.window_end(request, now)?,
            Basis::Partner(id) => self.standing_end(&request.case, id, true)?,
            Basis::Defender(id) => self.standing_end(&request.case, id, false)?,
        };
        (holds && now < end).then(|| (*request, end.min(request.ends_at)))
    }

    /// The latest instant the place acted at, or one of the two main parties stated.
    fn instant(self, case: &'a CaseId) -> Timestamp {
        let stated = self.counted(case).filter(|fact| moves_clock(fact));
        stated.map(|fact| fact.claimed_at).max().map_or(self.now, |stated| stated.max(self.now))
    }

    fn is_issued(self, request: &'a GrantRequest) -> bool {
        self.counted(&request.case).any(|fact| {
            let Event::GrantIssued(e) = &fact.event else { return false };
            let people = [
                &e.developer_approver,
                &e.government_approver,
                &request.requested_by,
                &request.person,
            ];
            let expected = if request.requested_by == request.person { 3 } else { 4 };
            e.grant == request.grant
                && e.request == request.digest()
                && has_both_keys(fact)
                && people.iter().collect::<BTreeSet<_>>().len() == expected
        })
    }

    /// A withdrawal counts as soon as it was signed, wherever and however it was learned.
    fn is_withdrawn(self, request: &GrantRequest) -> bool {
        let lab = |fact: &&Fact| fact.signed.iter().any(|party| party.as_str() == LAB);
        let logged = self.facts.iter().filter(lab).filter_map(|fact| {
            if let Event::AccessWithdrawn(e) = &fact.event { Some(e) } else { None }
        });
        logged.chain(self.words).any(|withdrawal| {
            withdrawal.developer.as_str() == LAB
                && withdrawal.case == request.case
                && match &withdrawal.scope {
                    Scope::Case => true,
                    Scope::Model(model) => *model == request.model,
                    Scope::Window(window) => request.basis == Basis::Window(window.clone()),
                }
        })
    }

    fn is_stopped(self, request: &'a GrantRequest) -> bool {
        let mut paused = BTreeSet::new();
        for fact in self.counted(&request.case) {
            if let Event::GrantRevoked(e) = &fact.event
                && e.grant == request.grant
            {
                return true;
            }
            if let Event::PersonRemoved(e) = &fact.event
                && e.party == request.party
                && e.person == request.person
            {
                return true;
            }
            if let Event::GrantSuspended(e) = &fact.event
                && e.grant == request.grant
            {
                paused.insert(&e.by);
            }
            if let Event::GrantResumed(e) = &fact.event
                && e.grant == request.grant
            {
                paused.remove(&e.by);
            }
        }
        !paused.is_empty()
    }

    fn terms_in_force(self, case: &'a CaseId) -> Option<Digest> {
        self.counted(case).rev().find_map(|fact| match &fact.event {
            Event::TermsAgreed(e) if has_both_keys(fact) => Some(e.terms),
            _ => None,
        })
    }

    fn is_acknowledged(self, request: &'a GrantRequest) -> bool {
        self.counted(&request.case).any(|fact| {
            let Event::TermsAcknowledged(e) = &fact.event else { return false };
            e.terms == request.terms && e.person == request.person && e.party == request.party
        })
    }

    /// Follows the window through the developer's plans: each moves the end while it has not passed.
    fn window_end(self, request: &'a GrantRequest, now: Timestamp) -> Option<Timestamp> {
        let mut open: Option<(&WindowOpening, Timestamp)> = None;
        let mut latest = Timestamp::EPOCH;
        for fact in self.counted(&request.case) {
            if moves_clock(fact) {
                latest = latest.max(fact.claimed_at);
            }
            if let Event::WindowOpened(e) = &fact.event
                && request.basis == Basis::Window(e.window.clone())
            {
                if !has_both_keys(fact) || !e.models.contains(&request.model) {
                    return None;
                }
                let last = e.first_access_at.after(e.longest);
                open = Some((e, last.min(e.planned_partner_release_at)));
            }
            if let Event::WindowClosed(e) = &fact.event
                && request.basis == Basis::Window(e.window.clone())
            {
                return None;
            }
            if let Event::ReleaseReplanned(e) = &fact.event
                && let Some((opening, end)) = &mut open
                && latest.max(fact.claimed_at) < *end
            {
                let last = opening.first_access_at.after(opening.longest);
                *end = last.min(e.planned_partner_release_at);
            }
        }
        let (opening, end) = open?;
        let thirty_days = 30 * 86_400 * 1_000_000;
        let short = end.as_micros() - opening.first_access_at.as_micros() <= thirty_days;
        (short && opening.first_access_at <= now && now < end).then_some(end)
    }

    fn standing_end(self, case: &'a CaseId, id: &NominationId, partner: bool) -> Option<Timestamp> {
        let (mut expires, mut end) = (None, None);
        for fact in self.counted(case) {
            if let Event::PartnerNominated(e) = &fact.event
                && partner
                && e.nomination == *id
            {
                expires = Some(e.expires_at);
            }
            if let Event::PartnerSelected(e) = &fact.event
                && partner
                && e.nomination == *id
            {
                end = expires.filter(|_| has_both_keys(fact));
            }
            if let Event::DefenderAdmitted(e) = &fact.event
                && !partner
                && e.application == *id
            {
                end = has_both_keys(fact).then_some(e.expires_at);
            }
            if let Event::PartnerRevoked(e) | Event::DefenderRevoked(e) = &fact.event
                && e.nomination == *id
            {
                return None;
            }
        }
        end
    }

    fn recorded(self, request: &'a GrantRequest) -> u64 {
        let uses = self.counted(&request.case).filter_map(|fact| match &fact.event {
            Event::UsesRecorded(e) if e.grant == request.grant => Some(e.tokens_in + e.tokens_out),
            _ => None,
        });
        uses.sum()
    }
}

/// Statements of the main parties about access, as opposed to records beside it.
fn moves_clock(fact: &Fact) -> bool {
    const BESIDE: [&str; 9] = [
        "access-requested",
        "request-declined",
        "order-recorded",
        "model-released",
        "access-withdrawn",
        "model-determined",
        "determination-withdrawn",
        "assessment-shared",
        "defender-applied",
    ];
    fact.event.signers().iter().any(is_main) && !BESIDE.contains(&fact.event.kind())
}

fn has_both_keys(fact: &Fact) -> bool {
    fact.signed.iter().filter(|party| is_main(party)).count() == 2
}
