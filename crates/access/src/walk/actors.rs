//! What the parties of a walk say: legal commands, and wild statements.

use super::world::{World, attest, id, line, terms, text};
use crate::event::{
    AccessRequest, Acknowledgement, Admission, Allowance, Application, AssessmentPublication,
    AssessmentSharing, Audience, Breach, BreachKind, BreachWord, Consideration, Decline,
    Destruction, Determination, DeterminationWithdrawal, Enrolment, EnrolmentAdmission, Event,
    ExternalOrder, Gives, GrantChange, GrantIssue, Nomination, OrganisationRemoval, Outcome,
    PersonStatement, Release, Replan, Revocation, Right, Scope, Selection, SignalAction, Snapshot,
    Stage, Step, System, TermsAgreement, TermsProposal, Tier, Uses, Verification, WindowClosing,
    WindowOpening, Withdrawal,
};
use crate::{Bounds, Endpoint, InForce, Refusal, State, Word};
use domain::{Attested, Digest, NominationId, PartyId, Span};
use std::collections::BTreeSet;

impl World {
    /// A command that is legal in the present state, if the dice find one.
    pub(super) fn command(&mut self) -> Option<Result<Event, Refusal>> {
        let reviews = self.reviews.clone();
        let Ok(state) = reviews.state(&self.case(), self.now) else {
            let inquiry = self.inquiry();
            return Some(reviews.inquire(inquiry, self.now));
        };
        let by = self.main_party();
        let name = format!("terms-{}", self.dice(6));
        match (state, self.dice(10)) {
            (State::Inquired(s), 0..=7) => Some(s.propose_terms(by, terms(&name))),
            (State::AwaitingTerms(s), 0) => Some(s.propose_terms(by, terms(&name))),
            (State::AwaitingTerms(s), 1..=8) => Some(s.agree_terms()),
            (State::Agreed(s), 0) => Some(s.propose_terms(by, terms(&name))),
            (State::Agreed(s), 1) => Some(s.agree_terms()),
            (State::Ended(s), 0) => Some(s.propose_terms(by, terms(&name))),
            (State::Ended(s), 1) => Some(s.agree_terms()),
            (State::Agreed(s), 2..=5) => {
                let (window, models, from, longest) = self.window_arguments();
                Some(s.open_window(window, models, from, longest))
            }
            (State::Ended(s), 2..=4) => {
                let (window, models, from, longest) = self.window_arguments();
                Some(s.open_window(window, models, from, longest))
            }
            (State::Open(s), 0) if self.dice(6) == 0 => {
                let reason = self.reason();
                Some(s.close_window(by, reason))
            }
            (state, 9) => Some(self.record_command(&state)),
            (state, _) => Some(self.in_force_command(state.in_force()?)),
        }
    }

    fn window_arguments(
        &mut self,
    ) -> (domain::WindowId, BTreeSet<domain::ModelId>, domain::Timestamp, Span) {
        let hours = if self.dice(4) == 0 { self.dice(72) } else { 0 };
        let longest = Span::days(self.pick(&[3, 10, 30, 30, 30, 30, 31]));
        (self.window(), self.models(), self.now.after(Span::hours(hours)), longest)
    }

    fn record_command(&mut self, state: &State<'_>) -> Result<Event, Refusal> {
        let records = state.records();
        let plan = self.plan();
        match self.dice(7) {
            0 => Ok(records.release(self.model(), Audience::Limited, self.now)),
            1 if self.dice(12) == 0 => Ok(records.withdraw(self.scope(), self.reason())),
            2 => records.suspend_grant(self.grant(), self.main_party(), self.reason()),
            3 => records.record_uses(self.uses()),
            4 => Ok(records.replan(plan)),
            _ => records.record_uses(self.uses()),
        }
    }

    /// The next step on the way to a grant, as honest parties would take it.
    fn honest_command(&mut self, now: InForce<'_>) -> Result<Event, Refusal> {
        let party: PartyId = id(self.pick(&["evaluator", "evaluator", "partner", "defender"]));
        let case = self.reviews.case(&self.case())?;
        let digest = case.terms().map(|(digest, _)| *digest);
        let has_read = case.acknowledged.iter().any(|(d, p, _)| Some(*d) == digest && *p == party);
        let standing = case.standings.values().find(|standing| *standing.origin.party() == party);
        let waiting = case.grants.values().any(|record| record.issued.is_none());
        match (party.as_str(), standing.map(|standing| standing.until)) {
            ("partner", None) => now.nominate(self.nomination_of_partner()),
            ("partner", Some(None)) => now.select_partner(self.waiting_standing()),
            ("defender", None) => now.apply_as_defender(self.application()),
            ("defender", Some(None)) => {
                now.admit_defender(self.waiting_standing(), self.now.after(Span::days(90)))
            }
            _ if !has_read => now.acknowledge(party, self.person()),
            _ if waiting => {
                let approver = self.pick(&["p5", "p6"]);
                now.issue_grant(self.waiting_grant(), id(approver), id("p7"))
            }
            _ => now.request_grant(self.grant_request()),
        }
    }

    fn in_force_command(&mut self, now: InForce<'_>) -> Result<Event, Refusal> {
        if self.dice(2) == 0 {
            return self.honest_command(now);
        }
        let party: PartyId = id(self.pick(&["evaluator", "evaluator", "partner", "defender"]));
        let soon = self.now.after(Span::days(90));
        match self.dice(20) {
            0..=4 => now.acknowledge(party, self.person()),
            5 => now.nominate(self.nomination_of_partner()),
            6 | 7 => now.select_partner(self.waiting_standing()),
            8 => now.apply_as_defender(self.application()),
            9 => now.admit_defender(self.waiting_standing(), soon),
            10 => now.resume_grant(self.grant(), self.main_party(), text("")),
            11..=14 => now.request_grant(self.grant_request()),
            _ => now.issue_grant(self.waiting_grant(), self.person(), self.person()),
        }
    }

    fn scope(&mut self) -> Scope {
        match self.dice(5) {
            0 => Scope::Case,
            1 => Scope::Model(self.model()),
            2 | 3 => Scope::Window(self.window()),
            _ => Scope::Window(id("w-none")),
        }
    }

    fn uses(&mut self) -> Uses {
        let developer = if self.dice(10) == 0 { self.party() } else { self.developer() };
        Uses {
            case: self.case(),
            grant: self.grant(),
            developer,
            minute: if self.dice(10) == 0 { self.now } else { self.now.minute() },
            root: Digest::of(&self.dice(4).to_be_bytes()),
            count: 1,
            tokens_in: self.dice(200),
            tokens_out: self.dice(200),
        }
    }

    fn nomination_of_partner(&mut self) -> Nomination {
        let criteria = text("operates critical infrastructure");
        let digest = Digest::of(criteria.as_str().as_bytes());
        let strange = self.dice(10) == 0;
        Nomination {
            case: self.case(),
            nomination: self.nomination(),
            by: self.main_party(),
            nominee: if strange { self.party() } else { id("partner") },
            models: self.some_models(),
            criteria,
            criteria_digest: if self.dice(15) == 0 { Digest::of(b"") } else { digest },
            reason: self.reason(),
            conflicts: BTreeSet::new(),
            expires_at: self.now.after(Span::days(90)),
        }
    }

    fn application(&mut self) -> Application {
        Application {
            case: self.case(),
            application: self.nomination(),
            applicant: if self.dice(10) == 0 { self.party() } else { id("defender") },
            organisation: line("a hospital"),
            sector: line("health"),
            systems: BTreeSet::from([line("its own network")]),
            models: self.some_models(),
        }
    }

    /// A word of withdrawal, from the developer or someone who would like to be.
    pub(super) fn word(&mut self) -> Word {
        let withdrawal = self.withdrawal();
        let mut signers = BTreeSet::from([withdrawal.developer.clone()]);
        if self.dice(4) == 0 {
            signers = BTreeSet::from([self.government()]);
        }
        Word { withdrawal, signers }
    }

    fn withdrawal(&mut self) -> Withdrawal {
        let developer = if self.dice(4) == 0 { self.party() } else { self.developer() };
        Withdrawal { case: self.case(), developer, scope: self.scope(), reason: self.reason() }
    }

    /// A statement with a signature too few, one too many, or another time.
    pub(super) fn attest_wildly(&mut self, event: Event) -> Attested<Event> {
        let mut statement = attest(event, self.now);
        match self.dice(8) {
            0 => {
                statement.signers.pop_last();
            }
            1 => {
                statement.signers = BTreeSet::from([self.party()]);
            }
            2 => {
                statement.signers.insert(id("outsider"));
            }
            _ => {}
        }
        if self.dice(6) == 0 {
            statement.claimed_at = self.near();
        }
        statement
    }

    /// How the terms are kept, or not: breaches are short, so that a walk sees what comes after.
    fn wild_conduct(&mut self) -> Event {
        let (case, by, about) = (self.case(), self.party(), self.party());
        let incident = id(&format!("b{}", self.dice(40)));
        let remedy = text("mended");
        match self.dice(12) {
            0 => {
                let stops = self.dice(2) == 0;
                let by = self.main_party();
                let (account, aware_at, kind) = (text("it got out"), self.now, BreachKind::Leak);
                let occurred_at = None;
                Event::BreachNoticed(Breach {
                    case,
                    incident,
                    by,
                    about,
                    kind,
                    account,
                    occurred_at,
                    aware_at,
                    stops,
                })
            }
            1 => Event::BreachAnswered(BreachWord { case, incident, by, remedy }),
            2..=8 => {
                // the one that is open, by whoever noticed it
                let known = self.reviews.case(&case).ok();
                let mut open = known.into_iter().flat_map(|case| case.breaches.values());
                let open = open.find(|record| record.remedied.is_none());
                let (incident, by) = open.map_or((incident, by), |record| {
                    (record.breach.incident.clone(), record.breach.by.clone())
                });
                Event::BreachRemedied(BreachWord { case, incident, by, remedy })
            }
            9 => Event::DestructionAttested(Destruction {
                case,
                by,
                person: self.person(),
                what: text("a transcript"),
                digest: None,
                method: line("purge"),
                destroyed_at: self.now,
            }),
            10 => Event::SnapshotBound(Snapshot {
                case,
                developer: self.two_keys().0,
                model: self.model(),
                digest: Digest::of(&self.dice(6).to_be_bytes()),
                stage: Stage::Accessed,
                variant: line("full safeguards"),
                derived_from: self.pick(&[None, Some(Digest::of(&0_u64.to_be_bytes()))]),
            }),
            _ if self.dice(2) == 0 => Event::SignalActed(SignalAction {
                case,
                developer: self.two_keys().0,
                grant: self.grant(),
                rule: line("sweep"),
                evidence: Digest::of(b"evidence"),
                step: self.pick(&[
                    Step::Note,
                    Step::Ask,
                    Step::Slow,
                    Step::SecondPerson,
                    Step::Pause,
                ]),
                person: self.person(),
                reason: text("many alike"),
            }),
            _ => self.consideration(by, about),
        }
    }

    fn consideration(&mut self, by: PartyId, candidate: PartyId) -> Event {
        Event::CandidateConsidered(Consideration {
            case: self.case(),
            by,
            candidate,
            cohort: line("hospitals"),
            rule: line("operates"),
            criteria: Digest::of(b"criteria"),
            forward: self.dice(2) == 0,
            reason: text("it does"),
            person: Some(self.person()),
            declared: None,
        })
    }

    /// Anything anyone could say, mostly with the right digests.
    pub(super) fn wild(&mut self) -> Event {
        match self.dice(4) {
            3 => self.wild_conduct(),
            0 => self.wild_record(),
            1 => self.wild_agreement(),
            _ => self.wild_grant(),
        }
    }

    fn wild_record(&mut self) -> Event {
        let (case, reason) = (self.case(), self.reason());
        let reference = Digest::of(&self.dice(4).to_be_bytes());
        match self.dice(13) {
            0 => Event::Inquired(self.inquiry()),
            1 => {
                let (government, developer) = (self.party(), self.developer());
                Event::AccessRequested(AccessRequest { case, government, developer, reason })
            }
            2 => Event::RequestDeclined(Decline { case, developer: self.party(), reason: None }),
            3 => Event::ModelDetermined(Determination {
                case,
                model: self.model(),
                authority: self.pick(&[id("determiner"), id("determiner"), id("government")]),
                outcome: self.pick(&[Outcome::Covered, Outcome::NotCovered]),
                reference,
                benchmark: line("benchmark 1"),
                consultees: BTreeSet::new(),
                decided_at: self.now,
                handling: line("unclassified"),
                supersedes: self.pick(&[None, Some(Digest::of(&0_u64.to_be_bytes()))]),
                account: None,
            }),
            4 => Event::DeterminationWithdrawn(DeterminationWithdrawal {
                case,
                authority: id("determiner"),
                reference,
                reason,
            }),
            5 => Event::AssessmentShared(AssessmentSharing {
                case,
                by: self.party(),
                recipients: BTreeSet::from([self.developer()]),
                report: reference,
                handling: line("unclassified"),
                item: None,
            }),
            6 => Event::OrderRecorded(ExternalOrder {
                by: self.party(),
                case: Some(case),
                authority: line("an agency"),
                legal_basis: line("another law"),
                document: reference,
                received_at: self.now,
            }),
            7 if self.dice(12) == 0 => Event::AccessWithdrawn(self.withdrawal()),
            8 => Event::ModelReleased(Release {
                developer: self.party(),
                model: self.model(),
                audience: Audience::Partners,
                released_at: self.now,
                case: Some(case),
            }),
            9 => Event::ReleaseReplanned(Replan {
                case,
                developer: self.two_keys().0,
                planned_partner_release_at: self.plan(),
            }),
            10 => Event::AssessmentPublished(AssessmentPublication {
                case,
                by: self.party(),
                report: reference,
                handling: line("unclassified"),
                place: line("https://reports.example/1"),
                agreed_by: BTreeSet::from([self.developer()]),
                item: None,
            }),
            _ => Event::UsesRecorded(self.uses()),
        }
    }

    fn wild_agreement(&mut self) -> Event {
        let case = self.case();
        let (developer, government) = self.two_keys();
        let digest = self.terms_digest();
        match self.dice(10) {
            9 => self.wild_programme(),
            0 if self.dice(6) == 0 => {
                let name = format!("terms-{}", self.dice(6));
                Event::TermsProposed(TermsProposal { by: self.party(), terms: terms(&name) })
            }
            1 => {
                let terms = digest;
                Event::TermsAgreed(TermsAgreement { case, terms, developer, government })
            }
            2 => {
                let (window, models, first_access_at, longest) = self.window_arguments();
                let plan = self.reviews.case(&case).map(|c| c.planned_partner_release_at());
                Event::WindowOpened(WindowOpening {
                    case,
                    window,
                    terms: digest,
                    developer,
                    government,
                    models,
                    first_access_at,
                    planned_partner_release_at: plan.unwrap_or(self.now),
                    longest: longest.min(Bounds::ORDER),
                })
            }
            3 if self.dice(4) == 0 => {
                let (window, by, reason) = (self.window(), self.party(), self.reason());
                Event::WindowClosed(WindowClosing { case, window, by, reason })
            }
            4 => Event::PartnerNominated(self.nomination_of_partner()),
            5 => {
                let nomination = self.nomination();
                let proposal = self.proposal_digest(&nomination);
                Event::PartnerSelected(Selection {
                    case,
                    nomination,
                    proposal,
                    developer,
                    government,
                })
            }
            6 => Event::DefenderApplied(self.application()),
            7 => {
                let application = self.nomination();
                let (proposal, expires_at) = (self.proposal_digest(&application), self.near());
                Event::DefenderAdmitted(Admission {
                    case,
                    application,
                    proposal,
                    developer,
                    government,
                    expires_at,
                })
            }
            _ => {
                let (party, person) = (id("evaluator"), self.person());
                Event::TermsAcknowledged(Acknowledgement { case, terms: digest, party, person })
            }
        }
    }

    /// The defender programme, and organisations that lose access.
    fn wild_programme(&mut self) -> Event {
        let (case, application, by) = (self.case(), self.nomination(), self.main_party());
        let (developer, government) = self.two_keys();
        match self.dice(8) {
            0 | 1 => Event::ProgrammeApplied(Enrolment {
                case,
                application,
                applicant: if self.dice(10) == 0 { self.party() } else { id("defender") },
                organisation: line("a hospital"),
                sector: line("health"),
                size: line("small"),
                sponsored: false,
                systems: BTreeSet::from([System { name: line("portal"), right: Right::Owns }]),
                tier: line("model"),
                reason: text("no staff"),
            }),
            2 | 3 => Event::OrganisationVerified(Verification {
                case,
                application: self.waiting_standing(),
                by,
                person: self.person(),
                method: line("register"),
                evidence: None,
                verified_at: self.now,
            }),
            4..=6 => {
                let application = self.waiting_standing();
                let known = self.reviews.case(&case).ok();
                let enrolment = known.and_then(|case| case.enrolment(&application));
                let proposal = enrolment.map_or(Digest::of(b""), Enrolment::digest);
                let plan = known.map_or(self.now, |case| case.planned_partner_release_at());
                let allowance = Allowance {
                    models: self.some_models(),
                    endpoints: BTreeSet::from([Endpoint::ChatCompletions]),
                    tokens_per_grant: self.pick(&[500, 1_000, 1_001]),
                };
                let gives = match self.dice(4) {
                    0 => Gives::FindingsAndPatches,
                    _ => Gives::Model(allowance),
                };
                Event::ProgrammeAdmitted(EnrolmentAdmission {
                    case,
                    application,
                    proposal,
                    tier: Tier { name: line("model"), ladder: Digest::of(b"ladder"), gives },
                    terms: self.terms_digest(),
                    developer,
                    government,
                    starts_at: plan,
                    expires_at: self.near(),
                })
            }
            _ if self.dice(25) == 0 => {
                let (party, by) = (self.party(), self.party());
                let reason = self.reason();
                Event::OrganisationRemoved(OrganisationRemoval { case, party, by, reason })
            }
            _ => Event::DefenderApplied(self.application()),
        }
    }

    fn proposal_digest(&self, nomination: &NominationId) -> Digest {
        let case = self.reviews.case(&self.case()).ok();
        let partner = case.and_then(|c| c.nomination(nomination)).map(Nomination::digest);
        let defender = case.and_then(|c| c.application(nomination)).map(Application::digest);
        partner.or(defender).unwrap_or(Digest::of(b""))
    }

    fn wild_grant(&mut self) -> Event {
        let (case, grant, by, reason) = (self.case(), self.grant(), self.party(), self.reason());
        match self.dice(14) {
            0..=2 => Event::GrantRequested(self.grant_request()),
            3..=5 => {
                let (developer, government) = self.two_keys();
                let grant = self.waiting_grant();
                let request = self.reviews.case(&case).ok().and_then(|c| c.grant_request(&grant));
                let request = request.map_or(Digest::of(b""), |request| request.digest());
                Event::GrantIssued(GrantIssue {
                    case,
                    grant,
                    request,
                    developer,
                    developer_approver: self.person(),
                    government,
                    government_approver: self.person(),
                })
            }
            6 if self.dice(4) == 0 => Event::GrantRevoked(GrantChange { case, grant, by, reason }),
            7 => Event::GrantSuspended(GrantChange { case, grant, by, reason }),
            6 | 8..=10 => Event::GrantResumed(GrantChange { case, grant, by, reason }),
            n => {
                let (party, person, nomination) = (self.party(), self.person(), self.nomination());
                let revocation = Revocation { case, nomination, by, reason };
                let Revocation { case, by, reason, .. } = revocation.clone();
                let about = PersonStatement { case, party, person, by, reason };
                match (n, self.dice(12)) {
                    (11, 0) => Event::PartnerRevoked(revocation),
                    (11, 1) => Event::DefenderRevoked(revocation),
                    (_, 2) => Event::PersonRemoved(about),
                    (_, 3) => Event::PersonRecused(about),
                    _ => Event::UsesRecorded(self.uses()),
                }
            }
        }
    }
}
