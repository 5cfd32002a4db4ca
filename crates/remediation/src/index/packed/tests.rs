//! The packed index answers as the sets it was built from.
use super::*;
use proptest::prelude::*;
use versions::{Containment, Event, VersionSet};

fn set(from: u8, until: Option<u8>, listed: &[u8]) -> VersionSet {
    let mut set = VersionSet::new(Ecosystem::CratesIo);
    let (from, until) = (format!("{from}.0.0"), until.map(|until| format!("{until}.0.0")));
    let end = until.as_deref().map(Event::Fixed);
    set.add(std::iter::once(Event::Introduced(&from)).chain(end));
    let listed: Vec<_> = listed.iter().map(|n| format!("{n}.0.0")).collect();
    set.list(listed.iter().map(String::as_str));
    set
}

fn affected(bytes: &[u8], space: &str, name: &str, version: &str) -> Vec<u32> {
    let index = Packed::open(bytes).unwrap();
    let package = index.namespace(space).and_then(|space| index.package(space, name));
    let Some(package) = package else { return Vec::new() };
    index.matched(Ecosystem::CratesIo, package, version, &mut Vec::new()).affected.collect()
}

#[test]
fn golden_bytes() {
    let mut pack = Pack::default();
    pack.add("crates.io", "a", 7, &set(1, Some(2), &[]));
    let bytes = pack.finish();
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    expect_test::expect_file!["golden.txt"].assert_eq(&hex);
    Packed::open(&bytes).unwrap().check().unwrap();
}

#[test]
fn namespaces_do_not_mix() {
    let mut pack = Pack::default();
    pack.add("Debian:11", "curl", 1, &set(1, Some(2), &[]));
    pack.add("Debian:12", "curl", 2, &set(1, None, &[]));
    let bytes = pack.finish();
    assert_eq!(affected(&bytes, "Debian:11", "curl", "1.0.0"), [1]);
    assert_eq!(affected(&bytes, "Debian:12", "curl", "9.0.0"), [2]);
    assert_eq!(affected(&bytes, "Debian:13", "curl", "1.0.0"), [0; 0]);
    assert_eq!(affected(&bytes, "Debian:12", "wget", "1.0.0"), [0; 0]);
}

#[test]
fn unknown_is_told() {
    let mut pack = Pack::default();
    let mut broken = VersionSet::new(Ecosystem::CratesIo);
    broken.add([Event::Introduced("two")]);
    pack.add("crates.io", "a", 1, &set(1, Some(2), &[]));
    pack.add("crates.io", "a", 2, &broken);
    let bytes = pack.finish();
    let index = Packed::open(&bytes).unwrap();
    let package = index.package(index.namespace("crates.io").unwrap(), "a").unwrap();
    let mut buffer = Vec::new();
    let plain = index.matched(Ecosystem::CratesIo, package, "1.5.0", &mut buffer);
    assert_eq!((plain.affected.collect(), plain.unknown.collect()), (vec![1], vec![2]));
    let none = index.matched(Ecosystem::CratesIo, package, "latest", &mut buffer);
    assert_eq!((none.affected.collect(), none.unknown.collect()), (vec![], vec![1, 2]));
}

#[test]
fn refuses_what_is_no_index() {
    assert_eq!(Packed::open(b"").unwrap_err(), PackedError::Magic);
    let bytes = Pack::default().finish();
    assert_eq!(Packed::open(&bytes).unwrap().packages(), 0);
    assert!(matches!(Packed::open(&bytes[..bytes.len() - 1]), Err(PackedError::Section(_))));
}

proptest! {
    #[test]
    fn answers_as_the_sets(
        stated in proptest::collection::vec(
            (0u8..3, 0u8..9, proptest::option::of(0u8..9), proptest::collection::vec(0u8..9, 0..3)), 0..12,
        ),
        version in 0u8..10,
    ) {
        let mut pack = Pack::default();
        for (record, (name, from, until, listed)) in (0u32..).zip(&stated) {
            pack.add("crates.io", &name.to_string(), record, &set(*from, *until, listed));
        }
        let bytes = pack.finish();
        let version = format!("{version}.0.0");
        for name in 0..3u8 {
            let expected: Vec<u32> = (0u32..)
                .zip(&stated)
                .filter(|(_, (n, from, until, listed))| {
                    *n == name && set(*from, *until, listed).contains(&version) == Containment::Affected
                })
                .map(|(record, _)| record)
                .collect();
            prop_assert_eq!(affected(&bytes, "crates.io", &name.to_string(), &version), expected);
        }
    }

    #[test]
    fn damage_never_panics(at in 0usize..400, value: u8) {
        let mut pack = Pack::default();
        pack.add("crates.io", "a", 7, &set(1, Some(2), &[5]));
        pack.add("crates.io", "b", 9, &set(1, None, &[]));
        let mut bytes = pack.finish();
        let length = bytes.len();
        let before = bytes[at % length];
        bytes[at % length] = value;
        if let Ok(index) = Packed::open(&bytes) {
            prop_assert!(value == before || at % length < 8 || index.check().is_err());
            for name in ["a", "b", "c"] {
                let _ = affected(&bytes, "crates.io", name, "1.2.3");
            }
        }
    }
}
