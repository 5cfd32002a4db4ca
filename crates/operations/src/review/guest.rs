//! What an organisation outside a case knows of it: the statements that were sealed to it, and no state.
//!
//! A partner or defender can't read how a case began, so it can't fold it. It can still be told what it said itself and what
//! both sides said about it, and what is plainly wrong with what it is about to say.

use super::{ReviewError, refused};
use crate::act::Ctx;
use crate::disclose::{self, Field};
use crate::fold::Refused;
use crate::sync::Known;
use access::{Basis, Event, ProgrammeRefusal, Refusal};
use domain::{CaseId, Digest, PartyId, PersonId, Role, Statement, Timestamp};
use ledger::Trust;
use serde::Serialize;

/// A statement about a case that this party can read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Heard {
    /// Its place in the log.
    pub index: u64,
    /// Its id.
    pub id: Digest,
    /// What kind of statement it is.
    pub kind: String,
    /// Who signed it.
    pub signers: Vec<PartyId>,
    /// When its issuer says it was stated.
    pub claimed_at: Timestamp,
    /// What it says.
    pub says: Vec<Field>,
}

/// What this party can read of a case that it can't fold, in log order.
///
/// # Errors
/// Nothing of the case can be read here.
pub async fn heard(ctx: &Ctx, case: &CaseId) -> Result<Vec<Heard>, ReviewError> {
    let known = ctx.known().await?;
    let all: Vec<_> = readable(&known).filter(|(event, _)| event.case() == Some(case)).collect();
    if all.is_empty() {
        return Err(ReviewError::Unknown(case.clone()));
    }
    let told = all.into_iter().filter_map(|(_, statement)| {
        let header = statement.leaf.header();
        let opened = statement.content.as_ref().ok()?;
        Some(Heard {
            index: statement.index,
            id: statement.leaf.id(),
            kind: header.kind().to_owned(),
            signers: header.signers().to_vec(),
            claimed_at: header.claimed_at(),
            says: disclose::says(opened, header).ok()?,
        })
    });
    Ok(told.collect())
}

/// The cases that this party can read something of and can't fold, with how many statements.
///
/// # Errors
/// The log can't be brought up to date.
pub async fn heard_of(ctx: &Ctx) -> Result<Vec<(CaseId, usize)>, ReviewError> {
    let known = ctx.known().await?;
    let (reviews, _) = super::reviews(&known, &known.trust);
    let mut cases = std::collections::BTreeMap::new();
    for (event, _) in readable(&known) {
        if let Some(case) = event.case().filter(|case| reviews.case(case).is_err()) {
            *cases.entry(case.clone()).or_insert(0) += 1;
        }
    }
    Ok(cases.into_iter().collect())
}

/// The statements about reviews that can be read.
pub(crate) fn readable(known: &Known) -> impl Iterator<Item = (Event, &ledger::LogStatement)> {
    let ours = known.statements.iter().filter(|s| s.leaf.header().schema() == Event::SCHEMA);
    ours.filter_map(|statement| {
        statement.attested::<Event>().ok().map(|attested| (attested.event, statement))
    })
}

/// What is wrong with a statement of a guest by what it can read itself; the case's parties judge the rest.
///
/// # Errors
/// As the rules of the case would refuse it.
pub(super) fn judge(known: &Known, trust: &Trust, event: &Event) -> Result<(), Refused> {
    judged(known, trust, event).map_err(|refusal| refused(&refusal))
}

fn judged(known: &Known, trust: &Trust, event: &Event) -> Result<(), Refusal> {
    let before = || readable(known).map(|(event, _)| event).filter(|e| e.case() == event.case());
    let role = |party: &PartyId, role: Role| match trust.party(party) {
        Some(member) if member.party.roles.contains(&role) => Ok(()),
        Some(_) => Err(Refusal::RoleMissing { party: party.clone(), role }),
        None => Err(Refusal::UnknownParty { party: party.clone() }),
    };
    for said in before() {
        if let Event::OrganisationRemoved(e) = said
            && event.signers().contains(&e.party)
            && matches!(event, Event::GrantRequested(_) | Event::ProgrammeApplied(_))
        {
            return Err(ProgrammeRefusal::OrganisationRemoved { party: e.party }.into());
        }
    }
    let has_read = |who: (Digest, &PartyId, &PersonId)| {
        before().any(|said| match said {
            Event::TermsAcknowledged(said) => (said.terms, &said.party, &said.person) == who,
            _ => false,
        })
    };
    match event {
        Event::TermsAcknowledged(e) if has_read((e.terms, &e.party, &e.person)) => {
            let (party, person) = (e.party.clone(), e.person.clone());
            return Err(Refusal::AcknowledgedAlready { party, person });
        }
        Event::ProgrammeApplied(e) => {
            role(&e.applicant, Role::Defender)?;
            let taken = before().any(|said| match said {
                Event::ProgrammeApplied(said) => said.application == e.application,
                _ => false,
            });
            if taken {
                return Err(Refusal::NominationExists { nomination: e.application.clone() });
            }
        }
        Event::GrantRequested(e) => {
            match &e.basis {
                Basis::Window(_) => {}
                Basis::Partner(_) => role(&e.party, Role::Partner)?,
                Basis::Defender(_) => role(&e.party, Role::Defender)?,
            }
            if !has_read((e.terms, &e.party, &e.person)) {
                let (party, person) = (e.party.clone(), e.person.clone());
                return Err(Refusal::NotAcknowledged { party, person });
            }
        }
        _ => {}
    }
    Ok(())
}
