//! Alpine keys: the order of apk-tools 3 (`apk-package(5)`, `version.c`).
//!
//! Grammar: `number{.number}[letter]{_suffix[number]}[~hash][-rN]`. A number after the first that
//! begins with `0` compares as text and sorts before the others. Where one version ends, a
//! pre-release suffix sorts before the end, and after the end sort: revision, hash, the number of a
//! suffix, a post-release suffix, a letter, a further number.

use crate::key::{KeyWriter, digits, take_while};

const END: u8 = 0x08;
const REVISION: u8 = 0x09;
const HASH: u8 = 0x0a;
const SUFFIX_NUMBER: u8 = 0x0b;
const LETTER: u8 = 0x1e;
const NUMBER: u8 = 0x1f;

/// Suffixes and their place: before the end, or after it.
const SUFFIXES: [(&[u8], u8); 9] = [
    (b"alpha", 0x01),
    (b"beta", 0x02),
    (b"pre", 0x03),
    (b"rc", 0x04),
    (b"cvs", 0x10),
    (b"svn", 0x11),
    (b"git", 0x12),
    (b"hg", 0x13),
    (b"p", 0x14),
];

pub(crate) fn write(text: &str, key: &mut KeyWriter) -> Result<(), &'static str> {
    let mut rest = text.as_bytes();
    let (first, tail) = digits(rest);
    if first.is_empty() {
        return Err("it must begin with a number");
    }
    key.number(first);
    rest = tail;
    while let Some((b'.', tail)) = rest.split_first() {
        let (number, tail) = digits(tail);
        if number.is_empty() {
            return Err("a number is missing after `.`");
        }
        key.byte(NUMBER);
        fraction(number, key);
        rest = tail;
    }
    if let Some((letter, tail)) = rest.split_first()
        && letter.is_ascii_lowercase()
    {
        key.byte(LETTER);
        key.byte(*letter);
        rest = tail;
    }
    while let Some((b'_', tail)) = rest.split_first() {
        let (word, tail) = take_while(tail, |byte| byte.is_ascii_lowercase());
        let Some((_, place)) = SUFFIXES.iter().find(|(suffix, _)| *suffix == word) else {
            return Err("a suffix after `_` is none of alpha, beta, pre, rc, cvs, svn, git, hg, p");
        };
        key.byte(*place);
        let (number, tail) = digits(tail);
        if !number.is_empty() {
            key.byte(SUFFIX_NUMBER);
            key.number(number);
        }
        rest = tail;
    }
    if let Some((b'~', tail)) = rest.split_first() {
        let (hash, tail) = take_while(tail, |byte| byte.is_ascii_hexdigit());
        if hash.is_empty() {
            return Err("the commit after `~` is missing");
        }
        key.byte(HASH);
        key.text(hash);
        rest = tail;
    }
    if let Some(tail) = rest.strip_prefix(b"-r") {
        let (revision, tail) = digits(tail);
        if revision.is_empty() {
            return Err("a number is missing after `-r`");
        }
        key.byte(REVISION);
        key.number(revision);
        rest = tail;
    }
    key.byte(END);
    if rest.is_empty() { Ok(()) } else { Err("something follows the version") }
}

/// With a leading zero: text, before all numbers without.
fn fraction(digits: &[u8], key: &mut KeyWriter) {
    if digits.first() == Some(&b'0') {
        key.byte(1);
        key.text(digits);
    } else {
        key.byte(2);
        key.number(digits);
    }
}
