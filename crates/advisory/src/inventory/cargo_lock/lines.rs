//! The lines that cargo writes into a lock file, and nothing else of TOML; borrowed, in one pass.
//!
//! Most packages are written in one way to the byte, and are read so; what is only nearly so goes
//! line by line, and what cargo does not write is left to a TOML reader.

use super::CRATES_IO;

/// A package of a `Cargo.lock`, where it lies in the file's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locked<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its version as written.
    pub version: &'a str,
    /// Whether it is of crates.io, so that public advisories speak of it.
    pub public: bool,
    /// The line at which it begins, counted from 1.
    pub line: usize,
}

/// Reads a `Cargo.lock` piece by piece, so that not all of it has to be in memory.
///
/// Gives what [`super::read`] gives, without its places and package URLs.
#[derive(Debug, Default)]
pub struct LockedReader {
    /// Lines before the next piece.
    lines: usize,
    versioned: bool,
    begun: bool,
}

/// Where a package begins, after a line's end.
const BEGIN: &[u8] = b"\n[[package]]\n";
const TO_NAME: &[u8] = b"[[package]]\nname = \"";
const TO_VERSION: &[u8] = b"\"\nversion = \"";
const TO_CHECKSUM: &[u8] =
    b"\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"";
/// Hexadecimal digits of a checksum.
const CHECKSUM: usize = 64;

impl LockedReader {
    /// Takes whole packages from the beginning of `bytes`, and says how many bytes they took; what is left has to
    /// come again with more behind it. With `last`, nothing comes behind.
    ///
    /// `None` if anything but cargo could have written it: then [`super::read`] has to read all of it, and what
    /// `each` heard does not count.
    pub fn take<'a>(
        &mut self,
        bytes: &'a [u8],
        last: bool,
        mut each: impl FnMut(Locked<'a>),
    ) -> Option<usize> {
        let whole = if last { bytes.len() } else { last_begin(bytes) };
        let mut rest = bytes.get(..whole)?;
        while !rest.is_empty() {
            if let Some((package, used, lines)) = canonical(rest) {
                self.begun = true;
                each(Locked { line: self.lines + 1, ..package });
                self.lines += lines;
                rest = rest.get(used..)?;
            } else {
                rest = self.by_lines(rest, &mut each)?;
            }
        }
        (self.begun || !last).then_some(whole)
    }

    /// The packages up to the next one that is written in the one way, or up to the end.
    fn by_lines<'a>(
        &mut self,
        bytes: &'a [u8],
        each: &mut impl FnMut(Locked<'a>),
    ) -> Option<&'a [u8]> {
        let (mut package, mut within): (Option<Open<'a>>, bool) = (None, false);
        let mut rest = bytes;
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            let (line, after) = (rest.get(..end)?, rest.get(end + 1..).unwrap_or_default());
            let begins = line == b"[[package]]";
            // one that begins after another ends that
            if begins && !within && (package.is_some() || canonical(rest).is_some()) {
                break;
            }
            let plain = line.iter().all(|byte| (b' '..=b'~').contains(byte) && *byte != b'\\');
            plain.then_some(())?;
            self.lines += 1;
            if within {
                within = line != b"]";
                let inner = || line.strip_prefix(b" \"")?.strip_suffix(b"\",");
                (!within || inner().is_some_and(unquoted)).then_some(())?;
            } else if begins {
                package = Some(Open { line: self.lines, ..Open::default() });
            } else if let Some(open) = &mut package {
                within = open.field(line)?;
            } else if let Some(version) = line.strip_prefix(b"version = ") {
                let known = matches!(version, b"1" | b"2" | b"3" | b"4");
                (!self.begun && !self.versioned && known).then_some(())?;
                self.versioned = true;
            } else {
                (line.is_empty() || line.starts_with(b"#")).then_some(())?;
            }
            rest = after;
        }
        (!within).then_some(())?;
        if let Some(open) = package {
            each(open.close()?);
            self.begun = true;
        }
        Some(rest)
    }
}

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

impl<'a> Open<'a> {
    fn close(self) -> Option<Locked<'a>> {
        let name = self.name.filter(|name| !name.trim().is_empty())?;
        let public = self.source.is_some_and(|source| CRATES_IO.contains(&source));
        Some(Locked { name, version: self.version?, public, line: self.line })
    }

    /// Takes a line within a package; whether a list of dependencies begins.
    fn field(&mut self, line: &'a [u8]) -> Option<bool> {
        if line.is_empty() {
            return Some(false);
        }
        if line == b"dependencies = [" {
            let twice = std::mem::replace(&mut self.dependencies, true);
            return (!twice).then_some(true);
        }
        let (place, key) = match line.first()? {
            b'n' => (&mut self.name, &b"name = \""[..]),
            b'v' => (&mut self.version, &b"version = \""[..]),
            b's' => (&mut self.source, &b"source = \""[..]),
            b'c' => (&mut self.checksum, &b"checksum = \""[..]),
            _ => return None,
        };
        let value = line.strip_prefix(key)?.strip_suffix(b"\"").filter(|value| unquoted(value))?;
        let value = std::str::from_utf8(value).ok()?;
        // the same key twice is no TOML
        place.replace(value).is_none().then_some(false)
    }
}

fn unquoted(value: &[u8]) -> bool {
    !value.contains(&b'"')
}

/// A package of crates.io as cargo writes it to the byte, up to the next one or the end: with its bytes and lines.
fn canonical(bytes: &[u8]) -> Option<(Locked<'_>, usize, usize)> {
    let (name, rest) = quoted(bytes.strip_prefix(TO_NAME)?)?;
    let (version, rest) = quoted(rest.strip_prefix(TO_VERSION)?)?;
    let (checksum, rest) = rest.strip_prefix(TO_CHECKSUM)?.split_first_chunk::<CHECKSUM>()?;
    // all of them, without a branch for each
    let hexadecimal = checksum
        .iter()
        .fold(true, |all, byte| all & (byte.is_ascii_digit() | (b'a'..=b'f').contains(byte)));
    let mut rest = rest.strip_prefix(b"\"\n").filter(|_| hexadecimal)?;
    let mut lines = 5;
    if let Some(mut list) = rest.strip_prefix(b"dependencies = [\n") {
        lines += 2;
        loop {
            if let Some(after) = list.strip_prefix(b"]\n") {
                rest = after;
                break;
            }
            let (_, after) = quoted(list.strip_prefix(b" \"")?)?;
            list = after.strip_prefix(b"\",\n")?;
            lines += 1;
        }
    }
    if let Some(after) = rest.strip_prefix(b"\n") {
        rest = after;
        lines += 1;
    }
    // anything else that could belong to it is for the other way
    let ends = rest.is_empty() || rest.starts_with(b"[[package]]\n");
    let name = std::str::from_utf8(name).ok().filter(|name| ends && !name.trim().is_empty())?;
    let version = std::str::from_utf8(version).ok()?;
    Some((Locked { name, version, public: true, line: 0 }, bytes.len() - rest.len(), lines))
}

/// Printable characters up to a quotation mark, without escapes, and the rest from the mark on.
fn quoted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..b' ' | 0x7f..))?;
    let (text, rest) = bytes.split_at(end);
    rest.starts_with(b"\"").then_some((text, rest))
}

/// Where the last package begins; 0 where none does after a line's end.
fn last_begin(bytes: &[u8]) -> usize {
    bytes.windows(BEGIN.len()).rposition(|window| window == BEGIN).map_or(0, |at| at + 1)
}
