//! The rules of use, read a second time: from the whole history at once, without any state.
//!
//! It shares no code with the fold. It knows the statements that were admitted, the words that were
//! heeded and the latest instant seen, and says whether a request may be forwarded and until when.
#![expect(clippy::wildcard_enum_match_arm, reason = "each question reads only its own statements")]

use super::within_thirty_days;
use super::world::World;
use crate::event::{Basis, Event, Gives, GrantRequest, Scope, Step, WindowOpening};
use crate::{UseRequest, Withdrawal};
use domain::{Attested, Digest, NominationId, PartyId, Statement, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

type History<'a> = &'a [Attested<Event>];

/// Until when the request may go on, if it may now.
pub(super) fn may_use(world: &World, credential: &Digest, asked: &UseRequest) -> Option<Timestamp> {
    let history: History<'_> = &world.history;
    let (request, until) = usable(world, credential)?;
    let left = request.budget_tokens.saturating_sub(recorded(history, request));
    let fits = is_accompanied(world, request, asked.second.as_ref())
        && request.model == asked.model
        && request.endpoints.contains(&asked.endpoint)
        && left > 0
        && asked.tokens <= left;
    fits.then_some(until)
}

/// Whether a stream that once had a permit until `until` may go on.
pub(super) fn may_continue(
    world: &World,
    credential: &Digest,
    asked: &UseRequest,
    until: Timestamp,
) -> bool {
    let now = instant(world);
    usable(world, credential).is_some_and(|(request, end)| {
        is_accompanied(world, request, asked.second.as_ref())
            && request.model == asked.model
            && now < end.min(until)
    })
}

fn usable<'w>(world: &'w World, credential: &Digest) -> Option<(&'w GrantRequest, Timestamp)> {
    let history: History<'_> = &world.history;
    let now = instant(world);
    let requests = history.iter().filter_map(|statement| match &statement.event {
        Event::GrantRequested(e) if e.credential == *credential => Some(e),
        _ => None,
    });
    let issued: Vec<_> = requests.filter(|request| is_issued(history, request)).collect();
    let [request] = issued.as_slice() else { return None };
    let ok = withdrawn(world, request).is_none()
        && !is_stopped(history, request)
        && held(history, request) != Some(Step::Pause)
        && !is_breached(history)
        && terms_in_force(history) == Some(request.terms)
        && is_acknowledged(history, request)
        && request.starts_at <= now
        && now < request.ends_at;
    let end = match &request.basis {
        Basis::Window(_) => window_end(history, request, now)?,
        Basis::Partner(id) => standing_end(history, id, true)?,
        Basis::Defender(id) => standing_end(history, id, false)?,
    };
    (ok && now < end).then(|| (*request, end.min(request.ends_at)))
}

/// The latest instant seen here, or stated by one of the main parties.
fn instant(world: &World) -> Timestamp {
    let stated = world.history.iter().filter(|s| moves_clock(s)).map(|s| s.claimed_at).max();
    stated.unwrap_or(Timestamp::EPOCH).max(world.observed).max(world.now)
}

/// Statements of the main parties about access, as opposed to records beside it.
fn moves_clock(statement: &Attested<Event>) -> bool {
    let beside = [
        "access-requested",
        "request-declined",
        "order-recorded",
        "model-released",
        "access-withdrawn",
        "model-determined",
        "determination-withdrawn",
        "assessment-shared",
        "assessment-published",
        "defender-applied",
        "breach-noticed",
        "breach-answered",
        "breach-remedied",
        "destruction-attested",
        "snapshot-bound",
        "signal-acted",
        "candidate-considered",
        "programme-applied",
        "organisation-verified",
    ];
    let main = statement.event.signers().iter().any(is_main);
    main && !beside.contains(&statement.event.kind())
}

fn is_main(party: &PartyId) -> bool {
    matches!(party.as_str(), "developer" | "government")
}

/// Both main parties signed, and they are the ones of the case.
fn has_both_keys(statement: &Attested<Event>) -> bool {
    let signed = statement.signers.iter().filter(|s| is_main(s)).count() == 2;
    signed && statement.event.signers().iter().all(is_main)
}

fn is_issued(history: History<'_>, request: &GrantRequest) -> bool {
    history.iter().any(|statement| match &statement.event {
        Event::GrantIssued(e) if e.grant == request.grant => {
            let people = [
                &e.developer_approver,
                &e.government_approver,
                &request.requested_by,
                &request.person,
            ];
            let distinct = people.iter().collect::<BTreeSet<_>>().len();
            let expected = if request.requested_by == request.person { 3 } else { 4 };
            has_both_keys(statement) && distinct == expected && e.request == request.digest()
        }
        _ => false,
    })
}

fn withdrawn<'w>(world: &'w World, request: &GrantRequest) -> Option<&'w Withdrawal> {
    let logged = world.history.iter().filter_map(|statement| match &statement.event {
        Event::AccessWithdrawn(e) => Some(e),
        _ => None,
    });
    let heeded = world.words.iter().map(|word| &word.withdrawal);
    logged.chain(heeded).find(|withdrawal| {
        withdrawal.developer.as_str() == "developer"
            && match &withdrawal.scope {
                Scope::Case => true,
                Scope::Model(model) => *model == request.model,
                Scope::Window(window) => request.basis == Basis::Window(window.clone()),
            }
    })
}

fn is_stopped(history: History<'_>, request: &GrantRequest) -> bool {
    let mut suspended = BTreeSet::new();
    for statement in history {
        match &statement.event {
            Event::GrantRevoked(e) if e.grant == request.grant => return true,
            Event::PersonRemoved(e) if e.party == request.party && e.person == request.person => {
                return true;
            }
            Event::OrganisationRemoved(e) if e.party == request.party => return true,
            Event::GrantSuspended(e) if e.grant == request.grant => {
                suspended.insert(e.by.clone());
            }
            Event::GrantResumed(e) if e.grant == request.grant => {
                suspended.remove(&e.by);
            }
            _ => {}
        }
    }
    !suspended.is_empty()
}

/// The strongest of the latest steps about each rule's signals.
fn held(history: History<'_>, request: &GrantRequest) -> Option<Step> {
    let mut latest = BTreeMap::new();
    for statement in history {
        if let Event::SignalActed(e) = &statement.event
            && e.grant == request.grant
        {
            latest.insert(e.rule.clone(), e.step);
        }
    }
    latest.into_values().filter(|step| *step > Step::Ask).max()
}

/// Whether another person of the holder's party, with a grant that could be used, looks on where that is asked for.
fn is_accompanied(world: &World, request: &GrantRequest, second: Option<&Digest>) -> bool {
    if held(&world.history, request) != Some(Step::SecondPerson) {
        return true;
    }
    let other = second.and_then(|credential| usable(world, credential));
    other.is_some_and(|(other, _)| other.party == request.party && other.person != request.person)
}

/// A breach that stops uses was noticed, and not remedied after.
fn is_breached(history: History<'_>) -> bool {
    let mut open = BTreeSet::new();
    for statement in history {
        match &statement.event {
            Event::BreachNoticed(e) if e.stops => {
                open.insert(e.incident.clone());
            }
            Event::BreachRemedied(e) => {
                open.remove(&e.incident);
            }
            _ => {}
        }
    }
    !open.is_empty()
}

fn terms_in_force(history: History<'_>) -> Option<Digest> {
    history.iter().rev().find_map(|statement| match &statement.event {
        Event::TermsAgreed(e) if has_both_keys(statement) => Some(e.terms),
        _ => None,
    })
}

fn is_acknowledged(history: History<'_>, request: &GrantRequest) -> bool {
    history.iter().any(|statement| match &statement.event {
        Event::TermsAcknowledged(e) => {
            e.terms == request.terms
                && e.person == request.person
                && e.party == request.party
                && statement.signers.contains(&request.party)
        }
        _ => false,
    })
}

/// Follows the window through the developer's plans: each moves the end while it has not passed.
fn window_end(history: History<'_>, request: &GrantRequest, now: Timestamp) -> Option<Timestamp> {
    let mut open: Option<(&WindowOpening, Timestamp)> = None;
    let mut latest = Timestamp::EPOCH;
    for statement in history {
        if moves_clock(statement) {
            latest = latest.max(statement.claimed_at);
        }
        match &statement.event {
            Event::WindowOpened(e) if request.basis == Basis::Window(e.window.clone()) => {
                if !has_both_keys(statement) || !e.models.contains(&request.model) {
                    return None;
                }
                let last = e.first_access_at.after(e.longest);
                open = Some((e, last.min(e.planned_partner_release_at)));
            }
            Event::WindowClosed(e) if request.basis == Basis::Window(e.window.clone()) => {
                return None;
            }
            Event::ReleaseReplanned(e) => {
                let at = latest.max(statement.claimed_at);
                if let Some((opening, end)) = &mut open
                    && at < *end
                {
                    let last = opening.first_access_at.after(opening.longest);
                    *end = last.min(e.planned_partner_release_at);
                }
            }
            _ => {}
        }
    }
    let (opening, end) = open?;
    let in_time = opening.first_access_at <= now && now < end;
    (in_time && within_thirty_days(opening.first_access_at, end)).then_some(end)
}

fn standing_end(history: History<'_>, id: &NominationId, partner: bool) -> Option<Timestamp> {
    let mut expires = None;
    let mut end = None;
    for statement in history {
        match &statement.event {
            Event::PartnerNominated(e) if partner && e.nomination == *id => {
                expires = Some(e.expires_at);
            }
            Event::PartnerSelected(e) if partner && e.nomination == *id => {
                end = if has_both_keys(statement) { expires } else { None };
            }
            Event::DefenderAdmitted(e) if !partner && e.application == *id => {
                end = has_both_keys(statement).then_some(e.expires_at);
            }
            Event::ProgrammeAdmitted(e) if !partner && e.application == *id => {
                // findings and patches alone give no model to use
                let model = matches!(e.tier.gives, Gives::Model(_));
                end = (has_both_keys(statement) && model).then_some(e.expires_at);
            }
            Event::PartnerRevoked(e) | Event::DefenderRevoked(e) if e.nomination == *id => {
                return None;
            }
            _ => {}
        }
    }
    end
}

fn recorded(history: History<'_>, request: &GrantRequest) -> u64 {
    let uses = history.iter().filter_map(|statement| match &statement.event {
        Event::UsesRecorded(e) if e.grant == request.grant => Some(e.tokens_in + e.tokens_out),
        _ => None,
    });
    uses.sum()
}
