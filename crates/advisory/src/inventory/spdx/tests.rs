//! Documents of each version read in full, broken ones refused with the place.
use super::*;
use crate::shared;
use expect_test::expect;
use proptest::prelude::*;

const JSON: &str = r#"{
  "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "novelty": [1],
  "documentDescribes": ["SPDXRef-a"],
  "packages": [
    {"SPDXID": "SPDXRef-a", "name": "app", "versionInfo": "NOASSERTION"},
    {"SPDXID": "SPDXRef-b", "name": "b", "versionInfo": "9", "externalRefs": [
      {"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:x"},
      {"referenceCategory": "PACKAGE_MANAGER", "referenceType": "purl", "referenceLocator": "pkg:pypi/Zope.Interface@5.0"},
      {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:deb/debian/zope?distro=debian-12"}]}
  ],
  "files": [{"SPDXID": "SPDXRef-f"}],
  "relationships": [
    {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-a"},
    {"spdxElementId": "SPDXRef-f", "relationshipType": "X", "relatedSpdxElement": "NOASSERTION"},
    {"spdxElementId": "DocumentRef-o:SPDXRef-x", "relationshipType": "X", "relatedSpdxElement": "SPDXRef-b"}
  ]
}"#;

const TAGS: &str = "# written by hand
SPDXVersion: SPDX-2.2
SPDXID: SPDXRef-DOCUMENT
PackageName: app
SPDXID: SPDXRef-a
PackageVersion: 1.0
PackageComment: <text>PackageName: not
a package: indeed</text>
FileName: ./x
SPDXID: SPDXRef-f
PackageName: curl
SPDXID: SPDXRef-b
ExternalRef: PACKAGE-MANAGER purl pkg:rpm/fedora/curl@7-1.fc39?distro=fedora-39&epoch=1
ExternalRef: SECURITY cpe23Type cpe:2.3:a:x
Relationship: SPDXRef-a CONTAINS SPDXRef-b
Relationship: DocumentRef-o:SPDXRef-x DESCRIBES SPDXRef-f
";

const GRAPH: &str = r#"{
  "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
  "@graph": [
    {"type": "CreationInfo", "@id": "_:c", "specVersion": "3.0.1"},
    {"type": "SpdxDocument", "spdxId": "urn:d", "rootElement": ["urn:a"], "import": [{"externalSpdxId": "urn:else"}]},
    {"type": "software_Package", "spdxId": "urn:a", "name": "a", "software_packageVersion": "2",
     "software_packageUrl": "pkg:npm/%40x/a",
     "externalIdentifier": [{"externalIdentifierType": "packageUrl", "identifier": "pkg:npm/%40x/a"},
       {"externalIdentifierType": "packageUrl", "identifier": "pkg:npm/y@3"},
       {"externalIdentifierType": "cpe23", "identifier": "cpe:2.3:a:x"}]},
    {"type": "ai_AIPackage", "spdxId": "urn:b", "name": "model"},
    {"type": "software_File", "spdxId": "urn:f", "name": "./x"},
    {"type": "Relationship", "spdxId": "urn:r", "from": "urn:a", "to": ["urn:b", "urn:else"]},
    {"type": "Relationship", "spdxId": "urn:s", "from": "urn:b", "to": "https://spdx.org/licenses/MIT"}
  ]
}"#;

fn show(text: &str) -> String {
    let inventory = read(text.as_bytes()).unwrap();
    let line = |one: &Component| {
        let ecosystem = one.ecosystem.map_or("-".to_owned(), |ecosystem| ecosystem.to_string());
        format!("{ecosystem} {} {:?}{}\n", one.name, one.version, one.place)
    };
    inventory.components.iter().map(line).collect()
}

#[test]
fn each_purl_counts() {
    expect![[r#"
        - app None, at `packages[0]`
        PyPI zope-interface Some("5.0"), at `packages[1]`
        Debian zope Some("9"), at `packages[1]`
    "#]]
    .assert_eq(&show(JSON));
    expect![[r#"
        - app Some("1.0"), line 4
        RPM curl Some("1:7-1.fc39"), line 11
    "#]]
    .assert_eq(&show(TAGS));
    expect![[r#"
        npm @x/a Some("2"), at `@graph[2]`
        npm y Some("3"), at `@graph[2]`
        - model None, at `@graph[3]`
    "#]]
    .assert_eq(&show(GRAPH));
    let inventory = read(JSON.as_bytes()).unwrap();
    let purl = inventory.components[2].purl().unwrap();
    assert_eq!(purl.to_string(), "pkg:deb/debian/zope?distro=debian-12", "the release is kept");
    let alone = r#"{"@context": "x", "type": "software_Package", "spdxId": "urn:a", "name": "a"}"#;
    expect![[r#"
        - a None, at `type`
    "#]]
    .assert_eq(&show(alone));
}

fn check(whole: &str, from: &str, to: &str, expected: expect_test::Expect) {
    let text = whole.replacen(from, to, 1);
    assert_ne!(text, whole);
    expected.assert_eq(&read(text.as_bytes()).unwrap_err().to_string());
}

#[test]
fn refusals_of_json() {
    check(
        JSON,
        "SPDX-2.3",
        "SPDX-2.1",
        expect![
            "SPDX document, at `spdxVersion`: version `SPDX-2.1` is not supported; export the bill of materials as SPDX 2.3 (JSON or tag-value) or 3.0 (JSON-LD)"
        ],
    );
    check(
        JSON,
        "pkg:pypi/",
        "pypi ",
        expect![
            "SPDX document, at `packages[1].externalRefs[1].referenceLocator`: `pypi Zope.Interface@5.0` is not a package URL: a package URL begins with `pkg:`; correct it, or remove it so that the component counts as unknown"
        ],
    );
    check(
        JSON,
        "\"relatedSpdxElement\": \"SPDXRef-b\"",
        "\"relatedSpdxElement\": \"SPDXRef-c\"",
        expect![
            "SPDX document, at `relationships[2].relatedSpdxElement`: `SPDXRef-c` is not the identifier of an element of this document; correct the value at its source"
        ],
    );
    check(
        JSON,
        "[\"SPDXRef-a\"]",
        "[\"SPDXRef-z\"]",
        expect![
            "SPDX document, at `documentDescribes[0]`: `SPDXRef-z` is not the identifier of an element of this document; correct the value at its source"
        ],
    );
    check(
        JSON,
        "\"name\": \"b\"",
        "\"name\": 7",
        expect![
            "SPDX document, line 6, column 37, at `packages[1].name`: invalid type: integer `7`, expected a string; correct it, or fetch the file again if it was cut off"
        ],
    );
    check(
        JSON,
        "\"spdxVersion\": \"SPDX-2.3\",",
        "",
        expect![
            "SPDX document, at `spdxVersion`: version `none` is not supported; export the bill of materials as SPDX 2.3 (JSON or tag-value) or 3.0 (JSON-LD)"
        ],
    );
}

#[test]
fn refusals_of_tag_value() {
    check(
        TAGS,
        "SPDX-2.2",
        "SPDX-1.0",
        expect![
            "SPDX document, line 2: version `SPDX-1.0` is not supported; export the bill of materials as SPDX 2.3 (JSON or tag-value) or 3.0 (JSON-LD)"
        ],
    );
    check(
        TAGS,
        "SPDXVersion: SPDX-2.2\n",
        "",
        expect!["SPDX document, line 2: there is no `SPDXVersion` first; this is no SPDX document"],
    );
    check(
        TAGS,
        "</text>",
        "",
        expect!["SPDX document, line 7: this `<text>` has no `</text>`; the file was cut off"],
    );
    check(
        TAGS,
        "pkg:rpm/",
        "rpm/",
        expect![
            "SPDX document, line 13: `rpm/fedora/curl@7-1.fc39?distro=fedora-39&epoch=1` is not a package URL: a package URL begins with `pkg:`; correct it, or remove it so that the component counts as unknown"
        ],
    );
    check(
        TAGS,
        "CONTAINS SPDXRef-b",
        "CONTAINS SPDXRef-c",
        expect![
            "SPDX document, line 15: `SPDXRef-c` is not the identifier of an element of this document; correct the value at its source"
        ],
    );
    check(
        TAGS,
        "CONTAINS SPDXRef-b",
        "CONTAINS",
        expect![
            "SPDX document, line 15: `SPDXRef-a CONTAINS` is not a relationship such as `SPDXRef-a CONTAINS SPDXRef-b`; correct the value at its source"
        ],
    );
    check(
        TAGS,
        "FileName: ./x",
        "FileName ./x",
        expect![
            "SPDX document, line 9: `FileName ./x` is not a `Tag: value` line; correct the value at its source"
        ],
    );
    expect!["SPDX document: version `none` is not supported; export the bill of materials as SPDX 2.3 (JSON or tag-value) or 3.0 (JSON-LD)"].assert_eq(&read(b"").unwrap_err().to_string());
    expect!["SPDX document, line 2: it is not UTF-8 text; save or export it as UTF-8"]
        .assert_eq(&read(b"SPDXVersion: SPDX-2.3\n\xff").unwrap_err().to_string());
}

#[test]
fn refusals_of_the_graph() {
    check(
        GRAPH,
        "\"3.0.1\"",
        "\"3.1\"",
        expect![
            "SPDX document, at `@graph[0].specVersion`: version `3.1` is not supported; export the bill of materials as SPDX 3.0 or 2.3"
        ],
    );
    check(
        GRAPH,
        ", \"specVersion\": \"3.0.1\"",
        "",
        expect![
            "SPDX document, at `@graph`: no element says `specVersion`; this is no SPDX 3.0 document, or it was expanded to full names"
        ],
    );
    check(
        GRAPH,
        "\"urn:b\", \"urn:else\"",
        "\"urn:q\"",
        expect![
            "SPDX document, at `@graph[5].to`: `urn:q` is not the identifier of an element of this document; correct the value at its source"
        ],
    );
    check(
        GRAPH,
        "\"from\": \"urn:b\"",
        "\"from\": \"urn:q\"",
        expect![
            "SPDX document, at `@graph[6].from`: `urn:q` is not the identifier of an element of this document; correct the value at its source"
        ],
    );
    check(
        GRAPH,
        "\"urn:b\", \"urn:else\"",
        "{\"type\": \"software_Package\"}",
        expect![
            "SPDX document, line 13, column 72, at `@graph[5].to[0]`: invalid type: map, expected a string; correct it, or fetch the file again if it was cut off"
        ],
    );
    check(
        GRAPH,
        "\"name\": \"model\"",
        "\"summary\": \"\"",
        expect![
            "SPDX document, at `@graph[3].name`: a package needs a name; the document was cut or edited"
        ],
    );
    check(
        GRAPH,
        "pkg:npm/y@3",
        "y@3",
        expect![
            "SPDX document, at `@graph[2].externalIdentifier[1].identifier`: `y@3` is not a package URL: a package URL begins with `pkg:`; correct it, or remove it so that the component counts as unknown"
        ],
    );
}

#[test]
fn published_documents() {
    let Some(folder) = shared::folder("sbom") else { return };
    let (mut documents, mut components) = (0, 0);
    for file in shared::files(&folder) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = shared::bytes(&file);
        let tags = name.contains(".spdx") && bytes.starts_with(b"SPDXVersion");
        let json = serde_json::from_slice::<serde_json::Value>(&bytes)
            .is_ok_and(|value| value["spdxVersion"].is_string() || value["@graph"].is_array());
        let read = read(&bytes);
        if !tags && !json {
            assert!(read.is_err(), "{name}");
            continue;
        }
        let broken = name == "broken-refs.json.zst";
        assert_eq!(read.is_err(), broken, "{}: {read:?}", file.display());
        documents += 1;
        components += read.map_or(0, |inventory| inventory.components.len());
    }
    assert!(
        documents >= 60 && components > 6_000,
        "{documents} documents, {components} components"
    );
}

#[test]
fn corpus() {
    shared::replay("advisory_spdx", |bytes| drop(read(bytes)));
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), which in 0..3_usize, cut: proptest::sample::Index, with: u8) {
        let _ = read(&bytes);
        let mut near = [JSON, TAGS, GRAPH][which].as_bytes().to_vec();
        let at = cut.index(near.len());
        near[at] = with;
        let _ = read(&near);
    }
}
