//! Yarn's `yarn.lock`: version 1, and the YAML that Yarn 2 and later ("berry") write.
//!
//! Both are blocks of a heading (what was asked for) and indented fields (what was chosen). An alias is
//! listed under its real name; what comes from git, a folder or an address has no ecosystem, because
//! advisories on npm do not speak of it.

use versions::Ecosystem;

use super::{Component, Inventory, MAX_LOCK_BYTES, bounded, text};
use crate::error::{Format, Place, Problem, ReadError};

struct Block<'a> {
    line: usize,
    heading: &'a str,
    version: Option<&'a str>,
    resolution: Option<&'a str>,
    resolved: Option<&'a str>,
}

/// Reads a `yarn.lock`.
///
/// # Errors
/// [`ReadError`] with the line.
pub fn read(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let text = text::of(Format::Yarn, bytes, MAX_LOCK_BYTES)?;
    let mut inventory = Inventory { format: Format::Yarn, components: Vec::new() };
    let mut block: Option<Block<'_>> = None;
    for (line, text) in text::lines(text) {
        let refuse = |problem| ReadError::new(Format::Yarn, Place::line(line), problem);
        // `? "a long heading"`, then `:`, is how YAML writes keys over 1,024 characters
        if text == ":" {
            continue;
        }
        if !text.starts_with(' ') {
            if let Some(done) = block.take() {
                close(&done, &mut inventory)?;
            }
            let heading = text.strip_prefix("? ").or_else(|| text.strip_suffix(':'));
            let Some(heading) = heading else {
                return Err(refuse(Problem::value(text, "a heading such as `\"a@^1.0\":`")));
            };
            block = Some(Block { line, heading, version: None, resolution: None, resolved: None });
            continue;
        }
        let Some(open) = &mut block else {
            return Err(refuse(Problem::Rule(
                "a field stands before the first heading; the file was cut",
            )));
        };
        // deeper fields are dependencies, which have blocks of their own
        let Some(field) = text.strip_prefix("  ").filter(|field| !field.starts_with(' ')) else {
            continue;
        };
        let (key, value) = field.split_once(' ').unwrap_or((field, ""));
        let value = unquoted(value);
        match key.trim_end_matches(':') {
            "version" => open.version = Some(value),
            "resolution" => open.resolution = Some(value),
            "resolved" => open.resolved = Some(value),
            _ => {}
        }
    }
    if let Some(done) = block {
        close(&done, &mut inventory)?;
    }
    Ok(inventory)
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

fn close(block: &Block<'_>, inventory: &mut Inventory) -> Result<(), ReadError> {
    let place = Place::line(block.line);
    // `"a@^1", "a@^1.2"` in version 1, `"a@npm:^1, a@npm:^1.2"` later: one package either way
    let first = block.heading.split(", ").next().map_or("", |first| first.trim_matches('"'));
    if first == "__metadata" {
        return Ok(());
    }
    let Some(version) = block.version.filter(|version| !version.is_empty()) else {
        let rule = "this block has no `version`; the file was cut or edited";
        return Err(ReadError::new(Format::Yarn, place, Problem::Rule(rule)));
    };
    let Some((name, range)) = split(block.resolution.unwrap_or(first)) else {
        let problem = Problem::value(first, "a package and a range such as `a@^1.0`");
        return Err(ReadError::new(Format::Yarn, place, problem));
    };
    let component = if block.resolution.is_some() {
        // a patched package is that package still
        let npm = range.starts_with("npm:") || range.starts_with("patch:");
        chosen(name, version, npm, place)
    } else {
        let (name, range) = range.strip_prefix("npm:").and_then(split).unwrap_or((name, range));
        // `//host/…`, `git+ssh://…`, `file:…`, `owner/repository`: all but a range or a tag
        let registry =
            block.resolved.is_none_or(|from| from.starts_with("http") && !from.contains(".git#"))
                && !range.contains([':', '/']);
        chosen(name, version, registry, place)
    };
    inventory.components.push(component);
    bounded(Format::Yarn, &inventory.components)
}

fn chosen(name: &str, version: &str, registry: bool, place: Place) -> Component {
    if registry {
        Component::pinned(Ecosystem::Npm, name, Some(version), place)
    } else {
        Component::unknown(name, Some(version), place)
    }
}

/// Name and range; the `@` of a scope does not part them.
fn split(text: &str) -> Option<(&str, &str)> {
    let skip = usize::from(text.starts_with('@'));
    let at = text.get(skip..)?.find('@')? + skip;
    let (name, range) = text.split_at_checked(at)?;
    Some((name, range.strip_prefix('@')?)).filter(|(name, _)| !name.is_empty())
}

#[cfg(test)]
mod tests;
