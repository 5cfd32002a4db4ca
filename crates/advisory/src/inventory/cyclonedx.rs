//! CycloneDX JSON, specification versions 1.2 to 1.6.
//!
//! Strings are borrowed from the input while reading. Nested components count; the described
//! component itself counts when it has a package URL. Unknown fields are ignored. Refused are a
//! package URL without one reading, and a dependency on something that is not in the document,
//! since the document is then cut or merged wrongly and its list cannot be relied on.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Deserialize;
use versions::{Ecosystem, Purl};

use super::{Component, Inventory, MAX_DOCUMENT_BYTES, MAX_NESTING, bounded};
use crate::error::{Format, Place, Problem, ReadError, printable};
use crate::json;

/// A string borrowed from the input unless it has escapes.
#[derive(Debug, Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

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
}

/// Collects components and references while walking the tree.
#[derive(Default)]
struct Walk<'a> {
    components: Vec<Component>,
    references: BTreeSet<&'a str>,
}

/// Reads a CycloneDX JSON document.
///
/// # Errors
/// [`ReadError`] with line or JSON path; XML and other formats are named as not supported.
pub fn read(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if text.trim_ascii_start().first() == Some(&b'<') {
        return Err(unsupported("XML".to_owned(), Place::default()));
    }
    let bom: Bom<'_> = json::decode(Format::CycloneDx, bytes, MAX_DOCUMENT_BYTES)?;
    check_version(&bom)?;
    let mut walk = Walk::default();
    if let Some(described) = bom.metadata.as_ref().and_then(|data| data.component.as_ref()) {
        walk.described(described)?;
    }
    walk.parts("components", &bom.components)?;
    walk.services(&bom.services);
    walk.check_dependencies(&bom.dependencies)?;
    Ok(Inventory { format: Format::CycloneDx, components: walk.components })
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
        Some("1.2" | "1.3" | "1.4" | "1.5" | "1.6") => Ok(()),
        other => {
            let what = format!("version `{}`", printable(other.unwrap_or("none"), 40));
            Err(unsupported(what, Place::path("specVersion")))
        }
    }
}

fn unsupported(what: String, place: Place) -> ReadError {
    let remedy = "export the bill of materials as CycloneDX JSON 1.2 to 1.6";
    ReadError::new(Format::CycloneDx, place, Problem::Unsupported { what, remedy })
}

fn refused(path: String, problem: Problem) -> ReadError {
    ReadError::new(Format::CycloneDx, Place::path(path), problem)
}

impl<'a> Walk<'a> {
    /// The thing that the document describes: an item of its own only with a package URL.
    fn described(&mut self, part: &'a Part<'a>) -> Result<(), ReadError> {
        if part.purl.is_some() {
            self.part("metadata.component", part)
        } else {
            self.references.extend(part.bom_ref.as_ref().map(|Text(text)| text.as_ref()));
            self.parts("metadata.component.components", &part.components)
        }
    }

    fn parts(&mut self, path: &str, parts: &'a [Part<'a>]) -> Result<(), ReadError> {
        for (i, part) in parts.iter().enumerate() {
            self.part(&format!("{path}[{i}]"), part)?;
        }
        Ok(())
    }

    fn part(&mut self, path: &str, part: &'a Part<'a>) -> Result<(), ReadError> {
        self.references.extend(part.bom_ref.as_ref().map(|Text(text)| text.as_ref()));
        self.components.push(component(path, part)?);
        bounded(Format::CycloneDx, &self.components)?;
        if part.components.is_empty() {
            return Ok(());
        }
        if path.split('.').count() >= MAX_NESTING {
            let problem = Problem::TooMany { what: "levels of components", bound: MAX_NESTING };
            return Err(refused(path.to_owned(), problem));
        }
        self.parts(&format!("{path}.components"), &part.components)
    }

    fn services(&mut self, services: &'a [Service<'a>]) {
        for service in services {
            self.references.extend(service.bom_ref.as_ref().map(|Text(text)| text.as_ref()));
            self.services(&service.services);
        }
    }

    fn check_dependencies(&self, dependencies: &[Dependency<'_>]) -> Result<(), ReadError> {
        let known = |text: &str| text.starts_with("urn:cdx:") || self.references.contains(text);
        let unknown = |path: String, text: &str| {
            let problem = Problem::value(text, "the `bom-ref` of a component of this document");
            Err(refused(path, problem))
        };
        for (i, dependency) in dependencies.iter().enumerate() {
            if !known(&dependency.from.0) {
                return unknown(format!("dependencies[{i}].ref"), &dependency.from.0);
            }
            for (j, on) in dependency.depends_on.iter().enumerate() {
                if !known(&on.0) {
                    return unknown(format!("dependencies[{i}].dependsOn[{j}]"), &on.0);
                }
            }
        }
        Ok(())
    }
}

fn component(path: &str, part: &Part<'_>) -> Result<Component, ReadError> {
    let place = Place::path(path);
    let version = part.version.as_ref().map(|Text(text)| text.as_ref()).filter(|v| !v.is_empty());
    let Some(Text(text)) = &part.purl else {
        let name = match part.group.as_ref().map(|Text(group)| group).filter(|g| !g.is_empty()) {
            Some(group) => format!("{group}/{}", part.name.0),
            None => part.name.0.to_string(),
        };
        let version = version.map(str::to_owned);
        return Ok(Component { ecosystem: None, name, version, purl: None, place });
    };
    let purl = Purl::parse_lenient(text).map_err(|why| {
        refused(
            format!("{path}.purl"),
            Problem::Purl { given: printable(text, 80), why: Box::new(why) },
        )
    })?;
    let version = purl.version().or(version).map(|version| with_epoch(&purl, version));
    Ok(Component {
        ecosystem: purl.ecosystem(),
        name: purl.package_name(),
        version,
        purl: Some(purl),
        place,
    })
}

/// An RPM's epoch stands in a qualifier; rpm's own order wants it before the version.
fn with_epoch(purl: &Purl, version: &str) -> String {
    match purl.qualifiers().get("epoch") {
        Some(epoch) if purl.ecosystem() == Some(Ecosystem::Rpm) && !version.contains(':') => {
            format!("{epoch}:{version}")
        }
        _ => version.to_owned(),
    }
}

#[cfg(test)]
mod tests;
