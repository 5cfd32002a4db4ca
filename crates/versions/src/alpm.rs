//! Arch Linux keys: pacman's order of `epoch:version-release` (`alpm_pkg_vercmp`, vercmp(8)).
//!
//! Key: epoch, version, release. A part alternates between runs of digits and of letters; how many
//! separators stand before a run counts. Letters right after digits sort before the end, digits
//! right after letters and anything after a separator sort after it.
//!
//! vercmp leaves the release out of a comparison when one side has none, so `1.5` equals both
//! `1.5-1` and `1.5-2`: that is no order, and [`crate::compare`] treats it apart. The key of a
//! version without release sorts before every release of it.

use crate::key::{KeyWriter, digits, letters, take_while};

/// Letters that follow digits at once.
const LETTERS: u8 = 0x01;
const END: u8 = 0x02;
/// Digits that follow letters at once.
const DIGITS: u8 = 0x03;
/// Separators, plus their number.
const SEPARATED: u8 = 0x04;
const MOST_SEPARATORS: usize = 100;

/// What a key of a version without release ends in.
pub(crate) const NO_RELEASE: u8 = 0x00;
/// What a key above every release ends in.
pub(crate) const EVERY_RELEASE: u8 = 0x02;

/// Whether the version names its release.
pub(crate) fn has_release(text: &str) -> bool {
    text.contains('-')
}

pub(crate) fn write(text: &str, key: &mut KeyWriter) -> Result<(), &'static str> {
    let text = text.as_bytes();
    let (epoch, rest) = digits(text);
    let text = match rest.split_first() {
        Some((b':', rest)) => {
            key.number(epoch);
            rest
        }
        _ => {
            key.number(b"");
            text
        }
    };
    let (version, release) = match text.iter().rposition(|byte| *byte == b'-') {
        None => (text, None),
        Some(dash) => {
            let (version, rest) = text.split_at(dash);
            (version, rest.get(1..))
        }
    };
    if version.is_empty() {
        return Err("the version is empty");
    }
    part(version, key)?;
    match release {
        None => {
            key.byte(NO_RELEASE);
            Ok(())
        }
        Some(b"") => Err("the release after `-` is empty"),
        Some(release) => {
            key.byte(1);
            part(release, key)
        }
    }
}

fn part(mut text: &[u8], key: &mut KeyWriter) -> Result<(), &'static str> {
    if !text.iter().all(u8::is_ascii_graphic) {
        return Err("it has a character that Arch Linux versions do not allow");
    }
    loop {
        let (separators, rest) = take_while(text, |byte| !byte.is_ascii_alphanumeric());
        if !separators.is_empty() {
            let count = separators.len().min(MOST_SEPARATORS);
            key.byte(SEPARATED + u8::try_from(count).expect("at most a hundred"));
        }
        let (number, after_number) = digits(rest);
        if !number.is_empty() {
            key.byte(DIGITS);
            key.number(number);
            text = after_number;
            continue;
        }
        let (word, after_word) = letters(rest);
        if word.is_empty() {
            key.byte(END);
            return Ok(());
        }
        key.byte(LETTERS);
        key.text(word);
        text = after_word;
    }
}
