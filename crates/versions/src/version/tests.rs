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

/// Groups ascend; the spellings within one group are equal.
fn ascends(ecosystem: Ecosystem, groups: &[&[&str]]) {
    let keyed: Vec<_> = groups
        .iter()
        .flat_map(|group| group.iter())
        .map(|text| VersionKey::parse(ecosystem, text).unwrap())
        .collect();
    let names: Vec<_> = groups
        .iter()
        .enumerate()
        .flat_map(|(at, group)| group.iter().map(move |text| (at, *text)))
        .collect();
    for (a, (at, left)) in keyed.iter().zip(&names) {
        for (b, (other, right)) in keyed.iter().zip(&names) {
            assert_eq!(a.cmp(b), at.cmp(other), "{ecosystem} {left} {right}");
        }
    }
}

#[test]
fn orders_without_vectors() {
    let gem: &[&[&str]] = &[
        &["1.a", "1.0.a"],
        &["1.0.b1"],
        &["1.0.rc1"],
        &["1", "1.0", "1.0.0"],
        &["1.0.1-x"],
        &["1.0.1"],
        &["1.0.10"],
        &["1.2"],
    ];
    ascends(Ecosystem::RubyGems, gem);
    let composer: &[&[&str]] = &[
        &["1.0-dev", "1.0.0-dev"],
        &["1.0-alpha1", "v1.0.0-a1"],
        &["1.0-beta"],
        &["1.0-beta.2", "1.0b2"],
        &["1.0-RC1", "1.0.0-rc1"],
        &["1.0", "1.0.0.0", "1.0-stable", "v1.0.0+build"],
        &["1.0-p1", "1.0pl1"],
        &["1.0.1"],
        &["1.x-dev"],
        &["2010.01.02"],
    ];
    ascends(Ecosystem::Packagist, composer);
    ascends(Ecosystem::Pub, &[&["1.0.0-dev"], &["1.0.0"], &["1.0.0+1"], &["1.0.0+2"], &["1.0.1"]]);
    ascends(
        Ecosystem::Alpine,
        &[
            &["1.0_alpha"],
            &["1.0_rc1"],
            &["1.0"],
            &["1.0-r1"],
            &["1.0_git1"],
            &["1.0_p1"],
            &["1.0a"],
            &["1.0.1"],
        ],
    );
    let maven: &[&[&str]] = &[
        &["1-alpha-1", "1.0.0.Alpha1", "1a1"],
        &["1-beta"],
        &["1.0.CR1", "1.0-rc-1"],
        &["1-SNAPSHOT"],
        &["1", "1.0", "1.0.0.Final", "1-ga"],
        &["1-sp"],
        &["1-redhat"],
        &["1-1"],
        &["1.1"],
    ];
    ascends(Ecosystem::Maven, maven);
    let generic: &[&[&str]] = &[
        &["1.0-dev"],
        &["1.0alpha1", "1.0.0-alpha.1"],
        &["1.0-rc2"],
        &["1", "v1.0", "1.0.0+x"],
        &["1.0a"],
        &["1.0-p1"],
        &["1.0.1"],
    ];
    ascends(Ecosystem::Generic, generic);
    ascends(Ecosystem::Hackage, &[&["1"], &["1.0"], &["1.0.0"], &["1.1"]]);
    ascends(Ecosystem::Cran, &[&["1.0-1", "1.0.1"], &["1.0-10"]]);
    ascends(Ecosystem::IntDot, &[&["1.2", "01.2.0", "1.2rc1"], &["1.2.1"], &["1.10"]]);
    ascends(
        Ecosystem::OpenSsl,
        &[&["1.0.2-beta1"], &["1.0.2"], &["1.0.2z"], &["1.0.2za"], &["3.0.0-alpha1"], &["3.0.0"]],
    );
}

#[test]
fn refuses_what_has_no_place() {
    let bad = [
        (Ecosystem::Packagist, "dev-main"),
        (Ecosystem::Packagist, "1.0-foo"),
        (Ecosystem::RubyGems, "latest"),
        (Ecosystem::RubyGems, "1..2"),
        (Ecosystem::NuGet, "1.2.3.4.5"),
        (Ecosystem::NuGet, "1.*"),
        (Ecosystem::Maven, "[1.0,2.0)"),
        (Ecosystem::Maven, ""),
        (Ecosystem::Alpine, "1.0_foo"),
        (Ecosystem::Generic, "2f7a9c"),
        (Ecosystem::Generic, "r123"),
        (Ecosystem::Generic, "1.0-ubuntu1"),
        (Ecosystem::DateTime, "2024-02-30T00:00:00Z"),
        (Ecosystem::Nginx, "1.2"),
        (Ecosystem::Hex, "1.2"),
    ];
    for (ecosystem, text) in bad {
        assert!(VersionKey::parse(ecosystem, text).is_err(), "{ecosystem} {text}");
    }
}

#[test]
fn a_release_of_arch_counts_when_both_have_one() {
    let order = |a, b| compare(Ecosystem::Alpm, a, b).unwrap();
    assert_eq!(order("1.5", "1.5-1"), Ordering::Equal);
    assert_eq!(order("1.5-1", "1.5-2"), Ordering::Less);
    assert_eq!(order("1:1.5", "1.6-2"), Ordering::Greater);
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
        for ecosystem in [
            Ecosystem::PyPi, Ecosystem::Debian, Ecosystem::Rpm, Ecosystem::Maven, Ecosystem::RubyGems,
            Ecosystem::Alpine, Ecosystem::Gentoo, Ecosystem::Alpm, Ecosystem::Conan, Ecosystem::Generic,
        ] {
            let less = digits.get(1..).unwrap();
            prop_assert!(
                VersionKey::parse(ecosystem, less).unwrap() < VersionKey::parse(ecosystem, &digits).unwrap()
            );
        }
    }
}
