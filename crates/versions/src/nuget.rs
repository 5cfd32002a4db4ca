//! NuGet keys: `NuGetVersion` and `VersionComparer.VersionRelease` of NuGet.Versioning.
//!
//! One to four numbers, missing ones are zero, leading zeros do not count; prerelease labels as in
//! Semantic Versioning but without regard to case; build metadata takes no part. A number over
//! 2^31-1 is refused in the version and is text as a label, since NuGet reads both into an `int`.

use crate::key::{KeyWriter, digits, is_zero, number_of, take_while};

const MOST: u64 = i32::MAX.unsigned_abs() as u64;

pub(crate) fn write(text: &str, key: &mut KeyWriter) -> Result<(), &'static str> {
    let mut rest = text.trim_matches(' ').as_bytes();
    for part in 0..4 {
        if part > 0 {
            match rest.split_first() {
                Some((b'.', tail)) => rest = tail,
                _ => {
                    key.number(b"");
                    continue;
                }
            }
        }
        let (number, tail) = digits(rest);
        if number.is_empty() {
            return Err("a number is missing");
        }
        if number_of(number).is_none_or(|value| value > MOST) {
            return Err("a number is too large");
        }
        key.number(number);
        rest = tail;
    }
    let (labels, build) = match rest.split_first() {
        Some((b'-', tail)) => {
            let (labels, rest) = take_while(tail, |byte| byte != b'+');
            (Some(labels), rest)
        }
        _ => (None, rest),
    };
    match build.split_first() {
        None => {}
        Some((b'+', build)) => each(build, |_| {})?,
        Some(_) => return Err("something follows the version"),
    }
    let Some(labels) = labels else {
        key.byte(0xff);
        return Ok(());
    };
    each(labels, |label| {
        let number = label.iter().all(u8::is_ascii_digit);
        if number && (is_zero(label) || number_of(label).is_some_and(|value| value <= MOST)) {
            key.byte(1);
            key.number(label);
        } else {
            key.byte(2);
            key.upper_text(label);
        }
    })?;
    key.byte(0);
    Ok(())
}

fn each(text: &[u8], mut each: impl FnMut(&[u8])) -> Result<(), &'static str> {
    for label in text.split(|byte| *byte == b'.') {
        if label.is_empty() {
            return Err("a label is empty");
        }
        if !label.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-') {
            return Err("a label has a character other than letters, digits and `-`");
        }
        each(label);
    }
    Ok(())
}
