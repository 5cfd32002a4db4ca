//! The program itself, killed in the middle of a measurement: `assess resume` goes on, and loses and repeats nothing.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test waits for processes")]

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct World {
    folder: tempfile::TempDir,
    solver: Option<Child>,
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(solver) = &mut self.solver {
            let _gone = solver.kill();
            let _reaped = solver.wait();
        }
    }
}

impl World {
    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        command.current_dir(self.folder.path()).args(arguments.split(' ')).stdin(Stdio::null());
        command
    }

    fn good(&self, arguments: &str) -> String {
        let done = self.command(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{arguments}: {said}{complaint}");
        said
    }
}

fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "no {what} in two minutes");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn world() -> World {
    let mut world = World { folder: tempfile::tempdir().unwrap(), solver: None };
    for (party, role) in [("institute", "evaluator"), ("office", "determiner")] {
        world.good(&format!("--home {party} init --party {party} --name {party} --role {role}"));
    }
    world.good("node init node --origin log.example/killed");
    world.good(
        "trust assemble --log node/log.vkey --party institute --party office --out trust.toml",
    );
    for folder in ["institute", "office", "node"] {
        std::fs::copy(world.at("trust.toml"), world.at(folder).join("trust.toml")).unwrap();
    }
    let mut solver = world.command("solver --skill strong --listen 127.0.0.1:0 --ready ready");
    world.solver = Some(solver.stderr(Stdio::null()).spawn().unwrap());
    world
}

/// What it complains of; nothing when it does what it is asked.
fn refused_by(mut command: Command) -> String {
    let done = command.output().unwrap();
    if done.status.success() {
        String::new()
    } else {
        String::from_utf8_lossy(&done.stderr).into_owned()
    }
}

fn lines(text: &[u8]) -> Vec<Value> {
    let lines = text.split(|b| *b == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

fn count(lines: &[Value], kind: &str) -> usize {
    lines.iter().filter(|line| line["kind"] == kind).count()
}

/// What is whole of a transcript.
fn whole(path: &Path) -> Vec<u8> {
    let mut text = std::fs::read(path).unwrap_or_default();
    let end = text.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    text.truncate(end);
    text
}

#[test]
fn a_killed_program_resumes() {
    if let Err(why) = sandbox::probe() {
        println!("skipped: execution in a sandbox ({why})");
        return;
    }
    let world = world();
    // a seed of the evaluator's own, which lies sealed to its keys
    world.good("--home institute assess seed --out seed");
    let refused = world.command(
        "--home office assess certify --family weak-rsa --seeds 1 --master-seed-file seed",
    );
    assert!(!refused_by(refused).is_empty(), "another's keys open nothing");
    world.good(
        "--home institute --node node assess seal --seed-file seed --run run-1 --model m --threshold -0.5 --delta 1 --floor 5 \
         --family keystream-recovery=1-5",
    );
    let base = until("solver", || {
        std::fs::read_to_string(world.at("ready")).ok().filter(|text| text.ends_with('\n'))
    });
    let measure = |verb: &str| {
        format!(
            "--home institute --node node assess {verb} --run run-1 --class scripted --endpoint {} --model-name solver",
            base.trim()
        )
    };
    let transcript = world.at("institute/runs/run-1/evaluation.jsonl");
    let mut killed = world.command(&measure("run"));
    let mut killed = killed.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("sample under way", || {
        assert!(killed.try_wait().unwrap().is_none(), "the run ended before it could be killed");
        let so_far = lines(&whole(&transcript));
        let inside = so_far.last().is_some_and(|line| line["kind"] == "sample-started");
        (inside && count(&so_far, "sample-ended") >= 2).then_some(())
    });
    // SIGKILL: nothing of it runs on
    killed.kill().unwrap();
    killed.wait().unwrap();
    let before = whole(&transcript);
    let ended = count(&lines(&before), "sample-ended");
    let in_flight = count(&lines(&before), "sample-started") - ended;

    let said = world.good(&measure("resume"));
    assert!(said.contains("logged: measurement-recorded"), "{said}");
    assert!(said.contains(&format!("{in_flight} invalid")), "{said}");
    let after = std::fs::read(&transcript).unwrap();
    assert!(after.starts_with(&before), "a line that was whole is gone or changed");
    let after = lines(&after);
    assert_eq!(count(&after, "run-resumed"), 1);
    assert_eq!(count(&after, "sample-started"), count(&after, "sample-ended"));
    let invalid =
        |line: &&Value| line["kind"] == "sample-ended" && line["body"]["outcome"] == "invalid";
    let invalid: Vec<_> =
        after.iter().filter(invalid).map(|line| &line["body"]["sample"]).collect();
    assert_eq!(invalid.len(), in_flight, "the one in flight, and no other");
    assert!(invalid.iter().all(|sample| **sample == ended));
    // the model was given each task once, and another in the place of the one in flight
    let given = after.iter().filter(|line| line["kind"] == "sample-started");
    let given: Vec<_> = given.map(|line| line["body"]["instance"].to_string()).collect();
    assert_eq!(given.iter().collect::<BTreeSet<_>>().len(), given.len());
    world.good("--home institute --node node assess open --run run-1");
    let verified = world.good(
        "--home office --node node assess verify --run run-1 --transcript institute/runs/run-1/evaluation.jsonl",
    );
    assert!(verified.contains("run run-1 verifies: ABOVE"), "{verified}");
    let shown = world.good("--home institute --node node assess show --run run-1");
    assert!(
        shown.contains("passed when cheating counts as success") && !shown.contains("sign "),
        "{shown}"
    );
}
