//! SPDX bills of materials: 2.2 and 2.3 as JSON and as tag-value, 3.0 as JSON-LD.
//!
//! Each package counts, once for every package URL that it has; the version is that of the URL, or the
//! package's own. Refused are a package URL without one reading, and a relationship of what the document
//! does not contain, since it is then cut or merged wrongly and its list cannot be relied on. Unknown
//! fields are ignored.

mod graph;
mod tag_value;

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{Component, Inventory, MAX_DOCUMENT_BYTES, bounded};
use crate::error::{Format, Place, Problem, ReadError, printable};
use crate::json::{self, Text};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    #[serde(borrow, default)]
    spdx_version: Option<Text<'a>>,
    #[serde(borrow, default, rename = "SPDXID")]
    id: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "json::null_as_default")]
    packages: Vec<Package<'a>>,
    #[serde(borrow, default, deserialize_with = "json::null_as_default")]
    files: Vec<Element<'a>>,
    #[serde(borrow, default, deserialize_with = "json::null_as_default")]
    snippets: Vec<Element<'a>>,
    #[serde(borrow, default, deserialize_with = "json::null_as_default")]
    document_describes: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "json::null_as_default")]
    relationships: Vec<Relationship<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package<'a> {
    #[serde(borrow, rename = "SPDXID")]
    id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, default)]
    version_info: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "json::null_as_default")]
    external_refs: Vec<ExternalRef<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExternalRef<'a> {
    #[serde(borrow)]
    reference_type: Text<'a>,
    #[serde(borrow)]
    reference_locator: Text<'a>,
}

#[derive(Deserialize)]
struct Element<'a> {
    #[serde(borrow, rename = "SPDXID")]
    id: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Relationship<'a> {
    #[serde(borrow)]
    spdx_element_id: Text<'a>,
    #[serde(borrow)]
    related_spdx_element: Text<'a>,
}

/// Reads an SPDX document: JSON-LD of version 3.0 where it has a `@context`, JSON of version 2 where it
/// begins with a brace, tag-value otherwise.
///
/// # Errors
/// [`ReadError`] with line or JSON path.
pub fn read(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if text.trim_ascii_start().first() != Some(&b'{') {
        return tag_value::read(bytes);
    }
    json::within(Format::Spdx, bytes, MAX_DOCUMENT_BYTES)?;
    if json::first_key(bytes, &["@context", "@graph", "spdxVersion", "SPDXID"])
        .is_some_and(|key| key.starts_with('@'))
    {
        return graph::read(bytes);
    }
    let document: Document<'_> = json::decode(Format::Spdx, bytes, MAX_DOCUMENT_BYTES)?;
    let version = document.spdx_version.as_ref().map(|Text(text)| text.as_ref());
    check_version(version, Place::path("spdxVersion"))?;
    let mut components = Vec::with_capacity(document.packages.len());
    for (at, package) in document.packages.iter().enumerate() {
        let refs = package.external_refs.iter().enumerate();
        let purls = refs.filter(|(_, one)| one.reference_type.0 == "purl").map(|(n, one)| {
            let path = format!("packages[{at}].externalRefs[{n}].referenceLocator");
            (one.reference_locator.0.as_ref(), Place::path(path))
        });
        let version = package.version_info.as_ref().map(|Text(text)| text.as_ref());
        let described = Described {
            name: &package.name.0,
            version,
            place: Place::path(format!("packages[{at}]")),
        };
        described.list(purls, &mut components)?;
    }
    check_references(&document)?;
    Ok(Inventory { format: Format::Spdx, components })
}

/// A package, however its document is written.
struct Described<'a> {
    name: &'a str,
    version: Option<&'a str>,
    place: Place,
}

impl Described<'_> {
    /// One component for every package URL, or one without.
    fn list<'p>(
        self,
        purls: impl Iterator<Item = (&'p str, Place)>,
        components: &mut Vec<Component>,
    ) -> Result<(), ReadError> {
        let version = self.version.filter(|text| !is_absent(text));
        let before = components.len();
        for (purl, place) in purls {
            let read = Component::of_purl(purl, version, self.place.clone());
            components.push(read.map_err(|problem| ReadError::new(Format::Spdx, place, problem))?);
        }
        if components.len() == before {
            components.push(Component::unknown(self.name, version, self.place));
        }
        bounded(Format::Spdx, components)
    }
}

/// What stands for no value.
fn is_absent(text: &str) -> bool {
    matches!(text.trim(), "" | "NOASSERTION" | "NONE")
}

fn check_version(version: Option<&str>, place: Place) -> Result<(), ReadError> {
    if matches!(version, Some("SPDX-2.2" | "SPDX-2.3")) {
        return Ok(());
    }
    let what = format!("version `{}`", printable(version.unwrap_or("none"), 40));
    let remedy = "export the bill of materials as SPDX 2.3 (JSON or tag-value) or 3.0 (JSON-LD)";
    Err(ReadError::new(Format::Spdx, place, Problem::Unsupported { what, remedy }))
}

/// Whether a version 2 reference may stand without an element: another document's, or none.
fn is_elsewhere(reference: &str) -> bool {
    reference.starts_with("DocumentRef-") || is_absent(reference)
}

fn unknown_element(reference: &str, place: Place) -> ReadError {
    let problem = Problem::value(reference, "the identifier of an element of this document");
    ReadError::new(Format::Spdx, place, problem)
}

fn check_references(document: &Document<'_>) -> Result<(), ReadError> {
    let packages = document.packages.iter().map(|one| &one.id);
    let others = document.files.iter().chain(&document.snippets).map(|one| &one.id);
    let known: BTreeSet<&str> =
        packages.chain(others).chain(&document.id).map(|Text(text)| text.as_ref()).collect();
    let known = |reference: &str| is_elsewhere(reference) || known.contains(reference);
    for (at, Text(one)) in document.document_describes.iter().enumerate() {
        if !known(one) {
            return Err(unknown_element(one, Place::path(format!("documentDescribes[{at}]"))));
        }
    }
    for (at, one) in document.relationships.iter().enumerate() {
        let path = |end| Place::path(format!("relationships[{at}].{end}"));
        if !known(&one.spdx_element_id.0) {
            return Err(unknown_element(&one.spdx_element_id.0, path("spdxElementId")));
        }
        if !known(&one.related_spdx_element.0) {
            return Err(unknown_element(&one.related_spdx_element.0, path("relatedSpdxElement")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
