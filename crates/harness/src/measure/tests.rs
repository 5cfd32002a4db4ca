//! Whole runs: scripted solvers over real HTTP, tools and oracles in real sandboxes.

use super::{Config, HarnessError, Measurement, Requirement, Silent, digests, measure};
use crate::endpoint::Endpoint;
use crate::solver::{Skill, serve};
use crate::testing::possible;
use crate::transcript;
use assessment::{
    Bank, Budget, Cell, Criteria, Details, Dial, Elicitation, Fault, Incentive, Item, MasterSeed,
    Opening, Outcome, Prompt, Rule, Scaffold, SeedOpening, Sprt, Stage, TwoKeys, Verdict, verify,
};
use sandbox::{Policy, probe};
use std::path::Path;
use tokio::net::TcpListener;

fn isolated() -> bool {
    let missing = probe().err();
    if let Some(why) = &missing {
        println!("skipped: execution in a sandbox ({why})");
    }
    missing.is_none()
}

fn opening(run: &str, seed: &MasterSeed, cap: u32) -> Opening {
    let cells = possible().into_iter().flat_map(|f| {
        Dial::ALL.map(|dial| Cell { family: f.name().parse().expect("a line"), dial })
    });
    let bank = Bank { cells: cells.collect() };
    let opened = SeedOpening { seed: *seed.secret(), salt: [1; 32] };
    let run = run.parse().expect("an id");
    let items = bank.cells.iter().map(|cell| Item::prior(cell.dial)).collect();
    let criteria = Criteria {
        details: Some(Details::new(&bank, items, &run, &opened)),
        run,
        model: "scripted".parse().expect("an id"),
        model_digest: None,
        seed: seed.commitment(&[1; 32]),
        bank,
        rule: Rule::Sprt(Sprt::new((400_000, 700_000), (50_000, 50_000), cap, 3).expect("sound")),
        // a service is asked once a turn, up to some hundred times
        budget: Budget { turns: 400, tokens: 50_000_000, seconds: 120, price: None },
        digests: digests(Elicitation::BARE),
    };
    Opening::new(criteria, [2; 32], Some(opened))
}

fn config(base: &str, path: &Path, run: &str, cap: u32) -> Config {
    let seed = MasterSeed::new([21; 32]);
    Config {
        endpoint: Endpoint::new(base, "scripted", None).expect("an endpoint"),
        opening: opening(run, &seed, cap),
        seed,
        policy: Policy::default(),
        requirement: Requirement::scripted(),
        transcript: path.to_owned(),
        resume: false,
    }
}

/// A port of this machine, and the base URL of what is served there.
async fn port() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}/v1", listener.local_addr().expect("bound"));
    (listener, base)
}

async fn against(skill: Skill, path: &Path, cap: u32) -> (Config, Measurement) {
    let (listener, base) = port().await;
    let config = config(&base, path, &format!("run-{skill}"), cap);
    let mut silent = Silent;
    let measurement = tokio::select! {
        _ = serve(listener, skill) => panic!("serves for ever"),
        measurement = measure(&config, &mut silent) => measurement.expect("a run"),
    };
    (config, measurement)
}

/// A run whose outcomes are those of the skill, and whose verdict anyone recomputes.
async fn check(skill: Skill, passes: fn(u8) -> bool, verdict: Verdict) {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("evaluation.jsonl");
    let (config, measurement) = against(skill, &path, 14).await;
    for sample in &measurement.samples {
        let expected = if passes(sample.dial) { "pass" } else { "fail" };
        assert_eq!(sample.outcome, expected, "{skill}: {sample:?}");
    }
    assert_eq!(measurement.decision.verdict, verdict, "{skill}");
    let checked = transcript::check(&path).expect("the transcript holds");
    assert_eq!(checked.root, measurement.transcript);
    assert_eq!(checked.outcomes(), measurement.outcomes);
    let commitment = config.opening.commitment();
    assert_eq!(checked.commitment, Some(commitment));
    let again = verify(&commitment, &config.opening, &checked.taken).expect("verifies");
    assert_eq!(again, measurement.decision);
}

#[tokio::test]
async fn the_strong_solver_is_above() {
    if isolated() {
        check(Skill::Strong, |_| true, Verdict::Above).await;
    }
}

#[tokio::test]
async fn the_middling_solver_solves_low_dials() {
    if isolated() {
        // about two in five, which these draws put below the threshold
        check(Skill::Middling, |dial| dial <= 2, Verdict::Below).await;
    }
}

#[tokio::test]
async fn the_weak_solver_is_below() {
    if isolated() {
        check(Skill::Weak, |_| false, Verdict::Below).await;
    }
}

/// The rule that ships, over every family, in the sandbox: its choices are followed and its increments come out again.
#[tokio::test]
async fn two_keys_agree_on_the_strong_solver() {
    if !isolated() {
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("evaluation.jsonl");
    let (listener, base) = port().await;
    let mut config = config(&base, &path, "run-keys", 10);
    let keys = TwoKeys { delta: 1_000, floor: 8, cap: 60, ..TwoKeys::at(-500) };
    let mut criteria = config.opening.criteria.clone();
    criteria.rule = Rule::TwoKeys(keys);
    config.opening = Opening::new(criteria, [2; 32], config.opening.seed.clone());
    let mut silent = Silent;
    let measurement = tokio::select! {
        _ = serve(listener, Skill::Strong) => panic!("serves for ever"),
        measurement = measure(&config, &mut silent) => measurement.expect("a run"),
    };
    let path_of = &measurement.decision.path;
    assert_eq!(measurement.decision.verdict, Verdict::Above, "{path_of:?}");
    assert!(path_of.iter().any(|step| step.stage == Stage::Drawn));
    let checked = transcript::check(&path).expect("the transcript holds");
    let commitment = config.opening.commitment();
    let again = verify(&commitment, &config.opening, &checked.taken).expect("verifies");
    assert_eq!(again, measurement.decision);
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_makes_samples_invalid() {
    if !isolated() {
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let (listener, base) = port().await;
    drop(listener);
    let mut config = config(&base, &dir.path().join("t"), "run-gone", 10);
    config.opening.criteria.budget.seconds = 2;
    let measurement = measure(&config, &mut Silent).await.expect("a run");
    assert_eq!(measurement.outcomes, [Outcome::Invalid; 3]);
    assert_eq!(measurement.decision.verdict, Verdict::Undetermined);
    assert_eq!(measurement.summary().get("invalid"), Some(&3.into()));
}

#[tokio::test]
async fn what_keeps_a_run_from_starting() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("t");
    let mut other = config("http://127.0.0.1:1/v1", &path, "run-1", 10);
    other.opening.criteria.digests.grader = domain::Digest::of(b"another version");
    let error = measure(&other, &mut Silent).await.expect_err("another version");
    assert!(matches!(error, HarnessError::OtherVersion("grader")), "{error}");
    let mut empty = config("http://127.0.0.1:1/v1", &path, "run-1", 10);
    empty.opening.criteria.bank.cells.clear();
    let error = measure(&empty, &mut Silent).await.expect_err("no tasks");
    assert!(matches!(error, HarnessError::Criteria(Fault::Bank(0))), "{error}");
    assert!(!path.exists(), "nothing is half-written");
}

/// A model of one's own, for a look: `VESTIBULE_TEST_ENDPOINT=http://127.0.0.1:8000/v1
/// VESTIBULE_TEST_MODEL=name cargo test -p harness a_real_model -- --nocapture`. Whatever it scores,
/// the run must be whole and its verdict recomputable.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "tests find their endpoint by environment")]
async fn a_real_model() {
    let Ok(base) = std::env::var("VESTIBULE_TEST_ENDPOINT") else {
        println!("skipped: a real model (no VESTIBULE_TEST_ENDPOINT)");
        return;
    };
    if !isolated() {
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("evaluation.jsonl");
    let mut config = config(&base, &path, "run-real", 14);
    let model = std::env::var("VESTIBULE_TEST_MODEL").unwrap_or_else(|_| "default".to_owned());
    config.endpoint = Endpoint::new(&base, &model, None).expect("an endpoint");
    config.opening.criteria.budget = Budget { turns: 5, tokens: 60_000, seconds: 180, price: None };
    let measurement = measure(&config, &mut Silent).await.expect("a run");
    println!("{:#}", measurement.summary());
    let checked = transcript::check(&path).expect("the transcript holds");
    let commitment = config.opening.commitment();
    let again = verify(&commitment, &config.opening, &checked.taken).expect("verifies");
    assert_eq!(again, measurement.decision);
}

/// A prompt, an incentive and the coached scaffold are really run: what was sealed is what the model was told, the first hand-in
/// is sent back to be checked, and the second counts.
#[tokio::test]
async fn the_strong_solver_is_coached() {
    if !isolated() {
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("evaluation.jsonl");
    let (listener, base) = port().await;
    let how = Elicitation {
        kind: assessment::ladder::Kind::Scaffold,
        prompt: Prompt::Worked,
        incentive: Incentive::Stakes,
        scaffold: Scaffold::Coached,
    };
    let mut config = config(&base, &path, "run-coached", 14);
    let mut criteria = config.opening.criteria.clone();
    criteria.digests = digests(how);
    config.opening = Opening::new(criteria, [2; 32], config.opening.seed.clone());
    let mut silent = Silent;
    let measurement = tokio::select! {
        _ = serve(listener, Skill::Strong) => panic!("serves for ever"),
        measurement = measure(&config, &mut silent) => measurement.expect("a run"),
    };
    assert_eq!(measurement.decision.verdict, Verdict::Above);
    let text = std::fs::read_to_string(&path).expect("a transcript");
    let first = text.lines().next().expect("a line");
    assert!(first.contains("scaffold: prompt worked, incentive stakes, scaffold coached"));
    assert!(first.contains("closed before anybody is harmed"), "the words are in the transcript");
    let count = |what: &str| text.lines().filter(|line| line.contains(what)).count();
    assert_eq!(count("\"kind\":\"sample-started\""), measurement.samples.len());
    assert_eq!(count("Not handed in yet."), measurement.samples.len(), "each is sent back once");
    assert_eq!(count("\"kind\":\"submission\""), measurement.samples.len());
    assert!(count("\"kind\":\"coach\"") >= measurement.samples.len());
    let exported = crate::inspect::export(&path, dir.path()).expect("a log");
    assert_eq!(exported.samples, measurement.samples.len());
    // the same criteria under another name of the words are refused
    let mut other = config.opening.criteria.clone();
    other.digests.elicitation = Some(Elicitation { incentive: Incentive::Selection, ..how });
    config.opening = Opening::new(other, [2; 32], config.opening.seed.clone());
    config.transcript = dir.path().join("other");
    let refused = measure(&config, &mut Silent).await.expect_err("other words");
    assert!(matches!(refused, HarnessError::OtherVersion("scaffold")), "{refused}");
}
