//! Every family, one seed a dial; and families that are broken on purpose, each caught by its check.

use super::{Certify, Check, certify};
use crate::testing::possible;
use assessment::family::keystream::Keystream;
use assessment::{
    About, Dial, Effort, Family, File, Instance, MasterSeed, Submission, View, families,
};
use sandbox::{Policy, probe};

fn isolated() -> bool {
    let missing = probe().err();
    if let Some(why) = &missing {
        println!("skipped: certificates in a sandbox ({why})");
    }
    missing.is_none()
}

#[test]
fn every_family_holds() {
    if !isolated() {
        return;
    }
    let chosen = possible();
    let master = MasterSeed::new([41; 32]);
    let plan = Certify {
        families: chosen,
        master: &master,
        seeds: 5,
        repeats: 1,
        policy: Policy::default(),
    };
    for certificate in certify(&plan, &|_, _, _| {}) {
        assert!(certificate.holds, "{certificate:#?}");
    }
}

/// A sound family with one thing wrong.
#[derive(Debug)]
struct Broken(fn(&mut Instance, u64));

impl Family for Broken {
    fn about(&self) -> &'static About {
        Keystream.about()
    }

    fn generate(&self, seed: &assessment::InstanceSeed, dial: Dial) -> Instance {
        let mut instance = Keystream.generate(seed, dial);
        static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        (self.0)(&mut instance, COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        instance
    }

    fn solve(&self, view: &View<'_>, effort: Effort) -> Option<Submission> {
        Keystream.solve(view, effort)
    }
}

static UNSTABLE: Broken = Broken(|i, n| i.prompt.push_str(&n.to_string()));
static LEAKY: Broken = Broken(|i, _| {
    if let Submission::Answer(answer) = &i.reference {
        i.files.push(File::new("hint", answer.as_bytes()));
    }
});
static WRONG: Broken = Broken(|i, _| i.reference = Submission::Answer("another".to_owned()));
static EASY: Broken = Broken(|i, _| {
    let right = i.reference.clone();
    for wrong in &mut i.wrong {
        wrong.submission = right.clone();
    }
});
static UNSOLVABLE: Broken = Broken(|i, _| i.files.truncate(1));
static CONSTANT: Broken = Broken(|i, _| {
    let seed = MasterSeed::new([1; 32]).instance("one", 0, "r");
    *i = Keystream.generate(&seed, i.dial);
});

#[test]
fn broken_families_are_caught() {
    if !isolated() {
        return;
    }
    let misses = |family: &'static dyn Family| {
        let master = MasterSeed::new([42; 32]);
        let policy = Policy::default();
        let plan =
            Certify { families: vec![family], master: &master, seeds: 10, repeats: 1, policy };
        let certificate = certify(&plan, &|_, _, _| {}).pop().expect("one");
        assert!(!certificate.holds);
        let mut checks: Vec<Check> = certificate.misses.iter().map(|m| m.check).collect();
        checks.sort();
        checks.dedup();
        checks
    };
    assert_eq!(misses(&UNSTABLE), [Check::SameBytes]);
    assert_eq!(misses(&LEAKY), [Check::NoLeak]);
    assert_eq!(misses(&WRONG), [Check::Reference]);
    assert_eq!(misses(&EASY), [Check::Null, Check::Partial, Check::Mutated, Check::Shortcut]);
    assert_eq!(misses(&UNSOLVABLE), [Check::Solver]);
    // one instance for all seeds of a dial: recorded solutions pass
    assert_eq!(misses(&CONSTANT), [Check::Recorded]);
}

#[test]
fn no_seeds_certify_nothing() {
    let master = MasterSeed::new([43; 32]);
    let plan = Certify {
        families: families().to_vec(),
        master: &master,
        seeds: 0,
        repeats: 1,
        policy: Policy::default(),
    };
    let certificates = certify(&plan, &|_, _, _| {});
    assert_eq!(certificates.len(), families().len());
    assert!(certificates.iter().all(|c| !c.holds));
}
