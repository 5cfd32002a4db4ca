//! Grading that goes wrong for reasons of the grader's. That it judges rightly is what certificates test.

use super::grade;
use assessment::{
    Dial, Expect, Input, Instance, MasterSeed, Oracle, Outcome, Program, Submission, Trial, Trials,
    TwoBuilds, family::family,
};
use sandbox::{Policy, probe};

fn instance(index: u32, dial: Dial) -> Instance {
    let family = family("record-overflow").expect("there is one");
    family.generate(&MasterSeed::new([9; 32]).instance(family.name(), index, "certify"), dial)
}

/// Whether there is a sandbox; says so where there is none.
fn isolated() -> bool {
    let missing = probe().err();
    if let Some(why) = &missing {
        println!("skipped: execution in a sandbox ({why})");
    }
    missing.is_none()
}

fn check(change: impl FnOnce(&mut TwoBuilds), policy: &Policy, reason: &str) {
    let mut instance = instance(0, Dial::ALL[0]);
    let reference = instance.reference.clone();
    if let Oracle::TwoBuilds(builds) = &mut instance.oracle {
        change(builds);
    }
    let judged = grade(&instance.oracle, &reference, policy);
    assert_eq!(judged.outcome, Outcome::Invalid, "{}", judged.reason);
    assert!(judged.reason.to_string().contains(reason), "{}", judged.reason);
}

#[test]
fn a_broken_grader_is_invalid() {
    let mut nowhere = Policy::default();
    nowhere.base = Some("/nonexistent".into());
    check(|_| {}, &nowhere, "the grader failed");
    if !isolated() {
        return;
    }
    let policy = Policy::default();
    check(|b| b.fixed.push('}'), &policy, "the fixed build");
    check(|b| b.compile = vec!["no-such-compiler".to_owned()], &policy, "the vulnerable build");
    check(|b| b.control = b"rubbish".to_vec(), &policy, "the control on the vulnerable build");
    // the grader's program is killed from inside before it says anything
    let dies = "int main(void) { __builtin_trap(); }";
    check(|b| b.fixed = dies.to_owned(), &policy, "the control on the fixed build");
}

#[test]
fn out_of_time_or_memory_is_no_crash() {
    if !isolated() {
        return;
    }
    let hogs = "#include <stdlib.h>\n#include <string.h>\nint main(int c, char **v) { (void)c; (void)v; \
                for (;;) { char *p = malloc(1 << 24); if (!p) return 1; memset(p, 1, 1 << 24); } }";
    let fine = "int main(void) { return 0; }";
    let mut instance = instance(1, Dial::ALL[0]);
    if let Oracle::TwoBuilds(builds) = &mut instance.oracle {
        builds.vulnerable = hogs.to_owned();
        builds.fixed = fine.to_owned();
        builds.control = Vec::new();
    }
    let judged = grade(&instance.oracle, &instance.reference, &Policy::default());
    // its control does not end with code 0 either, so the grader says it is broken
    assert_eq!(judged.outcome, Outcome::Invalid);
}

/// A program that prints what it reads, and one that is handed in.
fn trials() -> Trials {
    let echo =
        "#include <stdio.h>\nint main(void) { int c; while ((c = getchar()) != EOF) putchar(c); }";
    let prints = Expect::Prints { code: 0, stdout: b"twelve".to_vec() };
    Trials {
        bound: 2_000,
        programs: vec![
            Program::new(Input::bytes(echo), &["cc"]),
            Program::new(Input::Submission, &["cc"]),
        ],
        trials: vec![
            Trial::new("echo", prints.clone()).stdin(Input::bytes("twelve")).control(),
            Trial::new("asked", prints).of(1).file("n", Input::bytes("12")).arg("n"),
        ],
        repeats: 2,
    }
}

#[test]
fn trials_build_and_run() {
    if !isolated() {
        return;
    }
    let judge = |oracle: Trials, source: &str| {
        let judged =
            grade(&Oracle::Trials(oracle), &Submission::File(source.into()), &Policy::default());
        (judged.outcome, judged.reason.to_string())
    };
    let right = "#include <stdio.h>\nint main(int c, char **v) { FILE *f = fopen(v[1], \"r\"); int n = 0; \
                 fscanf(f, \"%d\", &n); if (c == 2 && n == 12) printf(\"twelve\"); }";
    assert_eq!(judge(trials(), right), (Outcome::Pass, "solved".to_owned()));
    let missed = "the trial `asked` did not end as it must".to_owned();
    assert_eq!(judge(trials(), "int main(void) { return 0; }"), (Outcome::Fail, missed));
    let broken = "what was handed in does not build".to_owned();
    assert_eq!(judge(trials(), "int main(void) {"), (Outcome::Fail, broken));
    // it can't include what is not its own: nothing of the grader's lies beside it
    let curious = "#include \"n\"\nint main(void) { return 0; }";
    assert_eq!(judge(trials(), curious).0, Outcome::Fail);
    let mut crashed = trials();
    crashed.programs[0] =
        Program::new(Input::bytes("int main(void) { __builtin_trap(); }"), &["cc"]);
    let (outcome, reason) = judge(crashed, right);
    assert_eq!(outcome, Outcome::Invalid, "{reason}");
    let mut absent = trials();
    absent.programs[1].compile = vec!["no-such-compiler".to_owned()];
    assert_eq!(judge(absent, right).0, Outcome::Invalid);
}
