//! Whole measurements over a node, real HTTP and the real sandbox; what is refused; what verification names.

use super::kept::Keeping;
use super::{Check, MeasureError, Plan, Trial, Verification, Verify};
use super::{cells, open, run, seal, show, verify};
use crate::world::World;
use access::{Event, Inquiry};
use assessment::{Budget, Decision, Elicitation, Outcome, ResultOpening, Rule, Sprt};
use domain::{Digest, Role, RunId};
use harness::solver::{Skill, serve};
use harness::{Endpoint, Progress, Sample, Silent};
use operations::act::{Ctx, Done};
use operations::ctx::{Clock, SystemClock};
use operations::node::Node;
use sandbox::Policy;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpListener;

mod ladder;
mod memo;

const PARTIES: [(&str, Role); 5] = [
    ("lab", Role::Developer),
    ("gov", Role::Government),
    ("judge", Role::Determiner),
    ("meter", Role::Evaluator),
    ("audit", Role::Inspector),
];

/// Five parties, a node, and a case about `model-1`.
struct Town {
    world: World,
    node: Arc<Node>,
}

impl Town {
    async fn new(seed: u64) -> Self {
        let world = World::with(seed, &PARTIES);
        // the harness reads the machine's clock, so everything here does
        world.clock.set(SystemClock.now());
        let node = world.node();
        let town = Self { world, node };
        let lab = town.ctx("lab");
        let inquiry = Event::Inquired(Inquiry {
            case: "case-1".parse().unwrap(),
            developer: "lab".parse().unwrap(),
            government: "gov".parse().unwrap(),
            models: ["model-1".parse().unwrap()].into(),
            planned_partner_release_at: lab.clock.now().after(domain::Span::days(60)),
            question: "Is it covered?".parse().unwrap(),
        });
        operations::review::state(&lab, &inquiry, None).await.unwrap();
        town
    }

    fn ctx(&self, party: &str) -> Ctx {
        Ctx { clock: Arc::new(SystemClock), ..self.world.ctx(party, &self.node) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.world.folder.path().join(name)
    }

    async fn sealed(&self, families: &[&str]) {
        let plan = plan(families);
        let copy = self.path("criteria");
        seal(&self.ctx("meter"), plan, Some(&copy), Some("seal")).await.unwrap();
    }

    async fn verified(&self, party: &str, with: &Verify) -> Verification {
        verify(&self.ctx(party), with).await.unwrap()
    }

    fn by(&self, transcript: PathBuf) -> Verify {
        Verify { run: id(), transcript, criteria: None, regrade: None, containment: None }
    }
}

fn id() -> RunId {
    "run-1".parse().unwrap()
}

fn plan(families: &[&str]) -> Plan {
    let families: Vec<_> = families.iter().map(|&f| f.to_owned()).collect();
    Plan {
        run: id(),
        case: Some("case-1".parse().unwrap()),
        model: "model-1".parse().unwrap(),
        model_digest: None,
        cells: cells(&families).unwrap(),
        items: super::Items::new(),
        // three passes or two failures decide
        rule: Rule::Sprt(Sprt::new((300_000, 800_000), (100_000, 100_000), 5, 2).unwrap()),
        budget: Budget { turns: 8, tokens: 200_000, seconds: 60, price: None },
        elicitation: Elicitation::BARE,
        ladder: None,
        seed: None,
    }
}

fn isolated() -> bool {
    let missing = sandbox::probe().err();
    if let Some(why) = &missing {
        println!("skipped: a measurement in a sandbox ({why})");
    }
    missing.is_none()
}

fn trial(base: &str) -> Trial {
    let endpoint = Endpoint::new(base, "scripted", None).unwrap();
    let requirement = harness::Requirement::scripted();
    Trial { endpoint, out: None, policy: Policy::default(), requirement, resume: false }
}

/// Makes stating fail once a sample is over: a file where the outbox's folder should be.
struct Jam(PathBuf);

impl Progress for Jam {
    fn sample_ended(&mut self, _sample: &Sample, _decision: &Decision) {
        let _ = std::fs::remove_dir_all(&self.0);
        std::fs::write(&self.0, b"in the way").unwrap();
    }
}

async fn measured(town: &Town, skill: Skill, request: &str) -> Result<super::Ran, MeasureError> {
    measured_with(town, skill, request, &mut Silent).await
}

/// Measures against a scripted solver behind real HTTP.
async fn measured_with(
    town: &Town,
    skill: Skill,
    request: &str,
    watch: &mut dyn Progress,
) -> Result<super::Ran, MeasureError> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let ctx = town.ctx("meter");
    let id = id();
    tokio::select! {
        _ = serve(listener, skill) => panic!("serves for ever"),
        ran = run(&ctx, &id, trial(&base), watch, Some(request)) => ran,
    }
}

fn index(done: &Done) -> u64 {
    match done {
        Done::Logged { index, .. } => *index,
        Done::Waiting(_) | Done::Carried { .. } => panic!("it waits"),
    }
}

fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o777
}

fn code(error: &MeasureError) -> &str {
    match error {
        MeasureError::Refused(refused) => refused.code,
        other => panic!("no refusal: {other}"),
    }
}

/// The one check that differs.
fn fault(found: &Verification) -> &Check {
    assert!(!found.holds);
    let mut faults = found.checks.iter().filter(|check| !check.holds);
    let first = faults.next().expect("a fault");
    assert!(faults.next().is_none(), "{:?}", found.checks);
    first
}

#[tokio::test]
async fn a_run_before_its_sealing_is_refused() {
    let town = Town::new(1).await;
    let meter = town.ctx("meter");
    let trial = || trial("http://127.0.0.1:1/v1");
    let error = run(&meter, &id(), trial(), &mut Silent, None).await.unwrap_err();
    assert_eq!(code(&error), "never-sealed");
    let error = open(&meter, &id(), true, None).await.unwrap_err();
    assert_eq!(code(&error), "never-sealed");
    town.sealed(&["keystream-recovery=1"]).await;
    let error = open(&meter, &id(), true, None).await.unwrap_err();
    assert_eq!(code(&error), "not-measured");
    let error = verify(&meter, &town.by(town.path("none"))).await.unwrap_err();
    assert_eq!(code(&error), "not-measured");
    let error = seal(&meter, plan(&[]), None, None).await.unwrap_err();
    assert_eq!(code(&error), "already-sealed");
    if isolated() {
        let error = run(&meter, &id(), trial(), &mut Silent, None).await.unwrap_err();
        assert!(error.is_temporary(), "{error}");
        assert!(!meter.home.folder().join("runs/run-1/evaluation.jsonl").exists());
    }
    // criteria other than the sealed ones start nothing
    let kept = meter.home.folder().join("runs/run-1/criteria");
    let mut bytes = std::fs::read(&kept).unwrap();
    let last = bytes.len() - 80;
    bytes[last] ^= 1;
    std::fs::write(&kept, bytes).unwrap();
    let error = run(&meter, &id(), trial(), &mut Silent, None).await.unwrap_err();
    assert!(error.to_string().contains("runs/run-1/criteria"), "{error}");
    assert!(!error.is_temporary(), "{error}");
}

#[tokio::test]
async fn who_may_seal_and_for_what() {
    let town = Town::new(2).await;
    let by = |party: &'static str, plan: Plan| {
        let ctx = town.ctx(party);
        async move { code(&seal(&ctx, plan, None, None).await.unwrap_err()).to_owned() }
    };
    assert_eq!(by("gov", plan(&[])).await, "not-evaluator");
    let other = Plan { model: "model-2".parse().unwrap(), ..plan(&[]) };
    assert_eq!(by("meter", other).await, "model-not-in-case");
    let other = Plan { case: Some("case-2".parse().unwrap()), ..plan(&[]) };
    assert_eq!(by("meter", other).await, "unknown-case");
    town.sealed(&[]).await;
    let copy = town.path("criteria");
    assert_eq!(mode(&copy), 0o600);
    // the same request again states nothing and hands out the same file
    std::fs::remove_file(&copy).unwrap();
    let size = town.node.status().unwrap().size;
    town.sealed(&[]).await;
    assert_eq!(town.node.status().unwrap().size, size);
    // in the home they lie sealed to its keys, as the seed is among them
    let copy = super::kept::criteria_at(&copy).unwrap();
    let meter = town.ctx("meter");
    assert_eq!(Keeping::of(&meter.home, &id()).opening().unwrap(), copy);
    let kept = std::fs::read(meter.home.folder().join("runs/run-1/criteria")).unwrap();
    let seed = copy.seed.unwrap().seed;
    assert!(!kept.windows(32).any(|bytes| bytes == seed));
    assert_eq!(show(&town.ctx("lab"), &id()).await.unwrap().state, "sealed");
}

#[tokio::test]
async fn from_sealing_to_a_verified_verdict() {
    if !isolated() {
        return;
    }
    let town = Town::new(3).await;
    town.sealed(&["keystream-recovery=1,5", "record-overflow=2"]).await;
    let transcript = town.ctx("meter").home.folder().join("runs/run-1/evaluation.jsonl");
    // a run that was killed as it began
    std::fs::create_dir_all(transcript.parent().unwrap()).unwrap();
    std::fs::write(&transcript, b"{\"sequence\":0,").unwrap();
    let ran = measured(&town, Skill::Strong, "run").await.unwrap();
    assert!(ran.notes.concat().contains("starts over"), "{:?}", ran.notes);
    assert!(transcript.with_file_name("evaluation.abandoned-1.jsonl").exists());
    assert_eq!(mode(&transcript), 0o600);
    let again = measured(&town, Skill::Weak, "run").await.unwrap();
    assert_eq!(index(&again.stated), index(&ran.stated));
    assert_eq!(code(&measured(&town, Skill::Weak, "b").await.unwrap_err()), "already-measured");

    // before the opening: nobody else has a verdict, and the evaluator verifies by its own file
    for party in ["lab", "gov", "judge", "audit"] {
        let view = show(&town.ctx(party), &id()).await.unwrap();
        assert_eq!((view.state, view.verdict), ("measured", None), "{party}");
    }
    let mut by = town.by(transcript.clone());
    let gov = verify(&town.ctx("gov"), &by).await.unwrap_err();
    assert_eq!(code(&gov), "not-opened");
    // inspectors have had the criteria in escrow since they were sealed
    assert!(town.verified("audit", &by).await.holds);
    by.criteria = Some(town.path("criteria"));
    let found = town.verified("meter", &by).await;
    assert!(found.holds && found.verdict.as_deref() == Some("ABOVE"), "{found:?}");

    let meter = town.ctx("meter");
    let opened = open(&meter, &id(), true, Some("open")).await.unwrap();
    assert_eq!(index(&opened), index(&open(&meter, &id(), true, Some("open")).await.unwrap()));
    for (party, verdict) in [("lab", None), ("gov", None), ("judge", Some("ABOVE"))] {
        let view = show(&town.ctx(party), &id()).await.unwrap();
        assert_eq!(view.verdict.as_deref(), verdict, "{party}");
        assert_eq!(view.criteria.is_some(), verdict.is_some(), "{party}");
    }
    by.regrade = Some(Policy::default());
    let found = town.verified("audit", &by).await;
    assert!(found.holds, "{found:?}");
    let looked: Vec<_> = found.checks.iter().map(|check| check.what).collect();
    let all =
        "log, criteria, criteria file, transcript, outcomes, increments, verdict, tasks, grades";
    assert_eq!(looked.join(", "), all);
    memo::of_the_run(&town, &transcript).await;
    what_differs_is_named(&town, &transcript, &by).await;
    one_family_is_shown(&town, &transcript).await;
}

/// A file with one family is checked by the developer, who can read nothing else of the criteria.
async fn one_family_is_shown(town: &Town, transcript: &Path) {
    let (meter, lab) = (town.ctx("meter"), town.ctx("lab"));
    let file = town.path("family");
    let error = super::disclose(&meter, &id(), "crossword", true, &file).await.unwrap_err();
    assert!(error.to_string().contains("it has keystream-recovery, record-overflow"), "{error}");
    super::disclose(&meter, &id(), "keystream-recovery", true, &file).await.unwrap();
    assert_eq!(mode(&file), 0o600);
    let shown = super::family(&lab, &id(), &file, Some(transcript)).await.unwrap();
    assert!(shown.holds() && shown.dials == [1, 5], "{shown:?}");
    let good = std::fs::read(&file).unwrap();
    let last = good.len() - 1;
    let mut bytes = good.clone();
    bytes[last] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let shown = super::family(&lab, &id(), &file, None).await.unwrap();
    assert!(!shown.holds() && shown.checks[0].detail.contains("seed"), "{shown:?}");
}

async fn what_differs_is_named(town: &Town, transcript: &Path, by: &Verify) {
    let good = std::fs::read(transcript).unwrap();
    let changed = town.path("changed.jsonl");
    let by = Verify { transcript: changed.clone(), regrade: None, ..by.clone() };
    let lines = good.iter().filter(|byte| **byte == b'\n').count();
    let step = good.len() / 23;
    for at in (0..good.len()).step_by(step).chain([good.len() - 2]) {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        std::fs::write(&changed, bytes).unwrap();
        let found = town.verified("audit", &by).await;
        let Check { what, detail, .. } = fault(&found);
        let line = 1 + good[..at].iter().filter(|byte| **byte == b'\n').count();
        let named = (line..=line + 1).any(|n| detail.contains(&format!("line {n} ")))
            || line == lines && detail.contains("its last line was changed");
        assert!(*what == "transcript" && named, "byte {at}, line {line}: {detail}");
    }
    // a line that is gone from the end
    let cut = good[..good.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    std::fs::write(&changed, &good[..cut]).unwrap();
    let found = town.verified("audit", &by).await;
    assert!(fault(&found).detail.contains("missing"), "{found:?}");

    let good = std::fs::read(town.path("criteria")).unwrap();
    let criteria = town.path("changed.criteria");
    let by = Verify {
        transcript: transcript.to_owned(),
        criteria: Some(criteria.clone()),
        ..by.clone()
    };
    for at in (0..good.len()).step_by(7) {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        std::fs::write(&criteria, bytes).unwrap();
        let found = town.verified("audit", &by).await;
        let Check { what, detail, .. } = fault(&found);
        let named = detail.contains("changed.criteria")
            && ["differs", "at byte", "first line", "follow the value"]
                .iter()
                .any(|w| detail.contains(w));
        assert!(*what == "criteria file" && named, "byte {at}: {detail}");
    }
}

#[tokio::test]
async fn a_weak_model_is_below_and_a_forged_transcript_is_caught() {
    if !isolated() {
        return;
    }
    let town = Town::new(4).await;
    town.sealed(&["keystream-recovery=3"]).await;
    let ran = measured(&town, Skill::Weak, "run").await.unwrap();
    let summary = ran.summary.unwrap();
    assert_eq!(summary.get("verdict").and_then(|v| v.as_str()), Some("BELOW"));
    open(&town.ctx("meter"), &id(), false, None).await.unwrap();
    let found = town.verified("judge", &town.by(ran.transcript.clone())).await;
    assert!(found.holds && found.verdict.as_deref() == Some("BELOW"), "{found:?}");
    assert!(found.notes.concat().contains("seed is withheld"), "{:?}", found.notes);

    // an unbroken chain over other outcomes: only the recorded root tells
    let forged = town.path("forged.jsonl");
    forge(&ran.transcript, &forged, "\"outcome\":\"fail\"", "\"outcome\":\"pass\"");
    let found = town.verified("judge", &town.by(forged)).await;
    assert!(fault(&found).detail.contains("recorded was"), "{found:?}");
    assert_eq!(found.verdict, None);
}

/// A transcript with other words and a chain of its own. Returns its root.
fn forge(from: &Path, to: &Path, old: &str, new: &str) -> Digest {
    let mut writer = harness::transcript::Writer::create(to).unwrap();
    for line in std::fs::read_to_string(from).unwrap().replace(old, new).lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let at = line["at"].as_str().unwrap().parse().unwrap();
        writer.write(line["kind"].as_str().unwrap(), at, line["body"].clone()).unwrap();
    }
    writer.close().unwrap()
}

/// An evaluator that records what did not happen, in criteria, root and verdict all consistent.
async fn a_liar_is_caught(seed: u64, (old, new): (&str, &str), outcomes: &[Outcome], says: &str) {
    let town = Town::new(seed).await;
    town.sealed(&["keystream-recovery=3"]).await;
    let meter = town.ctx("meter");
    let mut jam = Jam(meter.home.folder().join("outbox"));
    measured_with(&town, Skill::Weak, "run", &mut jam).await.unwrap_err();
    std::fs::remove_file(&jam.0).unwrap();
    let keeping = Keeping::of(&meter.home, &id());
    let (good, forged) = (keeping.folder().join("evaluation.jsonl"), town.path("forged.jsonl"));
    let mut kept = keeping.result().unwrap().unwrap();
    kept.transcript = forge(&good, &forged, old, new);
    let criteria = keeping.opening().unwrap().criteria;
    let mut taken = kept.result.taken();
    for (sample, outcome) in taken.iter_mut().zip(outcomes) {
        sample.outcome = *outcome;
    }
    let decision = criteria.prepared().replay(&taken);
    kept.result = ResultOpening::new(&decision, kept.result.salt);
    keeping.keep_result(&kept).unwrap();
    let gone = trial("http://127.0.0.1:1/v1");
    run(&meter, &id(), gone, &mut Silent, None).await.unwrap();
    open(&meter, &id(), true, None).await.unwrap();
    let by = Verify { regrade: Some(Policy::default()), ..town.by(forged) };
    let found = town.verified("audit", &by).await;
    assert!(fault(&found).detail.contains(says), "{found:?}");
}

#[tokio::test]
async fn what_a_lying_evaluator_recorded_is_caught_by_execution() {
    if isolated() {
        let passes = ("\"outcome\":\"fail\"", "\"outcome\":\"pass\"");
        let says = "sample 0 was a pass; executed again it is a fail";
        Box::pin(a_liar_is_caught(6, passes, &[Outcome::Pass; 2], says)).await;
        let harder = ("\"dial\":3", "\"dial\":1");
        let says = "sample 0 is not the task of the seed (keystream-recovery=3)";
        Box::pin(a_liar_is_caught(7, harder, &[Outcome::Fail; 2], says)).await;
    }
}

#[tokio::test]
async fn a_run_that_ended_is_stated_without_another_call() {
    if !isolated() {
        return;
    }
    let town = Town::new(5).await;
    town.sealed(&["keystream-recovery=1"]).await;
    let meter = town.ctx("meter");
    let outbox = meter.home.folder().join("outbox");
    let mut jam = Jam(outbox.clone());
    let error = measured_with(&town, Skill::Strong, "run", &mut jam).await.unwrap_err();
    assert!(matches!(error, MeasureError::Act(_)), "{error}");
    std::fs::remove_file(&outbox).unwrap();
    // nothing listens there: a call would fail
    let gone = trial("http://127.0.0.1:1/v1");
    let ran = run(&meter, &id(), gone, &mut Silent, Some("run")).await.unwrap();
    assert!(ran.notes.concat().contains("had ended before"), "{:?}", ran.notes);
    open(&meter, &id(), true, None).await.unwrap();
    assert!(town.verified("audit", &town.by(ran.transcript)).await.holds);
}
