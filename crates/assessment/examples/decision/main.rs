//! The decision designs side by side: error rates, expected samples and time, on simulated models.
//!
//! The designs first each alone with the content floor off, then where the truth is not what they assume, then the rule that
//! ships. What must hold is compared with its bound, and the exit code is 1 when something does not.
//!
//! Set-up: 120 tasks with slopes logN(0, 0.3) and difficulties N(0.3, 1.5), a model's own deviation on a task of
//! standard deviation 0.5, indifference half-width 0.5 logit, alpha = beta = 0.05. Each rate is printed with its
//! Monte Carlo standard error. Usage: `decision [REPLICATES] [THREADS]`.
#![expect(clippy::print_stdout, reason = "a bench prints its result")]
#![expect(clippy::disallowed_methods, reason = "a bench times itself")]

mod contamination;
mod design;
mod dice;
mod tables;
mod times;
mod world;

use assessment::TwoKeys;
use design::{Cell, Design, Sums, simulate};
use std::cell::Cell as Count;
use std::process::ExitCode;
use std::time::Instant;
use world::Truth;

const BANKS: u64 = 16;
const TASKS: usize = 120;

/// Simulates one cell on several threads; the sums are the same for any number of them.
fn cell(cell: &Cell, replicates: u64, threads: u64) -> Sums {
    let share = |thread: u64| {
        let mut sums = Sums::default();
        for bank in (0..BANKS).filter(|bank| bank % threads == thread) {
            sums.add(&simulate(cell, bank, replicates.div_ceil(BANKS)));
        }
        sums
    };
    let mut sums = Sums::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|n| scope.spawn(move || share(n))).collect();
        for worker in workers {
            sums.add(&worker.join().expect("a worker of ours does not panic"));
        }
    });
    sums
}

fn ratio(part: u64, whole: u64) -> f64 {
    let narrow = |n: u64| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    narrow(part) / narrow(whole.max(1))
}

struct Bench {
    replicates: u64,
    threads: u64,
    missed: Count<u32>,
}

/// False ABOVE, false BELOW, and mean samples at the lower and at the upper ability.
#[derive(Clone, Copy)]
struct Errors {
    above: f64,
    below: f64,
    samples: (f64, f64),
}

impl std::fmt::Display for Errors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (n, m) = self.samples;
        write!(f, "{:.3}/{:.3}  {n:5.1}/{m:5.1}", self.above, self.below)
    }
}

impl Bench {
    fn at(&self, design: Design, truth: Truth, ability: f64) -> Sums {
        let cells = TASKS;
        cell(&Cell { design, truth, ability, cells, fit: false }, self.replicates, self.threads)
    }

    /// The same, with the person fit of each run.
    fn with_fit(&self, design: Design, truth: Truth, ability: f64) -> Sums {
        let cells = TASKS;
        cell(&Cell { design, truth, ability, cells, fit: true }, self.replicates, self.threads)
    }

    /// At half-width below and above the threshold, the evidence so far deciding where the cap ends a run.
    fn errors(&self, design: Design, truth: Truth) -> Errors {
        let (low, high) = (self.at(design, truth, -0.5), self.at(design, truth, 0.5));
        Errors {
            above: ratio(low.leaning, low.runs),
            below: 1.0 - ratio(high.leaning, high.runs),
            samples: (ratio(low.samples, low.runs), ratio(high.samples, high.runs)),
        }
    }

    /// What chance may add to a rate of .05 in this many assessments: three standard errors.
    fn chance(&self) -> f64 {
        3.0 * (0.05 * 0.95 / self.replicates as f64).sqrt()
    }

    /// Says whether something that must hold holds.
    fn hold(&self, what: &str, holds: bool) {
        println!("{}  {what}", if holds { "holds " } else { "MISSED" });
        self.missed.set(self.missed.get() + u32::from(!holds));
    }

    /// Error rates of at most .05 and at most so many samples.
    fn bounded(&self, what: &str, errors: Errors, samples: f64) {
        let (n, m) = errors.samples;
        let rate = errors.above.max(errors.below);
        self.hold(&format!("{what}: errors at most .05"), rate <= 0.05 + self.chance());
        self.hold(&format!("{what}: at most {samples} samples"), n.max(m) <= samples);
    }
}

fn main() -> ExitCode {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let number = |at: usize, default: u64| numbers.get(at).copied().unwrap_or(default).max(1);
    let bench =
        Bench { replicates: number(0, 2_000), threads: number(1, 2), missed: Count::new(0) };
    println!(
        "{} assessments a figure, {} banks of {TASKS} tasks; standard error of a rate of .05: {:.4}\n",
        bench.replicates,
        BANKS,
        bench.chance() / 3.0
    );
    let started = Instant::now();
    let shipped = TwoKeys { cap: 150, ..TwoKeys::at(0) };
    tables::alone(&bench);
    tables::misspecified(&bench);
    tables::cost(&bench);
    tables::joint(&bench, shipped);
    contamination::tables(&bench, shipped);
    println!(
        "\nthe tables took {:.0} s on {} threads",
        started.elapsed().as_secs_f64(),
        bench.threads
    );
    times::times(&bench, shipped);
    if bench.missed.get() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
