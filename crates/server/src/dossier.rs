//! A dossier's page: what is in it and what is not, for people; no script, no outside file, good on paper.

use askama::Template;
use operations::disclose::Field;
use operations::review::{Dossier, DossierEntry, LeftOut, Manifest, told};

#[derive(Template)]
#[template(path = "dossier.html")]
struct Page<'a> {
    manifest: &'a Manifest,
    facts: Vec<(&'static str, Vec<String>)>,
    statements: Vec<(&'a DossierEntry, &'a [Field])>,
    left_out: &'a [LeftOut],
    /// Uses that are in it one by one, and in how many minutes.
    uses: Option<(u64, usize)>,
    signals: Vec<Told<'a>>,
    style: &'static str,
}

/// A signal of misuse.
struct Told<'a> {
    rule: &'static str,
    grant: String,
    from: String,
    says: &'a str,
    innocent: &'a str,
}

/// The page's HTML.
///
/// # Errors
/// Never for values that are text; the template engine's own.
pub fn page(dossier: &Dossier) -> Result<String, askama::Error> {
    let statements = dossier.manifest.statements.iter().zip(dossier.says.iter().map(Vec::as_slice));
    Page {
        manifest: &dossier.manifest,
        facts: facts(dossier),
        statements: statements.collect(),
        left_out: &dossier.manifest.left_out,
        uses: dossier
            .manifest
            .uses
            .as_ref()
            .map(|minutes| (minutes.iter().map(|minute| minute.count).sum(), minutes.len())),
        signals: signals(dossier),
        style: include_str!("../templates/style.css"),
    }
    .render()
}

fn signals(dossier: &Dossier) -> Vec<Told<'_>> {
    let signals = dossier.signals.iter().flat_map(|report| &report.signals);
    let told = signals.map(|signal| Told {
        rule: signal.rule.name(),
        grant: signal.grant.to_string(),
        from: signal.from.to_string(),
        says: &signal.says,
        innocent: &signal.innocent,
    });
    told.collect()
}

/// The case in a dozen rows.
fn facts(dossier: &Dossier) -> Vec<(&'static str, Vec<String>)> {
    let view = &dossier.view;
    let mut facts = vec![
        ("Developer", vec![view.developer.to_string()]),
        ("Government", vec![view.government.to_string()]),
        ("Question", vec![view.question.to_string()]),
        ("Told as", vec![view.statuses.iter().map(|s| s.name()).collect::<Vec<_>>().join(", ")]),
        ("Planned partner release", vec![view.planned_partner_release_at.to_string()]),
    ];
    let mut add = |name, rows: Vec<String>| {
        if !rows.is_empty() {
            facts.push((name, rows));
        }
    };
    add("Models", view.models.iter().map(|m| m.model.to_string()).collect());
    let terms = view.terms.iter();
    add("Terms", terms.map(|(digest, t)| format!("{}, SHA-256 {digest}", t.id)).collect());
    let windows = view.windows.iter();
    let windows = windows.map(|w| format!("{}: {} to {}", w.window, w.first_access_at, w.ends_at));
    add("Windows", windows.collect());
    let grants = view.grants.iter().map(|g| {
        let (used, of, requests) = (g.used_tokens, g.budget_tokens, g.used_requests);
        format!(
            "{} for {} of {}: {used} of {of} tokens in {requests} requests",
            g.grant, g.person, g.party
        )
    });
    add("Grants", grants.collect());
    let standings = view.standings.iter().map(|s| {
        let kind = if s.defender { "defender" } else { "partner" };
        format!("{} as {kind}, {}", s.party, told::standing(s))
    });
    add("Partners and defenders", standings.collect());
    add("Breaches", view.breaches.iter().map(told::breach).collect());
    add("Assessments shared", view.shared.iter().map(told::sharing).collect());
    add("Assessments published", view.published.iter().map(told::publication).collect());
    let findings = dossier.findings.iter().map(|f| {
        format!("{}: {}, in {}, reported by {}, {}", f.finding, f.title, f.target, f.by, f.stage)
    });
    add("Findings", findings.collect());
    add("Destroyed", view.destroyed.iter().map(told::destruction).collect());
    facts
}
