//! The lines that cargo writes into a lock file, and nothing else of TOML.

use super::component;
use crate::error::Place;
use crate::inventory::Component;

/// A package whose end is not yet met.
#[derive(Default)]
struct Open<'a> {
    line: usize,
    name: Option<&'a str>,
    version: Option<&'a str>,
    source: Option<&'a str>,
    checksum: Option<&'a str>,
    dependencies: bool,
}

impl Open<'_> {
    fn close(self) -> Option<Component> {
        let name = self.name.filter(|name| !name.trim().is_empty())?;
        Some(component(name, self.version?, self.source, Place::line(self.line)))
    }
}

/// The packages; `None` if anything but cargo could have written it, so that it has to be read as TOML.
pub(super) fn read(bytes: &[u8]) -> Option<Vec<Component>> {
    let plain = bytes.iter().fold(true, |all, byte| {
        all & (((b' '..=b'~').contains(byte) & (*byte != b'\\')) | (*byte == b'\n'))
    });
    let text = std::str::from_utf8(bytes).ok().filter(|_| plain)?;
    // a package takes some two hundred bytes
    let mut components = Vec::with_capacity(bytes.len() / 256);
    let (mut package, mut within): (Option<Open<'_>>, bool) = (None, false);
    let mut versioned = false;
    for (at, line) in text.split('\n').enumerate() {
        if within {
            if line == "]" {
                within = false;
            } else {
                let inner = line.strip_prefix(" \"")?.strip_suffix("\",")?;
                (!inner.contains('"')).then_some(())?;
            }
        } else if line == "[[package]]" {
            if let Some(done) = package.replace(Open { line: at + 1, ..Open::default() }) {
                components.push(done.close()?);
            }
        } else if let Some(open) = &mut package {
            within = field(open, line)?;
        } else if let Some(version) = line.strip_prefix("version = ") {
            (!versioned && matches!(version, "1" | "2" | "3" | "4")).then_some(())?;
            versioned = true;
        } else {
            (line.is_empty() || line.starts_with('#')).then_some(())?;
        }
    }
    components.push(package.filter(|_| !within)?.close()?);
    Some(components)
}

/// Takes a line within a package; whether a list of dependencies begins.
fn field<'a>(open: &mut Open<'a>, line: &'a str) -> Option<bool> {
    if line.is_empty() {
        return Some(false);
    }
    if line == "dependencies = [" {
        let twice = std::mem::replace(&mut open.dependencies, true);
        return (!twice).then_some(true);
    }
    let line = line.as_bytes();
    let (place, key) = match line.first()? {
        b'n' => (&mut open.name, &b"name = \""[..]),
        b'v' => (&mut open.version, &b"version = \""[..]),
        b's' => (&mut open.source, &b"source = \""[..]),
        b'c' => (&mut open.checksum, &b"checksum = \""[..]),
        _ => return None,
    };
    let value = line.strip_prefix(key)?.strip_suffix(b"\"").filter(|v| !v.contains(&b'"'))?;
    let value = std::str::from_utf8(value).ok()?;
    // the same key twice is no TOML
    place.replace(value).is_none().then_some(false)
}
