//! The whole order, from feeds and inventories: what becomes graver never comes later, and what closes more neither.
use crate::decision::tests::{at, known};
use crate::index::tests::{component, record};
use crate::shared::table;
use crate::{Asset, Detections, Fleet, Index, Intelligence, Mission, Sifted, Worklist};
use advisory::{epss, kev, osv, vulnrichment};
use proptest::prelude::*;
use std::fmt::Write as _;

/// One package on one system of its own, with one flaw or more that one version closes.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is an input of its own")]
struct One {
    flaws: u8,
    kev: bool,
    ransomware: bool,
    epss: Option<u32>,
    automatable: bool,
    total: bool,
    exposed: Option<bool>,
    mission: Option<usize>,
    /// Whether the fix is a version of the same line.
    near: bool,
}

fn cve(package: usize, flaw: u8) -> String {
    format!("CVE-2026-{}", 1_000 + package * 100 + usize::from(flaw))
}

fn records(all: &[One]) -> Vec<osv::Record> {
    let of = |(at, one): (usize, &One)| {
        let fixed = if one.near { "1.0.9" } else { "2.0.0" };
        let ranges = format!(
            r#""ranges":[{{"type":"SEMVER","events":[{{"introduced":"0"}},{{"fixed":"{fixed}"}}]}}]"#
        );
        let each = |flaw| {
            let id = format!("RUSTSEC-2026-{at}{flaw:02}");
            let mut record = record(&id, &format!("crates.io/p{at}"), &ranges);
            record.aliases = vec![cve(at, flaw)];
            record
        };
        (0..one.flaws).map(each).collect::<Vec<_>>()
    };
    all.iter().enumerate().flat_map(of).collect()
}

/// What feeds say; of each package's flaws the same.
fn intelligence(all: &[One]) -> Intelligence {
    let (mut entries, mut scores, mut ssvc) = (Vec::new(), "cve,epss\n".to_owned(), Vec::new());
    for (at, one) in all.iter().enumerate() {
        for cve in (0..one.flaws).map(|flaw| cve(at, flaw)) {
            if one.kev {
                let use_ = if one.ransomware { "Known" } else { "Unknown" };
                entries.push(format!(
                    r#"{{"cveID":"{cve}","vendorProject":"v","product":"p","vulnerabilityName":"n",
                    "dateAdded":"2026-11-20","shortDescription":"s","requiredAction":"r",
                    "dueDate":"2026-12-24","knownRansomwareCampaignUse":"{use_}"}}"#
                ));
            }
            if let Some(p) = one.epss {
                let _ = writeln!(scores, "{cve},{}", f64::from(p) / 100_000.0);
            }
            let (automatable, impact) = (
                if one.automatable { "yes" } else { "no" },
                if one.total { "total" } else { "partial" },
            );
            let line = format!(
                r#"{{"cve":"{cve}","ssvc":{{"Exploitation":"none","Automatable":"{automatable}",
                "Technical Impact":"{impact}","timestamp":"2026-11-20T00:00:00Z"}}}}"#
            );
            ssvc.push(vulnrichment::read_compact(line.as_bytes()).unwrap());
        }
    }
    let catalogue = format!(
        r#"{{"title":"t","catalogVersion":"2026.12.01","dateReleased":"2026-12-01T12:00:00Z",
        "count":{},"vulnerabilities":[{}]}}"#,
        entries.len(),
        entries.join(",")
    );
    Intelligence::new()
        .with_kev(&kev::read(catalogue.as_bytes()).unwrap())
        .with_ssvc(&ssvc)
        .with_epss(&epss::read(scores.as_bytes()).unwrap())
}

/// The packages in the order of the worklist.
fn order(all: &[One]) -> Vec<usize> {
    let index = Index::build(&records(all));
    let asset = |(at, one): (usize, &One)| Asset {
        id: format!("s{at}").parse().unwrap(),
        name: "a system".parse().unwrap(),
        exposed: one.exposed.and_then(known),
        mission: one.mission.and_then(|at| known(Mission::ALL[at])),
        taken_at: at_first(),
        parts: Sifted::of(&[component(&format!("crates.io/p{at}"), Some("1.0.0"))], &index),
    };
    let fleet: Fleet = all.iter().enumerate().map(asset).collect();
    let rules = (&table(), &index);
    let list = Worklist::build(rules, &intelligence(all), &fleet, &Detections::new(), at_first());
    assert_eq!(list.items.len(), all.len());
    list.items
        .iter()
        .map(|action| action.package.trim_start_matches('p').parse().unwrap())
        .collect()
}

fn at_first() -> domain::Timestamp {
    at("2026-12-02T08:00:00Z")
}

fn place(all: &[One], package: usize) -> usize {
    order(all).iter().position(|one| *one == package).unwrap()
}

prop_compose! {
    fn one()(
        (flaws, kev, ransomware) in (1u8..4, any::<bool>(), any::<bool>()),
        epss in prop::option::of(0u32..=100_000),
        (automatable, total, near) in (any::<bool>(), any::<bool>(), any::<bool>()),
        exposed in prop::option::of(any::<bool>()),
        mission in prop::option::of(0usize..4),
    ) -> One {
        One { flaws, kev, ransomware, epss, automatable, total, exposed, mission, near }
    }
}

/// One input of one package, made graver.
fn raise(one: &mut One, what: u8) {
    match what {
        0 => one.kev = true,
        1 => one.ransomware = true,
        2 => one.epss = Some(one.epss.map_or(0, |p| (p + p / 2 + 1).min(100_000))),
        3 => one.automatable = true,
        4 => one.total = true,
        5 => one.exposed = Some(true),
        6 => one.mission = Some(one.mission.map_or(2, |at| (at + 1).min(3))),
        7 => one.near = true,
        // it closes one more
        _ => one.flaws += 1,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_becomes_graver_never_comes_later(
        all in prop::collection::vec(one(), 2..6), at in 0usize..6, what in 0u8..9,
    ) {
        let at = at % all.len();
        let mut graver = all.clone();
        raise(&mut graver[at], what);
        let (before, after) = (place(&all, at), place(&graver, at));
        prop_assert!(after <= before, "input {what} of p{at}: place {before} to {after}");
    }

    /// A score moves its task forward or leaves it; without any score nothing is further ahead.
    #[test]
    fn a_score_never_moves_its_task_back(all in prop::collection::vec(one(), 2..6), at in 0usize..6) {
        let at = at % all.len();
        let mut without = all.clone();
        without[at].epss = None;
        prop_assert!(place(&all, at) <= place(&without, at));
    }
}
