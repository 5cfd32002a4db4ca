//! What is on record of a case, each thing in one phrase that a terminal, a page and a dossier share.

use super::{audience, outcome};
use access::{
    AdmissionView, AssessmentPublication, AssessmentSharing, Audience, BreachView, Destruction,
    DeterminationView, SignalAction, Snapshot,
};
use domain::{Line, Timestamp};

/// An assessment that went to others.
pub fn sharing(s: &AssessmentSharing) -> String {
    let (by, to, mark) = (&s.by, listed(&s.recipients), &s.handling);
    format!("{} by {by} to {to}, {mark}, SHA-256 {}", named(s.item.as_ref()), s.report)
}

/// An assessment that was made public.
pub fn publication(p: &AssessmentPublication) -> String {
    let (item, signers) = (named(p.item.as_ref()), listed(p.signers()));
    format!("{item}, signed by {signers}, at {}, SHA-256 {}", p.place, p.report)
}

fn named(item: Option<&Line>) -> &str {
    item.map_or("an assessment", Line::as_str)
}

/// Something that was destroyed.
pub fn destruction(d: &Destruction) -> String {
    let Destruction { what, by, person, method, destroyed_at, .. } = d;
    format!("{what}, by {person} of {by} ({method}) on {}", destroyed_at.date())
}

/// A breach, without its account.
pub fn breach(b: &BreachView) -> String {
    let now = match &b.remedied {
        Some(remedy) => format!("remedied: {remedy}"),
        None if b.stops => "open; it stops all uses".to_owned(),
        None => "open".to_owned(),
    };
    let (id, kind, by, about) = (&b.incident, b.kind.name(), &b.by, &b.about);
    format!("{id}: {kind}, noticed by {by} about {about}; {now}")
}

/// A state of a model that was evaluated, accessed or released.
pub fn snapshot(s: &Snapshot) -> String {
    let from = s.derived_from.map_or_else(String::new, |from| format!(", from {from}"));
    format!("{} as {}: {} ({}){from}", s.model, s.stage.name(), s.digest, s.variant)
}

/// A step that somebody took about a signal of misuse.
pub fn action(a: &SignalAction) -> String {
    format!("{} on {}: {}, by {}; {}", a.rule, a.grant, a.step.name(), a.person, a.reason)
}

/// What was determined about a model.
pub fn determination(d: &DeterminationView) -> String {
    let (by, on) = (&d.authority, d.decided_at.date());
    format!("determined by {by} on {on}: {}", outcome(d.outcome))
}

/// To whom a model was released.
pub fn release((to, at): (Audience, Timestamp)) -> String {
    format!("released to {} on {}", audience(to), at.date())
}

/// How an organisation stands in a case.
pub fn standing(s: &AdmissionView) -> String {
    match (&s.revoked_by, s.until) {
        (Some(by), _) => format!("ended by {by}"),
        (None, Some(until)) => format!("until {until}"),
        (None, None) => "waits for both keys".to_owned(),
    }
}

fn listed<T: ToString>(of: impl IntoIterator<Item = T>) -> String {
    of.into_iter().map(|one| one.to_string()).collect::<Vec<_>>().join(", ")
}
