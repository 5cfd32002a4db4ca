//! RubyGems keys: `Gem::Version`.
//!
//! Segments are runs of digits and runs of letters, whatever separates them; `-` stands for
//! `.pre.`. Trailing zeros of the numbers before the first letters, and of what follows, do not
//! count. A shorter version is filled with zeros, and letters sort before numbers.
//!
//! Key: `0x01` letters, `0x02` zeros before letters (by their number), `0x03` the end, `0x04` a number.

use crate::key::{KeyWriter, digits, is_zero, letters};

const WORD: u8 = 0x01;
const ZEROS: u8 = 0x02;
const END: u8 = 0x03;
const NUMBER: u8 = 0x04;

pub(crate) fn write(text: &str, key: &mut KeyWriter) -> Result<(), &'static str> {
    let mut text = text.trim_ascii().as_bytes();
    if text.is_empty() {
        return Err("it is empty");
    }
    if !text.first().is_some_and(u8::is_ascii_digit) {
        return Err("it must begin with a digit");
    }
    well_formed(text)?;
    let mut zeros: u8 = 0;
    let mut words = false;
    while let Some((first, tail)) = text.split_first() {
        match first {
            b'.' => text = tail,
            b'-' => {
                word(b"pre", &mut zeros, words, key);
                words = true;
                text = tail;
            }
            byte if byte.is_ascii_digit() => {
                let (number, tail) = digits(text);
                if is_zero(number) {
                    zeros = zeros.saturating_add(1);
                } else {
                    for _ in 0..std::mem::take(&mut zeros) {
                        key.byte(NUMBER);
                        key.number(b"");
                    }
                    key.byte(NUMBER);
                    key.number(number);
                }
                text = tail;
            }
            _ => {
                let (letters, tail) = letters(text);
                word(letters, &mut zeros, words, key);
                words = true;
                text = tail;
            }
        }
    }
    key.byte(END);
    Ok(())
}

fn word(letters: &[u8], zeros: &mut u8, after_words: bool, key: &mut KeyWriter) {
    let owed = std::mem::take(zeros);
    // zeros right before the first letters are the numbers' trailing zeros
    if after_words && owed > 0 {
        key.byte(ZEROS);
        key.byte(owed);
    }
    key.byte(WORD);
    key.text(letters);
}

/// `number{.alphanumerics}[-alphanumerics-and-dashes{.…}]`
fn well_formed(text: &[u8]) -> Result<(), &'static str> {
    let mut dashed = false;
    let mut empty = true;
    let (_, after) = digits(text);
    if after.first().is_some_and(|next| !matches!(next, b'.' | b'-')) {
        return Err("a number comes first, alone");
    }
    for byte in text {
        match byte {
            b'.' if empty => return Err("a segment is empty"),
            b'-' if empty && !dashed => return Err("a segment is empty"),
            b'.' => empty = true,
            b'-' => {
                empty = !dashed;
                dashed = true;
            }
            byte if byte.is_ascii_alphanumeric() => empty = false,
            _ => return Err("it has a character that gem versions do not allow"),
        }
    }
    if empty { Err("a segment is empty") } else { Ok(()) }
}
