//! Fleets of ten thousand to ten million assets with the same distinct inventories: the memory that each takes, one new
//! advisory, and one new inventory. Each fleet is in a process of its own, so that its memory is the process's.
#![expect(clippy::print_stdout, reason = "a bench prints its result")]
#![expect(clippy::disallowed_methods, reason = "a bench times itself")]

use advisory::osv;
use remediation::{
    Component, Detections, Fleet, Index, Intelligence, Known, Provenance, Sifted, Standing, Table,
    Worklist,
};
use std::time::Instant;
use versions::{Ecosystem, Namespace};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Distinct inventories, and what each lists.
const INVENTORIES: u32 = 1_000;
const COMPONENTS: u32 = 300;
/// Packages of which there are advisories, with so many versions each.
const PACKAGES: u32 = 2_000;
const VERSIONS: u32 = 20;
const SIZES: [u32; 4] = [10_000, 100_000, 1_000_000, 10_000_000];
/// Rounds of what is timed; the best counts.
const ROUNDS: u32 = 5;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [assets] => measure(assets.parse()?),
        [] => {
            let own = std::env::current_exe()?;
            for assets in SIZES {
                let done = std::process::Command::new(&own).arg(assets.to_string()).status()?;
                if !done.success() {
                    return Err("a fleet could not be measured".into());
                }
            }
            Ok(())
        }
        _ => Err("no arguments are expected".into()),
    }
}

/// A repeatable stream of numbers.
fn next(state: &mut u64) -> u32 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    u32::try_from(*state >> 33).unwrap_or_default()
}

/// Bytes of this process that are in memory.
fn resident() -> Result<u64> {
    let told = std::fs::read_to_string("/proc/self/status")?;
    let line = told.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmRSS")?;
    Ok(kibibytes.parse::<u64>()? * 1024)
}

fn record(id: &str, package: u32, from: u32, fixed: u32) -> Result<osv::Record> {
    let text = format!(
        r#"{{"id":"{id}","aliases":["CVE-2026-{package}"],"modified":"2026-11-01T00:00:00Z","affected":[{{"package":
        {{"ecosystem":"npm","name":"package-{package}"}},"ranges":[{{"type":"SEMVER","events":[
        {{"introduced":"1.{from}.0"}},{{"fixed":"1.{fixed}.0"}}]}}]}}]}}"#
    );
    Ok(osv::read(text.as_bytes())?)
}

/// Inventories that differ in versions and in what they have; no two are the same.
fn inventory(number: u32, state: &mut u64, index: &Index) -> Sifted {
    let space = Namespace::whole(Ecosystem::Npm);
    let component = |package: u32, version: u32| Component {
        namespace: Some(space.clone()),
        name: format!("package-{package}").into(),
        version: Some(format!("1.{version}.0").into()),
    };
    let mut all: Vec<_> = (1..COMPONENTS)
        .map(|_| component(1 + next(state) % (PACKAGES - 1), next(state) % VERSIONS))
        .collect();
    // the package of the new advisory is everywhere
    all.push(component(0, number % VERSIONS));
    Sifted::of(&all, index)
}

fn measure(assets: u32) -> Result<()> {
    let records: Vec<_> = (0..PACKAGES)
        .map(|package| record(&format!("GHSA-{package}"), package, VERSIONS, VERSIONS + 1))
        .collect::<Result<_>>()?;
    let index = Index::build(&records);
    let table = Table::read(include_str!("../../../rules/bod-26-04.toml"))?;
    let now: domain::Timestamp = "2026-11-23T08:00:00Z".parse()?;
    let (mut state, mut fleet) = (17, Fleet::default());
    let before = resident()?;
    let inventories: Vec<_> =
        (0..INVENTORIES).map(|n| fleet.take(inventory(n, &mut state, &index))).collect();
    let source: domain::Line = "the operator".parse()?;
    let standing = |exposed| Standing {
        exposed: Some(Known {
            value: exposed,
            from: Provenance { source: source.clone(), as_of: now },
        }),
        mission: None,
        taken_at: now,
    };
    let (outside, inside) = (standing(true), standing(false));
    let distinct = resident()?;
    for number in 0..assets {
        // any asset may have any inventory, so that no set of assets is a mere span
        let at = usize::try_from(next(&mut state) % INVENTORIES)?;
        let inventory = *inventories.get(at).ok_or("an inventory")?;
        let standing = if next(&mut state).is_multiple_of(10) { &outside } else { &inside };
        let id = format!("asset-{number:08}");
        fleet.place(&id.parse()?, &id.parse()?, standing.clone(), inventory);
    }
    let (whole, (new, hit), again) =
        (resident()?, advisory(&mut fleet, &table, now)?, renewal(&mut fleet, &inside, &index));
    println!(
        "{{\"name\":\"fleet\",\"assets\":{assets},\"inventories\":{},\"distinct\":{},\"distinct_bytes\":{},\"bytes\":{},\"bytes_per_asset\":{:.1},\"of_these_id\":14,\"one_advisory_ms\":{new:.2},\"affected\":{hit},\"one_inventory_ms\":{again:.3},\"load\":\"{}\"}}",
        fleet.inventories(),
        fleet.distinct(),
        distinct - before,
        whole - before,
        f64::from(u32::try_from((whole - distinct) / u64::from(assets / 1_000))?) / 1_000.0,
        std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim()
    );
    Ok(())
}

/// One new advisory: from its record to the assets that it hits, with their deadlines.
fn advisory(fleet: &mut Fleet, table: &Table, now: domain::Timestamp) -> Result<(f64, u64)> {
    let (mut best, mut hit) = (f64::INFINITY, 0);
    for round in 0..ROUNDS {
        let record = record("GHSA-new", 0, 0, 5 + round)?;
        let started = Instant::now();
        let new = Index::build([&record]);
        fleet.find(&new);
        let none = Detections::new();
        let list = Worklist::build((table, &new), &Intelligence::new(), fleet, &none, now);
        best = best.min(started.elapsed().as_secs_f64() * 1e3);
        let targets = list.items.iter().flat_map(|action| &action.targets);
        hit = targets.map(|target| target.assets.len()).sum();
    }
    Ok((best, hit))
}

/// One asset with another inventory, which nobody has.
fn renewal(fleet: &mut Fleet, standing: &Standing, index: &Index) -> f64 {
    let (mut best, mut state) = (f64::INFINITY, 23);
    for round in 0..ROUNDS {
        let parts = inventory(round, &mut state, index);
        let started = Instant::now();
        let inventory = fleet.take(parts);
        fleet.renew(round, standing.clone(), inventory);
        best = best.min(started.elapsed().as_secs_f64() * 1e3);
    }
    best
}
