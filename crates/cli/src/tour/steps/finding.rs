//! A finding from scan claim to advisory.

use crate::tour::process;
use crate::tour::stage::{Tour, index, words};
use anyhow::{Context, bail};
use domain::Digest;
use operations::ctx::{Clock, SystemClock};
use operations::files::{self, Access};
use serde_json::{Value, json};

/// What it is in.
const TARGET: &str = "pkg:cargo/vestibule-training-card-reader";

/// Scan claim to published advisory.
pub(super) fn run(tour: &mut Tour) -> anyhow::Result<Option<String>> {
    claims(tour)?;
    report(tour)?;
    duplicate(tour)?;
    if let Some(why) = tour.machine().no_compiler {
        let rest = "so nothing was validated, and nothing that is not goes to a maintainer";
        return Ok(Some(format!("{why}; {rest}")));
    }
    validate(tour)?;
    maintainer(tour)?;
    publish(tour)?;
    Ok(None)
}

fn claims(tour: &mut Tour) -> anyhow::Result<()> {
    let scope = "our own copy of the training program, on our own machine";
    for (key, party, claim, what) in [
        ("claimed", "evaluator", "claim-1", "claims scan work for a week, with its scope"),
        ("overlap", "partner", "claim-2", "claims the same target; both claims stand"),
    ] {
        tour.telling(
            key,
            party,
            what,
            &words(
                "claim make --claim {} --target pkg:cargo/vestibule-training-card-reader \
             --method model --scope {} --days 7",
                &[claim, scope],
            ),
            |came| came["overlaps"].as_array().into_iter().flatten().map(overlap).collect(),
        )?;
    }
    Ok(())
}

fn overlap(other: &Value) -> String {
    let word = |key: &str| other[key].as_str().unwrap_or_default().to_owned();
    format!("warning: {} is at it too, by {}; talk to them", word("by"), word("claim"))
}

/// The evaluator hands in what the model said; the model's own input is the proof.
fn report(tour: &mut Tour) -> anyhow::Result<()> {
    tour.once("written", |tour| {
        let found = tour.earlier("use-answered")?.clone();
        let proof = found["proof"].as_str().context("the model gave no proof")?;
        let proof = data_encoding::BASE64.decode(proof.as_bytes()).context("the model's proof")?;
        files::write(&tour.path("finding/proof.bin"), &proof, Access::Private)?;
        let now = SystemClock.now().to_string();
        let line = found["line"].as_u64().context("the model named no line")?;
        let finding = json!({
            "schema": "vestibule-finding/1",
            "title": "card-reader writes past a record's note",
            "description": found["message"],
            "target": { "name": "vestibule-training-card-reader", "purl": TARGET },
            "affected": ["1.0.0"],
            "locations": [{ "path": "card-reader.c", "symbol": "read_card", "line": line }],
            "cwe": [found["weakness"]],
            "proof": { "file": "proof.bin", "sha256": Digest::of(&proof) },
            "discovery": { "tool": "chat review", "ai_use": "autonomous", "model": "example-model-2" },
            "credit": "Example Evaluation Institute",
            "discovered_at": now,
            "aware_at": now,
        });
        tour.write("finding/finding.json", &format!("{finding:#}\n"))?;
        Ok(Value::Null)
    })?;
    let file = tour.arg("finding/finding.json");
    let (proof, control) =
        (tour.arg("finding/proof.bin"), tour.arg("inputs/card-reader-control.bin"));
    tour.act(
        "reported",
        "evaluator",
        "reports the finding; of proof and control only the SHA-256",
        &words(
            "finding report {} --finding finding-1 --proof {} --control {} \
             --claim claim-1 --grant grant-1",
            &[&file, &proof, &control],
        ),
    )?;
    tour.act(
        "received",
        "clearinghouse",
        "has it",
        &words("finding receive --finding finding-1", &[]),
    )?;
    Ok(())
}

/// The partner found the same; both finders stay named.
fn duplicate(tour: &mut Tour) -> anyhow::Result<()> {
    let file = tour.arg("finding/finding.json");
    let (proof, control) =
        (tour.arg("finding/proof.bin"), tour.arg("inputs/card-reader-control.bin"));
    tour.act(
        "reported-again",
        "partner",
        "reports the same flaw with the same proof",
        &words(
            "finding report {} --finding finding-2 --proof {} --control {} \
             --claim claim-2",
            &[&file, &proof, &control],
        ),
    )?;
    tour.once("candidates", |tour| {
        let started = process::now();
        let pairs = tour.ask("clearinghouse", &words("finding duplicate", &[]), &[])?;
        let pair = pairs.get(0).context("the two findings share a digest")?;
        tour.show.tick(
            "sees that two findings share a digest",
            "clearinghouse",
            None,
            started.elapsed(),
        );
        let word = |key: &str| pair[key].as_str().unwrap_or_default().to_owned();
        tour.show.note(&format!("{} and {} have {}", word("finding"), word("of"), word("share")));
        Ok(pairs)
    })?;
    tour.act(
        "duplicate",
        "clearinghouse",
        "confirms that they are one flaw; both finders stay named",
        &words("finding duplicate --finding finding-2 --of finding-1", &[]),
    )?;
    Ok(())
}

fn validate(tour: &mut Tour) -> anyhow::Result<()> {
    let input = |name: &str| tour.arg(&format!("inputs/card-reader-{name}"));
    let (vulnerable, fixed, control) =
        (input("vulnerable.c"), input("fixed.c"), input("control.bin"));
    let proof = tour.arg("finding/proof.bin");
    tour.telling(
        "validated",
        "clearinghouse",
        "runs the proof on two builds in the sandbox",
        &words("finding validate --finding finding-1 --vulnerable {} --fixed {} --proof \
             {} --control {}", &[&vulnerable, &fixed, &proof, &control]),
        |came| {
            let verdict = came["ran"]["verdict"].as_str().unwrap_or_default();
            vec![format!("fires on the vulnerable build, not on the fixed one; control good on both: {verdict}")]
        },
    )?;
    Ok(())
}

fn maintainer(tour: &mut Tour) -> anyhow::Result<()> {
    tour.act(
        "pace",
        "maintainer",
        "takes three reports a week",
        &words("finding pace --per-week 3", &[]),
    )?;
    let draft = tour.arg("finding/draft-to-maintainer.txt");
    tour.act(
        "drafted",
        "clearinghouse",
        "drafts the report; the software sends nothing",
        &words("finding draft --finding finding-1 --maintainer maintainer --out {}", &[&draft]),
    )?;
    tour.act(
        "sent",
        "clearinghouse",
        "clearinghouse-coordinator-1 says that they sent it",
        &words(
            "finding sent --finding finding-1 --person clearinghouse-coordinator-1 \
             --file {}",
            &[&draft],
        ),
    )?;
    tour.act(
        "acknowledged",
        "maintainer",
        "answers; the embargo's clock is known to both",
        &words("finding acknowledge --finding finding-1 --copy evaluator", &[]),
    )?;
    let commit = Digest::of(crate::tour::inputs::CARD_READER_FIXED.as_bytes()).to_string();
    let commit: String = commit.chars().take(40).collect();
    tour.act(
        "fixed",
        "maintainer",
        "has a fix, version 1.0.1",
        &words(
            "finding fixed --finding finding-1 --commit {} --version 1.0.1 \
             --copy evaluator",
            &[&commit],
        ),
    )?;
    Ok(())
}

fn publish(tour: &mut Tour) -> anyhow::Result<()> {
    let out = tour.arg("advisory");
    let came = tour.act(
        "published",
        "clearinghouse",
        "publishes the advisory as CSAF 2.0 and OSV",
        &words(
            "finding publish --finding finding-1 --advisory EXAMPLE-2026-0001 \
             --namespace https://clearinghouse.example --out {}",
            &[&out],
        ),
    )?;
    if index(&came).is_none() {
        bail!("the advisory is not in the log");
    }
    Ok(())
}
