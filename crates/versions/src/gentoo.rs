//! Gentoo keys: the Package Manager Specification, §3.2 and §3.3.
//!
//! Grammar: `number{.number}[letter]{_suffix[number]}[-rN]`. Numbers after the first that begin with
//! `0` compare as text without trailing zeros, and sort before the others. More numbers sort after
//! fewer, before the letter is looked at; `_p` sorts after no suffix, every other suffix before.

use crate::key::{KeyWriter, digits, is_zero, take_while};

/// No further suffix.
const NO_SUFFIX: u8 = 5;

const SUFFIXES: [(&[u8], u8); 5] =
    [(b"alpha", 1), (b"beta", 2), (b"pre", 3), (b"rc", 4), (b"p", 6)];

pub(crate) fn write(text: &str, key: &mut KeyWriter) -> Result<(), &'static str> {
    let (first, mut rest) = digits(text.as_bytes());
    if first.is_empty() {
        return Err("it must begin with a number");
    }
    key.number(first);
    while let Some((b'.', tail)) = rest.split_first() {
        let (number, tail) = digits(tail);
        if number.is_empty() {
            return Err("a number is missing after `.`");
        }
        if number.first() == Some(&b'0') {
            key.byte(1);
            let end = number.iter().rposition(|digit| *digit != b'0').map_or(0, |at| at + 1);
            key.text(number.get(..end).unwrap_or_default());
        } else {
            key.byte(2);
            key.number(number);
        }
        rest = tail;
    }
    key.byte(0);
    match rest.split_first() {
        Some((letter, tail)) if letter.is_ascii_lowercase() => {
            key.byte(*letter);
            rest = tail;
        }
        _ => key.byte(0),
    }
    while let Some((b'_', tail)) = rest.split_first() {
        let (word, tail) = take_while(tail, |byte| byte.is_ascii_lowercase());
        let Some((_, place)) = SUFFIXES.iter().find(|(suffix, _)| *suffix == word) else {
            return Err("a suffix after `_` is none of alpha, beta, pre, rc, p");
        };
        key.byte(*place);
        let (number, tail) = digits(tail);
        key.number(number);
        rest = tail;
    }
    key.byte(NO_SUFFIX);
    let revision = match rest.strip_prefix(b"-r") {
        None => b"".as_slice(),
        Some(tail) => {
            let (revision, tail) = digits(tail);
            if revision.is_empty() {
                return Err("a number is missing after `-r`");
            }
            rest = tail;
            revision
        }
    };
    key.number(if is_zero(revision) { b"" } else { revision });
    if rest.is_empty() { Ok(()) } else { Err("something follows the version") }
}
