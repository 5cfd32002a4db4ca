//! What simulated persons leave behind: uses as a gateway would record them.

use super::Scene;
use crate::sketch::mix;
use crate::{Canaries, Grant, Prompt, Sketch, Surroundings, Use, UseId, network_of};
use domain::{Digest, GrantId, Span, Timestamp};

/// What the terms of a simulation show of prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shown {
    /// Text, for the developer.
    Visible,
    /// Digests.
    Hashed,
    /// Sizes and times.
    Sealed,
}

impl Shown {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Visible, Self::Hashed, Self::Sealed];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Visible => "visible",
            Self::Hashed => "hashed",
            Self::Sealed => "sealed",
        }
    }
}

/// One simulation under way.
#[derive(Debug)]
pub struct World {
    state: u64,
    shown: Shown,
    canaries: Canaries,
    grants: Vec<Grant>,
    uses: Vec<Use>,
    surroundings: String,
}

/// The planted text of the simulation.
pub(super) const CANARY: &str = "amber fulcrum osprey ledger tundra quill";
/// A Monday.
const MONDAY: i64 = 1_780_876_800_000_000;
/// Words of simulated prompts.
const WORDS: usize = 4_096;

impl World {
    pub(super) fn new(seed: u64, shown: Shown) -> Self {
        let mut canaries = Canaries::default();
        canaries.plant(CANARY, id("elsewhere"));
        Self {
            state: mix(seed ^ 0x5eed),
            shown,
            canaries,
            grants: Vec::new(),
            uses: Vec::new(),
            surroundings: String::new(),
        }
    }

    pub(super) fn scene(self) -> Scene {
        let surroundings =
            Surroundings::read(&self.surroundings).expect("what is declared here can be read");
        Scene { grants: self.grants, uses: self.uses, surroundings }
    }

    /// Adds a person with a grant.
    pub(super) fn person(&mut self, purpose: &str) -> GrantId {
        let n = self.grants.len() + 1;
        let grant: GrantId = id(&format!("g{n}"));
        let person = format!("p{n}").parse().expect("a letter and digits are an id");
        let party = "evaluator".parse().expect("a word is an id");
        self.grants.push(Grant { grant: grant.clone(), party, person, purpose: purpose.into() });
        grant
    }

    /// Declares a place of the party.
    pub(super) fn site(&mut self, name: &str, networks: &[&str], place: Option<(f64, f64)>) {
        let networks: Vec<_> = networks.iter().map(|n| format!("\"{n}\"")).collect();
        let place = match place {
            Some((lat, lon)) => format!("latitude = {lat:.1}\nlongitude = {lon:.1}\n"),
            None => "roaming = true\n".to_owned(),
        };
        self.surroundings += &format!(
            "[[site]]\nname = \"{name}\"\nparty = \"evaluator\"\nnetworks = [{}]\n{place}\n",
            networks.join(", ")
        );
    }

    /// Declares the hours of the party, by the clock of UTC.
    pub(super) fn hours(&mut self, from: u8, to: u8) {
        self.surroundings +=
            &format!("[[hours]]\nparty = \"evaluator\"\nfrom = {from}\nto = {to}\n\n");
    }

    /// A number below `bound`.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state) % bound.max(1)
    }

    /// A number between two, the second included; the middle is likelier than the ends.
    pub(super) fn about(&mut self, from: u64, to: u64) -> u64 {
        let half = (to - from) / 2 + 1;
        (from + self.below(half) + self.below(half)).min(to)
    }

    /// An instant of a day, in minutes and a random part of one.
    pub(super) fn at(&mut self, day: u64, minute: u64) -> Timestamp {
        let monday = Timestamp::from_micros(MONDAY).unwrap_or(Timestamp::EPOCH);
        let within = Span::micros(self.below(60_000_000));
        monday.after(Span::days(day)).after(Span::minutes(minute)).after(within)
    }

    /// Words that nobody repeats.
    pub(super) fn words(&mut self, count: u64) -> String {
        let mut text = String::new();
        for _ in 0..count {
            let word = self.below(u64::try_from(WORDS).unwrap_or(1));
            text += &format!("w{word} ");
        }
        text
    }

    /// A use that takes as long as its answer is.
    pub(super) fn asks(&mut self, grant: &GrantId, at: Timestamp, from: &str, said: &Said<'_>) {
        let digest = Digest::of(said.text.as_bytes());
        let prompt = match self.shown {
            Shown::Sealed => Prompt::Sealed,
            Shown::Hashed => Prompt::Hashed(digest),
            Shown::Visible => Prompt::Visible {
                digest,
                sketch: Sketch::of(said.text),
                canaries: self.canaries.found_in(said.text),
            },
        };
        let address = from.parse().expect("the simulation writes addresses");
        let took = Span::millis(300 + said.tokens_out * 12);
        let n = u128::try_from(self.uses.len()).unwrap_or(0);
        let drawn = u128::from(self.below(u64::MAX));
        self.uses.push(Use {
            id: UseId((drawn << 64) | n),
            grant: grant.clone(),
            started_at: at,
            finished_at: at.after(took),
            tokens_in: said.tokens_in,
            tokens_out: said.tokens_out,
            from: Some(network_of(address)),
            prompt,
        });
    }
}

/// One question and its answer's length.
pub(super) struct Said<'a> {
    pub(super) text: &'a str,
    pub(super) tokens_in: u64,
    pub(super) tokens_out: u64,
}

fn id(text: &str) -> GrantId {
    text.parse().expect("letters and digits are an id")
}
