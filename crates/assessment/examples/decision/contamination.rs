//! Tasks that the model has met before: what the rule says then, what an allowance for them buys, and how often the pattern shows it.

use crate::design::{Design, Sums};
use crate::world::{CORRECT, Truth};
use crate::{Bench, ratio};
use assessment::TwoKeys;

/// The rule that ships without and with an allowance, where nothing, a tenth and a fifth of the tasks was met before.
pub(crate) fn tables(bench: &Bench, shipped: TwoKeys) {
    println!(
        "\ncontamination, the rule that ships without and with an allowance (`assess seal --contaminated`): ABOVE/BELOW/UNDETERMINED, samples; \
         odd: runs whose person fit is below that of nineteen honest runs in twenty, and the part of the ABOVE that is"
    );
    let allowing = |ppm, cap| TwoKeys { contaminated: (ppm > 0).then_some(ppm), cap, ..shipped };
    for (name, part) in
        [("nothing met before", 0.0), ("10% met before", 0.1), ("20% met before", 0.2)]
    {
        let truth = Truth { name, contaminated: part, ..CORRECT };
        for (words, rule, covered) in [
            ("no allowance", allowing(0, 150), 0.0),
            ("10% allowed for", allowing(100_000, 150), 0.1),
            ("10% allowed for, cap 400", allowing(100_000, 400), 0.1),
            ("20% allowed for, cap 400", allowing(200_000, 400), 0.2),
        ] {
            println!("  {name}, {words}");
            for ability in [-0.5, 0.5, 1.0_f64] {
                let design = Design::Keys { rule, carried: false };
                let sums = bench.with_fit(design, truth, ability);
                line(ability, &sums);
                if ability < 0.0 && part <= covered {
                    let above = ratio(sums.above, sums.runs);
                    let what = format!("{name}, {words}: false ABOVE at most .05");
                    bench.hold(&what, above <= 0.05 + bench.chance());
                }
            }
        }
    }
    println!(
        "what is beyond the allowance is not covered, and the pattern of a run shows it too rarely to lean on"
    );
}

fn line(ability: f64, sums: &Sums) {
    let (above, below) = (ratio(sums.above, sums.runs), ratio(sums.below, sums.runs));
    println!(
        "    ability {ability:+.1}   {above:.4}/{below:.4}/{:.4}   {:5.1}   odd {:.3}, of ABOVE {:.3}",
        1.0 - above - below,
        ratio(sums.samples, sums.runs),
        ratio(sums.odd.0, sums.runs),
        ratio(sums.odd.1, sums.above),
    );
}
