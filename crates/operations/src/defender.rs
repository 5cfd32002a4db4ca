//! The defender programme: a ladder of tiers as data, an application that fits on a page, verification, both keys, and grants
//! that are made from a tier and from nothing else.

mod form;
mod ladder;

pub use form::{FORM_LIMIT, Form, blank, form_from_page, page_fields, parse_form, written};
pub use ladder::{Ladder, Method, Step};

use crate::act::Ctx;
use crate::review::{self, ReviewError};
use access::{
    Allowance, Basis, Enrolment, EnrolmentAdmission, Event, Gives, GrantRequest, ProgrammeView,
    Tier, Verification,
};
use domain::{
    CaseId, Digest, GrantId, Line, ModelId, NominationId, PartyId, PersonId, Span, Timestamp,
};
use std::collections::BTreeSet;

/// Why a step of the programme was not made.
#[derive(Debug, thiserror::Error)]
pub enum DefenderError {
    /// The case or the log.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// The ladder, the form or what was asked for.
    #[error("{0}")]
    Asked(String),
}

fn asked(why: impl Into<String>) -> DefenderError {
    DefenderError::Asked(why.into())
}

/// What an organisation is admitted with.
#[derive(Debug, Clone)]
pub struct Admit {
    /// The case.
    pub case: CaseId,
    /// Which application.
    pub application: NominationId,
    /// The tier; the one asked for if not given.
    pub tier: Option<String>,
    /// The models, for a tier that gives one; all that the terms cover if none is given.
    pub models: BTreeSet<ModelId>,
    /// The first instant without standing; as many days as the tier has if not given.
    pub expires_at: Option<Timestamp>,
}

/// One application as a case has it.
async fn application(
    ctx: &Ctx,
    case: &CaseId,
    id: &NominationId,
) -> Result<(access::CaseView, ProgrammeView), DefenderError> {
    let (view, _) = review::show(ctx, case).await?;
    let found = view.standings.iter().find(|standing| standing.nomination == *id);
    let programme = found.and_then(|standing| standing.programme.clone());
    let programme = programme
        .ok_or_else(|| asked(format!("`{id}` is no application to the programme in this case")))?;
    Ok((view, programme))
}

/// The statement that one side looked whether an organisation is what it says.
///
/// # Errors
/// An unknown application or method, or one that the tier asked for does not take.
pub async fn verify(
    ctx: &Ctx,
    ladder: &Ladder,
    verification: Verification,
) -> Result<Event, DefenderError> {
    let (_, programme) = application(ctx, &verification.case, &verification.application).await?;
    ladder.method(verification.method.as_str()).map_err(asked)?;
    let tier = ladder.step(programme.enrolment.tier.as_str()).map_err(asked)?;
    if !tier.verified_by.iter().any(|name| name == verification.method.as_str()) {
        let (given, takes) = (&verification.method, tier.verified_by.join(", "));
        return Err(asked(format!("the tier `{}` takes {takes}, and not `{given}`", tier.name)));
    }
    Ok(Event::OrganisationVerified(verification))
}

/// The statement that both sides sign to admit a defender.
///
/// # Errors
/// An unknown application or tier, an organisation that was not verified as the tier wants, or no terms.
pub async fn admit(ctx: &Ctx, ladder: &Ladder, admit: Admit) -> Result<Event, DefenderError> {
    let (view, programme) = application(ctx, &admit.case, &admit.application).await?;
    let wanted = admit.tier.as_deref().unwrap_or(programme.enrolment.tier.as_str());
    let step = ladder.step(wanted).map_err(asked)?;
    let takes = |v: &Verification| step.verified_by.iter().any(|m| m == v.method.as_str());
    if !programme.verified.iter().any(takes) {
        let takes = step.verified_by.join(", ");
        return Err(asked(format!(
            "the organisation was not verified as the tier `{}` wants it ({takes}); `vestibule defender verify` states that somebody looked",
            step.name
        )));
    }
    let (digest, terms) = view.terms.ok_or_else(|| asked("no terms are agreed in this case"))?;
    let now = ctx.clock.now();
    let starts_at = view.planned_partner_release_at.max(now);
    let gives = match &step.endpoints {
        None => Gives::FindingsAndPatches,
        Some(endpoints) => Gives::Model(Allowance {
            models: if admit.models.is_empty() { terms.models.clone() } else { admit.models },
            // a tier gives nothing that the terms don't
            endpoints: endpoints.intersection(&terms.limits.endpoints).copied().collect(),
            tokens_per_grant: step.tokens_per_grant.min(terms.limits.tokens_per_grant),
        }),
    };
    let begins = if step.endpoints.is_some() { starts_at } else { now };
    let expires_at = admit.expires_at.unwrap_or_else(|| begins.after(Span::days(step.days)));
    Ok(Event::ProgrammeAdmitted(EnrolmentAdmission {
        case: view.case,
        application: admit.application,
        proposal: programme.enrolment.digest(),
        tier: Tier { name: line(&step.name)?, ladder: ladder.digest, gives },
        terms: digest,
        developer: view.developer,
        government: view.government,
        starts_at: begins,
        expires_at,
    }))
}

fn line(text: &str) -> Result<Line, DefenderError> {
    text.parse().map_err(|error: domain::ParseTextError| asked(error.to_string()))
}

/// Who asks for a grant, and with which credential.
#[derive(Debug, Clone)]
pub struct Holder {
    /// A new id.
    pub grant: GrantId,
    /// The one person.
    pub person: PersonId,
    /// Who asks.
    pub requested_by: PersonId,
    /// SHA-256 of the credential, bound or not.
    pub credential: Digest,
}

/// The request for a grant, made from what a tier gives. There is none without an allowance: a tier of findings and patches
/// has nothing to call this with.
///
/// # Errors
/// A model that the allowance does not name.
pub fn mint(
    admission: &EnrolmentAdmission,
    allowance: &Allowance,
    party: &PartyId,
    model: &ModelId,
    holder: Holder,
) -> Result<GrantRequest, String> {
    if !allowance.models.contains(model) {
        let models: Vec<_> = allowance.models.iter().map(ModelId::as_str).collect();
        return Err(format!("the tier gives {}, and not `{model}`", models.join(", ")));
    }
    let purpose = format!("defence of its own systems, tier {}", admission.tier.name);
    Ok(GrantRequest {
        case: admission.case.clone(),
        grant: holder.grant,
        basis: Basis::Defender(admission.application.clone()),
        model: model.clone(),
        party: party.clone(),
        person: holder.person,
        requested_by: holder.requested_by,
        terms: admission.terms,
        credential: holder.credential,
        endpoints: allowance.endpoints.clone(),
        budget_tokens: allowance.tokens_per_grant,
        starts_at: admission.starts_at,
        ends_at: admission.expires_at,
        purpose: purpose.parse().map_err(|e: domain::ParseTextError| e.to_string())?,
    })
}

/// The admission of an application of this party's, as it can read it.
///
/// # Errors
/// None, or more than this party can read.
pub async fn admission(
    ctx: &Ctx,
    application: &NominationId,
) -> Result<EnrolmentAdmission, DefenderError> {
    let known = ctx.known().await.map_err(ReviewError::Act)?;
    let events = known.statements.iter().filter_map(|s| s.attested::<Event>().ok());
    let mut found = events.filter_map(|attested| match attested.event {
        Event::ProgrammeAdmitted(e) if e.application == *application => Some(e),
        _ => None,
    });
    found.next_back().ok_or_else(|| {
        asked(format!(
            "nothing here says that both sides admitted `{application}`; it may still wait for a signature"
        ))
    })
}

/// The applications of a case. Who handed one in and can't read the case is told of its own, as far as it can read.
///
/// # Errors
/// A case of which nothing can be read here.
pub async fn list(ctx: &Ctx, case: &CaseId) -> Result<Vec<serde_json::Value>, DefenderError> {
    let applications = match review::show(ctx, case).await {
        Ok((view, _)) => {
            let ours = view.standings.into_iter().filter_map(|standing| {
                let programme = standing.programme?;
                let (until, revoked_by) = (standing.until, standing.revoked_by);
                Some(Own { id: standing.nomination, programme, until, revoked_by })
            });
            ours.collect()
        }
        Err(unknown @ ReviewError::Unknown(_)) => {
            let known = ctx.known().await.map_err(ReviewError::Act)?;
            let events = review::readable(&known).map(|(event, _)| event);
            let own = own(events.filter(|event| event.case() == Some(case)));
            if own.is_empty() {
                return Err(unknown.into());
            }
            own
        }
        Err(error) => return Err(error.into()),
    };
    Ok(applications.iter().map(Own::json).collect())
}

/// An application and what became of it.
#[derive(Debug)]
struct Own {
    id: NominationId,
    programme: ProgrammeView,
    until: Option<Timestamp>,
    revoked_by: Option<PartyId>,
}

impl Own {
    fn json(&self) -> serde_json::Value {
        let mut json = review::programme_json(&self.programme);
        json["application"] = serde_json::json!(self.id);
        json["party"] = serde_json::json!(self.programme.enrolment.applicant);
        json["until"] = serde_json::json!(self.until);
        json["revoked_by"] = serde_json::json!(self.revoked_by);
        json
    }
}

/// The applications in statements that were sealed to whoever handed them in, in log order.
fn own(events: impl Iterator<Item = Event>) -> Vec<Own> {
    let mut all: Vec<Own> = Vec::new();
    for event in events {
        match event {
            Event::ProgrammeApplied(enrolment) => {
                let id = enrolment.application.clone();
                if all.iter().all(|own| own.id != id) {
                    let programme = ProgrammeView { enrolment, verified: Vec::new(), tier: None };
                    all.push(Own { id, programme, until: None, revoked_by: None });
                }
            }
            Event::OrganisationVerified(e) => {
                if let Some(own) = all.iter_mut().find(|own| own.id == e.application) {
                    own.programme.verified.push(e);
                }
            }
            Event::ProgrammeAdmitted(e) => {
                if let Some(own) = all.iter_mut().find(|own| own.id == e.application) {
                    own.until = Some(e.expires_at);
                    own.programme.tier = Some((e.tier, e.starts_at));
                }
            }
            Event::DefenderRevoked(e) => {
                if let Some(own) = all.iter_mut().find(|own| own.id == e.nomination) {
                    own.revoked_by = Some(e.by);
                }
            }
            Event::OrganisationRemoved(e) => {
                let gone = all.iter_mut().filter(|o| o.programme.enrolment.applicant == e.party);
                gone.for_each(|own| own.revoked_by = Some(e.by.clone()));
            }
            _ => {}
        }
    }
    all
}

/// An application as a statement.
pub fn enrolment(form: Form, application: NominationId, applicant: PartyId) -> Enrolment {
    Enrolment {
        case: form.case,
        application,
        applicant,
        organisation: form.organisation,
        sector: form.sector,
        size: form.size,
        sponsored: form.sponsored,
        systems: form.systems,
        tier: form.tier,
        reason: form.reason,
    }
}

#[cfg(test)]
mod tests;
