//! Conan keys: the `Version` of Conan 2.
//!
//! `items[-prerelease][+build]`, each split at `.`; trailing zero items do not count. Numbers sort
//! by value, before words; an item that begins with digits sorts by them first. Conan itself
//! compares a number with such an item as text, which is no order (`9` < `10` < `1a` < `9`).
//! A prerelease sorts before the version, a build after it.

use crate::key::{KeyWriter, digits, is_zero};

const END: u8 = 0x00;
/// Words whose first character sorts before digits.
const LOW: u8 = 0x01;
const NUMBER: u8 = 0x02;
const WORD: u8 = 0x03;

pub(crate) fn write(text: &str, key: &mut KeyWriter) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("it is empty");
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("it has a blank or a character outside ASCII");
    }
    let (text, build) = match text.rsplit_once('+') {
        Some((text, build)) => (text, Some(build)),
        None => (text, None),
    };
    let (version, prerelease) = match text.split_once('-') {
        Some((version, prerelease)) => (version, Some(prerelease)),
        None => (text, None),
    };
    items(version, key);
    match prerelease {
        None => key.byte(0xff),
        Some(prerelease) => {
            key.byte(1);
            items(prerelease, key);
        }
    }
    match build {
        None => key.byte(0),
        Some(build) => {
            key.byte(1);
            items(build, key);
        }
    }
    Ok(())
}

fn items(text: &str, key: &mut KeyWriter) {
    let mut owed = 0;
    for item in text.as_bytes().split(|byte| *byte == b'.') {
        let (number, rest) = digits(item);
        if !number.is_empty() && rest.is_empty() && is_zero(number) {
            owed += 1;
            continue;
        }
        for _ in 0..std::mem::take(&mut owed) {
            key.byte(NUMBER);
            key.number(b"");
            key.text(b"");
        }
        if number.is_empty() {
            key.byte(if item.first().is_none_or(|first| *first < b'0') { LOW } else { WORD });
        } else {
            key.byte(NUMBER);
            key.number(number);
        }
        key.text(rest);
    }
    key.byte(END);
}
