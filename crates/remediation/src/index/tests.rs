//! OSV's rules on small records; the oracles on large ones.
use super::*;
use crate::shared::read;
use proptest::prelude::{Strategy, prop_assert_eq, proptest};
use std::collections::{BTreeMap, BTreeSet};
use versions::Containment;

pub(crate) fn record(id: &str, package: &str, rest: &str) -> osv::Record {
    let (ecosystem, name) = package.split_once('/').unwrap();
    let text = format!(
        r#"{{"id":"{id}","modified":"2026-11-01T00:00:00Z","affected":[{{"package":
        {{"ecosystem":"{ecosystem}","name":"{name}"}},{rest}}}]}}"#
    );
    osv::read(text.as_bytes()).unwrap()
}

pub(crate) fn component(package: &str, version: Option<&str>) -> Component {
    let (ecosystem, name) = package.split_once('/').unwrap();
    let namespace = Namespace::from_osv(ecosystem);
    Component { namespace, name: name.into(), version: version.map(Into::into) }
}

fn ids(index: &Index, package: &str, version: Option<&str>) -> (Vec<String>, Vec<String>) {
    let found = index.look_up(&component(package, version));
    let id = |r: &u32| index.record(*r).unwrap().0.to_string();
    (found.affected.iter().map(id).collect(), found.unknown.iter().map(|(r, _)| id(r)).collect())
}

#[track_caller]
fn check(index: &Index, package: &str, version: &str, affected: &[&str], unknown: &[&str]) {
    let (a, u) = ids(index, package, Some(version));
    assert_eq!((a, u), (texts(affected), texts(unknown)), "{package} {version}");
}

fn texts(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|s| (*s).to_owned()).collect()
}

const SEMVER: &str = r#""ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.2.0"},
    {"introduced":"2.0.0"},{"last_affected":"2.1.0"}]}]"#;

#[test]
fn ranges_lists_and_doubts() {
    let mut withdrawn = record("RUSTSEC-2026-0002", "crates.io/a", SEMVER);
    withdrawn.withdrawn = Some("2026-11-02T00:00:00Z".to_owned());
    let records = [
        record("RUSTSEC-2026-0001", "crates.io/a", SEMVER),
        withdrawn,
        record("RUSTSEC-2026-0000", "crates.io/a", SEMVER),
        record("RUSTSEC-2026-0003", "crates.io/a", r#""versions":["1.5.0","x.y"]"#),
        record(
            "RUSTSEC-2026-0004",
            "crates.io/b",
            r#""ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"soon"}]}]"#,
        ),
        record(
            "GHSA-xxxx",
            "crates.io/b",
            r#""ranges":[{"type":"GIT","repo":"r","events":[{"introduced":"0"},{"fixed":"1"}]}]"#,
        ),
        record("PYSEC-2026-1", "PyPI/My.Package", r#""versions":["1.0"]"#),
        record("X-1", "Android/c", SEMVER),
    ];
    let index = Index::build(&records);
    let a = "crates.io/a";
    check(&index, a, "1.1.9", &["RUSTSEC-2026-0001"], &[]);
    check(&index, a, "1.2.0-rc.1", &["RUSTSEC-2026-0001"], &[]);
    check(&index, a, "1.2.0", &[], &[]);
    check(&index, a, "1.5.0", &["RUSTSEC-2026-0003"], &[]);
    check(&index, a, "2.1.0", &["RUSTSEC-2026-0001"], &[]);
    check(&index, a, "2.1.1", &[], &[]);
    // one spelling matches, another of what can't be parsed is unknown
    check(&index, a, "x.y", &["RUSTSEC-2026-0003"], &["RUSTSEC-2026-0001"]);
    check(&index, a, "1.x", &[], &["RUSTSEC-2026-0001", "RUSTSEC-2026-0003"]);
    assert_eq!(ids(&index, a, None).1.len(), 2);
    check(&index, "crates.io/b", "9.0.0", &[], &["GHSA-xxxx", "RUSTSEC-2026-0004"]);
    check(&index, "PyPI/my-package", "1.0.0", &["PYSEC-2026-1"], &[]);
    check(&index, "PyPI/MY_package", "1.1", &[], &[]);
    check(&index, "crates.io/none", "1.0.0", &[], &[]);
    let mut pack = Pack::default();
    records.iter().for_each(|record| {
        pack.add(record);
    });
    let left: Vec<_> = pack.left_out().iter().map(|(id, why)| format!("{id}: {why}")).collect();
    assert_eq!(
        left,
        [
            "RUSTSEC-2026-0002: withdrawn",
            "RUSTSEC-2026-0000: a placeholder without a number of its own",
            "X-1: a package whose version order is not known",
        ]
    );
}

#[test]
fn a_release_is_matched_alone_and_its_absence_told() {
    let range = r#""ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"2-1"}]}]"#;
    let records = [
        record("DSA-11", "Debian:11/curl", range),
        record("DSA-12", "Debian:12/curl", range),
        record("DSA-0", "Debian/curl", range),
        record("USN-1", "Ubuntu:22.04:LTS/curl", range),
    ];
    let index = Index::build(&records);
    check(&index, "Debian:12/curl", "1-1", &["DSA-0", "DSA-12"], &[]);
    check(&index, "Debian:13/curl", "1-1", &["DSA-0"], &[]);
    check(&index, "Debian/curl", "1-1", &["DSA-0"], &["DSA-11", "DSA-12"]);
    check(&index, "Debian/curl", "2-1", &[], &[]);
    check(&index, "Ubuntu:22.04/curl", "1-1", &["USN-1"], &[]);
    check(&index, "Ubuntu/curl", "1-1", &[], &["USN-1"]);
    let doubt = &index.look_up(&component("Ubuntu/curl", Some("1-1"))).unknown[0].1;
    assert!(doubt.contains("which release") && doubt.contains("Ubuntu:22.04"), "{doubt}");
    let here = component("Debian/curl", Some("1-1"));
    let all = index.look_up_all(&[(&here).into()]);
    assert_eq!(all, [(0, index.look_up(&here))], "once, in however many releases");
}

/// A supplier's "everything before the fix" does not undo a database's narrower range, for the same flaw only.
#[test]
fn the_better_range_counts() {
    let with = |id: &str, alias: &str, events: &str| {
        let ranges = format!(r#""ranges":[{{"type":"SEMVER","events":{events}}}]"#);
        let mut record = record(id, "crates.io/a", &ranges);
        record.aliases = texts(&[alias]);
        record
    };
    let narrow = with("GHSA-1", "CVE-2026-1", r#"[{"introduced":"1.2.0"},{"fixed":"1.4.0"}]"#);
    let coarse = with("SUP-1", "CVE-2026-1", r#"[{"introduced":"0"},{"fixed":"2.0.0"}]"#);
    let other = with("SUP-2", "CVE-2026-2", r#"[{"introduced":"0"},{"fixed":"2.0.0"}]"#);
    let found = |records: &[(crate::Origin, &osv::Record)], version: &str| {
        let mut pack = Pack::default();
        records.iter().for_each(|(origin, record)| {
            pack.add_from(*origin, record);
        });
        ids(&pack.into(), "crates.io/a", Some(version)).0
    };
    let (database, supplier, cve) =
        (crate::Origin::Database, crate::Origin::Supplier, crate::Origin::Cve);
    let all = [(supplier, &coarse), (database, &narrow), (cve, &other)];
    assert_eq!(found(&all, "1.0.0"), ["SUP-2"]);
    assert_eq!(found(&all, "1.3.0"), ["GHSA-1", "SUP-2"]);
    assert_eq!(found(&[(supplier, &coarse)], "1.0.0"), ["SUP-1"], "nobody says it better");
}

#[test]
fn aliases_are_one_flaw() {
    let with = |id: &str, aliases: &[&str]| {
        let mut record = record(id, "crates.io/a", SEMVER);
        record.aliases = texts(aliases);
        record
    };
    let records = [
        with("RUSTSEC-2026-0001", &["CVE-2026-7"]),
        with("GHSA-1", &["CVE-2026-7"]),
        with("PYSEC-2026-1", &["GHSA-1"]),
        with("RUSTSEC-2026-0009", &[]),
    ];
    let index = Index::build(&records);
    let found = index.look_up(&component("crates.io/a", Some("1.0.0"))).affected;
    assert_eq!(found.len(), 4);
    let flaws: BTreeSet<_> = found.iter().map(|r| index.flaw(*r).unwrap().0).collect();
    assert_eq!(flaws.len(), 2);
    let (_, flaw) = index.flaw(found[0]).unwrap();
    assert_eq!(flaw.id.as_str(), "CVE-2026-7");
    assert_eq!(flaw.ids.len(), 4);
}

fn fixed(id: &str, from: &str, to: &str) -> osv::Record {
    let events = format!(r#"{{"introduced":"{from}"}},{{"fixed":"{to}"}}"#);
    let ranges = format!(r#""ranges":[{{"type":"SEMVER","events":[{events}]}}]"#);
    record(id, "crates.io/a", &ranges)
}

#[track_caller]
fn upgrades(records: &[osv::Record], from: &str, to: Option<(&str, usize)>) {
    let index = Index::build(records);
    let component = component("crates.io/a", Some(from));
    let found = index.look_up(&component).affected;
    let upgrade = index.upgrade(&component, &found);
    assert_eq!(upgrade.as_ref().map(|u| (&*u.to, u.closes.len())), to);
}

#[test]
fn the_smallest_version_that_closes_all() {
    let two = [fixed("A-1", "0", "1.2.0"), fixed("A-2", "0", "1.4.0")];
    upgrades(&two, "1.0.0", Some(("1.4.0", 2)));
    upgrades(&two, "1.3.0", Some(("1.4.0", 1)));
    // the first fix brings another flaw, the second does not
    let bad = [fixed("A-1", "0", "1.2.0"), fixed("A-2", "1.2.0", "1.5.0")];
    upgrades(&bad, "1.0.0", Some(("1.5.0", 1)));
    let early = [fixed("A-1", "0", "2.0.0-rc.1"), fixed("A-2", "0", "2.1.0")];
    upgrades(&early, "1.0.0", Some(("2.1.0", 2)));
    upgrades(&early[..1], "1.0.0", Some(("2.0.0-rc.1", 1)));
    // a pre-release that is clean does not come before a released version that closes as much and is not
    let rough = [
        fixed("A-1", "0", "2.0.0"),
        fixed("A-2", "0", "2.1.0-rc.1"),
        fixed("A-3", "2.0.0", "2.1.0-rc.1"),
    ];
    upgrades(&rough[..1], "1.0.0", Some(("2.0.0", 1)));
    upgrades(&[rough[0].clone(), rough[2].clone()], "1.0.0", Some(("2.0.0", 1)));
    upgrades(&rough, "1.0.0", Some(("2.1.0-rc.1", 2)));
    // who runs a pre-release gets the next one
    let line = [fixed("A-1", "0", "2.0.0-rc.2"), fixed("A-2", "2.0.0-rc.5", "2.0.0")];
    upgrades(&line, "2.0.0-rc.1", Some(("2.0.0-rc.2", 1)));
    upgrades(&line, "1.9.0", Some(("2.0.0", 1)));
    // nothing fixes the second
    let never = r#""ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}]"#;
    let open = [fixed("A-1", "0", "1.2.0"), record("A-2", "crates.io/a", never)];
    upgrades(&open, "1.0.0", Some(("1.2.0", 1)));
    upgrades(&open[1..], "1.0.0", None);
    upgrades(&two, "soon", None);
}

type Match = (String, String, String);

fn advisories(file: &str) -> Option<Vec<osv::Record>> {
    let bytes = read(&format!("osv/{file}.osv.jsonl.zst"))?;
    Some(osv::read_lines(&bytes).collect::<Result<_, _>>().unwrap())
}

fn table(file: &str) -> Vec<Vec<String>> {
    let text = String::from_utf8(read(&format!("matching/{file}.tsv.zst")).unwrap()).unwrap();
    let rows = text.lines().map(|l| l.split('\t').map(str::to_owned).collect::<Vec<_>>());
    rows.filter(|r| r[0] != "name" || r[1] != "version").collect()
}

/// Every expected match and no other.
#[track_caller]
fn agrees(ecosystem: Ecosystem, osv: &str, inventory: &str, expected: &str, matches: usize) {
    let Some(records) = advisories(osv) else { return };
    let index = Index::build(&records);
    let mut ours: BTreeSet<Match> = BTreeSet::new();
    for row in table(inventory) {
        let component = Component {
            namespace: Some(Namespace::whole(ecosystem)),
            name: row[0].as_str().into(),
            version: Some(row[1].as_str().into()),
        };
        for hit in index.look_up(&component).affected {
            let id = index.record(hit).unwrap().0.to_string();
            if VersionKey::parse(ecosystem, &row[1]).is_err() {
                // listed by its spelling; the oracle reads no such version
                println!("not compared: {} {} {id}", row[0], row[1]);
                continue;
            }
            ours.insert((row[0].clone(), row[1].clone(), id));
        }
    }
    let rows = table(expected).into_iter();
    let wanted: BTreeSet<Match> =
        rows.map(|r| (r[0].clone(), r[1].clone(), r[2].clone())).collect();
    let differ: Vec<_> = wanted.symmetric_difference(&ours).take(20).collect();
    assert!(differ.is_empty(), "{differ:#?}");
    assert_eq!(wanted.len(), matches);
}

#[test]
fn crates_agree_with_cargo_audit() {
    let (inventory, expected) = ("crates_inventory_100k", "crates_expected_cargo-audit-0.22.2");
    agrees(Ecosystem::CratesIo, "rustsec", inventory, expected, 10_706);
}

#[test]
fn pypi_agrees_with_packaging() {
    let (inventory, expected) = ("pypi_inventory_20k", "pypi_expected_packaging");
    agrees(Ecosystem::PyPi, "pypa", inventory, expected, 43_738);
}

fn any_version() -> impl Strategy<Value = String> {
    (0u8..4, 0u8..4, 0u8..2).prop_map(|(a, b, pre)| {
        if pre == 1 { format!("{a}.{b}.0-rc.1") } else { format!("{a}.{b}.0") }
    })
}

fn any_record() -> impl Strategy<Value = osv::Record> {
    let events = proptest::collection::vec((0u8..4, any_version()), 0..5);
    let versions = proptest::collection::vec(any_version(), 0..3);
    (0u16..40, events, versions).prop_map(|(id, events, versions)| {
        let events = events.into_iter().map(|(kind, v)| match kind {
            0 => osv::RangeEvent::Introduced(v),
            1 => osv::RangeEvent::Fixed(v),
            2 => osv::RangeEvent::LastAffected(v),
            _ => osv::RangeEvent::Limit(v),
        });
        let first = std::iter::once(osv::RangeEvent::Introduced("0".to_owned()));
        let mut record = record(&format!("A-{id}"), "crates.io/a", r#""versions":[]"#);
        let events = first.chain(events).collect();
        let range = osv::Range { kind: osv::RangeKind::Semver, repo: None, events };
        record.affected[0].ranges = vec![range];
        record.affected[0].versions = versions;
        record
    })
}

proptest! {
    /// The index gives what asking every record one by one gives.
    #[test]
    fn index_is_the_sum_of_its_records(
        records in proptest::collection::vec(any_record(), 0..12), version in any_version(),
    ) {
        let mut first: BTreeMap<String, osv::Record> = BTreeMap::new();
        for record in &records {
            first.entry(record.id.clone()).or_insert_with(|| record.clone());
        }
        let one_by_one: BTreeSet<String> = first.values().filter(|r| {
            let set = r.affected[0].version_set().unwrap();
            set.contains(&version) == Containment::Affected
        }).map(|r| r.id.clone()).collect();
        let index = Index::build(&records);
        let (affected, _) = ids(&index, "crates.io/a", Some(&version));
        prop_assert_eq!(affected.into_iter().collect::<BTreeSet<_>>(), one_by_one);
        let (here, gone) = (component("crates.io/a", None), component("crates.io/gone", None));
        let there = component("crates.io/a", Some(&version));
        let all = index.look_up_all(&[&gone, &here, &gone, &there].map(Asked::from));
        let alone = [(1, index.look_up(&here)), (3, index.look_up(&there))];
        prop_assert_eq!(&all[..], if records.is_empty() { &[][..] } else { &alone[..] });
    }

    /// An upgrade closes what it says, and nothing smaller closes more.
    #[test]
    fn upgrades_close(
        records in proptest::collection::vec(any_record(), 0..12), version in any_version(),
    ) {
        let index = Index::build(&records);
        let here = component("crates.io/a", Some(&version));
        let found = index.look_up(&here).affected;
        if let Some(upgrade) = index.upgrade(&here, &found) {
            let there = index.look_up(&component("crates.io/a", Some(&upgrade.to))).affected;
            let open: Vec<_> = found.iter().filter(|r| !there.contains(r)).copied().collect();
            prop_assert_eq!(open, upgrade.closes);
        }
    }
}
