//! Commands that can lead to access, on the states where they are legal.

use super::{Agreed, AwaitingTerms, Ended, Inquired, Open, Records};
use crate::event::{
    Acknowledgement, Admission, Application, Event, GrantChange, GrantIssue, GrantRequest,
    Nomination, Selection, TermsAgreement, TermsProposal, WindowClosing, WindowOpening,
};
use crate::{Refusal, Terms};
use domain::{
    Digest, GrantId, ModelId, NominationId, PartyId, PersonId, Span, Text, Timestamp, WindowId,
};
use std::collections::BTreeSet;

impl Records<'_> {
    fn propose_terms(&self, by: PartyId, terms: Terms) -> Result<Event, Refusal> {
        self.offer(Event::TermsProposed(TermsProposal { by, terms }))
    }

    fn agree_terms(&self) -> Result<Event, Refusal> {
        let needed = "proposed terms";
        let proposal = self.case.proposal.as_ref();
        let terms = proposal.ok_or_else(|| self.case.wrong_state(self.at, needed))?.digest();
        let (case, developer, government) = self.parties();
        self.offer(Event::TermsAgreed(TermsAgreement { case, terms, developer, government }))
    }

    fn open_window(
        &self,
        window: WindowId,
        models: BTreeSet<ModelId>,
        first_access_at: Timestamp,
        longest: Span,
    ) -> Result<Event, Refusal> {
        let (case, developer, government) = self.parties();
        self.offer(Event::WindowOpened(WindowOpening {
            case,
            window,
            terms: self.terms_in_force()?,
            developer,
            government,
            models,
            first_access_at,
            planned_partner_release_at: self.case.plan,
            longest,
        }))
    }

    fn terms_in_force(&self) -> Result<Digest, Refusal> {
        let needed = "terms that both sides signed";
        let agreed = self.case.terms.as_ref().map(|agreed| agreed.digest);
        agreed.ok_or_else(|| self.case.wrong_state(self.at, needed))
    }

    fn parties(&self) -> (domain::CaseId, PartyId, PartyId) {
        (self.case.id.clone(), self.case.developer.clone(), self.case.government.clone())
    }
}

impl Inquired<'_> {
    /// Either side puts terms on the table.
    ///
    /// # Errors
    /// Terms with gaps, unknown evaluators or models, or an id that was used.
    pub fn propose_terms(&self, by: PartyId, terms: Terms) -> Result<Event, Refusal> {
        self.records.propose_terms(by, terms)
    }
}

macro_rules! negotiable {
    ($($state:ident),*) => {$(
        impl $state<'_> {
            /// Either side puts other terms on the table, in place of what lies there.
            ///
            /// # Errors
            /// Terms with gaps, unknown evaluators or models, or an id that was used.
            pub fn propose_terms(&self, by: PartyId, terms: Terms) -> Result<Event, Refusal> {
                self.records.propose_terms(by, terms)
            }

            /// Both sides sign what lies on the table. Grants under earlier terms end with them.
            ///
            /// # Errors
            /// Nothing on the table, or a model in it was withdrawn since.
            pub fn agree_terms(&self) -> Result<Event, Refusal> {
                self.records.agree_terms()
            }
        }
    )*};
}

negotiable!(AwaitingTerms, Agreed, Ended);

macro_rules! openable {
    ($($state:ident),*) => {$(
        impl $state<'_> {
            /// Both sides sign a window under the terms in force, up to the developer's plan and at
            /// most `longest` from first access.
            ///
            /// # Errors
            /// An id that was used, models outside the terms or withdrawn, a span over the bounds,
            /// or one that is empty or over.
            pub fn open_window(
                &self,
                window: WindowId,
                models: BTreeSet<ModelId>,
                first_access_at: Timestamp,
                longest: Span,
            ) -> Result<Event, Refusal> {
                self.records.open_window(window, models, first_access_at, longest)
            }
        }
    )*};
}

openable!(Agreed, Ended);

impl Open<'_> {
    /// Either side ends the window early.
    ///
    /// # Errors
    /// Another party.
    pub fn close_window(&self, by: PartyId, reason: Text) -> Result<Event, Refusal> {
        let (case, ..) = self.records.parties();
        let live = self.records.case.live_window(self.records.at);
        let (window, _) =
            live.ok_or_else(|| self.records.case.wrong_state(self.records.at, "a live window"))?;
        let window = window.clone();
        self.records.offer(Event::WindowClosed(WindowClosing { case, window, by, reason }))
    }
}

macro_rules! in_force {
    ($($state:ident),*) => {$(
        impl<'a> $state<'a> {
            /// The commands that need terms in force.
            pub fn in_force(&self) -> InForce<'a> {
                InForce { records: self.records }
            }
        }
    )*};
}

in_force!(Agreed, Open, Ended);

/// Commands that need terms which both sides signed: in [`Agreed`], [`Open`] and [`Ended`].
#[derive(Debug, Clone, Copy)]
pub struct InForce<'a> {
    records: Records<'a>,
}

impl InForce<'_> {
    /// A person acknowledges the terms in force; the person's party states it.
    ///
    /// # Errors
    /// A party with no part in this case, a person who has acknowledged them before.
    pub fn acknowledge(&self, party: PartyId, person: PersonId) -> Result<Event, Refusal> {
        let (case, ..) = self.records.parties();
        let terms = self.records.terms_in_force()?;
        self.records.offer(Event::TermsAcknowledged(Acknowledgement { case, terms, party, person }))
    }

    /// Either side proposes a trusted partner.
    ///
    /// # Errors
    /// One of the two main parties as nominee, no criteria, a digest that does not match them, models
    /// outside the case, an expiry in the past, or an id that was used.
    pub fn nominate(&self, nomination: Nomination) -> Result<Event, Refusal> {
        self.records.offer(Event::PartnerNominated(nomination))
    }

    /// Both sides select a nominated partner.
    ///
    /// # Errors
    /// A nomination that is unknown, settled, revoked or expired.
    pub fn select_partner(&self, nomination: NominationId) -> Result<Event, Refusal> {
        let proposal = self.records.case.nomination(&nomination).map(Nomination::digest);
        let Some(proposal) = proposal else {
            return Err(Refusal::UnknownNomination { nomination });
        };
        let (case, developer, government) = self.records.parties();
        self.records.offer(Event::PartnerSelected(Selection {
            case,
            nomination,
            proposal,
            developer,
            government,
        }))
    }

    /// A defender applies.
    ///
    /// # Errors
    /// A party without the role, no systems, models outside the case, or an id that was used.
    pub fn apply_as_defender(&self, application: Application) -> Result<Event, Refusal> {
        self.records.offer(Event::DefenderApplied(application))
    }

    /// Both sides admit a defender.
    ///
    /// # Errors
    /// An application that is unknown, settled or revoked, or an expiry in the past.
    pub fn admit_defender(
        &self,
        application: NominationId,
        expires_at: Timestamp,
    ) -> Result<Event, Refusal> {
        let proposal = self.records.case.application(&application).map(Application::digest);
        let Some(proposal) = proposal else {
            return Err(Refusal::UnknownNomination { nomination: application });
        };
        let (case, developer, government) = self.records.parties();
        self.records.offer(Event::DefenderAdmitted(Admission {
            case,
            application,
            proposal,
            developer,
            government,
            expires_at,
        }))
    }

    /// An evaluator, partner or defender asks for a grant to one of its people.
    ///
    /// # Errors
    /// Terms not in force or not acknowledged by the person, a basis that the party can't use for the
    /// model, a span outside it, or limits over those of the terms.
    pub fn request_grant(&self, request: GrantRequest) -> Result<Event, Refusal> {
        self.records.offer(Event::GrantRequested(request))
    }

    /// Both sides issue a requested grant, each through a second person.
    ///
    /// # Errors
    /// An approver who asked for the grant, holds it, approves for the other side too, or is recused
    /// or removed; a grant that was issued or stopped; and whatever a request would be refused for.
    pub fn issue_grant(
        &self,
        grant: GrantId,
        developer_approver: PersonId,
        government_approver: PersonId,
    ) -> Result<Event, Refusal> {
        let request = self.records.case.grant(&grant)?.request.digest();
        let (case, developer, government) = self.records.parties();
        self.records.offer(Event::GrantIssued(GrantIssue {
            case,
            grant,
            request,
            developer,
            developer_approver,
            government,
            government_approver,
        }))
    }

    /// The party that paused a grant lets it go on.
    ///
    /// # Errors
    /// A party that has not paused it, or a grant that was revoked.
    pub fn resume_grant(
        &self,
        grant: GrantId,
        by: PartyId,
        reason: Text,
    ) -> Result<Event, Refusal> {
        let (case, ..) = self.records.parties();
        self.records.offer(Event::GrantResumed(GrantChange { case, grant, by, reason }))
    }
}
