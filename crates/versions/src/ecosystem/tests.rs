//! Names of ecosystems and of their packages.
use super::*;

#[test]
fn osv_names() {
    assert_eq!(Ecosystem::from_osv("crates.io"), Some(Ecosystem::CratesIo));
    assert_eq!(Ecosystem::from_osv("Debian:12"), Some(Ecosystem::Debian));
    assert_eq!(Ecosystem::from_osv("Red Hat:enterprise_linux:9::baseos"), Some(Ecosystem::Rpm));
    assert_eq!(Ecosystem::from_osv("pypi"), None, "the specification's names are case-sensitive");
    assert_eq!(Ecosystem::from_osv("Maven"), Some(Ecosystem::Maven));
    assert_eq!(Ecosystem::from_osv("Alpine:v3.20"), Some(Ecosystem::Alpine));
    assert_eq!(Ecosystem::from_osv("Wolfi"), Some(Ecosystem::Alpine));
    assert_eq!(Ecosystem::from_osv("Bitnami"), Some(Ecosystem::Bitnami));
    assert_eq!(Ecosystem::from_osv("RPM"), None, "no ecosystem of OSV");
    assert_eq!(Ecosystem::from_osv("intdot"), None, "a scheme, no ecosystem");
}

#[test]
fn purl_types_round_trip() {
    assert!(Ecosystem::ALL.windows(2).all(|pair| pair[0] < pair[1]), "declaration order");
    for ecosystem in Ecosystem::ALL {
        assert_eq!(Ecosystem::from_vers_scheme(ecosystem.purl_type()), Some(ecosystem));
        assert_eq!(Ecosystem::from_purl_type(ecosystem.purl_type()), Some(ecosystem));
    }
}

#[test]
fn pep503_names() {
    let check = |name: &str, expect: &str| {
        assert_eq!(Ecosystem::PyPi.normalise_name(name), expect, "{name}");
    };
    check("Friendly-Bard", "friendly-bard");
    check("FRIENDLY._-_bard", "friendly-bard");
    check("friendly__bard", "friendly-bard");
    check("_x_", "-x-");
    assert_eq!(Ecosystem::CratesIo.normalise_name("Foo_bar"), "Foo_bar");
}

#[test]
fn prereleases() {
    let check = |ecosystem: Ecosystem, early: &[&str], released: &[&str]| {
        early.iter().for_each(|text| assert!(ecosystem.is_prerelease(text), "{text}"));
        released.iter().for_each(|text| assert!(!ecosystem.is_prerelease(text), "{text}"));
    };
    check(
        Ecosystem::PyPi,
        &["2.8.3rc1", "2.8.3.dev4", "2.8.3a1", "v2.0b2"],
        &["2.8.3", "v2.8.3", "1!2.0", "2.8.3.post1", "2.8.3+local.rc1"],
    );
    check(Ecosystem::CratesIo, &["1.0.0-rc.1"], &["1.0.0", "1.0.0+rc.1"]);
    check(
        Ecosystem::Debian,
        &["2.0~rc1-1", "1.0~git20200101-2"],
        &["3.0.17-1~deb12u2", "6.1.0-1~bpo12+1", "2.0-1~ubuntu22.04.1", "1:1.2-3"],
    );
}
