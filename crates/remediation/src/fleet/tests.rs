//! From a record to assets, as from each asset to the record.
use super::*;
use proptest::prelude::*;
use versions::{Containment, Event};

const SPACE: (Ecosystem, &str) = (Ecosystem::CratesIo, "crates.io");

#[test]
fn spellings_share_an_entry_and_nothing_is_guessed() {
    let mut fleet = Fleet::default();
    let space = (Ecosystem::PyPi, "PyPI");
    fleet.add(space, "a", "1.0", 1);
    fleet.add(space, "a", "1.0.0", 2);
    fleet.add(space, "a", "unreadable", 3);
    assert_eq!(fleet.distinct(), 2);
    let mut set = VersionSet::new(Ecosystem::PyPi);
    set.add([Event::Introduced("0"), Event::LastAffected("1")]);
    let concerned = fleet.concerned("PyPI", "a", &set);
    assert_eq!(concerned.affected.iter().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(concerned.unknown.iter().collect::<Vec<_>>(), [3]);
    fleet.forget(3);
    fleet.forget(1);
    assert_eq!(fleet.pairs().collect::<Vec<_>>(), [("PyPI", "a", "1.0", 1)]);
}

proptest! {
    #[test]
    fn both_directions_agree(
        assets in proptest::collection::vec(0u8..8, 1..20), from in 0u8..8, until in 0u8..9, listed in 0u8..8,
    ) {
        let mut fleet = Fleet::default();
        for (asset, version) in (0u32..).zip(&assets) {
            fleet.add(SPACE, "a", &format!("{version}.0.0"), asset);
        }
        let mut set = VersionSet::new(Ecosystem::CratesIo);
        let (from, until) = (format!("{from}.0.0"), format!("{until}.0.0"));
        set.add([Event::Introduced(&from), Event::Fixed(&until)]);
        let text = format!("{listed}.0.0");
        set.list([text.as_str()]);
        let expected: RoaringBitmap = (0u32..)
            .zip(&assets)
            .filter(|(_, version)| set.contains(&format!("{version}.0.0")) == Containment::Affected)
            .map(|(asset, _)| asset)
            .collect();
        prop_assert_eq!(fleet.concerned("crates.io", "a", &set).affected, expected);
    }
}
