//! Honest persons. Each declares purpose, hours and places as a lab would ask for them, and strays a little from them.

use super::record::{Said, World};
use domain::GrantId;

pub(super) const OFFICE: &str = "192.0.2.10";
pub(super) const HOME: &str = "198.51.100.20";
const EXIT: &str = "203.0.113.30";
const ABROAD: &str = "100.64.8.1";
pub(super) const LONDON: (f64, f64) = (51.5, -0.1);
const SEOUL: (f64, f64) = (37.6, 127.0);
const NEW_YORK: (f64, f64) = (40.7, -74.0);

/// An office and a home in one town, and a private network's exit.
pub(super) fn town(world: &mut World) {
    world.site("office", &["192.0.2.0/24", "2001:db8:1::/48"], Some(LONDON));
    world.site("home", &["198.51.100.0/24"], Some(LONDON));
    world.site("private network", &["203.0.113.0/24"], None);
    world.hours(7, 21);
}

/// A conversation: what was said before is sent again, so prompts grow.
pub(super) fn conversation(
    world: &mut World,
    grant: &GrantId,
    day: u64,
    minute: u64,
    turns: u64,
    from: &str,
) {
    let mut before = world.about(40, 300);
    let mut at = world.at(day, minute);
    for _ in 0..turns {
        let long = world.about(20, 120);
        let text = world.words(long);
        let tokens_out = world.about(150, 1_400);
        let tokens_in = before + long * 2;
        world.asks(grant, at, from, &Said { text: &text, tokens_in, tokens_out });
        before = tokens_in + tokens_out;
        let pause = 40_000 + world.below(240_000) + tokens_out * 12;
        at = at.after(domain::Span::millis(pause));
    }
}

fn chats(world: &mut World, grant: &GrantId, day: u64, first: u64, count: u64, from: &str) {
    for n in 0..count {
        let turns = world.about(2, 9);
        let minute = first + n * 35 + world.below(15);
        conversation(world, grant, day, minute, turns, from);
    }
}

pub(super) fn writer(world: &mut World) {
    town(world);
    let grant = world.person("writing: chapters on water law");
    for day in 0..5 {
        let count = world.about(4, 12);
        chats(world, &grant, day, 9 * 60, count, OFFICE);
    }
}

pub(super) fn red_teamer(world: &mut World) {
    town(world);
    let grant = world.person("red-team: refusals in two languages");
    for day in 0..5 {
        for _ in 0..world.about(2, 8) {
            let template = world.words(24);
            let start = 9 * 60 + world.below(9 * 60);
            let fillings = world.about(40, 220);
            for n in 0..fillings {
                let text = format!("{template} slot{n}");
                let (tokens_in, tokens_out) = (60 + world.below(6), world.about(20, 500));
                let at = world.at(day, start + n / 5);
                world.asks(&grant, at, OFFICE, &Said { text: &text, tokens_in, tokens_out });
            }
        }
        chats(world, &grant, day, 10 * 60, 3, OFFICE);
    }
}

pub(super) fn fuzzer(world: &mut World) {
    town(world);
    world.hours(0, 24);
    let grant = world.person("fuzzing: malformed tool calls");
    for day in 0..2 {
        for n in 0..world.about(2_000, 6_000) {
            let noise = world.words(8);
            let text = format!("call the tool with exactly these arguments {noise}");
            let (tokens_in, tokens_out) = (40 + world.below(4), world.about(5, 60));
            let at = world.at(day, n / 4);
            world.asks(&grant, at, OFFICE, &Said { text: &text, tokens_in, tokens_out });
        }
    }
}

pub(super) fn bulk(world: &mut World) {
    town(world);
    world.hours(0, 24);
    let grant = world.person("bulk-evaluation: a public benchmark, five samples each");
    let tasks = world.about(400, 1_200);
    for n in 0..tasks {
        let words = world.about(40, 160);
        let text = world.words(words);
        for _ in 0..5 {
            let (tokens_in, tokens_out) = (words * 2 + world.below(80), world.about(100, 900));
            let minute = 8 * 60 + n / 3 + world.below(4);
            let at = world.at(n % 3, minute);
            world.asks(&grant, at, OFFICE, &Said { text: &text, tokens_in, tokens_out });
        }
    }
}

pub(super) fn night_shift(world: &mut World) {
    world.site("abroad", &["100.64.8.0/24"], Some(SEOUL));
    world.hours(23, 10);
    for _ in 0..3 {
        let grant = world.person("writing: summaries in three languages");
        for day in 0..5 {
            // one in six stays longer
            let late = if world.below(6) == 0 { 90 } else { 0 };
            let count = world.about(4, 10);
            chats(world, &grant, day, 2 * 60 + late, count, ABROAD);
        }
    }
}

pub(super) fn shared_office(world: &mut World) {
    town(world);
    for _ in 0..8 {
        let grant = world.person("writing: answers for a help desk");
        for day in 0..5 {
            let count = world.about(3, 9);
            chats(world, &grant, day, 9 * 60, count, OFFICE);
        }
    }
}

pub(super) fn defender(world: &mut World) {
    town(world);
    let grant = world.person("defence: review of our own code");
    for day in 0..5 {
        for _ in 0..world.about(3, 9) {
            let start = 8 * 60 + world.below(10 * 60);
            let mut at = world.at(day, start);
            let mut context = world.about(2_000, 8_000);
            for _ in 0..world.about(20, 110) {
                let long = world.about(10, 60);
                let text = world.words(long);
                let tokens_out = world.about(80, 600);
                world.asks(
                    &grant,
                    at,
                    OFFICE,
                    &Said { text: &text, tokens_in: context, tokens_out },
                );
                context += tokens_out + world.about(100, 1_500);
                at = at.after(domain::Span::millis(1_500 + tokens_out * 12));
            }
        }
    }
}

pub(super) fn commuter(world: &mut World) {
    town(world);
    let grant = world.person("writing: a handbook");
    for day in 0..5 {
        chats(world, &grant, day, 7 * 60 + 30, 2, HOME);
        let count = world.about(3, 8);
        chats(world, &grant, day, 9 * 60 + 30, count, OFFICE);
        if world.below(3) == 0 {
            chats(world, &grant, day, 12 * 60, 2, EXIT);
        }
        // a telephone on the way, on a network that nobody declared: one day in forty
        if world.below(40) == 0 {
            conversation(world, &grant, day, 18 * 60, 2, "203.0.112.9");
        }
        chats(world, &grant, day, 19 * 60, 2, HOME);
    }
}

pub(super) fn flyer(world: &mut World) {
    town(world);
    world.site("branch", &["100.64.9.0/24"], Some(NEW_YORK));
    world.hours(0, 24);
    let grant = world.person("writing: minutes of hearings");
    for day in 0..2 {
        chats(world, &grant, day, 9 * 60, 6, OFFICE);
    }
    chats(world, &grant, 2, 7 * 60, 1, OFFICE);
    // about nine hours from door to door
    let arrives = 17 * 60 + world.below(180);
    chats(world, &grant, 2, arrives, 3, "100.64.9.1");
    for day in 3..5 {
        chats(world, &grant, day, 14 * 60, 6, "100.64.9.1");
    }
}
