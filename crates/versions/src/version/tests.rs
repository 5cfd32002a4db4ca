//! Every ecosystem's order against its own reference implementation.
use super::*;
use crate::shared;
use proptest::prelude::*;

/// Each line `a cmp b`, as the ecosystem's own tool judged it.
fn check(ecosystem: Ecosystem, file: &str) {
    let Some(folder) = shared::folder("version-order") else { return };
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    let mut pairs = 0;
    for line in text.lines().skip(1) {
        let [a, order, b] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let parse = |text| Version::parse(ecosystem, text).unwrap();
        let expected = match order {
            "<" => Ordering::Less,
            "=" => Ordering::Equal,
            _ => Ordering::Greater,
        };
        assert_eq!(parse(a).partial_cmp(&parse(b)), Some(expected), "{line}");
        pairs += 1;
    }
    assert!(pairs > 1_000, "{file} has {pairs} pairs");
}

#[test]
fn debian_as_dpkg() {
    check(Ecosystem::Debian, "debian_dpkg_1.21.tsv");
}

#[test]
fn rpm_as_rpm() {
    check(Ecosystem::Rpm, "rpm_evr_4.18.tsv");
}

#[test]
fn pypi_as_packaging() {
    check(Ecosystem::PyPi, "pep440_packaging.tsv");
}

#[test]
fn npm_as_node_semver() {
    check(Ecosystem::Npm, "semver_npm_7.tsv");
}

#[test]
fn versions_of_two_ecosystems_do_not_compare() {
    let npm = Version::parse(Ecosystem::Npm, "1.0.0").unwrap();
    let cargo = Version::parse(Ecosystem::CratesIo, "1.0.0").unwrap();
    assert_eq!(npm.partial_cmp(&cargo), None);
    assert_ne!(npm, cargo);
}

#[test]
fn a_refusal_reads_well() {
    let refused = Version::parse(Ecosystem::PyPi, "2004\u{1b}q").unwrap_err();
    expect_test::expect![[r"`2004\u{1b}q` is not a PyPI version: something follows the version; correct it where it was recorded, until then whether it is affected stays unknown"]]
    .assert_eq(&refused.to_string());
    let long = "1".repeat(MAX_VERSION_BYTES + 1);
    for ecosystem in Ecosystem::ALL {
        assert_eq!(
            Version::parse(ecosystem, &long).unwrap_err().why,
            "it is longer than 256 bytes"
        );
    }
}

#[test]
fn corpus() {
    shared::replay("versions_version", |text| {
        for ecosystem in Ecosystem::ALL {
            let _ = Version::parse(ecosystem, text);
        }
    });
}

proptest! {
    #[test]
    fn never_panics(text in r"\PC{0,40}", vague in "[0-9a-z.:~^+_!-]{0,20}") {
        for ecosystem in Ecosystem::ALL {
            for text in [&text, &vague] {
                if let Ok(version) = Version::parse(ecosystem, text) {
                    prop_assert_eq!(version.as_str(), text.as_str());
                }
            }
        }
    }

    #[test]
    fn the_longest_numbers_fit(digits in "[1-9][0-9]{200,255}") {
        for ecosystem in [Ecosystem::PyPi, Ecosystem::Debian, Ecosystem::Rpm] {
            let less = digits.get(1..).unwrap();
            prop_assert!(
                VersionKey::parse(ecosystem, less).unwrap() < VersionKey::parse(ecosystem, &digits).unwrap()
            );
        }
    }
}
