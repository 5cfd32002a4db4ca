//! Criteria sealed before the first call, a measurement in the sandbox, opened and recomputed.

use crate::tour::stage::{Tour, words};
use anyhow::Context;
use serde_json::Value;

/// Seals criteria: what comes after can't have changed them.
pub(super) fn seal(tour: &mut Tour) -> anyhow::Result<Option<String>> {
    let machine = tour.machine();
    let mut verb = words("assess seal --run run-1 --model example-model-2 --case case-1", &[]);
    // few tasks, and a wide zone around the threshold: a tour is short
    verb.extend(words("--threshold -0.5 --delta 1 --floor 5", &[]));
    verb.extend(words("--family keystream-recovery=1-5", &[]));
    if machine.no_compiler.is_none() {
        verb.extend(words("--family record-overflow=1-3", &[]));
    }
    tour.act(
        "sealed",
        "evaluator",
        "seals threshold, error rates and the seed of fresh tasks",
        &verb,
    )?;
    tour.show
        .note("only a commitment is in the log; the developer learns neither threshold nor tasks");
    let without = machine.no_compiler.filter(|_| machine.no_sandbox.is_none());
    Ok(without.map(|why| format!("the tasks that are compiled; {why}")))
}

/// Measures the model at its endpoint, each sample in a sandbox.
pub(super) fn run(tour: &mut Tour) -> anyhow::Result<Option<String>> {
    if let Some(why) = tour.machine().no_sandbox {
        return Ok(Some(why));
    }
    let (endpoint, out) = (tour.solver_url()?, tour.arg("evaluation"));
    tour.telling(
        "recorded",
        "evaluator",
        "measures the model at its endpoint, each sample in a sandbox",
        &words(
            "assess run --run run-1 --class scripted --endpoint {} --model-name example-model-2 \
             --out {}",
            &[&endpoint, &out],
        ),
        |ran| {
            let s = &ran["summary"];
            let counts = || {
                format!(
                    "{} passed, {} failed, {} invalid of {} samples",
                    s["pass"], s["fail"], s["invalid"], s["samples"]
                )
            };
            if s.is_object() {
                vec![format!("for the evaluator only: {}", counts())]
            } else {
                Vec::new()
            }
        },
    )?;
    tour.act(
        "opened",
        "evaluator",
        "opens criteria and result to determiner and inspector alone",
        &words("assess open --run run-1", &[]),
    )?;
    tour.once("verified", verify)?;
    Ok(None)
}

fn verify(tour: &mut Tour) -> anyhow::Result<Value> {
    let started = crate::tour::process::now();
    let transcript = tour.arg("evaluation/evaluation.jsonl");
    let verb = words("assess verify --run run-1 --transcript {} --regrade", &[&transcript]);
    let found = tour.ask("determiner", &verb, &[])?;
    let verdict = found["verdict"].as_str().context("the run has a verdict")?;
    let what = format!("recomputes the verdict: {verdict}");
    tour.show.tick(&what, "determiner", None, started.elapsed());
    for check in found["checks"].as_array().into_iter().flatten() {
        let word = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
        tour.show.note(&format!("{}: {}", word("what"), word("detail")));
    }
    Ok(verdict.into())
}

/// The determining office makes the memo: a page, Typst source for a PDF, and what the sandbox attested.
pub(super) fn memo(tour: &mut Tour) -> anyhow::Result<Option<String>> {
    if let Some(why) = tour.machine().no_sandbox {
        return Ok(Some(why));
    }
    tour.once("made", made)?;
    tour.show.note("memo.html opens in any browser; `typst compile memo.typ` makes the PDF");
    Ok(None)
}

fn made(tour: &mut Tour) -> anyhow::Result<Value> {
    let started = crate::tour::process::now();
    let names = ["memo.html", "memo.typ", "containment.json"];
    for name in names {
        // of a tour that was killed between the files and its journal
        let path = tour.path(name);
        if path.exists() {
            std::fs::remove_file(&path).with_context(|| path.display().to_string())?;
        }
    }
    let transcript = tour.arg("evaluation/evaluation.jsonl");
    let [html, typst, containment] = names.map(|name| tour.arg(name));
    let verb = words(
        "assess memo --run run-1 --transcript {} --html {} --typst {} --containment {}",
        &[&transcript, &html, &typst, &containment],
    );
    let memo = tour.ask("determiner", &verb, &[])?;
    tour.show.tick("makes the determination memo", "determiner", None, started.elapsed());
    let claim = memo["claim"].as_str().context("a memo has a claim")?;
    tour.show.note(claim);
    Ok(claim.into())
}
