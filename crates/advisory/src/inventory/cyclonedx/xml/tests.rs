//! XML documents read as their JSON siblings, broken ones refused with the place.
use crate::inventory::{Component, cyclonedx::read};
use crate::shared;
use expect_test::expect;
use proptest::prelude::*;

const SMALL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.7" version="1">
  <metadata>
    <tools><components><component type="application" bom-ref="tool"><name>tool</name></component></components></tools>
    <component type="application" bom-ref="app"><name>app</name></component>
  </metadata>
  <components>
    <component type="library" bom-ref="z"><group><![CDATA[g]]></group><name>z&amp;z</name><version> 1.0 </version>
      <pedigree><ancestors><component><name>old</name></component></ancestors></pedigree>
      <components><component type="library"><name>inner</name></component></components>
    </component>
    <component type="library" bom-ref="r"><name>rand</name><version>9</version><purl>pkg:cargo/rand@0.7.2</purl></component>
  </components>
  <services><service bom-ref="s"><name>s</name></service></services>
  <dependencies>
    <dependency ref="app"><dependency ref="z"/><dependency ref="s"/><provides ref="r"/></dependency>
    <dependency ref="tool"/>
  </dependencies>
</bom>"#;

#[test]
fn the_same_parts_as_json() {
    let inventory = read(SMALL.as_bytes()).unwrap();
    let line = |one: &Component| format!("{} {:?}{}\n", one.name, one.version, one.place);
    expect![[r#"
        g/z&z Some("1.0"), at `components[0]`
        inner None, at `components[0].components[0]`
        rand Some("0.7.2"), at `components[1]`
    "#]]
    .assert_eq(&inventory.components.iter().map(line).collect::<String>());
    let prefixed = SMALL.replace("xmlns=", "xmlns:b=").replace("</", "</b:");
    let prefixed = regexless(&prefixed);
    assert_eq!(read(prefixed.as_bytes()).unwrap(), inventory);
}

/// Gives every opening tag the prefix `b`.
fn regexless(text: &str) -> String {
    let mut out = String::new();
    let mut parts = text.split('<');
    out += parts.next().unwrap_or_default();
    for part in parts {
        let tag = part.starts_with(|c: char| c.is_ascii_alphabetic());
        out += if tag { "<b:" } else { "<" };
        out += part;
    }
    out
}

#[test]
fn refusals_name_the_place() {
    let check = |from: &str, to: &str, expected: expect_test::Expect| {
        let text = SMALL.replacen(from, to, 1);
        assert_ne!(text, SMALL);
        expected.assert_eq(&read(text.as_bytes()).unwrap_err().to_string());
    };
    check(
        "bom/1.7",
        "bom/1.1",
        expect![
            "CycloneDX document, at `specVersion`: version `1.1` is not supported; export the bill of materials as CycloneDX 1.2 to 1.7"
        ],
    );
    check(
        "http://cyclonedx.org/schema/bom/1.7",
        "urn:other",
        expect![
            "CycloneDX document, at `specVersion`: version `none` is not supported; export the bill of materials as CycloneDX 1.2 to 1.7"
        ],
    );
    check(
        "<bom ",
        "<bill ",
        expect![
            "CycloneDX document, line 19: ill-formed document: expected `</bill>`, but `</bom>` was found; correct it, or fetch the file again if it was cut off"
        ],
    );
    check(
        "pkg:cargo/rand",
        "cargo rand",
        expect![
            "CycloneDX document, at `components[1].purl`: `cargo rand@0.7.2` is not a package URL: a package URL begins with `pkg:`; correct it, or remove it so that the component counts as unknown"
        ],
    );
    check(
        "<name>inner</name>",
        "",
        expect![
            "CycloneDX document, line 10, at `component.name`: a component needs a name; the document was cut or edited"
        ],
    );
    check(
        "<dependency ref=\"z\"/>",
        "<dependency ref=\"q\"/>",
        expect![
            "CycloneDX document, at `dependencies[0].dependsOn[0]`: `q` is not the `bom-ref` of a component of this document; correct the value at its source"
        ],
    );
    let nested = "<components><component><name>a</name>".repeat(20);
    let end = "</component></components>".repeat(20);
    let text = format!("<bom xmlns=\"http://cyclonedx.org/schema/bom/1.4\">{nested}{end}</bom>");
    expect!["CycloneDX document, line 1: there are more than 16 levels of components; split the file or check where it came from"].assert_eq(&read(text.as_bytes()).unwrap_err().to_string());
}

#[test]
fn published_documents() {
    let Some(folder) = shared::folder("sbom") else { return };
    let mut components = 0;
    for file in shared::files(&folder) {
        if file.to_string_lossy().ends_with(".xml.zst") {
            let read = read(&shared::bytes(&file));
            components +=
                read.unwrap_or_else(|error| panic!("{}: {error}", file.display())).components.len();
        }
    }
    assert!(components > 200, "{components}");
}

proptest! {
    #[test]
    fn never_panics(cut in 0..SMALL.len(), with: u8) {
        let mut near = SMALL.as_bytes().to_vec();
        near[cut] = with;
        let _ = read(&near);
    }
}
