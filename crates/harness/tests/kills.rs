//! Real kills: of the harness, which then goes on where it stopped, and of the grader's sandbox.
#![expect(clippy::print_stdout, reason = "a test says what it skipped")]
#![expect(clippy::panic, reason = "a helper of tests fails the test")]
#![expect(clippy::disallowed_methods, reason = "tests wait, and find their orders by environment")]
#![expect(clippy::unwrap_used, reason = "a test")]

use assessment::{
    Bank, Budget, Cell, Criteria, Details, Dial, Elicitation, Expect, Input, Item, MasterSeed,
    Opening, Oracle, Outcome, Program, Rule, SeedOpening, Sprt, Submission, Trial, Trials,
    family::family, verify,
};
use harness::solver::{Skill, serve};
use harness::{Config, Endpoint, Requirement, Silent, digests, grade, measure, transcript};
use sandbox::{Policy, probe};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// One test at a time, from before its probe of the machine: a sandbox that another test starts would be taken for the grader's and killed.
static ALONE: Mutex<()> = Mutex::const_new(());

const KILLS: usize = 3;

fn isolated() -> bool {
    let missing = probe().err();
    if let Some(why) = &missing {
        println!("skipped: execution in a sandbox ({why})");
    }
    missing.is_none()
}

fn config(base: &str, path: &Path, resume: bool) -> Config {
    let seed = MasterSeed::new([33; 32]);
    let opened = SeedOpening { seed: *seed.secret(), salt: [1; 32] };
    let cells = Dial::ALL.map(|dial| Cell { family: "keystream-recovery".parse().unwrap(), dial });
    let bank = Bank { cells: cells.into() };
    let run = "run-killed".parse().unwrap();
    let items = bank.cells.iter().map(|cell| Item::prior(cell.dial)).collect();
    let rule = Sprt::new((400_000, 700_000), (10_000, 10_000), 40, 10).unwrap();
    let criteria = Criteria {
        details: Some(Details::new(&bank, items, &run, &opened)),
        run,
        model: "scripted".parse().unwrap(),
        model_digest: None,
        seed: seed.commitment(&[1; 32]),
        bank,
        rule: Rule::Sprt(rule),
        budget: Budget { turns: 12, tokens: 200_000, seconds: 120, price: None },
        digests: digests(Elicitation::BARE),
    };
    Config {
        endpoint: Endpoint::new(base, "scripted", None).unwrap(),
        opening: Opening::new(criteria, [2; 32], Some(opened)),
        seed,
        policy: Policy::default(),
        requirement: Requirement::scripted(),
        transcript: path.to_owned(),
        resume,
    }
}

/// Not a test: the harness that is killed.
#[tokio::test]
#[ignore = "started by the other test"]
async fn the_harness() {
    let Ok(base) = std::env::var("KILLS_BASE") else { return };
    let path = std::env::var("KILLS_TRANSCRIPT").unwrap();
    let config = config(&base, Path::new(&path), Path::new(&path).exists());
    measure(&config, &mut Silent).await.unwrap();
}

fn start(base: &str, path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_harness", "--ignored", "--nocapture"])
        .env("KILLS_BASE", base)
        .env("KILLS_TRANSCRIPT", path)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until the child's transcript has this many lines and the last of them is inside a sample, then kills it.
/// Gives what was whole in it; none when the run ended before.
fn killed(mut child: Child, path: &Path, lines: usize) -> Option<Vec<u8>> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(120) {
        let text = std::fs::read(path).unwrap_or_default();
        let whole = text.split(|b| *b == b'\n').filter(|line| !line.is_empty()).count();
        let inside = text.ends_with(b"\n")
            && [&b"sample-started"[..], b"\"kind\":\"model\"", b"\"kind\":\"tool\""].iter().any(
                |kind| {
                    let last = text.rsplit(|b| *b == b'\n').nth(1).unwrap_or_default();
                    last.windows(kind.len()).any(|w| w == *kind)
                },
            );
        if whole >= lines && inside {
            // SIGKILL: nothing of it runs on
            child.kill().unwrap();
            child.wait().unwrap();
            let mut text = std::fs::read(path).unwrap();
            let end = text.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
            text.truncate(end);
            return Some(text);
        }
        if child.try_wait().unwrap().is_some() {
            return None;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    panic!("the harness wrote nothing in two minutes");
}

fn count(text: &[u8], kind: &str) -> usize {
    let text = String::from_utf8_lossy(text);
    text.lines()
        .filter(|line| {
            let value: Value = serde_json::from_str(line).unwrap();
            value.get("kind").and_then(Value::as_str) == Some(kind)
        })
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_harness_goes_on_and_loses_and_repeats_nothing() {
    let _alone = ALONE.lock().await;
    if !isolated() {
        return;
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let server = async { panic!("it serves for ever: {:?}", serve(listener, Skill::Strong).await) };
    let killing = tokio::task::spawn_blocking(move || kill_and_resume(&base));
    tokio::select! {
        () = server => {}
        done = killing => done.unwrap(),
    }
}

fn kill_and_resume(base: &str) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("evaluation.jsonl");
    let mut prefixes = Vec::new();
    let mut in_flight = 0;
    for kill in 0..KILLS {
        let lines = count_lines(&path) + 3 + 4 * kill;
        if let Some(text) = killed(start(base, &path), &path, lines) {
            in_flight += usize::from(count(&text, "sample-started") > count(&text, "sample-ended"));
            prefixes.push(text);
            // a line that was being written when the machine stopped
            let mut torn = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
            std::io::Write::write_all(&mut torn, b"{\"at\":\"20").unwrap();
        }
    }
    assert_eq!(prefixes.len(), KILLS, "the run ended before it could be killed");
    assert!(start(base, &path).wait().unwrap().success());
    let text = std::fs::read(&path).unwrap();
    for prefix in &prefixes {
        assert!(text.starts_with(prefix), "a line that was whole is gone or changed");
    }
    assert_eq!(count(&text, "run-started"), 1);
    assert_eq!(count(&text, "run-resumed"), KILLS);
    assert_eq!(count(&text, "run-ended"), 1);
    let checked = transcript::check(&path).unwrap();
    let samples = checked.outcomes();
    let invalid = samples.iter().filter(|o| **o == Outcome::Invalid).count();
    assert_eq!(invalid, in_flight, "each sample in flight is INVALID, and no other: {samples:?}");
    assert!(in_flight > 0);
    assert!(samples.iter().all(|o| *o != Outcome::Fail), "the strong solver solves: {samples:?}");
    // each instance was given to the model once
    let instances: Vec<_> = String::from_utf8(text)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["kind"] == "sample-started")
        .map(|line| line["body"]["instance"].to_string())
        .collect();
    assert_eq!(instances.len(), samples.len());
    assert_eq!(instances.iter().collect::<BTreeSet<_>>().len(), instances.len());
    let opening = config(base, &path, true).opening;
    let decision = verify(&opening.commitment(), &opening, &checked.taken).unwrap();
    assert_eq!(decision.verdict.to_string(), "ABOVE");
    // what has ended is not gone on with
    let over = std::fs::read(&path).unwrap();
    assert!(!start(base, &path).wait().unwrap().success());
    assert_eq!(std::fs::read(&path).unwrap(), over);
}

fn count_lines(path: &Path) -> usize {
    std::fs::read(path).unwrap_or_default().iter().filter(|b| **b == b'\n').count()
}

/// Processes that this process started itself and that still run.
fn children() -> BTreeSet<u32> {
    let own = std::process::id().to_string();
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let mut fields = fields.split_whitespace();
        let (state, parent) = (fields.next(), fields.next());
        if state != Some("Z") && parent == Some(&own) {
            found.insert(pid);
        }
    }
    found
}

#[test]
fn a_killed_grader_is_invalid() {
    let _alone = ALONE.blocking_lock();
    if !isolated() {
        return;
    }
    let family = family("record-overflow").unwrap();
    let seed = MasterSeed::new([9; 32]).instance(family.name(), 0, "kills");
    let instance = family.generate(&seed, Dial::ALL[0]);
    let sleeps = "#include <unistd.h>\nint main(void) { sleep(3); return 0; }\n";
    // the first, second and third sandbox of the grader: two builds and a control
    for victim in 1..=3 {
        let mut oracle = instance.oracle.clone();
        let Oracle::TwoBuilds(builds) = &mut oracle else { panic!("two builds") };
        (builds.vulnerable, builds.fixed) = (sleeps.to_owned(), sleeps.to_owned());
        let before = children();
        let submission = instance.reference.clone();
        let grader = std::thread::spawn(move || grade(&oracle, &submission, &Policy::default()));
        let mut seen = BTreeSet::new();
        while seen.len() < victim && !grader.is_finished() {
            let new: Vec<_> = children().difference(&before).copied().collect();
            for pid in new {
                if seen.insert(pid) && seen.len() == victim {
                    let killed = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
                    assert!(killed.unwrap().success());
                }
            }
        }
        let judged = grader.join().unwrap();
        assert_eq!(judged.outcome, Outcome::Invalid, "victim {victim}: {}", judged.reason);
        let reason = judged.reason.to_string();
        assert!(reason.contains("the grader failed"), "victim {victim}: {reason}");
    }
}

/// Kills, as often as `times` allows, every process below this one that runs a program of this name, until `over`.
fn kill_below(name: &str, mut times: usize, over: impl Fn() -> bool) -> usize {
    let own = std::process::id().to_string();
    let (mut killed, mut seen) = (0, BTreeSet::new());
    while !over() {
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let pid = entry.file_name().to_string_lossy().into_owned();
            let comm = std::fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
            if comm.trim() != name || seen.contains(&pid) || !is_below(&pid, &own) || times == 0 {
                continue;
            }
            let status = Command::new("kill").args(["-KILL", &pid]).status().unwrap();
            killed += usize::from(status.success());
            times -= 1;
            seen.insert(pid);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    killed
}

fn is_below(pid: &str, ancestor: &str) -> bool {
    let mut pid = pid.to_owned();
    for _ in 0..16 {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let Some(parent) = fields.split_whitespace().nth(1) else { return false };
        if parent == ancestor {
            return true;
        }
        parent.clone_into(&mut pid);
    }
    false
}

/// A grader's program that takes its time, and one that was handed in.
fn slow() -> Oracle {
    let prints = Expect::Prints { code: 0, stdout: b"twelve".to_vec() };
    let source = "#include <stdio.h>\n#include <unistd.h>\nint main(void) { usleep(400000); printf(\"twelve\"); return 0; }";
    Oracle::Trials(Trials {
        bound: 2_000,
        programs: vec![
            Program::new(Input::bytes(source), &["cc"]),
            Program::new(Input::Submission, &["cc"]),
        ],
        trials: vec![
            Trial::new("slow", prints.clone()).control(),
            Trial::new("asked", prints).of(1),
        ],
        repeats: 1,
    })
}

#[test]
fn what_is_killed_inside_the_grader_s_sandbox_is_no_failure_of_the_model() {
    let _alone = ALONE.blocking_lock();
    if !isolated() {
        return;
    }
    let judge = |source: &'static str| {
        std::thread::spawn(move || {
            grade(&slow(), &Submission::File(source.into()), &Policy::default())
        })
    };
    let right = "#include <stdio.h>\n#include <unistd.h>\nint main(void) { usleep(400000); printf(\"twelve\"); return 0; }";
    // killed once or twice from outside, a program runs again, and what it does undisturbed counts
    for times in [1, 2] {
        let grader = judge(right);
        let killed = kill_below("program", times, || grader.is_finished());
        let judged = grader.join().unwrap();
        assert_eq!((killed, judged.outcome), (times, Outcome::Pass), "{}", judged.reason);
    }
    // a compiler that is killed each time is INVALID, whoever's source it compiles
    let grader = judge(right);
    assert!(kill_below("cc1", usize::MAX, || grader.is_finished()) >= 3);
    let judged = grader.join().unwrap();
    assert_eq!(judged.outcome, Outcome::Invalid, "{}", judged.reason);
    // so is one of the grader's, or one that was handed in: nothing inside can kill it
    let grader = judge(right);
    assert!(kill_below("program", usize::MAX, || grader.is_finished()) >= 3);
    let judged = grader.join().unwrap();
    assert_eq!(judged.outcome, Outcome::Invalid, "{}", judged.reason);
    // what would kill itself every time fails: nobody makes a sample INVALID by handing that in
    let judged = judge("#include <signal.h>\nint main(void) { raise(SIGKILL); }").join().unwrap();
    assert_eq!(judged.outcome, Outcome::Fail, "{}", judged.reason);
}
