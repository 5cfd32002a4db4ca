//! Documents read in full, broken ones refused with the place.
use super::*;
use crate::shared;
use expect_test::expect;
use proptest::prelude::*;

const SMALL: &str = r#"{
  "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "novelty": [1, -2, 1.5, null, true],
  "metadata": {"tools": {"components": [{"type": "application", "name": "tool", "bom-ref": "t"}]}, "component": {"type": "application", "name": "app", "bom-ref": "app"}},
  "components": [
    {"type": "library", "name": "ignored", "purl": "pkg:pypi/Zope.Interface@5.0", "version": "9", "bom-ref": "z",
     "components": [{"type": "library", "name": "inner", "group": "g\u0020h", "version": ""}]},
    {"type": "library", "name": "curl", "purl": "pkg:rpm/fedora/curl@7.50.3-1.fc25?epoch=1", "bom-ref": "c"},
    {"type": "library", "name": "rand", "purl": "pkg:cargo/rand", "version": "0.7.2", "bom-ref": "r"}
  ],
  "services": [{"name": "s", "bom-ref": "s"}],
  "dependencies": [{"ref": "app", "dependsOn": ["z", "c", "s", "urn:cdx:x/1#y"], "provides": ["t"]}, {"ref": "r"}]
}"#;

fn show(inventory: &Inventory) -> String {
    let line = |one: &Component| {
        let ecosystem = one.ecosystem.map_or("-".to_owned(), |ecosystem| ecosystem.to_string());
        format!("{ecosystem} {} {:?}{}\n", one.name, one.version, one.place)
    };
    inventory.components.iter().map(line).collect()
}

#[test]
fn nested_components_and_epochs() {
    expect![[r#"
        PyPI zope-interface Some("5.0"), at `components[0]`
        - g h/inner None, at `components[0].components[0]`
        RPM curl Some("1:7.50.3-1.fc25"), at `components[1]`
        crates.io rand Some("0.7.2"), at `components[2]`
    "#]]
    .assert_eq(&show(&read(SMALL.as_bytes()).unwrap()));
}

#[test]
fn refusals_name_the_place() {
    let check = |from: &str, to: &str, expected: expect_test::Expect| {
        let text = SMALL.replacen(from, to, 1);
        assert_ne!(text, SMALL);
        expected.assert_eq(&read(text.as_bytes()).unwrap_err().to_string());
    };
    check(
        "\"1.6\"",
        "\"2.0\"",
        expect![
            "CycloneDX document, at `specVersion`: version `2.0` is not supported; export the bill of materials as CycloneDX 1.2 to 1.7"
        ],
    );
    check(
        "CycloneDX",
        "SPDX",
        expect![
            "CycloneDX document, at `bomFormat`: `SPDX` is not supported; export the bill of materials as CycloneDX 1.2 to 1.7"
        ],
    );
    check(
        "bomFormat",
        "spdxVersion",
        expect![
            "CycloneDX document, at `bomFormat`: there is no `bomFormat`; this is no CycloneDX document, export it as one"
        ],
    );
    check(
        "pkg:cargo/rand",
        "cargo rand",
        expect![
            "CycloneDX document, at `components[2].purl`: `cargo rand` is not a package URL: a package URL begins with `pkg:`; correct it, or remove it so that the component counts as unknown"
        ],
    );
    check(
        "\"z\", \"c\"",
        "\"z\", \"q\"",
        expect![
            "CycloneDX document, at `dependencies[0].dependsOn[1]`: `q` is not the `bom-ref` of a component of this document; correct the value at its source"
        ],
    );
    check(
        "{\"ref\": \"r\"}",
        "{\"ref\": \"\\u001b\"}",
        expect![[
            r#"CycloneDX document, at `dependencies[1].ref`: `\u{1b}` is not the `bom-ref` of a component of this document; correct the value at its source"#
        ]],
    );
    check(
        "\"name\": \"curl\"",
        "\"name\": 7",
        expect![
            "CycloneDX document, line 7, column 33, at `components[1].name`: invalid type: integer `7`, expected a string; correct it, or fetch the file again if it was cut off"
        ],
    );
    let nested = (0..40).fold("{\"name\":\"a\"}".to_owned(), |inner, _| {
        format!("{{\"name\":\"a\",\"components\":[{inner}]}}")
    });
    let nested = format!(
        "{{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":[{nested}]}}"
    );
    let error = read(nested.as_bytes()).unwrap_err().problem;
    assert_eq!(error, Problem::TooMany { what: "levels of components", bound: MAX_NESTING });
    let deep = "{\"components\":[".repeat(200);
    expect!["CycloneDX document, line 1, column 960: recursion limit exceeded; correct it, or fetch the file again if it was cut off"].assert_eq(&read(deep.as_bytes()).unwrap_err().to_string());
}

#[test]
fn a_range_is_no_version() {
    let text = r#"{"bomFormat": "CycloneDX", "specVersion": "1.7", "components": [
        {"type": "library", "name": "libc", "isExternal": true, "versionRange": "vers:generic/>=2.0", "purl": "pkg:generic/libc"}]}"#;
    expect![[r#"
        generic libc None, at `components[0]`
    "#]]
    .assert_eq(&show(&read(text.as_bytes()).unwrap()));
}

#[test]
fn published_documents() {
    let Some(folder) = shared::folder("sbom") else { return };
    let broken = ["invalid-purl.json.zst", "broken-refs.json.zst", "loop.json.zst"];
    let (mut documents, mut components) = (0, 0);
    for file in shared::files(&folder) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = if name.ends_with(".zst") || name.ends_with(".json") {
            shared::bytes(&file)
        } else {
            continue;
        };
        // others' formats share the folder
        let Ok(value) = serde_json::from_slice::<serde_json::Value>(&bytes) else { continue };
        if value["bomFormat"] != "CycloneDX" {
            assert!(read(&bytes).is_err(), "{name}");
            continue;
        }
        let read = read(&bytes);
        assert_eq!(read.is_err(), broken.contains(&name.as_str()), "{name}: {read:?}");
        documents += 1;
        components += read.map_or(0, |inventory| inventory.components.len());
    }
    assert!(documents > 30 && components > 3_000, "{documents} documents, {components} components");
}

#[test]
fn corpus() {
    shared::replay("advisory_cyclonedx", |bytes| drop(read(bytes)));
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0..SMALL.len(), with: u8) {
        let _ = read(&bytes);
        let mut near = SMALL.as_bytes().to_vec();
        near[cut] = with;
        let _ = read(&near);
    }
}
