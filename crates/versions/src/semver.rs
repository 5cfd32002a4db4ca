//! Semantic Versioning 2.0.0 keys, in the dialects of those who read it.
//!
//! Key: major, minor, patch as numbers; then `0xff` for a release, or the prerelease identifiers
//! (`0x01` number, `0x02` text) closed by `0x00`. Build metadata takes no part (§10), except in
//! Dart's `pub`, which orders it: there the key goes on with `0x00`, or `0x01` and the identifiers.

use crate::key::{KeyWriter, digits, number_of, take_while};

/// Who reads the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The specification to the letter: Cargo, Hex, Julia.
    Strict,
    /// A leading `v` and surrounding blanks are tolerated, numbers stay below 2^53 (node-semver).
    Npm,
    /// A leading `v` or `go` is tolerated, `1` and `1.2` are short for `1.0.0` and `1.2.0`.
    Go,
    /// Leading zeros are tolerated and build metadata has an order (`pub_semver`).
    Pub,
}

/// Largest number node-semver accepts (`Number.MAX_SAFE_INTEGER`).
const NPM_MAX: u64 = (1 << 53) - 1;

pub(crate) fn write(text: &str, dialect: Dialect, key: &mut KeyWriter) -> Result<(), &'static str> {
    let text = match dialect {
        Dialect::Strict => text,
        Dialect::Npm | Dialect::Pub => text.trim_matches([' ', '\t', '\n', '\r']),
        Dialect::Go => text.strip_prefix("go").unwrap_or(text),
    };
    let text = match dialect {
        Dialect::Strict | Dialect::Pub => text,
        Dialect::Npm | Dialect::Go => text.strip_prefix('v').unwrap_or(text),
    };
    let mut rest = text.as_bytes();
    for part in 0..3 {
        if part > 0 {
            match rest.split_first() {
                Some((b'.', tail)) => rest = tail,
                None if dialect == Dialect::Go => {
                    key.number(b"");
                    continue;
                }
                _ => return Err("three numbers separated by dots are expected"),
            }
        }
        let (number, tail) = digits(rest);
        core_number(number, dialect)?;
        key.number(number);
        rest = tail;
    }
    match rest.split_first() {
        Some((b'-', tail)) => rest = prerelease(tail, dialect, key)?,
        Some(_) | None => key.byte(0xff),
    }
    match (rest.split_first(), dialect) {
        (None, Dialect::Pub) => {
            key.byte(0);
            Ok(())
        }
        (None, _) => Ok(()),
        (Some((b'+', build)), Dialect::Pub) => {
            key.byte(1);
            identifiers(build, |one| identifier(one, dialect, key))?;
            key.byte(0);
            Ok(())
        }
        (Some((b'+', build)), _) => identifiers(build, |_| Ok(())),
        (Some(_), _) => Err("something follows the version"),
    }
}

/// A core number: digits, no leading zero, within the dialect's bound.
fn core_number(digits: &[u8], dialect: Dialect) -> Result<(), &'static str> {
    if digits.is_empty() {
        return Err("a number is missing");
    }
    if dialect != Dialect::Pub && digits.len() > 1 && digits.first() == Some(&b'0') {
        return Err("a number has a leading zero");
    }
    let bound = match dialect {
        Dialect::Npm => NPM_MAX,
        Dialect::Strict | Dialect::Go => u64::MAX,
        Dialect::Pub => i64::MAX.unsigned_abs(),
    };
    match number_of(digits) {
        Some(value) if value <= bound => Ok(()),
        Some(_) | None => Err("a number is too large"),
    }
}

/// Writes the prerelease identifiers; returns what follows them.
fn prerelease<'a>(
    text: &'a [u8],
    dialect: Dialect,
    key: &mut KeyWriter,
) -> Result<&'a [u8], &'static str> {
    let (body, rest) = take_while(text, |byte| byte != b'+');
    identifiers(body, |one| identifier(one, dialect, key))?;
    key.byte(0);
    Ok(rest)
}

fn identifier(one: &[u8], dialect: Dialect, key: &mut KeyWriter) -> Result<(), &'static str> {
    if one.iter().all(u8::is_ascii_digit) {
        if dialect != Dialect::Pub && one.len() > 1 && one.first() == Some(&b'0') {
            return Err("a prerelease number has a leading zero");
        }
        key.byte(1);
        key.number(one);
    } else {
        key.byte(2);
        key.text(one);
    }
    Ok(())
}

/// Calls `each` for the dot-separated identifiers of `[0-9A-Za-z-]`, none empty.
fn identifiers(
    text: &[u8],
    mut each: impl FnMut(&[u8]) -> Result<(), &'static str>,
) -> Result<(), &'static str> {
    for identifier in text.split(|byte| *byte == b'.') {
        if identifier.is_empty() {
            return Err("an identifier is empty");
        }
        if !identifier.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-') {
            return Err("an identifier has a character other than letters, digits and `-`");
        }
        each(identifier)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
