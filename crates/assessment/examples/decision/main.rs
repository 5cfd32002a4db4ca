//! The decision designs side by side: error rates, expected samples and time, on simulated models.
//!
//! Set-up: 120 tasks with slopes logN(0, 0.3) and difficulties N(0.3, 1.5), a model's own deviation on a task of
//! standard deviation 0.5, indifference half-width 0.5 logit, alpha = beta = 0.05. Each rate is printed with its
//! Monte Carlo standard error. Usage: `decision [REPLICATES] [THREADS]`.
#![expect(clippy::print_stdout, reason = "a bench prints its result")]
#![expect(clippy::disallowed_methods, reason = "a bench times itself")]

mod design;
mod dice;
mod world;

use assessment::{Choice, Item, Keys, Outcome, Prepared, Rule, Taken, TwoKeys};
use design::{Cell, Design, Sums, simulate};
use std::time::Instant;
use world::{CORRECT, Truth};

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
}

impl Bench {
    fn at(&self, design: Design, truth: Truth, ability: f64) -> Sums {
        cell(&Cell { design, truth, ability, cells: TASKS }, self.replicates, self.threads)
    }

    /// False ABOVE at the lower ability, false BELOW at the upper, and samples at both.
    fn errors(&self, design: Design, truth: Truth) -> String {
        let (low, high) = (self.at(design, truth, -0.5), self.at(design, truth, 0.5));
        let (above, below) = (ratio(low.leaning, low.runs), 1.0 - ratio(high.leaning, high.runs));
        let (n, m) = (ratio(low.samples, low.runs), ratio(high.samples, high.runs));
        format!("{above:.3}/{below:.3}  {n:5.1}/{m:5.1}")
    }

    fn line(&self, name: &str, design: Design, reference: &str) {
        let errors = self.errors(design, CORRECT);
        let samples = |ability: f64| {
            let sums = self.at(design, CORRECT, ability);
            ratio(sums.samples, sums.runs)
        };
        let (at, far) = (samples(0.0), samples(1.0));
        println!("{name:<40} {errors}  {at:5.1} {far:5.1}   {reference}");
    }
}

fn key(keys: Keys, interaction: u32) -> TwoKeys {
    TwoKeys { keys, interaction, floor: 1, cap: 400, invalid_cap: 400, ..TwoKeys::at(0) }
}

const fn keys(rule: TwoKeys) -> Design {
    Design::Keys { rule, carried: false }
}

const fn carried(rule: TwoKeys) -> Design {
    Design::Keys { rule, carried: true }
}

fn truths() -> Vec<(Truth, &'static str)> {
    let t = CORRECT;
    let measured = Truth { floor: 0.05, ceiling: 0.9, ..t };
    let all =
        Truth { noise: 0.5, interaction: 1.0, floor: 0.03, ceiling: 0.93, two_skills: true, ..t };
    vec![
        (Truth { name: "difficulty noise 0.5", noise: 0.5, ..t }, ".074/.067 .038/.036 .029/.040"),
        (Truth { name: "difficulty noise 1.0", noise: 1.0, ..t }, ".129/.180 .059/.088 .029/.040"),
        (Truth { name: "interaction 1.5", interaction: 1.5, ..t }, ".132/.117 .062/.049 .068/.038"),
        (
            Truth { name: "two skills, r = .7", two_skills: true, ..t },
            ".054/.065 .022/.026 .028/.027",
        ),
        (Truth { name: "floor 5%, ceiling 90%", ..measured }, ".037/.111 .021/.084 .027/.108"),
        (Truth { name: "10% infrastructure, filtered", invalid: 0.1, ..t }, "-"),
        (Truth { name: "everything but contamination", ..all }, ".101/.185 .051/.133 .039/.074"),
        (
            Truth { name: "10% contaminated", contaminated: 0.1, ..t },
            ".202/.027 .196/.009 .273/.009",
        ),
        (
            Truth { name: "20% contaminated", contaminated: 0.2, ..t },
            ".405/.017 .516/.002 .798/.002",
        ),
    ]
}

fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let number = |at: usize, default: u64| numbers.get(at).copied().unwrap_or(default).max(1);
    let bench = Bench { replicates: number(0, 2_000), threads: number(1, 2) };
    let one = bench.replicates as f64;
    println!(
        "{} assessments a figure, {} banks of {TASKS} tasks; standard error of a rate of .05: {:.4}\n",
        bench.replicates,
        BANKS,
        (0.05 * 0.95 / one).sqrt()
    );
    println!("design{:35}false ABOVE/BELOW, samples at -d/+d, at 0, at 2d   reference §5", "");
    let started = Instant::now();
    let robust = key(Keys::Ratio, 1_200);
    let shipped = TwoKeys { cap: 150, ..TwoKeys::at(0) };
    bench.line("fixed, 85 random tasks", Design::Fixed(85), ".046 max; 85");
    bench.line("Bernoulli SPRT, fresh instances", Design::Bernoulli, ".036/.047; 50/51, 84, 28");
    bench.line(
        "ratio, plain (interaction 0.5)",
        keys(key(Keys::Ratio, 500)),
        ".036/.035; 14/13, 28, 7",
    );
    bench.line("ratio, robust (interaction 1.2)", keys(robust), ".009/.017; 21/21, 57, 10");
    bench.line("bets, model-assisted", keys(key(Keys::Bets, 1_200)), ".024/.020; 48/47, 79, 26");
    bench.line("both keys, no floor, cap 400", keys(key(Keys::Both, 1_200)), "not simulated");
    joint(&bench, shipped);
    times(&bench, shipped);
    cost(&bench, robust);
    misspecified(&bench, robust);
    let table = started.elapsed().as_secs_f64();
    println!("\nthe tables took {table:.0} s on {} threads", bench.threads);
}

/// What each design does when the truth is not what it assumes.
fn misspecified(bench: &Bench, robust: TwoKeys) {
    println!("\nmisspecified: false ABOVE/BELOW, samples; reference: plain, robust, Bernoulli");
    for (truth, reference) in truths() {
        println!("{}   reference {reference}", truth.name);
        for (name, design) in [
            ("plain", keys(key(Keys::Ratio, 500))),
            ("robust", keys(robust)),
            ("robust, doubt and floor carried", carried(robust)),
            ("Bernoulli", Design::Bernoulli),
            ("fixed 85", Design::Fixed(85)),
            ("bets", keys(key(Keys::Bets, 1_200))),
            ("both keys", carried(key(Keys::Both, 1_200))),
        ] {
            println!("  {name:<38} {}", bench.errors(design, truth));
        }
    }
}

/// Cost-aware choice, its boundary as it is and moved out until the error rates hold again.
fn cost(bench: &Bench, robust: TwoKeys) {
    println!(
        "\ncost-aware choice (cost grows as e^0.7b): errors, samples, mean cost in $ at -d/+d"
    );
    for (name, choice, margin) in [
        ("most information", Choice::Information, 0),
        ("most for its cost, Wald's boundary", Choice::PerCost, 0),
        ("most for its cost, boundary + 0.5", Choice::PerCost, 500),
    ] {
        let design = keys(TwoKeys { choice, margin, ..robust });
        let dollars = |ability: f64| {
            let sums = bench.at(design, CORRECT, ability);
            ratio(sums.cost / 1_000, sums.runs) / 1e3
        };
        let errors = bench.errors(design, CORRECT);
        println!("  {name:<38} {errors}  {:.3}/{:.3}", dollars(-0.5), dollars(0.5));
    }
}

/// The rule that ships: ABOVE, BELOW and UNDETERMINED as it says them, nothing forced.
fn joint(bench: &Bench, shipped: TwoKeys) {
    println!(
        "\nthe rule that ships (both keys, {} distinct cells, cap {}): ABOVE/BELOW/UNDETERMINED, samples",
        shipped.floor, shipped.cap
    );
    for ability in [-1.0, -0.5, 0.0, 0.5, 1.0] {
        let sums = bench.at(keys(shipped), CORRECT, ability);
        let (above, below) = (ratio(sums.above, sums.runs), ratio(sums.below, sums.runs));
        let samples = ratio(sums.samples, sums.runs);
        println!(
            "  ability {ability:+.1}   {above:.4}/{below:.4}/{:.4}   {samples:.1}",
            1.0 - above - below
        );
    }
}

/// One decision step at 500 tasks, and 10,000 assessments of 120 tasks.
fn times(bench: &Bench, shipped: TwoKeys) {
    let items = vec![Item::prior(assessment::Dial::ALL[2]); 500];
    let started = Instant::now();
    let prepared = Prepared::new(&Rule::TwoKeys(shipped), &items);
    let tables_ms = started.elapsed().as_secs_f64() * 1e3;
    let mut course = prepared.begin();
    let (started, mut steps) = (Instant::now(), 0_u32);
    while let assessment::Ask::Drawn | assessment::Ask::Chosen(_) = course.ask() {
        let cell =
            if let assessment::Ask::Chosen(cell) = course.ask() { cell } else { steps % 500 };
        let outcome = if steps % 2 == 0 { Outcome::Pass } else { Outcome::Fail };
        course.take(Taken { cell, outcome });
        steps += 1;
    }
    let step_ms = started.elapsed().as_secs_f64() * 1e3 / f64::from(steps);
    let started = Instant::now();
    let design = keys(shipped);
    cell(&Cell { design, truth: CORRECT, ability: 0.5, cells: TASKS }, 10_000, bench.threads);
    let many = started.elapsed().as_secs_f64();
    println!(
        "{{\"bench\":\"assessment-decision\",\"step_ms_at_500_tasks\":{step_ms:.4},\"limit_ms\":10,\"tables_ms_at_500_tasks\":{tables_ms:.1},\"seconds_for_10000_assessments\":{many:.2},\"limit_seconds\":300,\"threads\":{}}}",
        bench.threads
    );
}
