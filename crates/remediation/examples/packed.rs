//! The index: package versions matched a second on one core against 600,000 advisories, from
//! name and version as text, beside the bare look-up of the same names.
#![expect(clippy::print_stdout, reason = "a bench prints its result")]
#![expect(clippy::disallowed_methods, reason = "a bench times itself")]

use advisory::osv;
use remediation::{Pack, Packed, Query};
use std::time::Instant;
use versions::Ecosystem;

/// Seconds that this thread was on a processor, so that a busy machine does not count; where the
/// system does not say, seconds since `started`.
fn seconds(started: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|text| text.split(' ').next().and_then(|n| n.parse::<f64>().ok()));
    nanos.map_or_else(|| started.elapsed().as_secs_f64(), |nanos| nanos / 1e9)
}

const ADVISORIES: u32 = 600_000;
const PACKAGES: u32 = 180_000;
const INVENTORY: u32 = 400_000;
const PASSES: u32 = 25;
const SPACE: (Ecosystem, &str) = (Ecosystem::Npm, "npm");

/// A repeatable stream of numbers.
fn next(state: &mut u64) -> u32 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    u32::try_from(*state >> 33).unwrap_or_default()
}

fn name(number: u32) -> String {
    format!("package-{}-{number}", number % 97)
}

fn index() -> Vec<u8> {
    let mut pack = Pack::default();
    let mut state = 7;
    for id in 0..ADVISORIES {
        // few packages have many advisories, most have one or two
        let spread = (u64::from(next(&mut state)) * u64::from(next(&mut state))) >> 31;
        let package = u32::try_from(spread).unwrap_or_default() % PACKAGES;
        let (major, minor) = (next(&mut state) % 12, next(&mut state) % 40);
        let start = if next(&mut state).is_multiple_of(2) { 0 } else { major };
        let fixed = format!("{major}.{minor}.{}", next(&mut state) % 9);
        let events = vec![
            osv::RangeEvent::Introduced(format!("{start}.0.0")),
            osv::RangeEvent::Fixed(fixed),
        ];
        pack.add(&osv::Record {
            id: format!("GHSA-{id:06}"),
            aliases: vec![format!("CVE-{}-{id:06}", 2_000 + id % 27)],
            modified: "2026-11-01T00:00:00Z".to_owned(),
            summary: Some(format!(
                "Improper handling of the {id}th kind of input in {}",
                name(package)
            )),
            affected: vec![osv::Affected {
                package: Some(osv::Package {
                    ecosystem: SPACE.1.to_owned(),
                    name: name(package),
                    purl: None,
                }),
                ranges: vec![osv::Range { kind: osv::RangeKind::Semver, repo: None, events }],
                ..osv::Affected::default()
            }],
            ..osv::Record::default()
        });
    }
    pack.finish()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let clock = Instant::now();
    let bytes = index();
    let built = seconds(clock);
    let started = Instant::now();
    let packed = Packed::open(&bytes)?;
    let opened = started.elapsed().as_secs_f64() * 1e6;
    let space = packed.namespace(SPACE.1).ok_or("the namespace is there")?;
    println!(
        "{{\"name\":\"packed-index\",\"advisories\":{ADVISORIES},\"packages\":{},\"bytes\":{},\"built_s\":{built:.1},\"opened_us\":{opened:.1}}}",
        packed.packages(),
        bytes.len()
    );
    let mut state = 11;
    // one text, as a reader that borrows has it
    let mut text = String::new();
    let ends: Vec<(usize, usize)> = (0..INVENTORY)
        .map(|_| {
            let known = next(&mut state) % 1000 < 75;
            let number = next(&mut state) % PACKAGES + if known { 0 } else { PACKAGES };
            text += &name(number);
            let end = text.len();
            let mut part = |below| next(&mut state) % below;
            text += &format!("{}.{}.{}", part(12), part(40), part(9));
            (end, text.len())
        })
        .collect();
    let starts = std::iter::once(0).chain(ends.iter().map(|(_, end)| *end));
    let inventory: Vec<(&str, &str)> = starts
        .zip(&ends)
        .filter_map(|(start, (name, end))| Some((text.get(start..*name)?, text.get(*name..*end)?)))
        .collect();
    let queries: Vec<_> = inventory
        .iter()
        .map(|(name, version)| Query { namespace: space, ecosystem: SPACE.0, name, version })
        .collect();
    let started = seconds(clock);
    let mut hits = 0;
    for _ in 0..PASSES {
        packed.each(&queries, |_, _, matched| hits += matched.affected.count());
    }
    let ours = f64::from(INVENTORY * PASSES) / (seconds(clock) - started);
    let started = seconds(clock);
    let mut found = 0;
    for _ in 0..PASSES {
        found += inventory.iter().filter(|(name, _)| packed.package(space, name).is_some()).count();
    }
    let limit = f64::from(INVENTORY * PASSES) / (seconds(clock) - started);
    println!(
        "{{\"name\":\"packed-matches-per-second\",\"ours\":{ours:.0},\"bare_look_up\":{limit:.0},\"ratio\":{:.3},\"known\":{found},\"hits\":{hits}}}",
        ours / limit
    );
    Ok(())
}
