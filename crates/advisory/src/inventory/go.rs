//! Go's `go.mod` and `go.sum`.
//!
//! `go.mod` names the least version of each module that is needed; from Go 1.17 on that is the whole build
//! list. A `replace` counts: by another module it is that module, by a folder it has no ecosystem. `go.sum`
//! lists what was downloaded, which may be more than what is built.

use std::collections::BTreeMap;

use versions::Ecosystem;

use super::{Component, Inventory, MAX_LOCK_BYTES, bounded, text};
use crate::error::{Format, Place, Problem, ReadError};

/// A module that is put in place of another.
type Replacements<'a> = BTreeMap<(&'a str, Option<&'a str>), (&'a str, Option<&'a str>)>;

/// Reads a `go.mod`.
///
/// # Errors
/// [`ReadError`] with the line.
pub fn read_mod(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let text = text::of(Format::GoMod, bytes, MAX_LOCK_BYTES)?;
    let (mut required, mut replaced) = (Vec::new(), Replacements::new());
    let (mut block, mut module) = (None, false);
    for (at, line) in text.lines().enumerate() {
        let line = line.split_once("//").map_or(line, |(before, _)| before).trim();
        let refuse = |problem| ReadError::new(Format::GoMod, Place::line(at + 1), problem);
        let mut words: Vec<&str> = line.split_whitespace().map(unquoted).collect();
        match (block, words.as_slice()) {
            (_, []) => continue,
            (Some(_), [")"]) => {
                block = None;
                continue;
            }
            (None, [verb, "("]) => {
                block = Some(*verb);
                continue;
            }
            (Some(_), _) => {}
            (None, _) => module |= words.first() == Some(&"module"),
        }
        let verb = block.unwrap_or_else(|| words.remove(0));
        match (verb, words.as_slice()) {
            ("require", [name, version]) => required.push((*name, *version, at + 1)),
            ("replace", [name, "=>", to @ ..]) if (1..=2).contains(&to.len()) => {
                replaced.insert(
                    (*name, None),
                    (to.first().copied().unwrap_or_default(), to.get(1).copied()),
                );
            }
            ("replace", [name, of, "=>", to @ ..]) if (1..=2).contains(&to.len()) => {
                let to = (to.first().copied().unwrap_or_default(), to.get(1).copied());
                replaced.insert((*name, Some(*of)), to);
            }
            ("require" | "replace", _) => {
                let expected = "a requirement such as `example.org/a v1.0.0`, or a replacement";
                return Err(refuse(Problem::value(line, expected)));
            }
            _ => {}
        }
    }
    if !module || block.is_some() {
        let rule = "there is no `module` line, or a block without its `)`; this is no whole go.mod";
        return Err(ReadError::new(Format::GoMod, Place::default(), Problem::Rule(rule)));
    }
    let component = |(name, version, line): (&str, &str, usize)| {
        let other = replaced.get(&(name, Some(version))).or_else(|| replaced.get(&(name, None)));
        let place = Place::line(line);
        match other {
            None => Component::pinned(Ecosystem::Go, name, Some(version), place),
            Some((other, Some(version))) => {
                Component::pinned(Ecosystem::Go, other, Some(version), place)
            }
            Some((_, None)) => Component::unknown(name, None, place),
        }
    };
    let components: Vec<Component> = required.into_iter().map(component).collect();
    bounded(Format::GoMod, &components)?;
    Ok(Inventory { format: Format::GoMod, components })
}

fn unquoted(word: &str) -> &str {
    word.trim_matches(['"', '`'])
}

/// Reads a `go.sum`.
///
/// # Errors
/// [`ReadError`] with the line.
pub fn read_sum(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let text = text::of(Format::GoSum, bytes, MAX_LOCK_BYTES)?;
    let mut components = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let &[name, version, sum] = words.as_slice() else {
            let problem = Problem::value(line, "a module, its version and its checksum");
            return Err(ReadError::new(Format::GoSum, Place::line(at + 1), problem));
        };
        if !sum.starts_with("h1:") {
            let problem = Problem::value(sum, "a checksum that begins with `h1:`");
            return Err(ReadError::new(Format::GoSum, Place::line(at + 1), problem));
        }
        // of a module that is only looked at, just the `go.mod` is downloaded
        if !version.ends_with("/go.mod") {
            components.push(Component::pinned(
                Ecosystem::Go,
                name,
                Some(version),
                Place::line(at + 1),
            ));
            bounded(Format::GoSum, &components)?;
        }
    }
    Ok(Inventory { format: Format::GoSum, components })
}

#[cfg(test)]
mod tests;
