//! RPM keys: rpm's own comparison (rpm-version(7), `rpmvercmp` of rpm 4.18).
//!
//! Key: epoch, version, release (an absent release sorts before any). A part is a list of
//! segments; separators only separate. At one position `~` sorts before the end, the end before
//! `^`, that before letters, letters before numbers.

use crate::key::{KeyWriter, take_while};

const TILDE: u8 = 0x01;
const END: u8 = 0x02;
const CARET: u8 = 0x03;
const LETTERS: u8 = 0x04;
const DIGITS: u8 = 0x05;

pub(crate) fn write(text: &str, key: &mut KeyWriter) -> Result<(), &'static str> {
    let mut text = text.as_bytes();
    let (epoch, rest) = take_while(text, |byte| byte.is_ascii_digit());
    if let Some((b':', rest)) = rest.split_first() {
        key.number(epoch);
        text = rest;
    } else {
        key.number(b"");
    }
    let (version, release) = match text.iter().rposition(|byte| *byte == b'-') {
        None => (text, None),
        Some(dash) => {
            let (version, rest) = text.split_at(dash);
            (version, Some(rest.get(1..).unwrap_or_default()))
        }
    };
    if version.is_empty() {
        return Err("the version is empty");
    }
    if release.is_some_and(<[u8]>::is_empty) {
        return Err("the release after `-` is empty");
    }
    part(version, key)?;
    match release {
        None => {
            key.byte(0);
            Ok(())
        }
        Some(release) => {
            key.byte(1);
            part(release, key)
        }
    }
}

fn part(mut text: &[u8], key: &mut KeyWriter) -> Result<(), &'static str> {
    while let Some((first, rest)) = text.split_first() {
        match first {
            b'~' => key.byte(TILDE),
            b'^' => key.byte(CARET),
            b'.' | b'_' | b'+' | b'-' | b'%' => {}
            byte if byte.is_ascii_digit() => {
                let (digits, rest) = take_while(text, |byte| byte.is_ascii_digit());
                key.byte(DIGITS);
                key.number(digits);
                text = rest;
                continue;
            }
            byte if byte.is_ascii_alphabetic() => {
                let (letters, rest) = take_while(text, |byte| byte.is_ascii_alphabetic());
                key.byte(LETTERS);
                key.text(letters);
                text = rest;
                continue;
            }
            _ => return Err("it has a character that RPM versions do not allow"),
        }
        text = rest;
    }
    key.byte(END);
    Ok(())
}

#[cfg(test)]
mod tests;
