//! VERS: canonical form, containment, and native notations.
use super::*;
use crate::shared;
use proptest::prelude::*;

fn affected(vers: &str, version: &str) -> bool {
    Vers::parse_lenient(vers).unwrap().contains(version) == Containment::Affected
}

#[test]
fn containment() {
    let check = |vers: &str, inside: &[&str], outside: &[&str]| {
        for version in inside {
            assert!(affected(vers, version), "{version} in {vers}");
        }
        for version in outside {
            assert!(!affected(vers, version), "{version} not in {vers}");
        }
    };
    check("vers:npm/*", &["0.0.1"], &[]);
    check("vers:npm/>=1.0.0|<2.0.0", &["1.0.0", "1.9.9"], &["0.9.0", "2.0.0"]);
    check("vers:npm/<1.0.0|>=2.0.0", &["0.1.0", "2.0.0"], &["1.0.0", "1.5.0"]);
    check("vers:npm/>1.0.0|>=1.5.0|<2.0.0|<3.0.0", &["1.2.0", "2.5.0"], &["1.0.0", "3.0.0"]);
    check("vers:npm/!=1.0.0", &["0.9.0", "1.0.1"], &["1.0.0"]);
    check("vers:npm/>=1.0.0|!=1.5.0|<2.0.0", &["1.4.0", "1.6.0"], &["1.5.0"]);
    check("vers:npm/1.0.0|3.0.0", &["1.0.0", "3.0.0"], &["2.0.0"]);
    check("vers:alpm/<=1.5", &["1.5", "1.5-9"], &["1.5.1-1"]);
    assert!(matches!(
        Vers::parse("vers:example/1.2.3").unwrap().contains("1.2.3"),
        Containment::Unknown(Doubt::Ecosystem(_))
    ));
    assert!(matches!(
        Vers::parse("vers:npm/<1.0.0").unwrap().contains("latest"),
        Containment::Unknown(Doubt::Version(_))
    ));
}

#[test]
fn native_notations() {
    let check = |scheme: &str, native: &str, expect: &str| {
        let got = Vers::from_native(scheme, native).map(|vers| vers.to_string());
        assert_eq!(got.as_deref(), Ok(format!("vers:{scheme}/{expect}").as_str()), "{native}");
    };
    check("pypi", ">=1.0,<2,!=1.5", ">=1.0|!=1.5|<2");
    check("pypi", "~=2.2", ">=2.2|<3");
    check("pypi", "~=1.4.5", ">=1.4.5|<1.5");
    check("pypi", "==1.4.*", ">=1.4|<1.5");
    check("gem", "~> 2.0.8", ">=2.0.8|<2.1");
    check("gem", ">= 1.0, < 2", ">=1.0|<2");
    check("nuget", "1.0", ">=1.0");
    check("nuget", "[1.0]", "1.0");
    check("nuget", "(,1.0]", "<=1.0");
    check("maven", "(,1.0],[1.2,)", "<=1.0|>=1.2");
    check("maven", "[1.0,2.0),[3.0]", ">=1.0|<2.0|3.0");
    check("composer", "^1.2", ">=1.2|<2");
    check("composer", "~1.2", ">=1.2|<2");
    check("composer", "~1.2.3", ">=1.2.3|<1.3");
    check("composer", ">=1.0 <1.1 || >=1.2", ">=1.0|<1.1|>=1.2");
    check("cargo", "1.2.3", ">=1.2.3|<2.0.0");
    check("cargo", "0.2.3", ">=0.2.3|<0.3.0");
    check("cargo", "^0.0.3", ">=0.0.3|<0.0.4");
    check("cargo", "=1.2.3", "1.2.3");
    check("cargo", ">=1.2, <1.5", ">=1.2.0|<1.5.0");
    check("npm", "1.2.3 - 2.3", ">=1.2.3|<2.4.0");
    check("npm", "^0", ">=0.0.0|<1.0.0");
    check("hex", ">= 1.0.0 and < 2.0.0", ">=1.0.0|<2.0.0");
    check("deb", ">= 1.0-1, << 2:1.0", ">=1.0-1|<2:1.0");
    check("golang", ">=v1.2.3, <v1.3.0", ">=v1.2.3|<v1.3.0");
    assert!(Vers::from_native("npm", ">=").is_err());
    assert!(Vers::from_native("maven", "[1.0").is_err());
}

#[test]
fn refuses_what_is_not_canonical() {
    for bad in [
        "",
        "vers:",
        "vers:npm",
        "npm/1.0.0",
        "vers:npm/",
        "vers:NPM/1.0.0",
        "vers:npm/=1.0.0",
        "vers:npm/1.0.0|*",
        "vers:npm/<",
        "vers:npm/%",
        "vers:invalid/*",
        "vers:npm/%31.0.0",
    ] {
        assert!(Vers::parse(bad).is_err(), "{bad}");
    }
    assert_eq!(
        Vers::parse_lenient("vers:NPM/ >= 1.0.0 | =0.1.0 |").unwrap().to_string(),
        "vers:npm/0.1.0|>=1.0.0"
    );
}

#[test]
fn corpus() {
    shared::replay("versions_vers", |text| {
        let _ = Vers::parse(text);
        let _ = Vers::parse_lenient(text);
        for scheme in ["npm", "maven", "conan", "pypi", "nginx"] {
            let _ = Vers::from_native(scheme, text);
        }
    });
}

/// The specification's containment procedure, read literally.
fn literal(constraints: &[(Comparator, u8)], version: u8) -> bool {
    if constraints.iter().any(|(c, at)| *c == Comparator::NotEqual && *at == version) {
        return false;
    }
    if constraints.iter().any(|(c, at)| *c == Comparator::Equal && *at == version) {
        return true;
    }
    let mut bounds: Vec<_> = constraints
        .iter()
        .filter(|(c, _)| !matches!(c, Comparator::Equal | Comparator::NotEqual))
        .copied()
        .collect();
    let points = constraints.iter().any(|(c, _)| *c == Comparator::Equal);
    if bounds.is_empty() {
        return !points;
    }
    bounds.sort_by_key(|(_, at)| *at);
    let above = |(c, at): (Comparator, u8)| {
        version > at || (version == at && c == Comparator::GreaterOrEqual)
    };
    let below =
        |(c, at): (Comparator, u8)| version < at || (version == at && c == Comparator::LessOrEqual);
    let lower = |c: Comparator| matches!(c, Comparator::Greater | Comparator::GreaterOrEqual);
    // runs of lower bounds keep their first, runs of upper bounds their last
    let mut kept: Vec<(Comparator, u8)> = Vec::new();
    for bound in bounds {
        match kept.last() {
            Some(last) if lower(last.0) && lower(bound.0) => {}
            Some(last) if !lower(last.0) && !lower(bound.0) => {
                kept.pop();
                kept.push(bound);
            }
            _ => kept.push(bound),
        }
    }
    let mut at = 0;
    if !lower(kept[0].0) {
        if below(kept[0]) {
            return true;
        }
        at = 1;
    }
    while at < kept.len() {
        let closes = kept.get(at + 1).copied();
        if above(kept[at]) && closes.is_none_or(below) {
            return true;
        }
        at += 2;
    }
    false
}

proptest! {
    #[test]
    fn contains_what_the_specification_says(
        constraints in proptest::collection::btree_map(0u8..12, 0usize..6, 1..7), version in 0u8..13,
    ) {
        let all = [
            Comparator::Less, Comparator::LessOrEqual, Comparator::Equal, Comparator::NotEqual,
            Comparator::GreaterOrEqual, Comparator::Greater,
        ];
        // versions are distinct, as the specification demands
        let read: Vec<_> = constraints.iter().map(|(at, c)| (all[*c], *at)).collect();
        let written = read.iter().map(|(c, at)| (*c, format!("{at}.0.0"))).collect();
        let vers = Vers::new("npm", written).unwrap();
        let got = vers.contains(&format!("{version}.0.0")) == Containment::Affected;
        prop_assert_eq!(got, literal(&read, version), "{} {}", vers, version);
        prop_assert_eq!(Vers::parse(&vers.to_string()), Ok(vers));
    }

    #[test]
    fn never_panics(text in r"vers:[a-z]{1,6}/[<>=!|0-9a-z.%*-]{0,30}", native in r"[<>=!~^|0-9x.,* \[\]()v-]{0,24}") {
        let _ = Vers::parse(&text);
        let _ = Vers::parse_lenient(&text);
        for scheme in ["npm", "maven", "nuget", "conan", "pypi", "gem", "composer", "cargo", "nginx"] {
            if let Ok(vers) = Vers::from_native(scheme, &native) {
                prop_assert!(Vers::parse_lenient(&vers.to_string()).is_ok(), "{}", vers);
            }
        }
    }
}
