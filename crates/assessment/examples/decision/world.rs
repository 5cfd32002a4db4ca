//! What is true in the simulation, and what the analysis believes of it.

use crate::dice::Dice;
use assessment::Item;

/// How the truth departs from what the analysis assumes.
#[derive(Clone, Copy)]
pub(crate) struct Truth {
    pub(crate) name: &'static str,
    /// Standard deviation of the model's own deviation on a task.
    pub(crate) interaction: f64,
    /// Standard deviation of the error in believed difficulties.
    pub(crate) noise: f64,
    /// Chance of success by luck, and for the ablest.
    pub(crate) floor: f64,
    pub(crate) ceiling: f64,
    pub(crate) two_skills: bool,
    /// Part of the tasks that the model has seen.
    pub(crate) contaminated: f64,
    /// Part of the samples that fail for reasons of the measurement, and are filtered out.
    pub(crate) invalid: f64,
    /// Whether a model's own deviation on a task stays the same for fresh instances of it.
    pub(crate) persistent: bool,
}

pub(crate) const CORRECT: Truth = Truth {
    name: "as assumed",
    interaction: 0.5,
    noise: 0.0,
    floor: 0.0,
    ceiling: 1.0,
    two_skills: false,
    contaminated: 0.0,
    invalid: 0.0,
    persistent: false,
};

/// One task as it is: slope, difficulty, skill.
#[derive(Clone, Copy)]
struct Task {
    slope: f64,
    difficulty: f64,
    skill: f64,
}

/// One bank: tasks as they are, and items as believed.
pub(crate) struct World {
    truth: Truth,
    tasks: Vec<Task>,
    pub(crate) items: Vec<Item>,
}

/// One model in a world: the chance of success on each task when it is tried again, and on fresh instances.
pub(crate) struct Model<'w> {
    world: &'w World,
    ability: f64,
    tilt: f64,
    own: Vec<f64>,
    seen: Vec<bool>,
}

fn thousandths(x: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "clamped")]
    let n = (x * 1e3).round().clamp(-10_000.0, 10_000.0) as i32;
    n
}

fn positive(x: f64) -> u32 {
    thousandths(x).unsigned_abs()
}

impl World {
    /// `carried` says whether the analysis knows how unsure its difficulties are, and the true floor and ceiling.
    pub(crate) fn new(truth: Truth, bank: u64, cells: usize, carried: bool) -> Self {
        let mut dice = Dice::new(&[1, bank]);
        let mut errors = Dice::new(&[2, bank]);
        let (mut tasks, mut items) = (Vec::new(), Vec::new());
        for _ in 0..cells {
            let log_slope = 0.3 * dice.normal();
            let difficulty = 0.3 + 1.5 * dice.normal();
            let skill = if dice.unit() < 0.5 { 1.0 } else { -1.0 };
            tasks.push(Task { slope: log_slope.exp(), difficulty, skill });
            let unsure = truth.noise > 0.0;
            let believed =
                if unsure { 0.6 * log_slope + 0.18 * errors.normal() } else { log_slope };
            items.push(Item {
                difficulty: thousandths(difficulty + truth.noise * errors.normal()),
                doubt: if carried { positive(truth.noise) } else { 0 },
                slope: thousandths(believed),
                slope_doubt: if carried && unsure { 220 } else { 0 },
                floor: if carried { ppm(truth.floor) } else { 0 },
                ceiling: if carried { ppm(truth.ceiling) } else { 1_000_000 },
                // e to the 0.7 b, in thousandths of a dollar
                cost: u64::from(positive((0.7 * difficulty).exp().min(9.0)).max(1)) * 1_000,
            });
        }
        Self { truth, tasks, items }
    }

    pub(crate) fn model(&self, ability: f64, dice: &mut Dice) -> Model<'_> {
        let own = self.tasks.iter().map(|_| self.truth.interaction * dice.normal()).collect();
        let seen = self.tasks.iter().map(|_| dice.unit() < self.truth.contaminated).collect();
        // two skills that correlate at 0.7; their mean is the ability
        let tilt = if self.truth.two_skills { 0.15_f64.sqrt() * dice.normal() } else { 0.0 };
        Model { world: self, ability, tilt, own, seen }
    }
}

fn ppm(x: f64) -> u32 {
    positive(x) * 1_000
}

impl Model<'_> {
    /// Tries a task: again with the deviation it has there, or a fresh instance with a fresh one. `None` when the
    /// measurement failed.
    pub(crate) fn tries(&self, cell: u32, fresh: bool, dice: &mut Dice) -> Option<bool> {
        let truth = &self.world.truth;
        if truth.invalid > 0.0 && dice.unit() < truth.invalid {
            return None;
        }
        let at = usize::try_from(cell).unwrap_or(0);
        let (Some(task), Some(own), Some(seen)) =
            (self.world.tasks.get(at), self.own.get(at), self.seen.get(at))
        else {
            return None;
        };
        let deviation =
            if fresh && !truth.persistent { truth.interaction * dice.normal() } else { *own };
        let ability = self.ability + self.tilt * task.skill;
        let logit = task.slope * (ability - task.difficulty) + deviation;
        let chance = truth.floor + (truth.ceiling - truth.floor) / (1.0 + (-logit).exp());
        let chance = if *seen { chance.max(0.95) } else { chance };
        Some(dice.unit() < chance)
    }
}
