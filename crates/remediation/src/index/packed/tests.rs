//! The packed index answers as the sets it was built from.
use super::*;
use crate::index::{Component, Index};
use crate::intelligence::Intelligence;
use advisory::osv;
use proptest::prelude::*;
use versions::{Containment, Namespace};

/// A record about one package.
fn record(
    id: u32,
    package: (&str, &str),
    from: u8,
    until: Option<u8>,
    listed: &[u8],
) -> osv::Record {
    let until = until.map(|until| osv::RangeEvent::Fixed(format!("{until}.0.0")));
    let from = osv::RangeEvent::Introduced(format!("{from}.0.0"));
    let events = std::iter::once(from).chain(until).collect();
    osv::Record {
        id: format!("A-{id:04}"),
        modified: "2026-11-01T00:00:00Z".to_owned(),
        affected: vec![osv::Affected {
            package: Some(osv::Package {
                ecosystem: package.0.to_owned(),
                name: package.1.to_owned(),
                purl: None,
            }),
            ranges: vec![osv::Range { kind: osv::RangeKind::Semver, repo: None, events }],
            versions: listed.iter().map(|n| format!("{n}.0.0")).collect(),
            ..osv::Affected::default()
        }],
        ..osv::Record::default()
    }
}

fn packed(records: &[osv::Record]) -> Vec<u8> {
    let mut pack = Pack::default();
    records.iter().for_each(|record| {
        pack.add(record);
    });
    pack.finish()
}

fn affected(bytes: &[u8], space: &str, name: &str, version: &str) -> Vec<u32> {
    let index = Packed::open(bytes).unwrap();
    let package = index.namespace(space).and_then(|space| index.package(space, name));
    let Some(package) = package else { return Vec::new() };
    let ecosystem = Ecosystem::from_osv(space).unwrap();
    let found = index.matched(ecosystem, package, version, &mut Vec::new()).affected;
    let mut found: Vec<_> = found.collect();
    found.sort_unstable();
    found
}

const A: (&str, &str) = ("crates.io", "a");

#[test]
fn golden_bytes() {
    let mut pack = Pack::default();
    pack.add(&record(7, A, 1, Some(2), &[]));
    pack.know(intelligence());
    pack.describe(Snapshot {
        made_at: "2026-11-01T00:00:00Z".to_owned(),
        sources: Vec::new(),
        left_out: vec![("withdrawn".to_owned(), 2)],
    });
    let bytes = pack.finish();
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    expect_test::expect_file!["golden.txt"].assert_eq(&hex);
    Packed::open(&bytes).unwrap().check().unwrap();
}

fn intelligence() -> Intelligence {
    let kev = br#"{"title":"t","catalogVersion":"2026.11.01","dateReleased":"2026-11-01T00:00:00Z",
        "count":1,"vulnerabilities":[{"cveID":"CVE-2026-0002","vendorProject":"v","product":"p",
        "vulnerabilityName":"n","dateAdded":"2026-10-01","shortDescription":"s","requiredAction":"r",
        "dueDate":"2026-10-22","knownRansomwareCampaignUse":"Known","notes":"","cwes":[]}]}"#;
    let epss = b"#model_version:v2025.03.14,score_date:2026-11-01T00:00:00+0000\ncve,epss,percentile\nCVE-2026-0001,0.5,0.9\nCVE-2026-0002,0.25,0.8\n";
    Intelligence::new()
        .with_kev(&advisory::kev::read(kev).unwrap())
        .with_epss(&advisory::epss::read(epss).unwrap())
}

#[test]
fn what_is_known_of_cves_survives() {
    let mut pack = Pack::default();
    pack.know(intelligence());
    let index = Index::open(std::sync::Arc::new(pack.finish())).unwrap();
    let (read, held) = (Intelligence::of(&index), intelligence());
    for id in ["CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003", ""] {
        assert_eq!(read.facts([id]), held.facts([id]), "{id}");
        assert_eq!(read.epss([id]), held.epss([id]), "{id}");
    }
    assert!(read.facts(["CVE-2026-0002"]).kev_added().is_some());
}

#[test]
fn namespaces_do_not_mix() {
    let bytes = packed(&[
        record(1, ("Debian:11", "curl"), 1, Some(2), &[]),
        record(2, ("Debian:12", "curl"), 1, None, &[]),
        record(3, ("Ubuntu:22.04:LTS", "curl"), 1, None, &[]),
    ]);
    assert_eq!(affected(&bytes, "Debian:11", "curl", "1.0.0"), [0]);
    assert_eq!(affected(&bytes, "Debian:12", "curl", "9.0.0"), [1]);
    assert_eq!(affected(&bytes, "Ubuntu:22.04", "curl", "9.0.0"), [2]);
    assert_eq!(affected(&bytes, "Debian:13", "curl", "1.0.0"), [0; 0]);
    assert_eq!(affected(&bytes, "Debian:12", "wget", "1.0.0"), [0; 0]);
}

#[test]
fn unknown_is_told() {
    let mut broken = record(2, A, 1, None, &[]);
    broken.affected[0].ranges[0].events = vec![osv::RangeEvent::Introduced("two".to_owned())];
    let bytes = packed(&[record(1, A, 1, Some(2), &[]), broken]);
    let index = Packed::open(&bytes).unwrap();
    let package = index.package(index.namespace("crates.io").unwrap(), "a").unwrap();
    let mut buffer = Vec::new();
    let plain = index.matched(Ecosystem::CratesIo, package, "1.5.0", &mut buffer);
    assert_eq!(plain.affected.collect::<Vec<_>>(), [0]);
    let Unknown::Doubts(doubts) = plain.unknown else { panic!("it parses") };
    assert_eq!(doubts.map(|(record, _)| record).collect::<Vec<_>>(), [1]);
    let none = index.matched(Ecosystem::CratesIo, package, "latest", &mut buffer);
    assert_eq!(none.affected.count(), 0);
    let Unknown::Version(all) = none.unknown else { panic!("it does not parse") };
    assert_eq!(all.collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn refuses_what_is_no_index() {
    assert_eq!(Packed::open(b"").unwrap_err(), PackedError::Magic);
    let bytes = Pack::default().finish();
    assert_eq!(Packed::open(&bytes).unwrap().packages(), 0);
    assert!(matches!(Packed::open(&bytes[..bytes.len() - 1]), Err(PackedError::Section(_))));
}

/// Thousands of records that each affect most boundaries stay small, and answer alike.
#[test]
fn many_records_of_one_package_are_a_tree() {
    let records: Vec<_> = (0..2_000u32)
        .map(|n| {
            let (from, until) = (n % 100, 100 + n % 120);
            record(n, A, u8::try_from(from).unwrap(), Some(u8::try_from(until).unwrap()), &[])
        })
        .collect();
    let bytes = packed(&records);
    assert!(bytes.len() < 2_000 * 160, "{} bytes", bytes.len());
    for version in [0u32, 1, 50, 99, 100, 150, 219, 220] {
        let expected: Vec<u32> =
            (0..2_000u32).filter(|n| n % 100 <= version && version < 100 + n % 120).collect();
        assert_eq!(
            affected(&bytes, "crates.io", "a", &format!("{version}.0.0")),
            expected,
            "{version}"
        );
    }
}

proptest! {
    #[test]
    fn answers_as_the_sets(
        stated in proptest::collection::vec(
            (0u8..3, 0u8..9, proptest::option::of(0u8..9), proptest::collection::vec(0u8..9, 0..3)), 0..12,
        ),
        version in 0u8..10,
    ) {
        let of = |n: &u8| n.to_string();
        let records: Vec<_> = (0u32..)
            .zip(&stated)
            .map(|(id, (n, from, until, listed))| {
                record(id, ("crates.io", &of(n)), *from, *until, listed)
            })
            .collect();
        let bytes = packed(&records);
        let version = format!("{version}.0.0");
        for name in 0..3u8 {
            let expected: Vec<u32> = (0u32..)
                .zip(stated.iter().zip(&records))
                .filter(|(_, ((n, _, _, _), record))| {
                    let set = record.affected[0].version_set().unwrap();
                    *n == name && set.contains(&version) == Containment::Affected
                })
                .map(|(record, _)| record)
                .collect();
            prop_assert_eq!(affected(&bytes, "crates.io", &of(&name), &version), expected);
        }
        // all at once as one by one
        let index = Packed::open(&bytes).unwrap();
        let names: Vec<String> = (0..600u16).map(|n| (n % 5).to_string()).collect();
        if let Some(namespace) = index.namespace("crates.io") {
            let query = |name| Query { namespace, ecosystem: Ecosystem::CratesIo, name, version: &version };
            let queries: Vec<_> = names.iter().map(|name| query(name)).collect();
            let mut found = std::collections::BTreeMap::new();
            index.each(&queries, |at, _, matched| {
                let mut all: Vec<_> = matched.affected.collect();
                all.sort_unstable();
                assert!(found.insert(at, all).is_none());
            });
            for (at, name) in names.iter().enumerate() {
                let alone = affected(&bytes, "crates.io", name, &version);
                prop_assert_eq!(found.get(&at).cloned().unwrap_or_default(), alone);
            }
        }
    }

    #[test]
    fn damage_never_panics(at in 0usize..2_000, value: u8) {
        let mut bytes = {
            let mut pack = Pack::default();
            pack.add(&record(7, A, 1, Some(2), &[5]));
            pack.add(&record(9, ("crates.io", "b"), 1, None, &[]));
            pack.know(intelligence());
            pack.finish()
        };
        let length = bytes.len();
        let before = bytes[at % length];
        bytes[at % length] = value;
        if let Ok(packed) = Packed::open(&bytes) {
            prop_assert!(value == before || at % length < 8 || packed.check().is_err());
            for name in ["a", "b", "c"] {
                let _ = affected(&bytes, "crates.io", name, "1.2.3");
            }
            let index = Index::open(std::sync::Arc::new(bytes)).unwrap();
            let here = Component {
                namespace: Namespace::from_osv("crates.io"),
                name: "a".into(),
                version: Some("1.0.0".into()),
            };
            let found = index.look_up(&here);
            found.affected.iter().for_each(|record| {
                let _ = (index.record(*record), index.flaw(*record));
            });
            let _ = index.upgrade(&here, &found.affected);
            let _ = Intelligence::of(&index).facts(["CVE-2026-0001", "CVE-2026-0002"]);
        }
    }
}

/// What `sha256sum` prints for the files, whatever order they were read in.
#[test]
fn a_snapshot_is_known_by_its_files() {
    let source = |name: &str, sha256: &str| Source {
        name: name.to_owned(),
        sha256: sha256.to_owned(),
        bytes: 1,
        records: 1,
    };
    let of = |sources: Vec<Source>, made_at: &str| {
        let made_at = made_at.to_owned();
        Snapshot { made_at, sources, left_out: Vec::new() }.digest()
    };
    let (a, b) = (source("a.json", "11"), source("b.json", "22"));
    let expected = domain::Digest::of(b"11  a.json\n22  b.json\n");
    assert_eq!(of(vec![b.clone(), a.clone()], "today"), expected);
    assert_eq!(of(vec![a.clone(), b], "tomorrow"), expected);
    let forged = source("a.json\n22  b.json", "11");
    assert_ne!(of(vec![forged], "today"), expected, "a name can't stand for two files");
    assert_ne!(of(vec![a], "today"), expected);
}
