//! A run under a rule, step by step.
//!
//! With both keys, cells are drawn with equal chances until the bets have crossed a bar; both keys look at those samples.
//! Then cells are chosen at the threshold until the ratio has crossed too and enough distinct cells were seen. With
//! the ratio alone every cell is chosen; with the bets alone every cell is drawn.
//!
//! A sample whose measurement failed says nothing of the model. Its cell is asked for again, with a fresh instance, until
//! one is valid: to draw another cell instead would leave out the cells that fail to be measured, and the bets
//! would be about the mean of the others. After `attempts` failures in a row the run is UNDETERMINED.

use super::bets::{Bets, Forecast};
use super::tables::Tables;
use super::two_keys::{Keys, TwoKeys};
use super::{Decision, Rule, Sprt, Stage, Step, Stop, Taken, Verdict};
use crate::item::Item;
use crate::oracle::Outcome;

/// A rule with everything that can be computed before the first sample.
#[derive(Debug, Clone)]
pub struct Prepared {
    rule: Rule,
    cells: usize,
    tables: Option<Tables>,
}

/// What a run needs next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// A fresh instance of a cell drawn with equal chances.
    Drawn,
    /// A fresh instance of this cell: the rule chose it, or the last attempt to measure it failed.
    Chosen(u32),
    /// Nothing: the decision stands.
    Nothing,
}

/// A run under a rule.
#[derive(Debug, Clone)]
pub struct Course<'p> {
    prepared: &'p Prepared,
    /// Successes and tries that the ratio saw, by cell.
    counts: Vec<(u32, u32)>,
    seen: Vec<bool>,
    distinct: u32,
    counted: u32,
    invalid: u32,
    /// The cell whose last attempt failed, how it was chosen, and how many failed in a row.
    again: Option<(u32, Stage, u32)>,
    total: i64,
    bets: Option<(Bets, Forecast)>,
    wealth: (i64, i64),
    decision: Decision,
    ask: Ask,
}

impl Prepared {
    /// Prepares a rule over a bank whose cells have these items, in the bank's order.
    pub fn new(rule: &Rule, items: &[Item]) -> Self {
        let tables = match rule {
            Rule::Sprt(_) => None,
            Rule::TwoKeys(keys) => Some(Tables::new(items, keys)),
        };
        Self { rule: rule.clone(), cells: items.len(), tables }
    }

    /// The tables, when the rule has them.
    pub const fn tables(&self) -> Option<&Tables> {
        self.tables.as_ref()
    }

    /// Begins a run.
    pub fn begin(&self) -> Course<'_> {
        let bets = self.tables.as_ref().filter(|_| self.keys().is_some_and(has_bets));
        let mut course = Course {
            prepared: self,
            counts: vec![(0, 0); self.cells],
            seen: vec![false; self.cells],
            distinct: 0,
            counted: 0,
            invalid: 0,
            again: None,
            total: 0,
            bets: bets.map(|tables| {
                let bets = Bets::new(tables);
                let forecast = bets.forecast(tables);
                (bets, forecast)
            }),
            wealth: (0, 0),
            decision: Decision {
                verdict: Verdict::Undetermined,
                stop: Stop::Running,
                path: Vec::new(),
            },
            ask: Ask::Drawn,
        };
        course.ask = course.next();
        course
    }

    /// Replays samples in order. What was taken after the stop, or of another cell than the rule chose, is not
    /// looked at: the path ends before it.
    pub fn replay(&self, taken: &[Taken]) -> Decision {
        let mut course = self.begin();
        for sample in taken {
            match course.ask() {
                Ask::Drawn if usize::try_from(sample.cell).is_ok_and(|c| c < self.cells) => {}
                Ask::Chosen(cell) if cell == sample.cell => {}
                Ask::Drawn | Ask::Chosen(_) | Ask::Nothing => break,
            }
            course.take(*sample);
        }
        course.decision
    }

    /// How many cells the bank has.
    pub(super) const fn cells(&self) -> usize {
        self.cells
    }

    const fn keys(&self) -> Option<&TwoKeys> {
        match &self.rule {
            Rule::Sprt(_) => None,
            Rule::TwoKeys(keys) => Some(keys),
        }
    }
}

fn has_bets(keys: &TwoKeys) -> bool {
    keys.keys != Keys::Ratio
}

impl Course<'_> {
    /// What is needed next.
    pub const fn ask(&self) -> Ask {
        self.ask
    }

    /// Where the decision stands.
    pub const fn decision(&self) -> &Decision {
        &self.decision
    }

    /// Distinct cells with a valid sample so far.
    pub const fn distinct(&self) -> u32 {
        self.distinct
    }

    /// The decision and its path.
    pub fn into_decision(self) -> Decision {
        self.decision
    }

    /// Takes what came of the sample that was asked for.
    ///
    /// # Panics
    /// If nothing was asked for, or another cell, or one outside the bank: the caller's mistake.
    pub fn take(&mut self, sample: Taken) {
        let cell = usize::try_from(sample.cell).expect("a cell's place fits");
        assert!(cell < self.prepared.cells, "the cell is outside the bank");
        let stage = match self.ask {
            Ask::Drawn => Stage::Drawn,
            Ask::Chosen(chosen) => {
                assert!(chosen == sample.cell, "another cell was asked for");
                self.again.map_or(Stage::Chosen, |(_, stage, _)| stage)
            }
            Ask::Nothing => panic_after_stop(),
        };
        self.charge(sample, stage);
    }

    /// Counts a sample of a cell within the bank, however it was asked for.
    pub(super) fn charge(&mut self, sample: Taken, stage: Stage) {
        let cell = usize::try_from(sample.cell).unwrap_or(usize::MAX);
        let mut step = Step {
            cell: sample.cell,
            stage,
            outcome: sample.outcome,
            increment: 0,
            total: self.total,
            forecast: (0, 0),
            wealth: self.wealth,
        };
        match sample.outcome {
            Outcome::Invalid => {
                self.invalid += 1;
                let failed = self.again.map_or(0, |(_, _, failed)| failed);
                let attempts = self.prepared.keys().is_some();
                self.again = attempts.then_some((sample.cell, stage, failed + 1));
            }
            Outcome::Pass => self.valid(cell, true, &mut step),
            Outcome::Fail => self.valid(cell, false, &mut step),
        }
        self.decision.path.push(step);
        self.ask = self.next();
    }

    fn valid(&mut self, cell: usize, pass: bool, step: &mut Step) {
        self.counted += 1;
        self.again = None;
        if let Some(seen) = self.seen.get_mut(cell)
            && !std::mem::replace(seen, true)
        {
            self.distinct += 1;
        }
        step.increment = match (&self.prepared.rule, &self.prepared.tables) {
            (Rule::Sprt(sprt), _) => sprt.increment(pass),
            (Rule::TwoKeys(_), Some(tables)) => {
                let count = self.counts.get(cell).copied().unwrap_or_default();
                tables.cells.get(cell).map_or(0, |row| row.increment(count, pass))
            }
            (Rule::TwoKeys(_), None) => 0,
        };
        self.total = self.total.saturating_add(step.increment);
        step.total = self.total;
        if let Some((passed, tried)) = self.counts.get_mut(cell) {
            *passed += u32::from(pass);
            *tried += 1;
        }
        let Some(((bets, forecast), tables)) =
            self.bets.as_mut().zip(self.prepared.tables.as_ref())
        else {
            return;
        };
        if step.stage == Stage::Drawn {
            step.forecast = (bets.pay(tables, forecast, cell, pass), forecast.mean);
            self.wealth = bets.wealth();
        }
        bets.learn(tables, cell, pass);
        *forecast = bets.forecast(tables);
        step.wealth = self.wealth;
    }

    /// Decides, or says what to take next.
    fn next(&mut self) -> Ask {
        let (cap, invalid_cap) = self.prepared.rule.caps();
        let (found, ask) = match &self.prepared.rule {
            Rule::Sprt(sprt) => (self.plain(sprt), Ask::Drawn),
            Rule::TwoKeys(keys) => self.keyed(keys),
        };
        let stopped = if let Some(verdict) = found {
            (verdict, Stop::Boundary)
        } else if self.counted >= cap {
            (Verdict::Undetermined, Stop::Cap)
        } else if self.invalid >= invalid_cap || self.given_up() {
            (Verdict::Undetermined, Stop::Invalid)
        } else if ask == Ask::Nothing {
            (Verdict::Undetermined, Stop::Exhausted)
        } else {
            return self.again.map_or(ask, |(cell, _, _)| Ask::Chosen(cell));
        };
        (self.decision.verdict, self.decision.stop) = stopped;
        Ask::Nothing
    }

    /// Whether one cell could not be measured in as many attempts as the rule allows.
    fn given_up(&self) -> bool {
        let failed = self.again.map_or(0, |(_, _, failed)| failed);
        self.prepared.keys().is_some_and(|keys| failed >= keys.attempts)
    }

    fn plain(&self, sprt: &Sprt) -> Option<Verdict> {
        let (upper, lower) = sprt.boundaries();
        side(self.total >= upper, self.total <= lower)
    }

    /// The verdict of the keys if there is one, and what would be next.
    fn keyed(&self, keys: &TwoKeys) -> (Option<Verdict>, Ask) {
        let (upper, lower) = keys.boundaries();
        let ratio = side(self.total >= upper, self.total <= lower);
        let (above, below) = keys.bars();
        let bets = side(self.wealth.0 >= above, self.wealth.1 >= below);
        let enough = self.distinct >= keys.floor;
        let verdict = match keys.keys {
            Keys::Both => ratio.filter(|verdict| bets == Some(*verdict)),
            Keys::Ratio => ratio,
            Keys::Bets => bets,
        };
        let verdict = verdict.filter(|_| enough);
        let drawn = match keys.keys {
            Keys::Both => bets.is_none(),
            Keys::Ratio => false,
            Keys::Bets => true,
        };
        let ask = if verdict.is_some() {
            Ask::Nothing
        } else if drawn {
            Ask::Drawn
        } else {
            self.choose(!enough)
        };
        (verdict, ask)
    }

    /// The cell that tells most at the threshold; the first of several. `fresh` asks for one not seen yet.
    fn choose(&self, fresh: bool) -> Ask {
        let rows = self.prepared.tables.iter().flat_map(|tables| &tables.cells);
        let mut best = None;
        for (cell, ((row, count), seen)) in (0_u32..).zip(rows.zip(&self.counts).zip(&self.seen)) {
            let Some(told) = row.information(*count).filter(|_| !(fresh && *seen)) else {
                continue;
            };
            if best.is_none_or(|(most, _)| told > most) {
                best = Some((told, cell));
            }
        }
        best.map_or(Ask::Nothing, |(_, cell)| Ask::Chosen(cell))
    }
}

/// ABOVE, BELOW, or nothing when neither or both hold.
const fn side(above: bool, below: bool) -> Option<Verdict> {
    match (above, below) {
        (true, false) => Some(Verdict::Above),
        (false, true) => Some(Verdict::Below),
        (true, true) | (false, false) => None,
    }
}

fn panic_after_stop() -> ! {
    unreachable!("a sample was taken after the decision stood")
}
