//! Packagist keys: Composer's normal form (`VersionParser::normalize` of composer/semver) in the
//! order of PHP's `version_compare`.
//!
//! One to four numbers, missing ones are zero, or a date of more; then stability words. At one
//! position: `dev` < `alpha` < `beta` < `RC` < the end < a number < `patch`. A branch (`dev-main`)
//! has no place in the order and is refused.

use crate::key::{KeyWriter, digits, is_zero, letters, take_while};

const DEV: u8 = 1;
const END: u8 = 5;
const NUMBER: u8 = 6;
const PATCH: u8 = 7;
/// Composer's stand-in for `x` in `1.x-dev`.
const ANY: &[u8] = b"9999999";

pub(crate) fn write(text: &str, key: &mut KeyWriter) -> Result<(), &'static str> {
    let text = text.trim_ascii();
    // an alias, a stability flag and build metadata take no part
    let text = text.split_once(" as ").map_or(text, |(version, _)| version.trim_end());
    let text = text.rsplit_once('@').map_or(text, |(version, _)| version);
    let text = text.split_once('+').map_or(text, |(version, _)| version);
    let rest = text.as_bytes();
    if rest.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"dev-")) {
        return Err("a branch has no place in the order of versions");
    }
    let rest = match rest.split_first() {
        Some((b'v' | b'V', tail)) => tail,
        _ => rest,
    };
    let rest = numbers(rest, key)?;
    let rest = stability(rest, key)?;
    key.byte(END);
    if rest.is_empty() { Ok(()) } else { Err("something follows the version") }
}

fn numbers<'a>(text: &'a [u8], key: &mut KeyWriter) -> Result<&'a [u8], &'static str> {
    let (first, mut rest) = digits(text);
    if first.is_empty() {
        return Err("it must begin with a number");
    }
    let date = first.len() >= 4;
    if first.len() > 5 && !date {
        return Err("the first number has more than five digits");
    }
    key.byte(NUMBER);
    key.number(first);
    let mut count = 1;
    let mut any = false;
    while count < if date { 9 } else { 4 } {
        let Some((separator, tail)) = rest.split_first() else { break };
        let separates = *separator == b'.' || (date && matches!(separator, b'-' | b':'));
        if !separates {
            break;
        }
        let (number, after) = digits(tail);
        if let (b"", Some((b'x' | b'X' | b'*', after))) = (number, tail.split_first()) {
            any = true;
            rest = after;
            continue;
        }
        if number.is_empty() || any {
            break;
        }
        key.byte(NUMBER);
        key.number(number);
        count += 1;
        rest = after;
    }
    while count < 4 {
        key.byte(NUMBER);
        key.number(if any { ANY } else { b"" });
        count += 1;
    }
    if any && !rest.eq_ignore_ascii_case(b"-dev") {
        return Err("`x` stands in a branch only, such as `1.x-dev`");
    }
    Ok(rest)
}

/// `[._-]? word ([.-]? number)* ([.-]? dev)?`
fn stability<'a>(text: &'a [u8], key: &mut KeyWriter) -> Result<&'a [u8], &'static str> {
    let (_, after) = take_while(text, |byte| matches!(byte, b'.' | b'_' | b'-'));
    if text.len() - after.len() > 1 {
        return Err("separators follow each other");
    }
    let (word, mut rest) = letters(after);
    if word.is_empty() {
        return Ok(text);
    }
    let code = match word.to_ascii_lowercase().as_slice() {
        b"dev" => DEV,
        b"alpha" | b"a" => 2,
        b"beta" | b"b" => 3,
        b"rc" => 4,
        b"stable" => return Ok(rest),
        b"patch" | b"pl" | b"p" => PATCH,
        _ => return Err("a word is none of dev, alpha, beta, RC, stable, patch"),
    };
    key.byte(code);
    if code == DEV {
        return Ok(rest);
    }
    loop {
        let after = match rest.split_first() {
            Some((b'.' | b'-', tail)) => tail,
            _ => rest,
        };
        let (number, tail) = digits(after);
        if number.is_empty() {
            if let Some(dev) = after.get(..3)
                && dev.eq_ignore_ascii_case(b"dev")
            {
                key.byte(DEV);
                rest = after.get(3..).unwrap_or_default();
            }
            return Ok(rest);
        }
        key.byte(NUMBER);
        key.number(if is_zero(number) { b"" } else { number });
        rest = tail;
    }
}
