//! pnpm's `pnpm-lock.yaml`, lock file versions 5 to 9.
//!
//! Only the headings under `packages:` count; each is a path (5: `/@a/b/1.0.0_peers`) or a name and version
//! (6: `/@a/b@1.0.0(peers)`, 9: `@a/b@1.0.0`). pnpm writes them one a line. What comes from elsewhere than a
//! registry has no ecosystem.

use versions::Ecosystem;

use super::{Component, Inventory, MAX_LOCK_BYTES, bounded, text};
use crate::error::{Format, Place, Problem, ReadError, printable};

/// Reads a `pnpm-lock.yaml`.
///
/// # Errors
/// [`ReadError`] with the line.
pub fn read(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let text = text::of(Format::Pnpm, bytes, MAX_LOCK_BYTES)?;
    let mut components = Vec::new();
    let (mut major, mut within) = (None, false);
    for (line, text) in text::lines(text) {
        let refuse = |problem| ReadError::new(Format::Pnpm, Place::line(line), problem);
        if !text.starts_with(' ') {
            if let Some(version) = text.strip_prefix("lockfileVersion:") {
                major = Some(known_major(version).map_err(refuse)?);
            }
            within = text == "packages:";
            continue;
        }
        let Some(heading) = text.strip_prefix("  ").filter(|rest| within && !rest.starts_with(' '))
        else {
            continue;
        };
        let Some(major) = major else {
            return Err(refuse(Problem::Rule(
                "there is no `lockfileVersion` before; the file was cut",
            )));
        };
        // `? 'a long key'` is how YAML writes keys over 128 characters
        let heading = heading.strip_prefix("? ").or_else(|| heading.strip_suffix(':'));
        let Some(heading) = heading.map(|text| text.trim_matches(['\'', '"'])) else {
            if text.trim_start().starts_with(':') {
                continue;
            }
            return Err(refuse(Problem::value(text, "a heading such as `/a/1.0.0:`")));
        };
        components.push(component(heading, major, Place::line(line)));
        bounded(Format::Pnpm, &components)?;
    }
    if major.is_none() {
        let rule = "there is no `lockfileVersion`; this is no pnpm-lock.yaml";
        return Err(ReadError::new(Format::Pnpm, Place::default(), Problem::Rule(rule)));
    }
    Ok(Inventory { format: Format::Pnpm, components })
}

fn known_major(version: &str) -> Result<u64, Problem> {
    let version = version.trim().trim_matches(['\'', '"']);
    let major = version.split('.').next().and_then(|major| major.parse().ok());
    major.filter(|major| (5..=9).contains(major)).ok_or_else(|| Problem::Unsupported {
        what: format!("lock file version {}", printable(version, 20)),
        remedy: "write the file with pnpm 3 or newer, or update this program",
    })
}

fn component(heading: &str, major: u64, place: Place) -> Component {
    let (rooted, path) = match heading.strip_prefix('/') {
        Some(path) => (true, path),
        None => (major >= 9, heading),
    };
    let parts = if major == 5 { by_path(path) } else { by_at(path) };
    match parts {
        Some((name, version)) if rooted && version.starts_with(|c: char| c.is_ascii_digit()) => {
            Component::pinned(Ecosystem::Npm, name, Some(version), place)
        }
        _ => Component::unknown(heading, None, place),
    }
}

/// `a/1.0.0`, `@a/b/1.0.0_peers`, `a/1.0.0/peers`.
fn by_path(path: &str) -> Option<(&str, &str)> {
    let skip = if path.starts_with('@') { path.find('/')? + 1 } else { 0 };
    let at = path.get(skip..)?.find('/')? + skip;
    let (name, rest) = path.split_at_checked(at)?;
    let version = rest.trim_start_matches('/').split(['/', '_']).next()?;
    Some((name, version))
}

/// `a@1.0.0`, `@a/b@1.0.0(peers)`.
fn by_at(path: &str) -> Option<(&str, &str)> {
    let skip = usize::from(path.starts_with('@'));
    let at = path.get(skip..)?.find('@')? + skip;
    let (name, rest) = path.split_at_checked(at)?;
    let version = rest.strip_prefix('@')?.split('(').next()?;
    Some((name, version))
}

#[cfg(test)]
mod tests;
