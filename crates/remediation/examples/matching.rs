//! Package versions matched a second on one core, beside a bare look-up of the same names in a sorted map.
#![expect(clippy::print_stdout, reason = "a bench prints its result")]
#![expect(clippy::disallowed_methods, reason = "a bench times itself")]

use advisory::osv;
use remediation::Index;
use std::collections::BTreeMap;
use std::time::Instant;
use versions::{Ecosystem, VersionKey};

/// Advisories, spread over a tenth as many packages.
const ADVISORIES: usize = 20_000;
/// Look-ups: one in ten names a package that has advisories.
const LOOKUPS: usize = 2_000_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut records = Vec::new();
    for n in 0..ADVISORIES {
        let (package, major) = (n / 10, n % 10);
        let json = format!(
            r#"{{"id":"X-{n}","modified":"2026-01-01T00:00:00Z","affected":[{{"package":{{"ecosystem":"crates.io","name":"p{package}"}},"ranges":[{{"type":"SEMVER","events":[{{"introduced":"{major}.0.0"}},{{"fixed":"{major}.5.0"}}]}}]}}]}}"#
        );
        records.push(osv::read(json.as_bytes())?);
    }
    let index = Index::build(&records);
    let mut names = Vec::new();
    let mut plain = BTreeMap::new();
    for n in 0..LOOKUPS / 100 {
        let number = if n % 10 == 0 { n % (ADVISORIES / 10) } else { n + ADVISORIES };
        names.push(format!("p{number}"));
    }
    for package in 0..ADVISORIES / 10 {
        plain.insert(format!("p{package}"), package);
    }
    let key = VersionKey::parse(Ecosystem::CratesIo, "3.2.1")?;

    let started = Instant::now();
    let mut hits = 0;
    for n in 0..LOOKUPS {
        let name = names.get(n % names.len()).map_or("", String::as_str);
        hits += index.hits(Ecosystem::CratesIo, name, &key).len();
    }
    let ours = rate(started);
    let started = Instant::now();
    let mut found = 0;
    for n in 0..LOOKUPS {
        let name = names.get(n % names.len()).map_or("", String::as_str);
        found += usize::from(plain.contains_key(name));
    }
    let peer = rate(started);
    assert!(hits > 0 && found > 0, "both find something");
    println!(
        "{{\"name\":\"matches-per-second\",\"ours\":{ours:.0},\"peer\":{peer:.0},\"ratio\":{:.3},\"hits\":{hits}}}",
        ours / peer
    );
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a few million")]
fn rate(started: Instant) -> f64 {
    LOOKUPS as f64 / started.elapsed().as_secs_f64()
}
