//! SPDX 3.0 as JSON-LD with the specification's own context: elements side by side in `@graph`, or one alone.
//!
//! Packages of all profiles count (`software_Package`, `ai_AIPackage`, `dataset_DatasetPackage`). Elements
//! written within other elements are refused, because a list of them could not be known to be whole.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Described, unknown_element};
use crate::error::{Format, Place, Problem, ReadError, printable};
use crate::inventory::{Inventory, MAX_DOCUMENT_BYTES};
use crate::json::{self, Text};

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow, default, rename = "@graph")]
    graph: Option<Vec<Element<'a>>>,
}

#[derive(Deserialize)]
struct Element<'a> {
    #[serde(borrow, default, rename = "type", alias = "@type")]
    kind: Option<Text<'a>>,
    #[serde(borrow, default, rename = "spdxId", alias = "@id")]
    id: Option<Text<'a>>,
    #[serde(borrow, default, rename = "specVersion")]
    spec_version: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default, rename = "software_packageVersion")]
    version: Option<Text<'a>>,
    #[serde(borrow, default, rename = "software_packageUrl")]
    purl: Option<Text<'a>>,
    #[serde(borrow, default, rename = "externalIdentifier")]
    identifiers: Vec<Identifier<'a>>,
    #[serde(borrow, default)]
    from: Option<Text<'a>>,
    #[serde(borrow, default)]
    to: Many<'a>,
    #[serde(borrow, default)]
    element: Many<'a>,
    #[serde(borrow, default, rename = "rootElement")]
    root: Many<'a>,
    #[serde(borrow, default)]
    import: Vec<External<'a>>,
}

#[derive(Deserialize)]
struct Identifier<'a> {
    #[serde(borrow, default, rename = "externalIdentifierType")]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    identifier: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct External<'a> {
    #[serde(borrow, default, rename = "externalSpdxId")]
    id: Option<Text<'a>>,
}

/// One reference, or a list of them.
#[derive(Default)]
struct Many<'a>(Vec<Text<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Many<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Many<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the identifier of an element, or a list of them")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Many(vec![Text(text.into())]))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Many(vec![Text(text.to_owned().into())]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = list.next_element()? {
                    all.push(one);
                }
                Ok(Many(all))
            }
        }
        deserializer.deserialize_any(OneOrMany)
    }
}

/// Kinds of element that are packages.
const PACKAGES: [&str; 3] = ["software_Package", "ai_AIPackage", "dataset_DatasetPackage"];

/// Where the specification names elements that every document may mention: licences, none, no assertion.
const INDIVIDUALS: [&str; 2] = ["https://spdx.org/", "http://spdx.org/"];

pub(super) fn read(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let document: Document<'_> = json::decode(Format::Spdx, bytes, MAX_DOCUMENT_BYTES)?;
    let (elements, alone) = match document.graph {
        Some(elements) => (elements, false),
        None => (vec![json::decode(Format::Spdx, bytes, MAX_DOCUMENT_BYTES)?], true),
    };
    let path = |at: usize, field: &str| match (alone, field) {
        (true, "") => Place::path("type"),
        (true, field) => Place::path(field),
        (false, "") => Place::path(format!("@graph[{at}]")),
        (false, field) => Place::path(format!("@graph[{at}].{field}")),
    };
    check_versions(&elements, alone, &path)?;
    let mut components = Vec::new();
    for (at, element) in elements.iter().enumerate() {
        if !element.kind.as_ref().is_some_and(|Text(kind)| PACKAGES.contains(&kind.as_ref())) {
            continue;
        }
        let Some(Text(name)) = &element.name else {
            let rule = "a package needs a name; the document was cut or edited";
            return Err(ReadError::new(Format::Spdx, path(at, "name"), Problem::Rule(rule)));
        };
        let own =
            element.purl.iter().map(|Text(purl)| (purl.as_ref(), path(at, "software_packageUrl")));
        let others = element.identifiers.iter().enumerate().filter_map(|(n, one)| {
            let purl = one.kind.as_ref().is_some_and(|Text(kind)| kind == "packageUrl");
            let text = one.identifier.as_ref().filter(|_| purl)?;
            // the same package URL is often said twice
            let twice = element.purl.as_ref().is_some_and(|own| own.0 == text.0);
            let place = path(at, &format!("externalIdentifier[{n}].identifier"));
            (!twice).then_some((text.0.as_ref(), place))
        });
        let version = element.version.as_ref().map(|Text(text)| text.as_ref());
        let described = Described { name, version, place: path(at, "") };
        described.list(own.chain(others), &mut components)?;
    }
    check_references(&elements, &path)?;
    Ok(Inventory { format: Format::Spdx, components })
}

fn check_versions(
    elements: &[Element<'_>],
    alone: bool,
    path: &impl Fn(usize, &str) -> Place,
) -> Result<(), ReadError> {
    let mut known = false;
    for (at, element) in elements.iter().enumerate() {
        let Some(Text(version)) = &element.spec_version else { continue };
        if version != "3.0" && !version.starts_with("3.0.") {
            let what = format!("version `{}`", printable(version, 40));
            let remedy = "export the bill of materials as SPDX 3.0 or 2.3";
            let problem = Problem::Unsupported { what, remedy };
            return Err(ReadError::new(Format::Spdx, path(at, "specVersion"), problem));
        }
        known = true;
    }
    if known || alone {
        return Ok(());
    }
    let rule = "no element says `specVersion`; this is no SPDX 3.0 document, or it was expanded to full names";
    Err(ReadError::new(Format::Spdx, Place::path("@graph"), Problem::Rule(rule)))
}

fn check_references(
    elements: &[Element<'_>],
    path: &impl Fn(usize, &str) -> Place,
) -> Result<(), ReadError> {
    let mut known = BTreeSet::new();
    for element in elements {
        let own = element.id.iter();
        let imported = element.import.iter().filter_map(|one| one.id.as_ref());
        known.extend(own.chain(imported).map(|Text(id)| id.as_ref()));
    }
    let lost = |Text(id): &&Text<'_>| {
        !known.contains(id.as_ref()) && !INDIVIDUALS.iter().any(|start| id.starts_with(start))
    };
    for (at, element) in elements.iter().enumerate() {
        if let Some(Text(id)) = element.from.as_ref().filter(lost) {
            return Err(unknown_element(id, path(at, "from")));
        }
        for (field, ends) in
            [("to", &element.to), ("element", &element.element), ("rootElement", &element.root)]
        {
            if let Some(Text(id)) = ends.0.iter().find(lost) {
                return Err(unknown_element(id, path(at, field)));
            }
        }
    }
    Ok(())
}
