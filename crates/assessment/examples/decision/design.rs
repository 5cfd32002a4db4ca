//! The designs that are compared, each run on simulated models.

use crate::dice::Dice;
use crate::world::{Model, Truth, World};
use assessment::calibration::person;
use assessment::{Ask, Item, Outcome, Prepared, Rule, Sprt, Taken, TwoKeys, Verdict};

/// The person fit below which one honest run in twenty lies.
const ODD: f64 = -1.645;

/// How a decision is made.
#[derive(Clone, Copy)]
pub(crate) enum Design {
    /// This many random tasks, once each; the pass rate against the bank's at the threshold.
    Fixed(u32),
    /// Wald's test on fresh instances.
    Bernoulli,
    /// What a plain estimate does: a 95 % interval of the pass rate, looked at after every tenth of 200 fresh
    /// instances until it leaves out the threshold.
    Peek,
    /// Keys of ours.
    Keys {
        rule: TwoKeys,
        /// Whether floor, ceiling and the doubt of item parameters are known to the analysis.
        carried: bool,
    },
}

/// One cell of a table: a design at an ability in a world.
#[derive(Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) design: Design,
    pub(crate) truth: Truth,
    pub(crate) ability: f64,
    pub(crate) cells: usize,
    /// Whether the person fit of each run is looked at.
    pub(crate) fit: bool,
}

/// Whole numbers, so that sums don't depend on the order of threads.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sums {
    pub(crate) runs: u64,
    pub(crate) above: u64,
    pub(crate) below: u64,
    /// ABOVE if the evidence so far had to decide.
    pub(crate) leaning: u64,
    pub(crate) samples: u64,
    /// Expected cost, in millionths of a dollar.
    pub(crate) cost: u64,
    /// Runs whose person fit lies where one honest run in twenty does, and those of them that said ABOVE.
    pub(crate) odd: (u64, u64),
}

impl Sums {
    pub(crate) fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.above += other.above;
        self.below += other.below;
        self.leaning += other.leaning;
        self.samples += other.samples;
        self.cost += other.cost;
        self.odd.0 += other.odd.0;
        self.odd.1 += other.odd.1;
    }

    fn count(&mut self, verdict: Verdict, leans_above: bool, samples: u64) {
        self.runs += 1;
        self.samples += samples;
        self.above += u64::from(verdict == Verdict::Above);
        self.below += u64::from(verdict == Verdict::Below);
        let forced = match verdict {
            Verdict::Above => true,
            Verdict::Below => false,
            Verdict::Undetermined => leans_above,
        };
        self.leaning += u64::from(forced);
    }
}

/// The rule of a Bernoulli test at the bank's mean success at the two abilities.
fn bernoulli(items: &[Item]) -> Option<Sprt> {
    let tables = assessment::Tables::new(items, &TwoKeys::at(0));
    let (low, high) = tables.rates();
    let ppm = |units: i64| u32::try_from(units / 1_000).unwrap_or(0);
    Sprt::new((ppm(low), ppm(high)), (50_000, 50_000), 400, 400).ok()
}

/// The bank's mean success at the threshold, in units of 10⁻⁹.
fn middle(items: &[Item]) -> i64 {
    let narrow = TwoKeys { delta: 50, tries: 1, ..TwoKeys::at(0) };
    let (low, high) = assessment::Tables::new(items, &narrow).rates();
    i64::midpoint(low, high)
}

/// Simulates one bank's share of a cell.
pub(crate) fn simulate(cell: &Cell, bank: u64, replicates: u64) -> Sums {
    let carried = matches!(cell.design, Design::Keys { carried: true, .. });
    let world = World::new(cell.truth, bank, cell.cells, carried);
    // what the rates are translated with is true: the prototype did the same
    let exact = World::new(Truth { noise: 0.0, ..cell.truth }, bank, cell.cells, false);
    let rule = match cell.design {
        Design::Fixed(_) | Design::Peek => None,
        Design::Bernoulli => bernoulli(&exact.items).map(Rule::Sprt),
        Design::Keys { rule, .. } => Some(Rule::TwoKeys(rule)),
    };
    let middle = match cell.design {
        Design::Fixed(_) | Design::Peek => middle(&exact.items),
        Design::Bernoulli | Design::Keys { .. } => 0,
    };
    let prepared = rule.map(|rule| Prepared::new(&rule, &world.items));
    let mut sums = Sums::default();
    for replicate in 0..replicates {
        let ability = cell.ability.to_bits();
        let mut dice = Dice::new(&[3, bank, replicate, ability]);
        let model = world.model(cell.ability, &mut dice);
        match (&prepared, cell.design) {
            (Some(prepared), _) => {
                run((prepared, cell.fit), &world, &model, (&mut dice, &mut sums));
            }
            (None, Design::Fixed(tasks)) => {
                fixed((tasks, middle), &exact, &model, (&mut dice, &mut sums));
            }
            (None, Design::Peek) => peek(middle, &exact, &model, (&mut dice, &mut sums)),
            (None, _) => {}
        }
    }
    sums
}

fn run(
    (prepared, fit): (&Prepared, bool),
    world: &World,
    model: &Model<'_>,
    (dice, sums): (&mut Dice, &mut Sums),
) {
    let cells = u32::try_from(world.items.len()).unwrap_or(1);
    let mut course = prepared.begin();
    // what is measured again is measured as it was the first time
    let (mut failed, mut fresh) = (false, true);
    loop {
        let cell = match course.ask() {
            Ask::Drawn => {
                fresh = true;
                dice.below(cells)
            }
            Ask::Chosen(cell) => {
                fresh &= failed;
                cell
            }
            Ask::Nothing => break,
        };
        let outcome = match model.tries(cell, fresh, dice) {
            None => Outcome::Invalid,
            Some(true) => Outcome::Pass,
            Some(false) => Outcome::Fail,
        };
        failed = outcome == Outcome::Invalid;
        course.take(Taken { cell, outcome });
    }
    let decision = course.into_decision();
    let mut samples = 0;
    for step in decision.path.iter().filter(|s| s.outcome != Outcome::Invalid) {
        samples += 1;
        let at = usize::try_from(step.cell).unwrap_or(0);
        sums.cost += world.items.get(at).map_or(0, |item| item.cost);
    }
    if fit && person(&world.items, &decision.path).fit < ODD {
        sums.odd.0 += 1;
        sums.odd.1 += u64::from(decision.verdict == Verdict::Above);
    }
    let last = decision.path.last();
    let leans = last.is_some_and(|s| s.total > 0 || s.total == 0 && s.wealth.0 >= s.wealth.1);
    sums.count(decision.verdict, leans, samples);
}

fn fixed(
    (tasks, middle): (u32, i64),
    exact: &World,
    model: &Model<'_>,
    (dice, sums): (&mut Dice, &mut Sums),
) {
    let cells = u32::try_from(exact.items.len()).unwrap_or(1);
    let mut order: Vec<u32> = (0..cells).collect();
    for i in (1..cells).rev() {
        let j = usize::try_from(dice.below(i + 1)).unwrap_or(0);
        order.swap(usize::try_from(i).unwrap_or(0), j);
    }
    let (mut passed, mut tried) = (0_u32, 0_u32);
    for cell in order.into_iter().take(usize::try_from(tasks).unwrap_or(0)) {
        // here a failure of the measurement counts as one of the model: that is what is compared
        passed += u32::from(model.tries(cell, false, dice).unwrap_or(false));
        tried += 1;
    }
    let above = i64::from(passed) * 1_000_000_000 > middle * i64::from(tried);
    sums.count(if above { Verdict::Above } else { Verdict::Below }, above, u64::from(tried));
}

fn peek(middle: i64, exact: &World, model: &Model<'_>, (dice, sums): (&mut Dice, &mut Sums)) {
    let cells = u32::try_from(exact.items.len()).unwrap_or(1);
    let threshold = middle as f64 / 1e9;
    let mut passed = 0_u32;
    for taken in 1..=200_u32 {
        let cell = dice.below(cells);
        passed += u32::from(model.tries(cell, true, dice).unwrap_or(false));
        if taken % 10 > 0 {
            continue;
        }
        let (n, rate) = (f64::from(taken), f64::from(passed) / f64::from(taken));
        let wide = 1.96 * (rate * (1.0 - rate) / n).max(1.0 / (16.0 * n * n)).sqrt();
        let (above, below) = (rate - wide > threshold, rate + wide < threshold);
        if above || below {
            let verdict = if above { Verdict::Above } else { Verdict::Below };
            sums.count(verdict, above, taken.into());
            return;
        }
    }
    let leans = f64::from(passed) > threshold * 200.0;
    sums.count(Verdict::Undetermined, leans, 200);
}
