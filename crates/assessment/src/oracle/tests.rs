//! Judging: what passes, what fails, and what is the grader's own fault.

use super::{AnswerDigest, Outcome, RunEnd, Submission, TwoBuilds, TwoBuildsEvidence};

fn oracle() -> TwoBuilds {
    TwoBuilds {
        vulnerable: String::new(),
        fixed: String::new(),
        compile: Vec::new(),
        control: Vec::new(),
        proof_bound: 8,
        repeats: 2,
    }
}

fn solved() -> TwoBuildsEvidence {
    let exited = RunEnd::Exited;
    TwoBuildsEvidence {
        builds: [exited(0), exited(0)],
        control: [exited(0), exited(0)],
        proof: [vec![RunEnd::Signalled(11); 2], vec![exited(6); 2]],
    }
}

fn check(change: impl FnOnce(&mut TwoBuildsEvidence), outcome: Outcome, reason: &str) {
    let mut evidence = solved();
    change(&mut evidence);
    let judged = oracle().judge(&evidence);
    assert_eq!((judged.outcome, judged.reason.to_string()), (outcome, reason.to_owned()));
}

#[test]
fn two_builds() {
    let [vulnerable, fixed] = [0, 1];
    let lost = || RunEnd::Lost("killed".to_owned());
    check(|_| {}, Outcome::Pass, "solved");
    let silent = "the proof does not crash the vulnerable build every time";
    check(|e| e.proof[vulnerable][1] = RunEnd::Exited(0), Outcome::Fail, silent);
    check(|e| e.proof[vulnerable][0] = RunEnd::Limited, Outcome::Fail, silent);
    // killed from outside (9), out of processor time (24): not a crash
    check(|e| e.proof[vulnerable][0] = RunEnd::Signalled(9), Outcome::Fail, silent);
    check(|e| e.proof[vulnerable][0] = RunEnd::Signalled(24), Outcome::Fail, silent);
    let both = "the proof also disturbs the fixed build";
    check(|e| e.proof[fixed][0] = RunEnd::Signalled(6), Outcome::Fail, both);
    check(|e| e.proof[fixed][1] = RunEnd::Limited, Outcome::Fail, both);
    check(
        |e| e.builds[fixed] = RunEnd::Exited(1),
        Outcome::Invalid,
        "the grader failed: the fixed build: Exited(1)",
    );
    check(
        |e| e.control[vulnerable] = RunEnd::Signalled(11),
        Outcome::Invalid,
        "the grader failed: the control on the vulnerable build: Signalled(11)",
    );
    check(
        |e| e.proof[vulnerable][0] = lost(),
        Outcome::Invalid,
        "the grader failed: a run of the proof: killed",
    );
    check(
        |e| {
            e.proof[vulnerable].pop();
        },
        Outcome::Invalid,
        "the grader failed: runs of the proof are missing",
    );
}

#[test]
fn a_run_that_decides_needs_no_other() {
    let silent = "the proof does not crash the vulnerable build every time";
    check(|e| e.proof = [vec![RunEnd::Exited(0)], vec![RunEnd::Exited(0)]], Outcome::Fail, silent);
    let both = "the proof also disturbs the fixed build";
    check(|e| e.proof = [Vec::new(), vec![RunEnd::Signalled(11)]], Outcome::Fail, both);
    // the control decides before any proof
    let broken = "the grader failed: the control on the fixed build: Limited";
    check(
        |e| {
            e.control[1] = RunEnd::Limited;
            e.proof = [Vec::new(), vec![RunEnd::Signalled(11)]];
        },
        Outcome::Invalid,
        broken,
    );
}

#[test]
fn what_can_not_be_run_fails() {
    for submission in
        [Submission::Nothing, Submission::Answer("x".to_owned()), Submission::File(vec![0; 9])]
    {
        let judged = oracle().proof(&submission).expect_err("nothing to run");
        assert_eq!(judged.outcome, Outcome::Fail);
    }
    assert!(oracle().proof(&Submission::File(vec![0; 8])).is_ok());
}

#[test]
fn answers() {
    let digest = AnswerDigest::new("right", [1; 32]);
    let judge = |text: &str| digest.judge(&Submission::Answer(text.to_owned())).outcome;
    assert_eq!(judge("right"), Outcome::Pass);
    assert_eq!(judge(" right\n"), Outcome::Pass);
    assert_eq!(judge("Right"), Outcome::Fail);
    assert_eq!(judge("right wrong"), Outcome::Fail);
    assert_eq!(digest.judge(&Submission::File(b"right".to_vec())).outcome, Outcome::Fail);
    assert!(!format!("{digest:?}").contains("right"));
}
