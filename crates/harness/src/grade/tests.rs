//! Oracle certificates of the compiled family, executed: the reference passes and all else fails.

use super::{Built, grade};
use crate::solver::overflow_proof;
use assessment::{
    Dial, Instance, MasterSeed, Oracle, Outcome, Submission, TwoBuilds, family::family,
};
use sandbox::{Policy, probe};

fn instance(index: u32, dial: Dial) -> Instance {
    let family = family("record-overflow").expect("there is one");
    family.generate(&MasterSeed::new([9; 32]).instance(family.name(), index, "certify"), dial)
}

fn two(instance: &Instance) -> &TwoBuilds {
    let Oracle::TwoBuilds(builds) = &instance.oracle else { panic!("two builds") };
    builds
}

/// Whether there is a sandbox; says so where there is none.
fn isolated() -> bool {
    let missing = probe().err();
    if let Some(why) = &missing {
        println!("skipped: execution in a sandbox ({why})");
    }
    missing.is_none()
}

/// Four seeds of a dial. `assessment`'s own tests certify the family without a compiler.
fn certify(dial: Dial) {
    if !isolated() {
        return;
    }
    let policy = Policy::default();
    let mut other = Submission::Nothing;
    for index in 0..4 {
        let instance = instance(index, dial);
        let builds = two(&instance);
        let built = Built::new(builds, &policy).expect("a sandbox");
        let outcome = |submission: &Submission| match builds.proof(submission) {
            Ok(proof) => builds.judge(&built.run(builds, proof, &policy)),
            Err(judgement) => judgement,
        };
        let judged = outcome(&instance.reference);
        assert_eq!(judged.outcome, Outcome::Pass, "seed {index} dial {dial}: {}", judged.reason);
        for (what, wrong) in &instance.wrong {
            let judged = outcome(wrong);
            assert_eq!(judged.outcome, Outcome::Fail, "seed {index} dial {dial}: {what}");
        }
        assert_eq!(outcome(&other).outcome, Outcome::Fail, "another seed's solution");
        // what the strong solver derives from the source alone
        let found = overflow_proof(&builds.vulnerable).expect("found");
        let judged = outcome(&Submission::File(found));
        assert_eq!(judged.outcome, Outcome::Pass, "derived, seed {index} dial {dial}");
        other = instance.reference;
    }
}

#[test]
fn certificates_of_dial_1() {
    certify(Dial::ALL[0]);
}

#[test]
fn certificates_of_dial_2() {
    certify(Dial::ALL[1]);
}

#[test]
fn certificates_of_dial_3() {
    certify(Dial::ALL[2]);
}

#[test]
fn certificates_of_dial_4() {
    certify(Dial::ALL[3]);
}

#[test]
fn certificates_of_dial_5() {
    certify(Dial::ALL[4]);
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
