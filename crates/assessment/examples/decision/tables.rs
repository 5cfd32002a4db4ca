//! The tables: each design alone, each under truths that it does not assume, cost-aware choice, and the rule that ships.

use crate::design::Design;
use crate::world::{CORRECT, Truth};
use crate::{Bench, ratio};
use assessment::{Choice, Keys, TwoKeys};

/// One key, the content floor off, so that the designs can be compared.
pub(crate) fn key(keys: Keys, interaction: u32) -> TwoKeys {
    let off = TwoKeys { floor: 1, cap: 400, invalid_cap: 400, attempts: 100, ..TwoKeys::at(0) };
    TwoKeys { keys, interaction, ..off }
}

const fn keys(rule: TwoKeys) -> Design {
    Design::Keys { rule, carried: false }
}

const fn carried(rule: TwoKeys) -> Design {
    Design::Keys { rule, carried: true }
}

/// Each design alone.
pub(crate) fn alone(bench: &Bench) {
    println!("design{:35}false ABOVE/BELOW, samples at -d/+d, at 0, at 2d   reference", "");
    line(bench, "fixed, 85 random tasks", Design::Fixed(85), ".046 max; 85");
    line(bench, "Bernoulli SPRT, fresh instances", Design::Bernoulli, ".036/.047; 50/51, 84, 28");
    let plain = keys(key(Keys::Ratio, 500));
    line(bench, "ratio, plain (interaction 0.5)", plain, ".036/.035; 14/13, 28, 7");
    let robust = keys(key(Keys::Ratio, 1_200));
    line(bench, "ratio, robust (interaction 1.2)", robust, ".009/.017; 21/21, 57, 10");
    let bets = keys(key(Keys::Bets, 1_200));
    line(bench, "bets, model-assisted", bets, ".024/.020; 48/47, 79, 26");
    line(bench, "both keys, no floor, cap 400", keys(key(Keys::Both, 1_200)), "not simulated");
    let peek = bench.at(Design::Peek, CORRECT, 0.0);
    println!(
        "plain estimate, 95% interval, every 10 of 200: ABOVE at the threshold {:.3}   reference .15",
        ratio(peek.above, peek.runs)
    );
    bench.bounded("ratio, robust", bench.errors(robust, CORRECT), 21.0);
    bench.bounded("bets", bench.errors(bets, CORRECT), 48.0);
}

fn line(bench: &Bench, name: &str, design: Design, reference: &str) {
    let errors = bench.errors(design, CORRECT);
    let samples = |ability: f64| {
        let sums = bench.at(design, CORRECT, ability);
        ratio(sums.samples, sums.runs)
    };
    let (at, far) = (samples(0.0), samples(1.0));
    println!("{name:<40} {errors}  {at:5.1} {far:5.1}   {reference}");
}

/// Truths that the analysis does not assume, with what the reference found for plain, robust, Bernoulli and fixed.
fn truths() -> Vec<(Truth, &'static str)> {
    let t = CORRECT;
    let measured = Truth { floor: 0.05, ceiling: 0.9, ..t };
    let all =
        Truth { noise: 0.5, interaction: 1.0, floor: 0.03, ceiling: 0.93, two_skills: true, ..t };
    let dirty = |name, part| Truth { name, contaminated: part, ..t };
    vec![
        (
            Truth { name: "difficulty noise 0.5", noise: 0.5, ..t },
            ".074/.067 .038/.036 .029/.040 .043/.034",
        ),
        (
            Truth { name: "difficulty noise 1.0", noise: 1.0, ..t },
            ".129/.180 .059/.088 .029/.040 .043/.034",
        ),
        (
            Truth { name: "interaction 1.5", interaction: 1.5, ..t },
            ".132/.117 .062/.049 .068/.038 .118/.050",
        ),
        (
            Truth { name: "two skills, r = .7", two_skills: true, ..t },
            ".054/.065 .022/.026 .028/.027 .045/.036",
        ),
        (
            Truth { name: "deviations persist on fresh instances", persistent: true, ..t },
            "not simulated",
        ),
        (
            Truth {
                name: "5% by luck, 10% infrastructure failures taken for the model's",
                ..measured
            },
            ".037/.111 .021/.084 .027/.108 .049/.125",
        ),
        (
            Truth {
                name: "10% infrastructure failures, filtered and tried again",
                invalid: 0.1,
                ..t
            },
            "not simulated",
        ),
        (
            Truth { name: "everything but contamination", ..all },
            ".101/.185 .051/.133 .039/.074 .063/.120",
        ),
        (dirty("10% of tasks contaminated", 0.1), ".202/.027 .196/.009 .273/.009 .320/.003"),
        (dirty("20% of tasks contaminated", 0.2), ".405/.017 .516/.002 .798/.002 .762/.000"),
    ]
}

/// What each design does when the truth is not what it assumes.
pub(crate) fn misspecified(bench: &Bench) {
    let robust = key(Keys::Ratio, 1_200);
    println!(
        "\nmisspecified: false ABOVE/BELOW, samples; reference: plain, robust, Bernoulli, fixed"
    );
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
    println!(
        "nothing repairs contamination: instances are made from a secret seed for that reason"
    );
    let filtered = Truth { invalid: 0.1, ..CORRECT };
    bench.bounded("robust, 10% infrastructure", bench.errors(keys(robust), filtered), 21.0);
}

/// Cost-aware choice, its boundary as it is and moved out until the error rates hold again.
pub(crate) fn cost(bench: &Bench) {
    let robust = key(Keys::Ratio, 1_200);
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
pub(crate) fn joint(bench: &Bench, shipped: TwoKeys) {
    println!(
        "\nthe rule that ships (both keys, {} distinct cells, cap {}): ABOVE/BELOW/UNDETERMINED, samples",
        shipped.floor, shipped.cap
    );
    let failing = Truth { name: "10% infrastructure failures", invalid: 0.1, ..CORRECT };
    for truth in [CORRECT, failing] {
        println!("  {}", truth.name);
        for ability in [-1.0, -0.5, 0.0, 0.5, 1.0_f64] {
            let sums = bench.at(keys(shipped), truth, ability);
            let (above, below) = (ratio(sums.above, sums.runs), ratio(sums.below, sums.runs));
            let samples = ratio(sums.samples, sums.runs);
            println!(
                "    ability {ability:+.1}   {above:.4}/{below:.4}/{:.4}   {samples:.1}",
                1.0 - above - below
            );
            let wrong = if ability < 0.0 { above } else { below };
            if (0.4..0.6).contains(&ability.abs()) {
                let what =
                    format!("both keys, {}, {ability:+.1}: joint error at most .05", truth.name);
                bench.hold(&what, wrong <= 0.05 + bench.chance());
            }
        }
    }
}
