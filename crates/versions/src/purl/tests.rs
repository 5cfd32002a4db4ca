//! The specification's own cases, and round trips.
use super::*;
use crate::shared;
use proptest::prelude::*;
use serde_json::Value;

fn text(value: &Value) -> Option<&str> {
    value.as_str()
}

fn expected(purl: &Purl, out: &Value) -> bool {
    let qualifiers = out["qualifiers"].as_object().map_or_else(BTreeMap::new, |map| {
        map.iter().map(|(k, v)| (k.clone(), v.as_str().unwrap_or_default().to_owned())).collect()
    });
    text(&out["type"]) == Some(purl.kind())
        && text(&out["namespace"]) == purl.namespace()
        && text(&out["name"]) == Some(purl.name())
        && text(&out["version"]) == purl.version()
        && text(&out["subpath"]) == purl.subpath()
        && qualifiers == *purl.qualifiers()
}

fn build(parts: &Value) -> Result<Purl, ParsePurlError> {
    let qualifiers = parts["qualifiers"].as_object();
    Purl::new(&Parts {
        kind: text(&parts["type"]).unwrap_or_default(),
        namespace: text(&parts["namespace"]),
        name: text(&parts["name"]).unwrap_or_default(),
        version: text(&parts["version"]),
        qualifiers: qualifiers
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
            .collect(),
        subpath: text(&parts["subpath"]),
    })
}

fn disagreement(case: &Value) -> Option<String> {
    let input = &case["input"];
    let got = match text(&case["test_type"])? {
        "parse" => Purl::parse(text(input)?),
        "validate" => Purl::parse_lenient(text(input)?),
        _ => build(input),
    };
    let agrees = match (&got, case["expected_failure"] == true) {
        (Err(_), fails) => fails,
        (Ok(_), true) => false,
        (Ok(purl), false) => match text(&case["expected_output"]) {
            Some(canonical) => purl.to_string() == canonical,
            None => expected(purl, &case["expected_output"]),
        },
    };
    (!agrees).then(|| format!("{case}\n  got {got:?}"))
}

#[test]
fn the_specification_agrees() {
    let Some(folder) = shared::folder("purl/tests") else { return };
    let mut cases = 0;
    let mut disagreements = Vec::new();
    for folder in ["spec", "types"].map(|name| folder.join(name)) {
        for file in std::fs::read_dir(folder).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            let suite: Value = serde_json::from_slice(&bytes).unwrap();
            for case in suite["tests"].as_array().unwrap() {
                cases += 1;
                disagreements.extend(disagreement(case));
            }
        }
    }
    assert!(
        disagreements.is_empty(),
        "{} of {cases}:\n{}",
        disagreements.len(),
        disagreements.join("\n")
    );
    assert!(cases > 300, "only {cases} cases were found");
}

#[test]
fn names_as_advisories_write_them() {
    let check = |purl: &str, name: &str| {
        assert_eq!(Purl::parse_lenient(purl).unwrap().package_name(), name, "{purl}");
    };
    check("pkg:cargo/rand@0.7.2", "rand");
    check("pkg:npm/%40angular/animation@12.3.1", "@angular/animation");
    check("pkg:pypi/zope.interface@5", "zope-interface");
    check("pkg:golang/google.golang.org/genproto", "google.golang.org/genproto");
    check("pkg:maven/org.apache.commons/io@1", "org.apache.commons:io");
    check("pkg:composer/Laravel/Framework@1", "laravel/framework");
    check("pkg:deb/debian/curl@7.50.3-1", "curl");
    check("pkg:rpm/redhat/openssl@3.0.7-18.el9_2?arch=src", "openssl");
}

#[test]
fn strict_and_lenient() {
    let check = |text: &str, strict: bool, lenient: bool| {
        assert_eq!(Purl::parse(text).is_ok(), strict, "strict {text}");
        assert_eq!(Purl::parse_lenient(text).is_ok(), lenient, "lenient {text}");
    };
    check("pkg:rpm/fedora/curl@1?arch=i386", true, true);
    check("pkg:rpm/fedora/curl@1?Arch=i386", false, true);
    check("pkg:rpm/curl@1", false, true);
    check("pkg:npm/a@%zz", false, false);
    check("pkg:npm/a@%ff", false, false);
    check("pkg:npm/a?k=1&k=2", false, false);
    check("pkg:npm/a%2Fb/c", false, false);
    check("pkg:npm/a?novalue", false, false);
    check("pkg:golang/a.b/c@feature/x", false, false);
    check(&format!("pkg:npm/{}", "a".repeat(MAX_PURL_BYTES)), false, false);
}

#[test]
fn corpus() {
    shared::replay("versions_purl", |text| drop(Purl::parse(text)));
}

proptest! {
    #[test]
    fn never_panics(text in r"(pkg:)?\PC{0,60}", near in r"pkg:[a-zA-Z]{1,4}/[a-z@%2/.?#&=]{0,30}") {
        for text in [&text, &near] {
            let _ = Purl::parse(text);
            if let Ok(purl) = Purl::parse_lenient(text) {
                let again = Purl::parse_lenient(&purl.to_string());
                prop_assert_eq!(again.as_ref(), Ok(&purl), "{}", text);
            }
        }
    }

    #[test]
    fn round_trips(
        name in r"\PC{1,12}", version in r"\PC{1,12}", key in "[a-z][a-z0-9._-]{0,6}", value in r"\PC{1,12}",
    ) {
        let parts = Parts {
            kind: "generic", name: &name, version: Some(&version),
            qualifiers: vec![(&key, &value)], ..Parts::default()
        };
        let purl = Purl::new(&parts).unwrap();
        prop_assert_eq!(Purl::parse(&purl.to_string()), Ok(purl));
    }
}
