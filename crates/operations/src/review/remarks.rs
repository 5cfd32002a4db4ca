//! What a party may want to know besides about what it states, though no rule refuses it.

use super::{is_guest, reviews};
use crate::act::Ctx;
use access::{Event, Refusal, Reviews, Scope};
use domain::{PartyId, Role};

/// Remarks about a statement, in plain words; none where the log can't be read.
pub async fn remarks(ctx: &Ctx, event: &Event) -> Vec<String> {
    let Ok(known) = ctx.known().await else { return Vec::new() };
    let (reviews, _) = reviews(&known, &known.trust);
    let has = |party: &PartyId, role| {
        known.trust.party(party).is_some_and(|member| member.party.roles.contains(&role))
    };
    let mut remarks = about_withdrawal(&reviews, event);
    match event {
        Event::ModelReleased(e) if !has(&e.developer, Role::Developer) => remarks.push(format!(
            "the roots of trust don't name `{}` a developer, so this says nothing about another's model",
            e.developer
        )),
        Event::PartnerNominated(e) if !has(&e.nominee, Role::Partner) => remarks.push(format!(
            "the roots of trust don't name `{}` a partner; a selection is possible, and no grant before they do (`vestibule key admit`)",
            e.nominee
        )),
        _ => {}
    }
    let case = event.case();
    if case.is_some_and(|case| reviews.case(case).is_err()) && is_guest(ctx, event) {
        remarks.push(
            "this party can't read the case, so its rules could not be asked here; whether it counts is judged by those who can".to_owned(),
        );
    }
    remarks
}

/// A withdrawal is never refused. One that names what is not there ends nothing.
fn about_withdrawal(reviews: &Reviews, event: &Event) -> Vec<String> {
    let Event::AccessWithdrawn(e) = event else { return Vec::new() };
    let id = &e.case;
    let case = match reviews.case(id) {
        Ok(case) => case,
        Err(Refusal::UnknownCase { .. }) => {
            return vec![format!("no case `{id}` is known here: nothing has ended by this")];
        }
        Err(_) => return Vec::new(),
    };
    let (what, there) = match &e.scope {
        Scope::Case => return Vec::new(),
        Scope::Model(model) => (format!("model `{model}`"), case.models().contains(model)),
        Scope::Window(window) => (format!("window `{window}`"), case.has_window(window)),
    };
    if there {
        return Vec::new();
    }
    vec![format!(
        "case `{id}` has no {what}: nothing has ended by this. All access in it ends with `vestibule review withdraw --case {id}`"
    )]
}
