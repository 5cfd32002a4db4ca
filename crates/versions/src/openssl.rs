//! OpenSSL keys: its release strategy, before and since 3.0.
//!
//! Three numbers, then letters (`1.1.1` < `1.1.1a` < … < `1.1.1z` < `1.1.1za`), or a prerelease
//! (`-dev`, `-alpha1`, `-beta1`, `-pre1`) that sorts before the release.

use crate::key::{KeyWriter, digits, letters};

pub(crate) fn write(text: &str, key: &mut KeyWriter) -> Result<(), &'static str> {
    let mut rest = text.as_bytes();
    for part in 0..3 {
        if part > 0 {
            match rest.split_first() {
                Some((b'.', tail)) => rest = tail,
                _ => return Err("three numbers separated by dots are expected"),
            }
        }
        let (number, tail) = digits(rest);
        if number.is_empty() {
            return Err("a number is missing");
        }
        key.number(number);
        rest = tail;
    }
    let (patch, tail) = letters(rest);
    if !patch.iter().all(u8::is_ascii_lowercase) {
        return Err("letters after the numbers are lower case");
    }
    key.text(patch);
    rest = tail;
    let Some((b'-', tail)) = rest.split_first() else {
        key.byte(0xff);
        return if rest.is_empty() { Ok(()) } else { Err("something follows the version") };
    };
    let (word, tail) = letters(tail);
    let tail = tail.strip_prefix(b".").unwrap_or(tail);
    let (number, tail) = digits(tail);
    let place = match word {
        b"dev" => 1,
        b"alpha" => 2,
        b"beta" => 3,
        b"pre" => 4,
        b"rc" => 5,
        _ => return Err("a prerelease is one of dev, alpha, beta, pre, rc"),
    };
    key.byte(place);
    key.number(number);
    if tail.is_empty() { Ok(()) } else { Err("something follows the version") }
}
