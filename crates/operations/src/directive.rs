//! Obligations and their clocks: from the shipped rule packs, and from what parties stated.

use crate::act::{ActError, Ctx, Done, Readers};
use crate::fold::{self, Refused};
use crate::rules;
use directives::{Directives, Event, Obligation, ObligationId, Pack, PackError, Refusal, Why};
use domain::{PartyId, Role, Timestamp};
use ledger::Trust;
use std::collections::BTreeMap;

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum DirectiveError {
    /// A rule pack.
    #[error("rules/{name}")]
    Pack {
        /// Which file.
        name: String,
        /// What is wrong with it.
        #[source]
        source: Box<PackError>,
    },
    /// Stating it.
    #[error(transparent)]
    Act(#[from] ActError),
    /// The rules do not admit it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// No such obligation.
    #[error("there is no obligation `{0}`; `vestibule directive list` names them")]
    Unknown(ObligationId),
}

/// The shipped rule packs.
///
/// # Errors
/// Never for the files as shipped; a test holds that.
pub fn packs() -> Result<Vec<Pack>, DirectiveError> {
    let mut packs = Vec::new();
    for file in rules::PACKS {
        packs.push(Pack::read(file.text).map_err(|source| DirectiveError::Pack {
            name: file.name.to_owned(),
            source: Box::new(source),
        })?);
    }
    Ok(packs)
}

/// The obligations without any party's statements: the rules alone.
///
/// # Errors
/// A rule pack.
pub fn rules_alone() -> Result<Directives, DirectiveError> {
    Ok(Directives::new(packs()?, BTreeMap::new()))
}

/// The obligations with what this party can read of clocks and evidence.
///
/// # Errors
/// The log can't be brought up to date.
pub async fn known(ctx: &Ctx) -> Result<Directives, DirectiveError> {
    let known = ctx.known().await?;
    let mut directives = Directives::new(packs()?, directory(&known.trust));
    fold::fold::<Event>(&known, |attested| {
        directives.apply(attested).map_err(|refusal| refused(&refusal))
    });
    Ok(directives)
}

/// Every obligation, most pressing first.
pub fn list(directives: &Directives, party: Option<&PartyId>, now: Timestamp) -> Vec<Obligation> {
    directives.list(party, now)
}

/// How a due date came about.
///
/// # Errors
/// No such obligation.
pub fn why(
    directives: &Directives,
    id: &ObligationId,
    party: Option<&PartyId>,
    now: Timestamp,
) -> Result<Why, DirectiveError> {
    directives.why(id, party, now).ok_or_else(|| DirectiveError::Unknown(id.clone()))
}

/// States what a command of the rules made, to this party and the inspectors.
///
/// # Errors
/// The rules' refusal, or what stating met.
pub async fn state(
    ctx: &Ctx,
    make: impl FnOnce(&Directives, Timestamp) -> Result<Event, Refusal>,
    request: Option<&str>,
) -> Result<Done, DirectiveError> {
    if let Some(done) = ctx.repeated(request).await? {
        return Ok(done);
    }
    let directives = known(ctx).await?;
    let event = make(&directives, ctx.clock.now()).map_err(|refusal| refused(&refusal))?;
    let readers = Readers::Parties(with_role(&ctx.current()?, &[Role::Inspector]).collect());
    Ok(ctx.state(&event, &readers, request).await?)
}

fn refused(refusal: &Refusal) -> Refused {
    Refused::new(refusal.code(), refusal)
}

/// The parties of the roots of trust as rules want them.
pub(crate) fn directory(trust: &Trust) -> BTreeMap<PartyId, domain::Party> {
    trust.parties().map(|m| (m.party.id.clone(), m.party.clone())).collect()
}

/// The parties that have one of these roles.
pub fn with_role(trust: &Trust, roles: &[Role]) -> impl Iterator<Item = PartyId> {
    trust
        .parties()
        .filter(move |m| m.party.roles.iter().any(|r| roles.contains(r)))
        .map(|m| m.party.id.clone())
}

#[cfg(test)]
mod tests;
