//! Debian keys: dpkg's order (Debian Policy §5.6.12, "Version").
//!
//! Key: epoch, upstream version, revision. A part alternates between text and numbers; in text
//! `~` sorts before the end, the end before letters, letters before all else. After its last
//! number a part stands for endless empty text and zeros, so `1.` equals `1.0` and an absent
//! revision equals `0`.

use crate::key::{KeyWriter, take_while};

/// Sorts before the end of a text.
const TILDE: u8 = 0x01;
/// End of a text run, and end of a part.
const END: u8 = 0x02;

pub(crate) fn write(text: &str, key: &mut KeyWriter) -> Result<(), &'static str> {
    let text = text.trim_ascii().as_bytes();
    let text = match text.iter().position(|byte| *byte == b':') {
        None => {
            key.number(b"");
            text
        }
        Some(colon) => {
            let (epoch, rest) = text.split_at(colon);
            if epoch.is_empty() || !epoch.iter().all(u8::is_ascii_digit) {
                return Err("the epoch before `:` must be a number");
            }
            if epoch_value(epoch).is_none() {
                return Err("the epoch is too large");
            }
            key.number(epoch);
            rest.get(1..).unwrap_or_default()
        }
    };
    let (upstream, revision) = match text.iter().rposition(|byte| *byte == b'-') {
        None => (text, None),
        Some(dash) => {
            let (upstream, rest) = text.split_at(dash);
            (upstream, Some(rest.get(1..).unwrap_or_default()))
        }
    };
    if !upstream.first().is_some_and(u8::is_ascii_digit) {
        return Err("the upstream version must begin with a digit");
    }
    if revision.is_some_and(<[u8]>::is_empty) {
        return Err("the revision after `-` is empty");
    }
    part(upstream, b".+-~:", key)?;
    part(revision.unwrap_or_default(), b".+~", key)
}

/// dpkg's epochs are at most `INT_MAX`.
fn epoch_value(digits: &[u8]) -> Option<i32> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn part(mut text: &[u8], symbols: &[u8], key: &mut KeyWriter) -> Result<(), &'static str> {
    loop {
        let (words, rest) = take_while(text, |byte| !byte.is_ascii_digit());
        for byte in words {
            match byte {
                b'~' => key.byte(TILDE),
                letter if letter.is_ascii_alphabetic() => key.byte(*letter),
                symbol if symbols.contains(symbol) => key.byte(0x80 | *symbol),
                _ => return Err("it has a character that Debian versions do not allow"),
            }
        }
        key.byte(END);
        let (digits, rest) = take_while(rest, |byte| byte.is_ascii_digit());
        key.number(digits);
        if rest.is_empty() {
            key.byte(END);
            return Ok(());
        }
        text = rest;
    }
}

#[cfg(test)]
mod tests;
