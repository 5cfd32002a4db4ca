//! Persons who misuse what they were given, each in one way that has been reported of somebody.

use super::honest::{HOME, OFFICE, conversation, town};
use super::record::{CANARY, Said, World};

const ELSEWHERE: &str = "100.64.20.1";
const FAR: &str = "100.64.30.1";
const FAR_PLACE: (f64, f64) = (-33.9, 151.2);

/// One person's prompts, evenly over some hours of each day.
struct Evenly {
    days: u64,
    /// Prompts of a day, at least and at most.
    prompts: (u64, u64),
    /// The first hour, and how many.
    hours: (u64, u64),
}

impl Evenly {
    /// Asks with the text, the prompt's tokens and the answer's that `say` gives for each.
    fn ask(self, world: &mut World, mut say: impl FnMut(&mut World) -> (String, u64, u64)) {
        let grant = world.person("writing: a novel");
        for day in 0..self.days {
            let count = world.about(self.prompts.0, self.prompts.1);
            for n in 0..count {
                let (text, tokens_in, tokens_out) = say(world);
                let (first, hours) = self.hours;
                let at = world.at(day, first * 60 + n * hours * 60 / count);
                world.asks(&grant, at, OFFICE, &Said { text: &text, tokens_in, tokens_out });
            }
        }
    }
}

/// A prompt of so many words, and an answer of so many tokens.
fn fresh(world: &mut World, words: (u64, u64), answer: (u64, u64)) -> (String, u64, u64) {
    let long = world.about(words.0, words.1);
    let text = world.words(long);
    (text, long * 2, world.about(answer.0, answer.1))
}

/// Prompts that all differ, each with a long answer, evenly through the day.
pub(super) fn extractor(world: &mut World) {
    town(world);
    let evenly = Evenly { days: 5, prompts: (900, 3_000), hours: (7, 14) };
    evenly.ask(world, |world| fresh(world, (15, 60), (400, 1_500)));
}

/// One template with a filling of its own in each prompt; within the counts of its purpose.
pub(super) fn sweeper(world: &mut World) {
    town(world);
    let template = world.words(30);
    let evenly = Evenly { days: 5, prompts: (200, 420), hours: (8, 12) };
    evenly.ask(world, |world| {
        let text = format!("{template} {}", world.words(2));
        (text, 80 + world.below(4), world.about(150, 420))
    });
}

/// Few prompts, very long answers.
pub(super) fn harvester(world: &mut World) {
    town(world);
    let evenly = Evenly { days: 5, prompts: (80, 200), hours: (8, 12) };
    evenly.ask(world, |world| fresh(world, (8, 30), (2_500, 4_000)));
}

/// The holder works as a writer does; another person elsewhere does so at the same time.
pub(super) fn sharer(world: &mut World) {
    town(world);
    let grant = world.person("writing: a novel");
    for day in 0..5 {
        for n in 0..8 {
            let turns = world.about(4, 9);
            conversation(world, &grant, day, 9 * 60 + n * 40, turns, OFFICE);
        }
        for n in 0..world.about(2, 8) {
            let turns = world.about(4, 9);
            conversation(world, &grant, day, 9 * 60 + n * 40, turns, ELSEWHERE);
        }
    }
}

/// Two persons on two continents take turns with one key, never at once. Both places are declared.
pub(super) fn traveller(world: &mut World) {
    town(world);
    world.site("far", &["100.64.30.0/24"], Some(FAR_PLACE));
    world.hours(0, 24);
    let grant = world.person("writing: a novel");
    for day in 0..5 {
        for n in 0..world.about(2, 5) {
            conversation(world, &grant, day, 8 * 60 + n * 90, 4, OFFICE);
        }
        for n in 0..world.about(2, 5) {
            conversation(world, &grant, day, 18 * 60 + n * 60, 4, FAR);
        }
    }
}

/// Four accounts share out a list; a fifth of it is sent by two.
pub(super) fn ring(world: &mut World) {
    town(world);
    let grants: Vec<_> = (0..4).map(|_| world.person("writing: a novel")).collect();
    for day in 0..5 {
        let list: Vec<_> = (0..1_400).map(|_| world.words(20)).collect();
        for (n, text) in list.iter().enumerate() {
            let again = usize::from(world.below(5) == 0);
            for copy in 0..=again {
                let Some(grant) = grants.get((n + copy) % grants.len()) else { continue };
                let at = 8 * 60 + world.below(12 * 60);
                let (at, tokens_out) = (world.at(day, at), world.about(200, 700));
                let from = if copy == 0 { OFFICE } else { HOME };
                world.asks(grant, at, from, &Said { text, tokens_in: 40, tokens_out });
            }
        }
    }
}

/// A writer whose prompts quote, a few times a week, what was planted with another.
pub(super) fn leaker(world: &mut World) {
    town(world);
    let grant = world.person("writing: a novel");
    for day in 0..5 {
        for n in 0..8 {
            let turns = world.about(2, 8);
            conversation(world, &grant, day, 9 * 60 + n * 40, turns, OFFICE);
        }
    }
    for day in 0..1 + world.below(3) {
        let (before, after) = (world.words(12), world.words(12));
        let text = format!("{before} {CANARY} {after}");
        let at = world.at(day, 11 * 60);
        world.asks(&grant, at, OFFICE, &Said { text: &text, tokens_in: 70, tokens_out: 300 });
    }
}

/// A hundred chosen prompts a day among a writer's conversations, for thirty days.
pub(super) fn slow(world: &mut World) {
    town(world);
    let evenly = Evenly { days: 30, prompts: (80, 120), hours: (8, 12) };
    evenly.ask(world, |world| fresh(world, (30, 120), (500, 1_300)));
}
