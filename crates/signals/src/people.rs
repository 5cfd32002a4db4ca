//! Simulated persons, honest and not, from seeds: what rules are measured on.
//!
//! They were made by those who made the rules, so what is measured on them is how the rules behave on the patterns that
//! their makers thought of. It says nothing of your people, and nothing of a misuser who reads this file.

mod honest;
mod misuse;
mod record;

pub use record::{Shown, World};

use crate::{Grant, Surroundings, Use};

/// A kind of person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Red-teaming with sweeps that are declared.
    RedTeamer,
    /// A fuzzing harness.
    Fuzzer,
    /// A benchmark of a few thousand prompts, each several times.
    BulkEvaluator,
    /// Conversations, long answers.
    Writer,
    /// A team abroad that works at night by the clock of the developer.
    NightShift,
    /// Several persons behind one address.
    SharedOffice,
    /// An agent that reads code for a defender, in bursts.
    Defender,
    /// From home to the office and back, with a private network now and then.
    Commuter,
    /// Flies once, and works before and after.
    Flyer,
    /// As fast as the grant lets it, under a purpose that needs little: thousands of different prompts.
    Extractor,
    /// One template with thousands of fillings.
    Sweeper,
    /// Short orders, the longest answers.
    Harvester,
    /// Gives the key to somebody elsewhere, who works at the same time.
    Sharer,
    /// Gives the key to somebody on another continent, who takes turns.
    Traveller,
    /// Four accounts of one organisation that share out one list of prompts, with some sent twice.
    Ring,
    /// Quotes what was planted with somebody else.
    Leaker,
    /// Like a writer, for a month: a hundred chosen prompts a day.
    SlowExtractor,
}

impl Kind {
    /// Every honest kind.
    pub const HONEST: [Self; 9] = [
        Self::RedTeamer,
        Self::Fuzzer,
        Self::BulkEvaluator,
        Self::Writer,
        Self::NightShift,
        Self::SharedOffice,
        Self::Defender,
        Self::Commuter,
        Self::Flyer,
    ];
    /// Every other.
    pub const MISUSE: [Self; 8] = [
        Self::Extractor,
        Self::Sweeper,
        Self::Harvester,
        Self::Sharer,
        Self::Traveller,
        Self::Ring,
        Self::Leaker,
        Self::SlowExtractor,
    ];

    /// Its name in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RedTeamer => "red-teamer, sweeps declared",
            Self::Fuzzer => "fuzzing harness",
            Self::BulkEvaluator => "bulk evaluation",
            Self::Writer => "writer",
            Self::NightShift => "night shift abroad",
            Self::SharedOffice => "shared office",
            Self::Defender => "defender's agent",
            Self::Commuter => "commuter",
            Self::Flyer => "flyer",
            Self::Extractor => "extractor",
            Self::Sweeper => "sweeper",
            Self::Harvester => "harvester",
            Self::Sharer => "key shared, at once",
            Self::Traveller => "key shared, in turns",
            Self::Ring => "ring of four accounts",
            Self::Leaker => "leaker of a canary",
            Self::SlowExtractor => "slow extractor",
        }
    }
}

/// What one simulated person, or group, did.
#[derive(Debug, Clone)]
pub struct Scene {
    /// Grants.
    pub grants: Vec<Grant>,
    /// Uses.
    pub uses: Vec<Use>,
    /// What the developer knows of their places and hours.
    pub surroundings: Surroundings,
}

/// What a kind of person does in a week (the slow extractor: in thirty days), under terms that show so much.
pub fn scene(kind: Kind, seed: u64, shown: Shown) -> Scene {
    let mut world = World::new(seed, shown);
    match kind {
        Kind::RedTeamer => honest::red_teamer(&mut world),
        Kind::Fuzzer => honest::fuzzer(&mut world),
        Kind::BulkEvaluator => honest::bulk(&mut world),
        Kind::Writer => honest::writer(&mut world),
        Kind::NightShift => honest::night_shift(&mut world),
        Kind::SharedOffice => honest::shared_office(&mut world),
        Kind::Defender => honest::defender(&mut world),
        Kind::Commuter => honest::commuter(&mut world),
        Kind::Flyer => honest::flyer(&mut world),
        Kind::Extractor => misuse::extractor(&mut world),
        Kind::Sweeper => misuse::sweeper(&mut world),
        Kind::Harvester => misuse::harvester(&mut world),
        Kind::Sharer => misuse::sharer(&mut world),
        Kind::Traveller => misuse::traveller(&mut world),
        Kind::Ring => misuse::ring(&mut world),
        Kind::Leaker => misuse::leaker(&mut world),
        Kind::SlowExtractor => misuse::slow(&mut world),
    }
    world.scene()
}

#[cfg(test)]
mod tests;
