//! Inquiry, determination, terms, window, grant.

use crate::tour::stage::{Tour, words};
use domain::Span;

/// A developer asks about a model in training.
pub(super) fn inquiry(tour: &mut Tour) -> anyhow::Result<Option<String>> {
    let plan = tour.instant("plan", |now| now.after(Span::days(20)).day())?.to_string();
    tour.act(
        "inquired",
        "developer",
        "asks whether a model still in training is covered",
        &words(
            "review inquire --case case-1 --government government \
             --model example-model-2 --partner-release {}",
            &[&plan],
        ),
    )?;
    tour.show.note(&format!("planned release to other trusted partners: {plan}; only a plan"));
    Ok(None)
}

/// The determining office signs a reference to its document.
pub(super) fn determination(tour: &mut Tour) -> anyhow::Result<Option<String>> {
    let file = tour.arg("inputs/determination.txt");
    let mut verb = words(
        "review determine --case case-1 --model example-model-2 --outcome covered \
         --reference {} --benchmark tour-benchmark-1 --consultee evaluator \
         --decided-by determiner-official --declared none",
        &[&file],
    );
    if tour.path("memo.html").exists() {
        let names = ["memo.html", "containment.json", "evaluation/evaluation.jsonl"];
        let [memo, containment, transcript] = names.map(|name| tour.arg(name));
        let files = [memo.as_str(), &containment, &transcript];
        verb.extend(words("--memo {} --containment {} --transcript {}", &files));
    }
    tour.act(
        "determined",
        "determiner",
        "covered; the document stays in its tier, its SHA-256 is stated",
        &verb,
    )?;
    Ok(None)
}

/// Government proposes, both agree.
pub(super) fn terms(tour: &mut Tour) -> anyhow::Result<Option<String>> {
    let file = tour.arg("inputs/terms.toml");
    tour.act(
        "proposed",
        "government",
        "proposes terms: confidentiality, cybersecurity, insider risk, IP",
        &words("review propose-terms {}", &[&file]),
    )?;
    tour.pair(
        "agreed",
        ("developer", "government"),
        "the terms are agreed; one key would not have done",
        &words("review agree-terms --case case-1", &[]),
    )?;
    tour.act(
        "acknowledged",
        "evaluator",
        "evaluator-analyst-1 has read the terms and keeps them",
        &words("review acknowledge --case case-1 --person evaluator-analyst-1", &[]),
    )?;
    Ok(None)
}

/// Window and the evaluator's grant.
pub(super) fn window(tour: &mut Tour) -> anyhow::Result<Option<String>> {
    tour.refused(
        "too-long",
        "government",
        "tries a window of 31 days",
        &words("review open-window --case case-1 --window window-0 --days 31", &[]),
    )?;
    tour.pair(
        "opened",
        ("government", "developer"),
        "a window opens; it ends at the planned partner release",
        &words("review open-window --case case-1 --window window-1", &[]),
    )?;
    let ends = tour.instant("grant-ends", |now| now.after(Span::days(7)))?.to_string();
    let credential = tour.home("evaluator").join("credential").display().to_string();
    tour.act(
        "requested",
        "evaluator",
        "asks for a grant for evaluator-analyst-1, with a token budget",
        &words(
            "review request-grant --case case-1 --grant grant-1 \
             --basis window:window-1 --model example-model-2 \
             --person evaluator-analyst-1 --requested-by evaluator-lead --credential \
             {} --tokens 1000000 --ends {} --purpose {}",
            &[&credential, &ends, "cyber capability evaluation"],
        ),
    )?;
    tour.pair(
        "issued",
        ("developer", "government"),
        "the grant is issued; a second person approved on each side",
        &words(
            "review issue-grant --case case-1 --grant grant-1 \
             --developer-approver developer-security-lead \
             --government-approver government-access-officer",
            &[],
        ),
    )?;
    Ok(None)
}
