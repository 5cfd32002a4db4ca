//! Keys order as the `semver` crate and node-semver do.
use super::*;
use crate::{Ecosystem, Version, VersionKey};
use proptest::prelude::*;

fn key(text: &str, dialect: Dialect) -> Result<VersionKey, &'static str> {
    VersionKey::written(|key| write(text, dialect, key))
}

fn cargo(text: &str) -> VersionKey {
    key(text, Dialect::Strict).unwrap()
}

#[test]
fn the_order_of_the_specification() {
    // Semantic Versioning 2.0.0 §11
    let ascending = [
        "1.0.0-0",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "1.0.1-0",
        "2.0.0",
        "2.1.0",
        "2.1.1",
        "10.0.0",
    ];
    for pair in ascending.windows(2) {
        assert!(cargo(pair[0]) < cargo(pair[1]), "{pair:?}");
    }
    assert_eq!(cargo("1.0.0+a"), cargo("1.0.0+b"));
}

#[test]
fn dialects() {
    let check = |text: &str, strict: bool, npm: bool, go: bool| {
        assert_eq!(key(text, Dialect::Strict).is_ok(), strict, "cargo {text}");
        assert_eq!(key(text, Dialect::Npm).is_ok(), npm, "npm {text}");
        assert_eq!(key(text, Dialect::Go).is_ok(), go, "go {text}");
    };
    check("1.2.3", true, true, true);
    check("v1.2.3", false, true, true);
    check(" 1.2.3\n", false, true, false);
    check("1.2", false, false, true);
    check("1", false, false, true);
    check("v0.0.0-20160903044734-789a4c4bd4c1", false, true, true);
    check("v2.0.0+incompatible", false, true, true);
    check("18446744073709551615.0.0", true, false, true);
    check("18446744073709551616.0.0", false, false, false);
    for bad in ["", "1.", "1..2", "01.2.3", "1.2.3-", "1.2.3-a..b", "1.2.3-01", "1.2.3+", "1.2.3 4"]
    {
        check(bad, false, false, bad == "1." && key(bad, Dialect::Go).is_ok());
    }
}

proptest! {
    #[test]
    fn keys_order_as_the_semver_crate(
        a in r"(0|[1-9][0-9]{0,3})\.[0-3]\.[0-3](-([0-9]|[1-9][0-9]{1,20}|[0-9A-Za-z-]{0,4}[A-Za-z-])(\.([0-9]|[a-z]{1,2})){0,3})?(\+[a-z0-9]{1,4})?",
        b in r"(0|[1-9][0-9]{0,3})\.[0-3]\.[0-3](-([0-9]|[1-9][0-9]{1,20}|[0-9A-Za-z-]{0,4}[A-Za-z-])(\.([0-9]|[a-z]{1,2})){0,3})?(\+[a-z0-9]{1,4})?",
    ) {
        let oracle = |text: &str| ::semver::Version::parse(text).unwrap();
        prop_assert_eq!(cargo(&a).cmp(&cargo(&b)), oracle(&a).cmp_precedence(&oracle(&b)));
    }

    #[test]
    fn accepts_what_the_semver_crate_accepts(text in r"v?[0-9]{0,2}[.]?[0-9]{0,2}[.]?[0-9]{0,2}[-+.]?[0-9a-z.+-]{0,5}") {
        prop_assert_eq!(
            Version::parse(Ecosystem::CratesIo, &text).is_ok(),
            ::semver::Version::parse(&text).is_ok(),
            "{}", text
        );
    }
}
