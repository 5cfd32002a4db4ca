//! Permits. The default is to refuse.

use super::Reviews;
use crate::case::{Case, GrantRecord};
use crate::event::{Basis, Step};
use crate::{Limits, Permit, Refusal, UseRequest};
use domain::{Digest, PersonId, Span, Timestamp};

/// A grant whose holder may ask now, in the way it does.
struct Admitted<'r> {
    case: &'r Case,
    record: &'r GrantRecord,
    limits: Option<&'r Limits>,
    /// Who looks on, if anyone does.
    second: Option<PersonId>,
    expires_at: Timestamp,
}

impl Reviews {
    /// A permit for one request, or the first reason against it. The latest instant ever seen here
    /// counts when `now` is earlier.
    ///
    /// `credential` is the SHA-256 of the bearer token.
    ///
    /// # Errors
    /// In this order: the credential is no grant's, or was replaced (after what is said of the grant itself); the developer withdrew the case, the model or the
    /// window; the grant was revoked; its person was removed; it is suspended, or paused over a signal; a breach stops the case; both sides have
    /// replaced its terms; its window or standing is not usable now; the grant itself has not begun
    /// or is over; it comes from outside the networks of the terms; its record would be less safe than they
    /// ask for; the credential is held otherwise than the terms allow; a second person is needed and there is none; another model; an endpoint the grant does not name; the record shows too few tokens left, of the
    /// grant, of the day, or of the person.
    pub fn permit(
        &self,
        credential: &Digest,
        request: &UseRequest,
        now: Timestamp,
    ) -> Result<Permit, Refusal> {
        let at = self.seen.observe(now);
        let Admitted { case, record, limits, second, expires_at } =
            self.admitted(credential, request, at)?;
        let granted = &record.request;
        let grant = &granted.grant;
        if granted.model != request.model {
            let model = request.model.clone();
            return Err(Refusal::ModelNotGranted { grant: grant.clone(), model });
        }
        if !granted.endpoints.contains(&request.endpoint) {
            let endpoint = request.endpoint;
            return Err(Refusal::EndpointNotGranted { grant: grant.clone(), endpoint });
        }
        let (left, asked) = (record.left(), request.tokens);
        if left == 0 || asked > left {
            return Err(Refusal::BudgetSpent { grant: grant.clone(), left, asked });
        }
        let day_budget = limits.and_then(|limits| record.day_budget(limits, at));
        if let Some(budget) = day_budget {
            let left = budget.tokens.saturating_sub(budget.recorded);
            if left == 0 || asked > left {
                let (grant, resumes_at) = (grant.clone(), budget.day.after(Span::days(1)));
                return Err(Refusal::DayBudgetSpent { grant, left, asked, resumes_at });
            }
        }
        let person_budget = limits.and_then(|limits| case.person_budget(record, limits, at));
        if let Some(budget) = &person_budget {
            budget.holds(asked)?;
        }
        Ok(Permit {
            case: case.id.clone(),
            grant: grant.clone(),
            basis: granted.basis.clone(),
            developer: case.developer.clone(),
            party: granted.party.clone(),
            person: granted.person.clone(),
            model: granted.model.clone(),
            endpoint: request.endpoint,
            terms: granted.terms,
            budget_tokens: granted.budget_tokens,
            recorded_tokens: record.used_tokens,
            day_budget,
            person_budget,
            content: limits.and_then(|limits| limits.content).unwrap_or_default(),
            slowed: record.held().is_some_and(|(_, step)| step == Step::Slow),
            second_key: request.second,
            second,
            expires_at,
        })
    }

    /// Whether any request of this kind could have a permit, whatever its model, endpoint and budget: asked before a body
    /// is read.
    ///
    /// # Errors
    /// As [`Reviews::permit`], model, endpoint and budget aside.
    pub fn recognises(
        &self,
        credential: &Digest,
        request: &UseRequest,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let at = self.seen.observe(now);
        self.admitted(credential, request, at).map(drop)
    }

    fn admitted(
        &self,
        credential: &Digest,
        request: &UseRequest,
        at: Timestamp,
    ) -> Result<Admitted<'_>, Refusal> {
        let (case, grant) =
            self.record.credentials.get(credential).ok_or(Refusal::UnknownCredential)?;
        let case = self.case(case)?;
        let record = case.grant(grant)?;
        let expires_at = self.usable(case, record, at)?;
        let expires_at = expires_at.min(record.works_until(credential, case.instant(at))?);
        let limits = case.terms().map(|(_, terms)| &terms.limits);
        if let Some(limits) = limits {
            limits.admit_source(request.from)?;
            limits.admit_recording(request.recording)?;
            limits.admit_binding(request.binding)?;
        }
        let second = self.second_person(case, record, request.second.as_ref(), at)?;
        Ok(Admitted { case, record, limits, second, expires_at })
    }

    /// Whether what a permit allowed may go on: asked for open streams, at every chunk or as often
    /// as the gateway's lease demands.
    ///
    /// # Errors
    /// As [`Reviews::permit`], source, recording, model, endpoint and budget aside.
    pub fn is_live(&self, permit: &Permit, now: Timestamp) -> Result<(), Refusal> {
        let at = self.seen.observe(now);
        let case = self.case(&permit.case)?;
        let record = case.grant(&permit.grant)?;
        let expires_at = self.usable(case, record, at)?.min(permit.expires_at);
        self.second_person(case, record, permit.second_key.as_ref(), at)?;
        if case.instant(at) >= expires_at {
            return Err(Refusal::GrantOver { grant: permit.grant.clone(), ended_at: expires_at });
        }
        Ok(())
    }

    /// Who looks on, if anyone does: another person of the holder's party, with a grant in the case that could be used now.
    /// Somebody must where a signal made the developer ask for it.
    fn second_person(
        &self,
        case: &Case,
        record: &GrantRecord,
        credential: Option<&Digest>,
        at: Timestamp,
    ) -> Result<Option<PersonId>, Refusal> {
        let request = &record.request;
        let second = credential.and_then(|credential| {
            let (of_case, grant) = self.record.credentials.get(credential)?;
            let second = case.grants.get(grant).filter(|_| *of_case == case.id)?;
            let other =
                second.request.party == request.party && second.request.person != request.person;
            let looks_on = other && self.usable(case, second, at).is_ok();
            looks_on.then(|| second.request.person.clone())
        });
        match (record.held(), &second) {
            (Some((rule, Step::SecondPerson)), None) => {
                let (grant, rule) = (request.grant.clone(), rule.clone());
                Err(Refusal::SecondPersonNeeded { grant, rule })
            }
            _ => Ok(second),
        }
    }

    /// The instant up to which an issued grant is usable, if it is at `at`.
    pub(crate) fn usable(
        &self,
        case: &Case,
        record: &GrantRecord,
        at: Timestamp,
    ) -> Result<Timestamp, Refusal> {
        let request = &record.request;
        let grant = || request.grant.clone();
        self.not_withdrawn(case, record)?;
        if record.issued.is_none() {
            return Err(Refusal::GrantNotIssued { grant: grant() });
        }
        record.not_revoked()?;
        case.not_removed(&request.party, &request.person)?;
        record.not_stopped()?;
        record.not_paused()?;
        case.not_breached()?;
        self.not_stopped(case)?;
        if case.terms.as_ref().is_none_or(|agreed| agreed.digest != request.terms) {
            return Err(Refusal::TermsReplaced { grant: grant() });
        }
        let basis_ends_at = case.basis_usable(request, at)?;
        let at = case.instant(at);
        if at < request.starts_at {
            let starts_at = request.starts_at;
            return Err(Refusal::GrantNotBegun { grant: grant(), starts_at });
        }
        if at >= request.ends_at {
            return Err(Refusal::GrantOver { grant: grant(), ended_at: request.ends_at });
        }
        Ok(basis_ends_at.min(request.ends_at))
    }

    /// The developer has not withdrawn what the grant needs, by the log or by direct word.
    fn not_withdrawn(&self, case: &Case, record: &GrantRecord) -> Result<(), Refusal> {
        let request = &record.request;
        for withdrawn in [Some(&case.withdrawn), self.heeded_of(case)].into_iter().flatten() {
            if withdrawn.case {
                return Err(Refusal::CaseWithdrawn);
            }
            if withdrawn.models.contains(&request.model) {
                return Err(Refusal::ModelWithdrawn { model: request.model.clone() });
            }
            if let Basis::Window(window) = &request.basis
                && withdrawn.windows.contains(window)
            {
                return Err(Refusal::WindowWithdrawn { window: window.clone() });
            }
        }
        Ok(())
    }
}
