//! What a machine has installed, as its package manager keeps it: dpkg's `status` and apk's `installed`.
//!
//! Both are stanzas of `Key: value` lines. dpkg: deb822 (`dpkg(1)`, "FILES"); a package counts when its
//! status ends in ` installed`. apk: `apk-installed(5)`, one letter a key.
//!
//! Advisories of Debian and Alpine name source packages, so the source's name and version count where
//! the file gives them (`Source: curl (7.88.1-10)`, `o:curl`).

use versions::Ecosystem;

use super::{Component, Inventory, MAX_DOCUMENT_BYTES, bounded};
use crate::error::{Format, Place, Problem, ReadError};
use crate::json;

/// One stanza: its first line and its fields.
struct Stanza<'a> {
    line: usize,
    fields: Vec<(&'a str, &'a str)>,
}

impl<'a> Stanza<'a> {
    fn get(&self, key: &str) -> Option<&'a str> {
        self.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| *value)
    }
}

/// Reads dpkg's `status` file.
///
/// # Errors
/// [`ReadError`] with the line of what is no stanza or has no version.
pub fn read_dpkg(bytes: &[u8]) -> Result<Inventory, ReadError> {
    read(Format::Dpkg, bytes, |stanza| {
        let status = stanza.get("Status").unwrap_or_default();
        if !status.ends_with(" installed") {
            return Ok(None);
        }
        let name = required(Format::Dpkg, stanza, "Package")?;
        let version = required(Format::Dpkg, stanza, "Version")?;
        let source = stanza.get("Source").filter(|source| !source.is_empty());
        Ok(Some(match source.map(|source| source.split_once(" (").unwrap_or((source, ""))) {
            None => (name, version),
            Some((source, "")) => (source, version),
            Some((source, of)) => (source, of.trim_end_matches(')')),
        }))
    })
}

/// Reads apk's `installed` file.
///
/// # Errors
/// As [`read_dpkg`].
pub fn read_apk(bytes: &[u8]) -> Result<Inventory, ReadError> {
    read(Format::Apk, bytes, |stanza| {
        // the keys of apk have a case: `P` is the package, `p` what it provides
        let value = |key: &'static str| {
            let found = stanza.fields.iter().find(|(name, _)| *name == key);
            found.map(|(_, value)| *value).ok_or_else(|| missing(Format::Apk, stanza, key))
        };
        let (name, version) = (value("P")?, value("V")?);
        Ok(Some((value("o").unwrap_or(name), version)))
    })
}

type Named<'a> = Option<(&'a str, &'a str)>;

fn read(
    format: Format,
    bytes: &[u8],
    named: impl for<'a> Fn(&Stanza<'a>) -> Result<Named<'a>, ReadError>,
) -> Result<Inventory, ReadError> {
    json::within(format, bytes, MAX_DOCUMENT_BYTES)?;
    let text = std::str::from_utf8(bytes)
        .map_err(|_| ReadError::new(format, Place::default(), Problem::NotUtf8))?;
    let ecosystem = if format == Format::Apk { Ecosystem::Alpine } else { Ecosystem::Debian };
    let mut components = Vec::new();
    let mut stanza = Stanza { line: 1, fields: Vec::new() };
    let lines = text.lines().chain(std::iter::once(""));
    for (at, line) in lines.enumerate() {
        if line.trim().is_empty() {
            if !stanza.fields.is_empty() {
                if let Some((name, version)) = named(&stanza)? {
                    let place = Place::line(stanza.line);
                    components.push(Component::pinned(ecosystem, name, Some(version), place));
                    bounded(format, &components)?;
                }
                stanza.fields.clear();
            }
            continue;
        }
        if line.starts_with([' ', '\t']) {
            continue;
        }
        let Some((key, value)) = line.split_once(':') else {
            let problem = Problem::value(line, "a `Key: value` line");
            return Err(ReadError::new(format, Place::line(at + 1), problem));
        };
        if stanza.fields.is_empty() {
            stanza.line = at + 1;
        }
        stanza.fields.push((key, value.trim()));
    }
    Ok(Inventory { format, components })
}

fn required<'a>(
    format: Format,
    stanza: &Stanza<'a>,
    key: &'static str,
) -> Result<&'a str, ReadError> {
    stanza.get(key).filter(|value| !value.is_empty()).ok_or_else(|| missing(format, stanza, key))
}

fn missing(format: Format, stanza: &Stanza<'_>, key: &'static str) -> ReadError {
    let place = Place { path: Some(key.to_owned()), ..Place::line(stanza.line) };
    let rule = "an installed package needs its name and its version; the file was cut or edited";
    ReadError::new(format, place, Problem::Rule(rule))
}

#[cfg(test)]
mod tests;
