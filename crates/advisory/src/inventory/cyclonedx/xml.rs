//! CycloneDX as XML: the same parts as the JSON, read from a tree of elements.

use super::{Bom, Dependency, Metadata, Part, Service};
use crate::error::{Format, Place, Problem, ReadError};
use crate::inventory::MAX_NESTING;
use crate::inventory::xml::{Node, parse};
use crate::json::Text;

/// The namespace of the format, without the version that ends it.
const NAMESPACE: &str = "http://cyclonedx.org/schema/bom/";

/// The document, and every `bom-ref` in it.
pub(super) fn read(bytes: &[u8]) -> Result<(Bom<'static>, Vec<String>), ReadError> {
    let root = parse(Format::CycloneDx, bytes)?;
    if root.name != "bom" {
        let problem = Problem::value(&root.name, "the element `bom` of a CycloneDX document");
        return Err(ReadError::new(Format::CycloneDx, Place::line(root.line), problem));
    }
    let version = root.attributes.iter().find_map(|(key, value)| {
        let declares = key == "xmlns" || key.starts_with("xmlns:");
        value.strip_prefix(NAMESPACE).filter(|_| declares)
    });
    let metadata = match root.child("metadata").and_then(|data| data.child("component")) {
        Some(described) => Some(Metadata { component: Some(part(described, 0)?) }),
        None => None,
    };
    let bom = Bom {
        bom_format: Some(text("CycloneDX")),
        spec_version: version.map(text),
        metadata,
        components: parts(&root, 0)?,
        services: services(&root, 0)?,
        dependencies: dependencies(&root),
    };
    let mut references = Vec::new();
    collect(&root, &mut references);
    Ok((bom, references))
}

fn text(text: &str) -> Text<'static> {
    Text(text.to_owned().into())
}

/// Stops before the walk of what was read could go too deep.
fn deeper(node: &Node<'_>, depth: usize) -> Result<usize, ReadError> {
    if depth <= MAX_NESTING {
        return Ok(depth + 1);
    }
    let problem = Problem::TooMany { what: "levels of components", bound: MAX_NESTING };
    Err(ReadError::new(Format::CycloneDx, Place::line(node.line), problem))
}

fn parts(node: &Node<'_>, depth: usize) -> Result<Vec<Part<'static>>, ReadError> {
    let list = node.all("components").flat_map(|list| list.all("component"));
    list.map(|one| part(one, deeper(one, depth)?)).collect()
}

fn part(node: &Node<'_>, depth: usize) -> Result<Part<'static>, ReadError> {
    let Some(name) = node.text_of("name") else {
        let place = Place { path: Some("component.name".to_owned()), ..Place::line(node.line) };
        let rule = "a component needs a name; the document was cut or edited";
        return Err(ReadError::new(Format::CycloneDx, place, Problem::Rule(rule)));
    };
    Ok(Part {
        name: text(name),
        group: node.text_of("group").map(text),
        version: node.text_of("version").map(text),
        purl: node.text_of("purl").map(text),
        bom_ref: node.attribute("bom-ref").map(text),
        components: parts(node, depth)?,
    })
}

fn services(node: &Node<'_>, depth: usize) -> Result<Vec<Service<'static>>, ReadError> {
    let list = node.all("services").flat_map(|list| list.all("service"));
    list.map(|one| {
        let services = services(one, deeper(one, depth)?)?;
        Ok(Service { bom_ref: one.attribute("bom-ref").map(text), services })
    })
    .collect()
}

fn dependencies(root: &Node<'_>) -> Vec<Dependency<'static>> {
    let list = root.all("dependencies").flat_map(|list| list.all("dependency"));
    let ends = |node: &Node<'_>, name: &str| {
        node.all(name).filter_map(|one| one.attribute("ref").map(text)).collect()
    };
    list.filter_map(|one| {
        let from = text(one.attribute("ref")?);
        Some(Dependency {
            from,
            depends_on: ends(one, "dependency"),
            provides: ends(one, "provides"),
        })
    })
    .collect()
}

fn collect(node: &Node<'_>, references: &mut Vec<String>) {
    references.extend(node.attribute("bom-ref").map(str::to_owned));
    node.children.iter().for_each(|child| collect(child, references));
}

#[cfg(test)]
mod tests;
