//! CycloneDX, specification versions 1.2 to 1.7, as JSON or XML.
//!
//! Strings are borrowed from the input while reading JSON. Nested components count; the described
//! component itself counts when it has a package URL; ancestors, variants and the tools that wrote the
//! document do not. A component with a range instead of a version (1.7) has none. Unknown fields are
//! ignored. Refused are a package URL without one reading, and a dependency on something that is not in
//! the document, since the document is then cut or merged wrongly and its list cannot be relied on.

mod xml;

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Component, Inventory, MAX_DOCUMENT_BYTES, MAX_NESTING, bounded};
use crate::error::{Format, Place, Problem, ReadError, printable};
use crate::json::{self, Text};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bom<'a> {
    #[serde(borrow, default)]
    bom_format: Option<Text<'a>>,
    #[serde(borrow, default)]
    spec_version: Option<Text<'a>>,
    #[serde(borrow, default)]
    metadata: Option<Metadata<'a>>,
    #[serde(borrow, default, deserialize_with = "json::null_as_default")]
    components: Vec<Part<'a>>,
    #[serde(borrow, default, deserialize_with = "json::null_as_default")]
    services: Vec<Service<'a>>,
    #[serde(borrow, default, deserialize_with = "json::null_as_default")]
    dependencies: Vec<Dependency<'a>>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow, default)]
    component: Option<Part<'a>>,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, default)]
    group: Option<Text<'a>>,
    #[serde(borrow, default)]
    version: Option<Text<'a>>,
    #[serde(borrow, default)]
    purl: Option<Text<'a>>,
    #[serde(borrow, default, rename = "bom-ref")]
    bom_ref: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "json::null_as_default")]
    components: Vec<Self>,
}

#[derive(Deserialize)]
struct Service<'a> {
    #[serde(borrow, default, rename = "bom-ref")]
    bom_ref: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "json::null_as_default")]
    services: Vec<Self>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dependency<'a> {
    #[serde(borrow, rename = "ref")]
    from: Text<'a>,
    #[serde(borrow, default, deserialize_with = "json::null_as_default")]
    depends_on: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "json::null_as_default")]
    provides: Vec<Text<'a>>,
}

/// Collects components and references while walking the tree.
#[derive(Default)]
struct Walk<'a> {
    components: Vec<Component>,
    #[expect(clippy::disallowed_types, reason = "only asked, never iterated")]
    references: std::collections::HashSet<&'a str>,
}

/// Reads a CycloneDX document, JSON or XML.
///
/// # Errors
/// [`ReadError`] with line or path.
pub fn read(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if text.trim_ascii_start().first() == Some(&b'<') {
        let (bom, references) = xml::read(bytes)?;
        return list(&bom, || references.into_iter().collect());
    }
    let bom: Bom<'_> = json::decode(Format::CycloneDx, bytes, MAX_DOCUMENT_BYTES)?;
    list(&bom, || {
        json::decode(Format::CycloneDx, bytes, MAX_DOCUMENT_BYTES)
            .map(|References(all)| all)
            .unwrap_or_default()
    })
}

/// Lists the components. `everywhere` gives each `bom-ref` of the document, also of what we do not read.
fn list(
    bom: &Bom<'_>,
    everywhere: impl FnOnce() -> BTreeSet<String>,
) -> Result<Inventory, ReadError> {
    check_version(bom)?;
    let mut walk = Walk::default();
    if let Some(described) = bom.metadata.as_ref().and_then(|data| data.component.as_ref()) {
        walk.described(described)?;
    }
    walk.parts("components", &bom.components)?;
    walk.services(&bom.services);
    if walk.check_dependencies(&bom.dependencies, None).is_err() {
        walk.check_dependencies(&bom.dependencies, Some(&everywhere()))?;
    }
    Ok(Inventory { format: Format::CycloneDx, components: walk.components })
}

/// Every `bom-ref` of a document.
#[derive(Default)]
struct References(BTreeSet<String>);

impl<'de> Deserialize<'de> for References {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Anything;
        impl<'de> Visitor<'de> for Anything {
            type Value = References;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<References, A::Error> {
                let mut all = References::default();
                while let Some(key) = map.next_key::<Text<'_>>()? {
                    if key.0 == "bom-ref" {
                        all.0.extend(map.next_value::<Option<String>>()?);
                    } else {
                        all.0.append(&mut map.next_value::<References>()?.0);
                    }
                }
                Ok(all)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<References, A::Error> {
                let mut all = References::default();
                while let Some(mut one) = list.next_element::<References>()? {
                    all.0.append(&mut one.0);
                }
                Ok(all)
            }

            fn visit_unit<E>(self) -> Result<References, E> {
                Ok(References::default())
            }

            fn visit_bool<E>(self, _: bool) -> Result<References, E> {
                Ok(References::default())
            }

            fn visit_i64<E>(self, _: i64) -> Result<References, E> {
                Ok(References::default())
            }

            fn visit_u64<E>(self, _: u64) -> Result<References, E> {
                Ok(References::default())
            }

            fn visit_f64<E>(self, _: f64) -> Result<References, E> {
                Ok(References::default())
            }

            fn visit_str<E>(self, _: &str) -> Result<References, E> {
                Ok(References::default())
            }
        }
        deserializer.deserialize_any(Anything)
    }
}

fn check_version(bom: &Bom<'_>) -> Result<(), ReadError> {
    match &bom.bom_format {
        Some(Text(format)) if format == "CycloneDX" => {}
        Some(Text(format)) => {
            return Err(unsupported(
                format!("`{}`", printable(format, 40)),
                Place::path("bomFormat"),
            ));
        }
        None => {
            let rule = "there is no `bomFormat`; this is no CycloneDX document, export it as one";
            return Err(refused("bomFormat".to_owned(), Problem::Rule(rule)));
        }
    }
    match bom.spec_version.as_ref().map(|Text(version)| version.as_ref()) {
        Some("1.2" | "1.3" | "1.4" | "1.5" | "1.6" | "1.7") => Ok(()),
        other => {
            let what = format!("version `{}`", printable(other.unwrap_or("none"), 40));
            Err(unsupported(what, Place::path("specVersion")))
        }
    }
}

fn unsupported(what: String, place: Place) -> ReadError {
    let remedy = "export the bill of materials as CycloneDX 1.2 to 1.7";
    ReadError::new(Format::CycloneDx, place, Problem::Unsupported { what, remedy })
}

fn refused(path: String, problem: Problem) -> ReadError {
    ReadError::new(Format::CycloneDx, Place::path(path), problem)
}

impl<'a> Walk<'a> {
    /// The thing that the document describes: an item of its own only with a package URL.
    fn described(&mut self, part: &'a Part<'a>) -> Result<(), ReadError> {
        if part.purl.is_some() {
            self.part("metadata.component".to_owned(), part)
        } else {
            self.references.extend(part.bom_ref.as_ref().map(|Text(text)| text.as_ref()));
            self.parts("metadata.component.components", &part.components)
        }
    }

    fn parts(&mut self, path: &str, parts: &'a [Part<'a>]) -> Result<(), ReadError> {
        for (i, part) in parts.iter().enumerate() {
            self.part(format!("{path}[{i}]"), part)?;
        }
        Ok(())
    }

    fn part(&mut self, path: String, part: &'a Part<'a>) -> Result<(), ReadError> {
        self.references.extend(part.bom_ref.as_ref().map(|Text(text)| text.as_ref()));
        let within = (!part.components.is_empty()).then(|| format!("{path}.components"));
        self.components.push(component(path, part)?);
        bounded(Format::CycloneDx, &self.components)?;
        let Some(within) = within else { return Ok(()) };
        if within.split('.').count() > MAX_NESTING {
            let problem = Problem::TooMany { what: "levels of components", bound: MAX_NESTING };
            return Err(refused(within, problem));
        }
        self.parts(&within, &part.components)
    }

    fn services(&mut self, services: &'a [Service<'a>]) {
        for service in services {
            self.references.extend(service.bom_ref.as_ref().map(|Text(text)| text.as_ref()));
            self.services(&service.services);
        }
    }

    fn check_dependencies(
        &self,
        dependencies: &[Dependency<'_>],
        everywhere: Option<&BTreeSet<String>>,
    ) -> Result<(), ReadError> {
        let known = |text: &str| {
            text.starts_with("urn:cdx:")
                || self.references.contains(text)
                || everywhere.is_some_and(|all| all.contains(text))
        };
        let unknown = |path: String, text: &str| {
            let problem = Problem::value(text, "the `bom-ref` of a component of this document");
            Err(refused(path, problem))
        };
        for (i, dependency) in dependencies.iter().enumerate() {
            if !known(&dependency.from.0) {
                return unknown(format!("dependencies[{i}].ref"), &dependency.from.0);
            }
            let lists = [("dependsOn", &dependency.depends_on), ("provides", &dependency.provides)];
            for (field, list) in lists {
                for (j, on) in list.iter().enumerate() {
                    if !known(&on.0) {
                        return unknown(format!("dependencies[{i}].{field}[{j}]"), &on.0);
                    }
                }
            }
        }
        Ok(())
    }
}

fn component(path: String, part: &Part<'_>) -> Result<Component, ReadError> {
    let version = part.version.as_ref().map(|Text(text)| text.as_ref()).filter(|v| !v.is_empty());
    let Some(Text(text)) = &part.purl else {
        let group = part.group.as_ref().map(|Text(group)| group).filter(|g| !g.is_empty());
        let name = group.map(|group| format!("{group}/{}", part.name.0));
        let name = name.as_deref().unwrap_or(&part.name.0);
        return Ok(Component::unknown(name, version, Place::path(path)));
    };
    let mut component = Component::of_purl(text, version, Place::default())
        .map_err(|problem| refused(format!("{path}.purl"), problem))?;
    component.place = Place::path(path);
    Ok(component)
}

#[cfg(test)]
mod tests;
