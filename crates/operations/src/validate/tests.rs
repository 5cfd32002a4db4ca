//! How runs are classified, with small scripts as hostile programs.

use super::*;
use crate::finding::tests::can_run;
use std::fs;

/// What follows when these scripts are the two builds.
fn judged(vulnerable: &str, fixed: &str, change: impl FnOnce(&mut Plan)) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let script = |text: &str| format!("#!/bin/sh\n{text}\n");
    let mut plan = Plan::new(
        file("vulnerable", &script(vulnerable)),
        file("fixed", &script(fixed)),
        file("proof", "proof"),
        file("control", "control"),
    );
    plan.repeat = 1;
    change(&mut plan);
    run(&plan, &Policy::default()).unwrap()
}

const FIRES: &str = "grep -q proof $1 && kill -SEGV $$; exit 0";

#[test]
fn verdicts_follow_from_what_programs_do() {
    if !can_run("verdicts over scripts") {
        return;
    }
    let verdict = |vulnerable: &str, fixed: &str| judged(vulnerable, fixed, |_| {}).verdict;
    assert_eq!(verdict(FIRES, "exit 0"), Verdict::Confirmed);
    assert_eq!(verdict(FIRES, "# other bytes\nexit 0"), Verdict::Confirmed);
    assert_eq!(verdict("exit 0", "exit 0 # x"), Verdict::NotReproduced);
    assert_eq!(verdict(FIRES, &format!(": x\n{FIRES}")), Verdict::FiresOnFixed);
    assert_eq!(verdict(FIRES, "exit 1"), Verdict::ControlFails, "a fix that takes nothing");
    assert_eq!(verdict("kill -ABRT $$", "exit 0"), Verdict::ControlFails);
    let said = "echo '==1==ERROR: AddressSanitizer'; echo proof fired >&2; exit 0";
    assert_eq!(verdict(said, "exit 0"), Verdict::NotReproduced, "no text is believed");
    let killed = "grep -q proof $1 && kill -KILL $$; exit 0";
    let reason = clearinghouse::InvalidReason::Disorderly;
    assert_eq!(verdict(killed, "exit 0"), Verdict::Invalid(reason));
    let lost = "grep -q proof $1 && exit 127; exit 0";
    let reason = clearinghouse::InvalidReason::HarnessFailed;
    assert_eq!(verdict(lost, "exit 0"), Verdict::Invalid(reason));
}

#[test]
fn a_run_leaves_nothing_to_the_next() {
    if !can_run("fresh sandboxes") {
        return;
    }
    // fires only when an earlier run left its mark
    let mark = "grep -q proof $1 && [ -e mark ] && kill -SEGV $$; touch mark /tmp/mark; exit 0";
    assert_eq!(judged(mark, "exit 0", |_| {}).verdict, Verdict::NotReproduced);
}

#[test]
fn input_comes_by_file_or_on_standard_input() {
    if !can_run("ways of input") {
        return;
    }
    let reads = "grep -q proof && kill -SEGV $$; exit 0";
    let ran = judged(reads, "exit 0", |plan| plan.arguments.clear());
    assert_eq!(ran.verdict, Verdict::Confirmed, "{}", ran.text());
    let named = "[ \"$1\" = -f ] && grep -q proof \"${2#x=}\" && kill -SEGV $$; exit 0";
    let ran = judged(named, "exit 0", |plan| {
        plan.arguments = ["-f", "x=@@"].map(str::to_owned).to_vec();
    });
    assert_eq!(ran.verdict, Verdict::Confirmed, "{}", ran.text());
}

#[test]
fn endless_programs_are_stopped() {
    if !can_run("endless programs") {
        return;
    }
    let ran = judged("grep -q proof $1 && sleep 60; exit 0", "exit 0", |plan| {
        plan.wall = Duration::from_secs(1);
    });
    let reason = clearinghouse::InvalidReason::Disorderly;
    assert_eq!(ran.verdict, Verdict::Invalid(reason));
    assert!(ran.text().contains("did not end in time"), "{}", ran.text());
}

#[test]
fn a_source_that_does_not_build_is_named() {
    if !can_run("a broken source") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.c");
    fs::write(&path, "int main(").unwrap();
    let plan = Plan::new(path.clone(), path.clone(), path.clone(), path);
    let error = run(&plan, &Policy::default()).unwrap_err().to_string();
    assert!(error.contains("broken.c does not build"), "{error}");
}

#[test]
fn repetitions_are_bounded() {
    let none = PathBuf::from("none");
    let mut plan = Plan::new(none.clone(), none.clone(), none.clone(), none);
    for repeat in [0, ValidationRuns::MOST + 1] {
        plan.repeat = repeat;
        assert!(matches!(run(&plan, &Policy::default()), Err(ValidateError::Repeat(_))));
    }
    plan.repeat = 1;
    assert!(matches!(run(&plan, &Policy::default()), Err(ValidateError::File(_))));
}

#[test]
fn only_crash_signals_fire() {
    let check = |status, control, outcome| assert_eq!(classify(status, control).0, outcome);
    for signal in [4, 5, 6, 7, 8, 11] {
        check(Status::Signalled(signal), false, RunOutcome::Fired);
    }
    // 9 killed, 13 no reader, 15 asked to end, 24 time, 25 file size, 31 refused system call
    for signal in [1, 2, 9, 13, 15, 24, 25, 31] {
        check(Status::Signalled(signal), false, RunOutcome::Disorderly);
    }
    check(Status::Exited(0), true, RunOutcome::Silent);
    check(Status::Exited(3), false, RunOutcome::Silent);
    check(Status::Exited(3), true, RunOutcome::Disorderly);
    for code in [126, 127] {
        check(Status::Exited(code), false, RunOutcome::HarnessFailed);
    }
    for status in [Status::TimedOut, Status::OutOfMemory, Status::WorkspaceFull] {
        check(status, false, RunOutcome::Disorderly);
    }
}
