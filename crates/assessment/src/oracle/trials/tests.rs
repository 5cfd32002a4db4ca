//! Judging trials: what passes, what fails, and what is the grader's own fault.

use super::{Expect, Input, Program, Ran, Trial, Trials, TrialsEvidence};
use crate::oracle::{Outcome, RunEnd, Submission};

fn oracle() -> Trials {
    let prints = Expect::Prints { code: 0, stdout: b"ok".to_vec() };
    Trials {
        bound: 8,
        programs: vec![
            Program::new(Input::bytes("int main;"), &["cc"]),
            Program::new(Input::Submission, &["cc"]),
        ],
        trials: vec![
            Trial::new("benign", Expect::Exits(0)).control(),
            Trial::new("attack", Expect::Shows(b"secret".to_vec())).stdin(Input::Submission),
            Trial::new("test 1", prints).of(1),
            Trial::new("test 2", Expect::Survives).of(1),
            Trial::new("old", Expect::Crashes),
        ],
        repeats: 2,
    }
}

fn solved() -> TrialsEvidence {
    let ran = |end: RunEnd, out: &str| vec![Ran { end, stdout: Some(out.into()) }; 2];
    TrialsEvidence {
        builds: vec![RunEnd::Exited(0); 2],
        runs: vec![
            ran(RunEnd::Exited(0), "anything"),
            ran(RunEnd::Signalled(11), "a secret."),
            ran(RunEnd::Exited(0), "ok"),
            ran(RunEnd::Exited(3), ""),
            ran(RunEnd::Signalled(6), ""),
        ],
    }
}

fn check(change: impl FnOnce(&mut TrialsEvidence), outcome: Outcome, reason: &str) {
    let mut evidence = solved();
    change(&mut evidence);
    let judged = oracle().judge(&evidence);
    assert_eq!((judged.outcome, judged.reason.to_string()), (outcome, reason.to_owned()));
}

#[test]
fn what_counts() {
    check(|_| {}, Outcome::Pass, "solved");
    let missed = |what: &str| format!("the trial `{what}` did not end as it must");
    check(|e| e.runs[1][1].stdout = Some(b"no".into()), Outcome::Fail, &missed("attack"));
    check(|e| e.runs[1][1].stdout = None, Outcome::Fail, &missed("attack"));
    check(|e| e.runs[2][0].stdout = Some(b"ok!".into()), Outcome::Fail, &missed("test 1"));
    check(|e| e.runs[2][0].end = RunEnd::Exited(1), Outcome::Fail, &missed("test 1"));
    check(|e| e.runs[3][0].end = RunEnd::Limited, Outcome::Fail, &missed("test 2"));
    check(|e| e.runs[4][0].end = RunEnd::Signalled(9), Outcome::Fail, &missed("old"));
    check(|e| e.builds[1] = RunEnd::Exited(1), Outcome::Fail, "what was handed in does not build");
    // nothing after the first miss is needed
    let early = |e: &mut TrialsEvidence| {
        e.runs.truncate(2);
        e.runs[1] = vec![Ran { end: RunEnd::Exited(0), stdout: Some(Vec::new()) }];
    };
    check(early, Outcome::Fail, &missed("attack"));
}

#[test]
fn what_is_the_graders_fault() {
    let invalid = |change: fn(&mut TrialsEvidence), reason: &str| {
        check(change, Outcome::Invalid, &format!("the grader failed: {reason}"));
    };
    invalid(|e| e.builds[0] = RunEnd::Exited(1), "a build: Exited(1)");
    invalid(|e| e.builds[1] = RunEnd::Lost("gone".to_owned()), "a build: Lost(\"gone\")");
    invalid(|e| e.builds.truncate(1), "builds are missing");
    invalid(|e| e.runs[0][1].end = RunEnd::Exited(1), "the control `benign`: Exited(1)");
    invalid(|e| e.runs[2][0].end = RunEnd::Lost("gone".to_owned()), "test 1: gone");
    invalid(|e| e.runs[4].truncate(1), "runs of `old` are missing");
    invalid(|e| e.runs.truncate(4), "runs of `old` are missing");
    let none = Trials { trials: Vec::new(), ..oracle() };
    assert_eq!(none.judge(&solved()).outcome, Outcome::Invalid);
}

#[test]
fn what_can_not_be_tried_fails() {
    for submission in
        [Submission::Nothing, Submission::Answer("x".to_owned()), Submission::File(vec![0; 9])]
    {
        assert_eq!(oracle().proof(&submission).expect_err("nothing").outcome, Outcome::Fail);
    }
    assert!(oracle().proof(&Submission::File(vec![0; 8])).is_ok());
}
