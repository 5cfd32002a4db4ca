//! One case as a page: no script, no outside file, good on paper and in 320 px.

use askama::Template;
use operations::review::{Overview, TermsView, told};

#[derive(Template)]
#[template(path = "case.html")]
struct Page<'a> {
    o: &'a Overview,
    /// When, in how many days, and what.
    clocks: Vec<(String, u64, &'a str)>,
    terms: Vec<(&'static str, &'a TermsView)>,
    facts: Vec<(&'static str, Vec<String>)>,
    kept: Vec<(&'static str, Vec<String>)>,
    style: &'static str,
}

/// The page's HTML.
///
/// # Errors
/// Never for values that are text; the template engine's own.
pub fn page(overview: &Overview) -> Result<String, askama::Error> {
    let clocks = overview.clocks.iter().map(|clock| {
        let days = clock.at.since(overview.as_of).as_days();
        (second(&clock.at), days, clock.what.as_str())
    });
    let in_force = overview.terms.iter().map(|terms| ("Terms in force", terms));
    let proposed = overview.proposal.iter().map(|terms| ("Terms on the table", terms));
    let terms = in_force.chain(proposed);
    Page {
        o: overview,
        clocks: clocks.collect(),
        terms: terms.collect(),
        facts: facts(overview),
        kept: kept(overview),
        style: include_str!("../templates/style.css"),
    }
    .render()
}

/// An instant without what is below a second.
pub(crate) fn second(at: &domain::Timestamp) -> String {
    let text = at.to_string();
    text.split_once('.').map_or(text.clone(), |(whole, _)| format!("{whole}Z"))
}

/// Rows of a list, those that have something in them.
fn rows(all: Vec<(&'static str, Vec<String>)>) -> Vec<(&'static str, Vec<String>)> {
    all.into_iter().filter(|(_, rows)| !rows.is_empty()).collect()
}

fn facts(o: &Overview) -> Vec<(&'static str, Vec<String>)> {
    let view = &o.view;
    let models = view.models.iter().map(|model| {
        let mut text = model.model.to_string();
        for d in model.determinations.iter().filter(|d| d.superseded_by.is_none() && !d.withdrawn) {
            text += &format!(", {}", told::determination(d));
        }
        for release in &model.releases {
            text += &format!(", {}", told::release(*release));
        }
        text + if model.withdrawn { ", access withdrawn" } else { "" }
    });
    let people = |all: &[(domain::PartyId, domain::PersonId)]| -> Vec<String> {
        all.iter().map(|(party, person)| format!("{person} of {party}")).collect()
    };
    rows(vec![
        ("Developer", vec![view.developer.to_string()]),
        ("Government", vec![view.government.to_string()]),
        ("Question", vec![view.question.to_string()]),
        ("Stands as", vec![view.statuses.iter().map(|s| s.name()).collect::<Vec<_>>().join(", ")]),
        ("Planned partner release", vec![view.planned_partner_release_at.to_string()]),
        ("Models", models.collect()),
        ("Read the terms", people(&view.acknowledged)),
        ("Stand aside", people(&view.recused)),
        ("Lost all access", {
            let parties = view.removed.iter().map(ToString::to_string);
            parties.chain(people(&view.removed_persons)).collect()
        }),
        (
            "Requests of government",
            match (view.requests, view.declines) {
                (0, 0) => Vec::new(),
                (asked, declined) => vec![format!(
                    "{asked}, with {declined} declines; nothing follows from either, nor from silence"
                )],
            },
        ),
        (
            "Orders under other law",
            match view.external_orders {
                0 => Vec::new(),
                orders => vec![format!("{orders} on record; they change nothing here")],
            },
        ),
    ])
}

/// How the case was kept.
fn kept(o: &Overview) -> Vec<(&'static str, Vec<String>)> {
    let view = &o.view;
    let breaches = view.breaches.iter().map(|b| {
        let answers: String = b.answers.iter().map(|a| format!(". Answered: {a}")).collect();
        format!("{}. Account: {}{answers}", told::breach(b), b.account)
    });
    rows(vec![
        ("Breaches", breaches.collect()),
        ("Steps about signals", view.actions.iter().map(told::action).collect()),
        ("Assessments shared", view.shared.iter().map(told::sharing).collect()),
        ("Assessments published", view.published.iter().map(told::publication).collect()),
        ("Snapshots", view.snapshots.iter().map(told::snapshot).collect()),
        ("What was released", o.lineages.iter().map(ToString::to_string).collect()),
        ("Destroyed", view.destroyed.iter().map(told::destruction).collect()),
    ])
}
