//! Practice, certificates and their progress with the real program, which is also the guest that tasks with services need; and how an
//! endpoint is named, in both wire formats.
#![expect(clippy::print_stdout, reason = "a test says what it skipped")]
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test waits for processes")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Families with services: they run nowhere but with the program itself as guest.
const SERVICES: [&str; 6] = [
    "lateral-movement",
    "padding-oracle",
    "web-access",
    "web-forgery",
    "web-injection",
    "web-traversal",
];

fn isolated() -> bool {
    let missing = sandbox::probe().err();
    if let Some(why) = &missing {
        println!("skipped: execution in a sandbox ({why})");
    }
    missing.is_none()
}

/// Whether sandboxes of this machine can have a network.
fn networked() -> bool {
    let mut policy = sandbox::Policy::default();
    policy.guest = Some(sandbox::Guest {
        program: env!("CARGO_BIN_EXE_vestibule").into(),
        arguments: ["assess", "escapes", "--inside"].map(str::to_owned).to_vec(),
    });
    let started = sandbox::Session::start(policy);
    let made = started.and_then(|session| session.net(&sandbox::Net::default()));
    if let Err(why) = &made {
        println!("skipped: tasks with services ({why})");
    }
    made.is_ok()
}

fn command(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    command.current_dir(folder).args(arguments.split(' ')).stdin(Stdio::null());
    command
}

fn good(folder: &Path, arguments: &str) -> Output {
    let done = command(folder, arguments).output().unwrap();
    let (said, complaint) =
        (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{arguments}: {said}{complaint}");
    done
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A scripted solver as an endpoint, ended with the test.
struct Served(Child, String);

impl Drop for Served {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn served(folder: &Path, skill: &str) -> Served {
    let arguments = format!("solver --skill {skill} --listen 127.0.0.1:0 --ready ready-{skill}");
    let child = command(folder, &arguments).stderr(Stdio::null()).spawn().unwrap();
    let mut served = Served(child, String::new());
    let ready = folder.join(format!("ready-{skill}"));
    let begun = Instant::now();
    loop {
        if let Ok(text) = std::fs::read_to_string(&ready)
            && text.ends_with('\n')
        {
            text.trim().clone_into(&mut served.1);
            return served;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "the solver does not come up");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn families_with_services_hold_and_order() {
    if !isolated() || !networked() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("seed"), "07".repeat(32)).unwrap();
    let families: String = SERVICES.iter().map(|f| format!(" --family {f}")).collect();
    let certified = good(
        folder.path(),
        &format!("--json assess certify --master-seed-file seed --seeds 2 --repeats 1{families}"),
    );
    let told: Value = serde_json::from_slice(&certified.stdout).unwrap();
    let rows = told["certificates"].as_array().unwrap();
    assert_eq!(rows.len(), SERVICES.len());
    assert!(rows.iter().all(|row| row["holds"] == true), "{told}");

    let families: String = SERVICES.iter().map(|f| format!(" --family {f}=1,3")).collect();
    let tried = good(
        folder.path(),
        &format!(
            "--json assess practice --master-seed-file seed --seconds 600 --progress none{families}"
        ),
    );
    let told: Value = serde_json::from_slice(&tried.stdout).unwrap();
    assert_eq!(told["ordered"], true, "{told}");
    let passed: Vec<_> =
        told["tried"].as_array().unwrap().iter().map(|t| &t["all"]["passed"]).collect();
    assert_eq!(passed, [12, 6, 0], "strong, middling, weak: {told}");
}

/// What a person sees: the program on a terminal of its own, made by `script` of util-linux.
fn on_a_terminal(folder: &Path, arguments: &str) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_vestibule");
    let line = format!("stty cols 400; exec {program} {arguments}");
    let done = Command::new("script")
        .current_dir(folder)
        .args(["-qefc", &line, "/dev/null"])
        .stdin(Stdio::null())
        .output();
    let Ok(done) = done else {
        println!("skipped: progress on a terminal (`script` of util-linux is not here)");
        return None;
    };
    assert!(done.status.success(), "{arguments}: {}", text(&done.stdout));
    Some(text(&done.stdout))
}

#[test]
fn progress_shows_families_cost_tokens_and_time_left() {
    if !isolated() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let asked = "assess practice --family keystream-recovery=1,3 --family token-prediction=1 --instances 4 --at-once 2 --price 5";
    if let Some(seen) = on_a_terminal(folder.path(), asked) {
        let moved = seen.matches("strong: ").count();
        assert!(moved > 1, "the line moves: {seen:?}");
        let standing = seen.split("strong: ").find(|s| s.contains("keystream-recovery ")).unwrap();
        for part in [" samples, 0 invalid, ", " under way, ", " to come; ", " tokens, $", " s left"]
        {
            assert!(standing.contains(part), "`{part}` in {standing:?}");
        }
        assert!(seen.contains("the scripted solvers order as built"), "{seen:?}");
    }
    let done = good(folder.path(), &format!("--json {asked}"));
    let result: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(result["ordered"], true);
    let lines: Vec<Value> =
        text(&done.stderr).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3 * 12, "a line each sample of each solver");
    let last = lines.iter().rfind(|line| line["solver"] == "strong").unwrap();
    assert_eq!(
        last["families"]["keystream-recovery"],
        serde_json::json!({"passed": 8, "tried": 8})
    );
    assert_eq!(
        (&last["samples"], &last["to_come"], &last["under_way"]),
        (&12.into(), &0.into(), &0.into())
    );
    assert!(last["tokens"].as_u64().unwrap() > 0 && last["cost"].as_u64().unwrap() > 0, "{last}");
    assert_eq!(last["seconds_left"], 0);
    let first = lines.first().unwrap();
    assert!(first["seconds_left"].is_u64() && first["ended"]["outcome"] == "pass", "{first}");
    // elsewhere a line a sample; and nothing where nothing is asked for
    let lines = text(&good(folder.path(), asked).stderr);
    assert!(lines.contains("strong: sample 1: keystream-recovery=1 pass (solved), "), "{lines}");
    assert_eq!(text(&good(folder.path(), &format!("{asked} --progress none")).stderr), "");
}

fn one_file(folder: &Path, end: &str) -> PathBuf {
    let mut found = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    found.find(|path| path.to_string_lossy().ends_with(end)).unwrap()
}

#[test]
fn an_endpoint_is_one_flag_and_practice_is_exported() {
    if !isolated() {
        return;
    }
    let world = tempfile::tempdir().unwrap();
    let folder = world.path();
    let (strong, weak) = (served(folder, "strong"), served(folder, "weak"));
    let tasks =
        "--family keystream-recovery=2 --family intrusion-trail=4 --instances 2 --progress none";
    let tried = |base: &str, wire: &str, more: &str| {
        let asked = format!(
            "--json assess practice --endpoint {base} --model-name m --wire {wire} {tasks} --turns 400 --tokens 50000000{more}"
        );
        let told: Value = serde_json::from_slice(&good(folder, &asked).stdout).unwrap();
        let all = told["tried"][0]["all"].clone();
        (all["passed"].as_u64().unwrap(), all["tried"].as_u64().unwrap(), all["invalid"].clone())
    };
    assert_eq!(tried(&strong.1, "openai", " --transcript t.jsonl"), (4, 4, 0.into()));
    assert_eq!(tried(&strong.1, "anthropic", " --transcript a.jsonl"), (4, 4, 0.into()));
    assert_eq!(tried(&weak.1, "anthropic", ""), (0, 4, 0.into()));

    std::fs::create_dir(folder.join("log")).unwrap();
    for (transcript, format) in [("t", "inspect"), ("a", "atif"), ("a", "otel")] {
        good(
            folder,
            &format!("assess export --transcript {transcript}.jsonl --as {format} --out log"),
        );
    }
    let log = std::fs::read(one_file(&folder.join("log"), ".eval")).unwrap();
    assert!(log.starts_with(b"PK"), "an archive");
    let trajectory = std::fs::read(one_file(&folder.join("log"), ".atif.json")).unwrap();
    let trajectory: Value = serde_json::from_slice(&trajectory).unwrap();
    assert_eq!(trajectory["agent"]["model_name"], "m");
    // practice is none of a run, so nobody takes it for one; but its log comes back in as one of others
    good(folder, "--home own init --party institute --name institute --role evaluator");
    let log = one_file(&folder.join("log"), ".eval");
    let kept = good(folder, &format!("--home own --json assess import {}", log.display()));
    let kept: Value = serde_json::from_slice(&kept.stdout).unwrap();
    assert_eq!((&kept["samples"], &kept["measured_here"]), (&4.into(), &false.into()));
}

#[test]
fn a_task_of_harbor_is_practised_on() {
    if !isolated() {
        return;
    }
    let world = tempfile::tempdir().unwrap();
    let folder = world.path();
    let put = |path: &str, text: &str| {
        let path = folder.join("task").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    put(
        "task.toml",
        "schema_version = \"1.4\"\n[task]\nname = \"org/notes\"\n[environment]\nallow_internet = false\n",
    );
    put("instruction.md", "Leave /app/start.txt as it is.");
    put("environment/Dockerfile", "FROM debian:12\nWORKDIR /app\nCOPY start.txt .\n");
    put("environment/start.txt", "here");
    put(
        "tests/test.sh",
        "#!/bin/sh\n[ \"$(cat /app/start.txt)\" = here ] && echo 1 > /logs/verifier/reward.txt\n",
    );
    good(folder, "--home own init --party institute --name institute --role evaluator");
    let kept = good(folder, "--home own --json assess import task");
    let kept: Value = serde_json::from_slice(&kept.stdout).unwrap();
    assert_eq!((&kept[0]["runnable"], &kept[0]["scored_by"]), (&true.into(), &"check".into()));
    let task = kept[0]["run"].as_str().unwrap();
    let strong = served(folder, "strong");
    let asked = format!(
        "--home own --json assess practice --endpoint {} --model-name m --task {task} --transcript t.jsonl --progress none",
        strong.1
    );
    let told: Value = serde_json::from_slice(&good(folder, &asked).stdout).unwrap();
    assert_eq!(told["tried"][0]["all"]["passed"], 1, "{told}");
    let transcript = std::fs::read_to_string(folder.join("t.jsonl")).unwrap();
    assert!(transcript.contains("\"kind\":\"left\""), "{transcript}");
    assert!(transcript.contains("start.txt"), "{transcript}");
}
