//! Keys where no ecosystem says how versions compare (`pkg:generic`, CVE's `custom`): the part on
//! which all of them agree, and nothing else.
//!
//! `[v]number{.number}`, zeros at the end do not count; then nothing, one letter (`1.0.2k`), a
//! prerelease word (`dev`, `alpha`, `beta`, `pre`, `rc`, `snapshot` and their short forms) or a
//! later one (`post`, `patch`, `p`, `sp`, `r`), each with an optional number; build metadata after
//! `+` does not count. Anything else is refused: two products would order it differently.

use crate::key::{KeyWriter, digits, is_zero, letters};

const END: u8 = 0x00;
const RELEASE: u8 = 0x06;
const LETTER: u8 = 0x07;
const LATER: u8 = 0x08;

pub(crate) fn write(text: &str, key: &mut KeyWriter) -> Result<(), &'static str> {
    let text = text.trim_ascii();
    let text = text.split_once('+').map_or(text, |(version, _)| version);
    let mut rest = text.as_bytes();
    if let Some((b'v' | b'V', tail)) = rest.split_first() {
        rest = tail;
    }
    let mut owed = 0;
    loop {
        let (number, tail) = digits(rest);
        if number.is_empty() {
            return Err("numbers separated by dots are expected");
        }
        if is_zero(number) {
            owed += 1;
        } else {
            for _ in 0..std::mem::take(&mut owed) {
                key.byte(1);
                key.number(b"");
            }
            key.byte(1);
            key.number(number);
        }
        rest = tail;
        match tail.split_first() {
            Some((b'.', tail)) if tail.first().is_some_and(u8::is_ascii_digit) => rest = tail,
            _ => break,
        }
    }
    key.byte(END);
    if rest.is_empty() {
        key.byte(RELEASE);
        return Ok(());
    }
    let separated = matches!(rest.first(), Some(b'.' | b'-' | b'_' | b'~'));
    let (word, tail) = letters(if separated { rest.get(1..).unwrap_or_default() } else { rest });
    let lower = word.to_ascii_lowercase();
    let place = match lower.as_slice() {
        b"dev" | b"snapshot" => 1,
        b"alpha" => 2,
        b"beta" => 3,
        b"pre" | b"preview" | b"milestone" => 4,
        b"rc" | b"cr" => 5,
        b"post" | b"patch" | b"pl" | b"p" | b"sp" | b"r" if separated => LATER,
        [letter] if !separated && tail.is_empty() => {
            key.byte(LETTER);
            key.byte(*letter);
            return Ok(());
        }
        _ => return Err("what follows the numbers has no order that all agree on"),
    };
    key.byte(place);
    let tail = match tail.split_first() {
        Some((b'.' | b'-' | b'_', after)) if after.first().is_some_and(u8::is_ascii_digit) => after,
        _ => tail,
    };
    let (number, tail) = digits(tail);
    key.number(number);
    if tail.is_empty() { Ok(()) } else { Err("something follows the version") }
}
