//! Many assets at once are each of them.
use super::*;
use crate::decision::tests::{at, known};
use crate::index::tests::{component, record};
use crate::shared::table;
use crate::{Decision, Detections, Intelligence, Worklist};
use domain::AdvisoryId;
use proptest::prelude::*;

fn index() -> Index {
    let ranges = |fixed: &str| {
        format!(
            r#""ranges":[{{"type":"SEMVER","events":[{{"introduced":"0"}},{{"fixed":"{fixed}"}}]}}]"#
        )
    };
    Index::build(&[
        record("X-1", "crates.io/a", &ranges("2.0.0")),
        record("X-2", "crates.io/a", &ranges("3.0.0")),
        record("X-3", "crates.io/b", &ranges("2.0.0")),
        record("X-4", "crates.io/c", &ranges("1.0.0")),
    ])
}

fn asset(number: usize, exposed: Option<bool>, parts: &[(&str, &str)]) -> Asset {
    let parts = parts.iter().map(|(name, version)| component(name, Some(version)));
    Asset {
        id: format!("asset-{number:03}").parse().unwrap(),
        name: format!("asset {number}").parse().unwrap(),
        exposed: exposed.and_then(known),
        mission: None,
        taken_at: at("2026-12-02T07:00:00Z"),
        parts: Sifted::of(&parts.collect::<Vec<_>>(), &index()),
    }
}

#[test]
fn equal_inventories_are_one() {
    let old = [("crates.io/a", "1.0.0"), ("crates.io/b", "1.0.0"), ("crates.io/none", "1.0.0")];
    let new = [("crates.io/a", "2.5.0"), ("crates.io/b", "1.0.0")];
    let assets = (0..100).map(|n| asset(n, Some(n < 50), if n < 90 { &old } else { &new }));
    let mut fleet: Fleet = assets.collect();
    assert_eq!((fleet.len(), fleet.inventories(), fleet.distinct()), (100, 2, 3));
    assert_eq!(fleet.components(), 90 * 3 + 10 * 2);
    let of = |fleet: &Fleet, name: &str, version: &str| {
        let found =
            fleet.found().find(|(c, ..)| &*c.name == name && c.version.as_deref() == Some(version));
        found.map(|(.., assets)| assets.len())
    };
    assert_eq!(of(&fleet, "b", "1.0.0"), Some(100));
    assert_eq!(of(&fleet, "a", "2.5.0"), Some(10));
    // one after another gets the new inventory, until nobody has the old one
    let inventory = fleet.take(asset(0, None, &new).parts);
    let standing = Standing { exposed: None, mission: None, taken_at: at("2026-12-03") };
    for number in 0..90 {
        fleet.renew(number, standing.clone(), inventory);
    }
    assert_eq!((fleet.len(), fleet.inventories(), fleet.distinct()), (100, 1, 2));
    assert_eq!(of(&fleet, "a", "1.0.0"), None);
    fleet.forget(99);
    fleet.forget(99);
    assert_eq!((fleet.len(), of(&fleet, "a", "2.5.0")), (99, Some(99)));
}

/// A new advisory alone: what it hits, without reading an inventory again.
#[test]
fn another_index_finds_in_what_is_there() {
    let parts = [("crates.io/a", "1.0.0"), ("crates.io/b", "1.0.0")];
    let mut fleet: Fleet = (0..10).map(|n| asset(n, Some(true), &parts)).collect();
    let all = r#""versions":["1.0.0"]"#;
    let new = Index::build(&[record("X-9", "crates.io/b", all)]);
    fleet.find(&new);
    let (table, none) = (table(), Detections::new());
    let list =
        Worklist::build((&table, &new), &Intelligence::new(), &fleet, &none, at("2026-12-02"));
    let targets: Vec<_> = list.items.iter().flat_map(|action| &action.targets).collect();
    assert_eq!(targets.len(), 1);
    assert_eq!((targets[0].ruling.flaw.id.as_str(), targets[0].assets.len()), ("X-9", 10));
}

/// Everything that is said of each asset: its id, package, version, flaw and decision.
type Said = BTreeSet<(AssetId, String, String, AdvisoryId, String)>;

fn said(list: &Worklist) -> Said {
    let mut all = Said::new();
    for action in list.items.iter().chain(&list.notices) {
        for target in &action.targets {
            for id in target.assets.ids() {
                let decision = target.ruling.decision.as_ref().map(Decision::plan_by);
                let one = (
                    id,
                    format!("{} {:?}", action.package, action.remedy),
                    target.version.to_string(),
                    target.ruling.flaw.id.clone(),
                    format!("{decision:?} {:?}", target.ruling.facts),
                );
                assert!(all.insert(one), "nothing is said twice");
            }
        }
    }
    all
}

proptest! {
    #[test]
    fn a_fleet_is_its_assets(
        all in prop::collection::vec(
            (prop::option::of(any::<bool>()), prop::collection::btree_map(0usize..4, 0u8..4, 0..4)),
            1..12,
        ),
        found in prop::collection::vec((0usize..12, 1u8..5, 1u8..29), 0..6),
    ) {
        let names = ["crates.io/a", "crates.io/b", "crates.io/c", "crates.io/d"];
        let assets: Vec<_> = all.iter().enumerate().map(|(number, (exposed, parts))| {
            let parts: Vec<_> = parts.iter().map(|(name, v)| (names[*name], format!("{v}.0.0"))).collect();
            let parts: Vec<_> = parts.iter().map(|(name, v)| (*name, v.as_str())).collect();
            asset(number, *exposed, &parts)
        }).collect();
        let mut detections = Detections::new();
        for (number, flaw, day) in found {
            let at = at(&format!("2026-11-{day:02}"));
            let id = format!("asset-{number:03}").parse().unwrap();
            detections.insert(id, format!("X-{flaw}").parse().unwrap(), at);
        }
        let (index, table) = (index(), table());
        let build = |assets: &[Asset]| {
            let fleet = assets.iter().cloned().collect();
            let rules = (&table, &index);
            Worklist::build(rules, &Intelligence::new(), &fleet, &detections, at("2026-12-02T08:00:00Z"))
        };
        let mut apart = Said::new();
        for one in assets.chunks(1) {
            apart.extend(said(&build(one)));
        }
        prop_assert_eq!(said(&build(&assets)), apart);
    }
}
