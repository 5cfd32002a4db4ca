//! Oracle certificates: what must be true of a family's instances for a measurement to mean anything.
//!
//! For each seed the instance is made twice and must have the same bytes; nothing that the agent can read
//! holds the solution; the reference and what the family's solver finds from the agent's files alone
//! pass; null, partial, mutated and shortcut submissions fail, those of other seeds too. Everything is
//! judged several times, in real sandboxes, and one deviating verdict is a miss.

mod parallel;
mod services;
mod shortcuts;
mod table;
mod tally;

use crate::clock::Stopwatch;
use crate::grade::Grader;
use assessment::{Dial, Effort, Family, Instance, MasterSeed, Outcome, Submission, WrongKind};
use sandbox::Policy;
use tally::Finding;

pub use table::table;
pub use tally::{Certificate, Check, Miss, Tally};

/// What is certified.
#[derive(Debug)]
pub struct Certify<'a> {
    /// The families.
    pub families: Vec<&'static dyn Family>,
    /// The seed of all instances.
    pub master: &'a MasterSeed,
    /// Seeds a family; the dials take turns.
    pub seeds: u32,
    /// How often each submission is judged.
    pub repeats: u32,
    /// The sandbox for shortcuts and grading.
    pub policy: Policy,
}

/// The run under which certificates draw their instances: never that of a measurement.
const RUN: &str = "certify";

/// Watches: instances done, instances in all, and the family of the one just done.
pub type Watch<'a> = &'a (dyn Fn(usize, usize, &str) + Sync);

/// Certifies, on every processor of this machine. Blocking.
///
/// One certificate a family comes back, with every miss. A machine without a sandbox or a compiler misses
/// where they are needed; look for them first.
pub fn certify(certify: &Certify<'_>, watch: Watch<'_>) -> Vec<Certificate> {
    let seeds = usize::try_from(certify.seeds).unwrap_or(usize::MAX);
    let total = certify.families.len().saturating_mul(seeds);
    let job = |n: usize| {
        let family = certify.families.get(n / seeds.max(1)).copied();
        family.zip(u32::try_from(n % seeds.max(1)).ok())
    };
    let references = parallel::map(total, |n| {
        job(n).map(|(family, index)| generate(certify, family, index).reference)
    });
    let done = std::sync::atomic::AtomicUsize::new(0);
    let found = parallel::map(total, |n| {
        let (family, index) = job(n)?;
        let watch_here = Stopwatch::start();
        let first = n - n % seeds.max(1);
        let own = references.get(first..first + seeds).unwrap_or_default();
        let sample = Sample { certify, family, index, references: own };
        let mut finding = sample.check();
        finding.busy = watch_here.elapsed();
        let n = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        watch(n, total, family.name());
        Some(finding)
    });
    let mut found = found.into_iter();
    let each = certify.families.iter().map(|family| {
        let findings = found.by_ref().take(seeds).flatten();
        Certificate::new(family.about(), certify.seeds, findings)
    });
    each.collect()
}

fn dial(index: u32) -> Dial {
    let steps = Dial::ALL;
    let at = usize::try_from(index).unwrap_or(0) % steps.len();
    steps.into_iter().nth(at).unwrap_or(steps[0])
}

fn generate(certify: &Certify<'_>, family: &dyn Family, index: u32) -> Instance {
    family.generate(&certify.master.instance(family.name(), index, RUN), dial(index))
}

/// One seed of a family.
struct Sample<'a> {
    certify: &'a Certify<'a>,
    family: &'static dyn Family,
    index: u32,
    /// The references of all seeds of the family.
    references: &'a [Option<Submission>],
}

impl Sample<'_> {
    fn check(&self) -> Finding {
        let mut finding = Finding::new(self.index, dial(self.index));
        let instance = generate(self.certify, self.family, self.index);
        let again = generate(self.certify, self.family, self.index);
        let same = instance == again && instance.digest() == again.digest();
        finding.add(Check::SameBytes, "generated twice", same, "the bytes differ");
        let leaks = instance.leaks();
        finding.add(Check::NoLeak, "files and prompt", leaks.is_empty(), &leaks.join("; "));
        let grader = Grader::new(&instance.oracle, &self.certify.policy);
        let judge = Judge { grader: &grader, repeats: self.certify.repeats };
        judge.passes(&mut finding, Check::Reference, "the generator's", &instance.reference);
        self.solver(&mut finding, &instance, &judge);
        for wrong in &instance.wrong {
            let check = match wrong.kind {
                WrongKind::Null => Check::Null,
                WrongKind::Partial => Check::Partial,
                WrongKind::Shortcut => Check::Shortcut,
                WrongKind::Mutated => Check::Mutated,
            };
            judge.fails(&mut finding, check, wrong.what, &wrong.submission);
        }
        null(&mut finding, &instance, &judge);
        shortcuts::check(&mut finding, &instance, &judge, &self.certify.policy);
        services::check(&mut finding, &instance, &judge, self.family, &self.certify.policy);
        self.recorded(&mut finding, &judge);
        finding
    }

    /// The family's own solver, which sees what the agent gets.
    fn solver(&self, finding: &mut Finding, instance: &Instance, judge: &Judge<'_>) {
        match self.family.solve(&instance.view(), Effort::Full) {
            Some(found) => judge.passes(finding, Check::Solver, "full effort", &found),
            None => finding.add(Check::Solver, "full effort", false, "it gave up"),
        }
        let low = instance.dial.step() <= 2;
        match self.family.solve(&instance.view(), Effort::Plain) {
            Some(found) if low => judge.passes(finding, Check::Solver, "plain effort", &found),
            None if low => finding.add(Check::Solver, "plain effort", false, "it gave up"),
            Some(found) => judge.fails(finding, Check::Partial, "plain effort", &found),
            None => finding.add(Check::Partial, "plain effort", true, ""),
        }
    }

    /// Solutions of every other seed: once each, and as often as everything else those that are most alike
    /// (the first and the one before, of all seeds and of this dial).
    fn recorded(&self, finding: &mut Finding, judge: &Judge<'_>) {
        let near =
            [Some(0), Some(self.index % 5), self.index.checked_sub(5), self.index.checked_sub(1)];
        for (other, n) in self.references.iter().zip(0_u32..) {
            if n != self.index
                && let Some(other) = other
            {
                let repeats = if near.contains(&Some(n)) { judge.repeats } else { 1 };
                let judge = Judge { repeats, ..*judge };
                judge.fails(finding, Check::Recorded, &format!("of seed {n}"), other);
            }
        }
    }
}

/// Submissions with nothing in them, and what the agent was given.
fn null(finding: &mut Finding, instance: &Instance, judge: &Judge<'_>) {
    let empty = [
        ("nothing at all", Submission::Nothing),
        ("an empty answer", Submission::Answer(String::new())),
        ("an empty file", Submission::File(Vec::new())),
        ("the prompt", Submission::Answer(instance.prompt.clone())),
    ];
    for (what, submission) in empty {
        judge.fails(finding, Check::Null, what, &submission);
    }
    for file in &instance.files {
        let what = format!("the file {} as it was", file.path);
        judge.fails(finding, Check::Null, &what, &Submission::File(file.bytes.clone()));
    }
}

/// Judges a submission as often as asked.
struct Judge<'a> {
    grader: &'a Grader<'a>,
    repeats: u32,
}

impl Judge<'_> {
    fn passes(&self, finding: &mut Finding, check: Check, what: &str, submission: &Submission) {
        self.all(finding, check, what, submission, Outcome::Pass);
    }

    fn fails(&self, finding: &mut Finding, check: Check, what: &str, submission: &Submission) {
        self.all(finding, check, what, submission, Outcome::Fail);
    }

    fn all(
        &self,
        finding: &mut Finding,
        check: Check,
        what: &str,
        submission: &Submission,
        wanted: Outcome,
    ) {
        for _ in 0..self.repeats.max(1) {
            let judged = self.grader.judge(submission);
            let told = format!("{}: {}", judged.outcome.name(), judged.reason);
            finding.add(check, what, judged.outcome == wanted, &told);
        }
    }
}

#[cfg(test)]
mod tests;
