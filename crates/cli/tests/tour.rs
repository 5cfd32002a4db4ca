//! The tour from outside: what it refuses, and that it goes on after a kill. The whole of it, killed many
//! times, is `cargo xtask kills`.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn tour(out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    command.args(["tour", "--out"]).arg(out).stdin(Stdio::null());
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Waits until the journal names an act, or fails after a while.
fn journal_names(out: &Path, act: &str) {
    #[expect(clippy::disallowed_methods, reason = "a test waits for another process")]
    let started = Instant::now();
    while !std::fs::read_to_string(out.join("tour.json")).unwrap_or_default().contains(act) {
        assert!(started.elapsed() < Duration::from_secs(25), "no {act} within 25 s");
        #[expect(clippy::disallowed_methods, reason = "a test waits for another process")]
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_folder_with_other_things_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.txt"), "years of work").unwrap();
    for arguments in [&[][..], &["--again"], &["--serve"]] {
        let output = tour(folder.path()).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains("`thesis.txt` is in it"), "{}", said(&output));
    }
    assert_eq!(std::fs::read(folder.path().join("thesis.txt")).unwrap(), b"years of work");
}

#[test]
fn a_killed_tour_goes_on_behind_its_last_act_and_a_second_one_waits_outside() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("tour");
    let mut first = tour(&out).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    journal_names(&out, "inquiry-inquired");
    let beside = tour(&out).output().unwrap();
    assert_eq!(beside.status.code(), Some(2));
    assert!(said(&beside).contains("another tour is using"), "{}", said(&beside));
    first.kill().unwrap();
    first.wait().unwrap();

    let before = std::fs::read_to_string(out.join("tour.json")).unwrap();
    let before: serde_json::Value = serde_json::from_str(&before).unwrap();
    let mut second = tour(&out).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    journal_names(&out, "criteria-sealed");
    second.kill().unwrap();
    second.wait().unwrap();
    let after = std::fs::read_to_string(out.join("tour.json")).unwrap();
    let after: serde_json::Value = serde_json::from_str(&after).unwrap();
    assert_eq!(after["started_at"], before["started_at"]);
    for (key, came) in before["acts"].as_object().unwrap() {
        assert_eq!(&after["acts"][key], came, "{key} was done again");
    }
}
