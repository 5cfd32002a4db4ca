//! Maven and Gradle: `gradle.lockfile`; the text of `mvn dependency:list` and `dependency:tree`; `pom.xml`.
//!
//! A `pom.xml` names only what it asks for itself, and a version counts only where it is written out: one
//! with a property, a range or a parent's choice is not pinned. The list and the tree are the whole answer.

use versions::Ecosystem;

use super::xml::{Node, parse};
use super::{Component, Inventory, MAX_LOCK_BYTES, bounded, text};
use crate::error::{Format, Place, Problem, ReadError};

/// Reads a `gradle.lockfile`.
///
/// # Errors
/// [`ReadError`] with the line.
pub fn read_gradle(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let text = text::of(Format::Gradle, bytes, MAX_LOCK_BYTES)?;
    let mut components = Vec::new();
    for (line, text) in text::lines(text).filter(|(_, text)| !text.starts_with("empty=")) {
        let coordinates = text.split('=').next().unwrap_or(text);
        let parts: Vec<&str> = coordinates.split(':').collect();
        let &[group, name, version] = parts.as_slice() else {
            let problem = Problem::value(text, "a line such as `group:name:1.0=classpath`");
            return Err(ReadError::new(Format::Gradle, Place::line(line), problem));
        };
        components.push(artifact(group, name, Some(version), Place::line(line)));
        bounded(Format::Gradle, &components)?;
    }
    Ok(Inventory { format: Format::Gradle, components })
}

fn artifact(group: &str, name: &str, version: Option<&str>, place: Place) -> Component {
    if group.is_empty() || name.is_empty() || group.contains("${") || name.contains("${") {
        return Component::unknown(&format!("{group}:{name}"), version, place);
    }
    Component::coordinates(group, name, version, place)
}

/// What may follow the version in a list.
const SCOPES: [&str; 6] = ["compile", "provided", "runtime", "test", "system", "import"];

/// Reads what `mvn dependency:list` or `mvn dependency:tree` prints.
///
/// # Errors
/// [`ReadError`] with the line.
pub fn read_list(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let text = text::of(Format::MavenList, bytes, MAX_LOCK_BYTES)?;
    let mut components = Vec::new();
    for (line, text) in text::lines(text) {
        if text.starts_with("[ERROR]") || text.contains("BUILD FAILURE") {
            let rule = "Maven reports an error, so the list is not whole; run it again once that is mended";
            return Err(ReadError::new(Format::MavenList, Place::line(line), Problem::Rule(rule)));
        }
        let text = text.strip_prefix("[INFO]").unwrap_or(text);
        let text = text.trim_start_matches([' ', '|', '+', '\\', '-']);
        let Some(word) = text.split_whitespace().next() else { continue };
        if let Some((group, name, version)) = coordinates(word) {
            components.push(Component::coordinates(group, name, Some(version), Place::line(line)));
            bounded(Format::MavenList, &components)?;
        }
    }
    if components.is_empty() {
        let rule = "there is no line such as `group:name:jar:1.0:compile`; write it with `mvn dependency:list`";
        return Err(ReadError::new(Format::MavenList, Place::default(), Problem::Rule(rule)));
    }
    Ok(Inventory { format: Format::MavenList, components })
}

/// Group, name and version of `group:name:type[:classifier]:version[:scope]`.
fn coordinates(word: &str) -> Option<(&str, &str, &str)> {
    let parts: Vec<&str> = word.split(':').collect();
    let plain = |part: &&str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '~'))
    };
    if !parts.iter().all(plain) {
        return None;
    }
    let parts = match parts.as_slice() {
        [rest @ .., scope] if SCOPES.contains(scope) => rest,
        all => all,
    };
    match parts {
        [group, name, _, version] | [group, name, _, _, version] => Some((group, name, version)),
        _ => None,
    }
}

/// Reads a `pom.xml`.
///
/// # Errors
/// [`ReadError`] with the line.
pub fn read_pom(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let project = parse(Format::MavenPom, bytes)?;
    if project.name != "project" {
        let problem = Problem::value(&project.name, "the element `project` of a Maven project");
        return Err(ReadError::new(Format::MavenPom, Place::line(project.line), problem));
    }
    let managed = project.child("dependencyManagement").map(dependencies).unwrap_or_default();
    let mut components = Vec::new();
    for one in dependencies(&project) {
        let place = Place::line(one.line);
        let (Some(group), Some(name)) = (one.text_of("groupId"), one.text_of("artifactId")) else {
            let rule = "a dependency needs `groupId` and `artifactId`; the file was cut or edited";
            return Err(ReadError::new(Format::MavenPom, place, Problem::Rule(rule)));
        };
        let chosen = one.text_of("version").or_else(|| {
            let same = |other: &&&Node<'_>| {
                other.text_of("groupId") == Some(group) && other.text_of("artifactId") == Some(name)
            };
            managed.iter().find(same).and_then(|other| other.text_of("version"))
        });
        components.push(artifact(group, name, chosen.and_then(literal), place));
        bounded(Format::MavenPom, &components)?;
    }
    Ok(Inventory { format: Format::MavenPom, components })
}

fn dependencies<'n>(node: &'n Node<'_>) -> Vec<&'n Node<'n>> {
    node.child("dependencies").map(|list| list.all("dependency").collect()).unwrap_or_default()
}

/// A version that leaves no choice: `1.0`, or `[1.0]`.
fn literal(version: &str) -> Option<&str> {
    let version =
        version.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(version);
    let open = version.contains("${") || version.contains(['[', '(', ',', ')', ']']);
    (!open && !matches!(version, "LATEST" | "RELEASE")).then_some(version)
}

impl Component {
    /// An artifact by its coordinates.
    pub(super) fn coordinates(
        group: &str,
        name: &str,
        version: Option<&str>,
        place: Place,
    ) -> Self {
        Self::pinned(Ecosystem::Maven, &format!("{group}:{name}"), version, place)
    }
}

#[cfg(test)]
mod tests;
