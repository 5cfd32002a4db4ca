//! Keys of versions that are numbers with separators, and of plain texts.
//!
//! * Hackage: the Haskell Package Versioning Policy; `1.0` < `1.0.0`, numbers compare as a list.
//! * CRAN: "Writing R Extensions", §1.1.1; as Hackage, `-` separates like `.`.
//! * nginx: three numbers.
//! * `intdot` of VERS: leading numbers count, whatever follows the first other character does not;
//!   zeros at the end do not count.
//! * `lexicographic` of VERS: the text's code points.
//! * `datetime` of VERS: RFC 3339 instants.

use crate::key::{KeyWriter, digits, is_zero};

/// How the numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// Hackage.
    List,
    /// CRAN.
    Dashed,
    /// Three numbers.
    Three,
}

pub(crate) fn numbers(text: &str, how: Numbers, key: &mut KeyWriter) -> Result<(), &'static str> {
    let mut rest = text.as_bytes();
    let mut count = 0;
    loop {
        let (number, tail) = digits(rest);
        if number.is_empty() {
            return Err("numbers separated by dots are expected");
        }
        key.byte(1);
        key.number(number);
        count += 1;
        match tail.split_first() {
            None => break,
            Some((b'.', tail)) => rest = tail,
            Some((b'-', tail)) if how == Numbers::Dashed => rest = tail,
            Some(_) => return Err("it has a character other than digits and separators"),
        }
    }
    if how == Numbers::Three && count != 3 {
        return Err("three numbers separated by dots are expected");
    }
    key.byte(0);
    Ok(())
}

pub(crate) fn leading(text: &str, key: &mut KeyWriter) -> Result<(), &'static str> {
    let mut rest = text.as_bytes();
    if !rest.first().is_some_and(u8::is_ascii_digit) {
        return Err("it must begin with a number");
    }
    let mut owed = 0;
    loop {
        let (number, tail) = digits(rest);
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
        match tail.split_first() {
            Some((b'.', tail)) if tail.first().is_some_and(u8::is_ascii_digit) => rest = tail,
            _ => break,
        }
    }
    key.byte(0);
    Ok(())
}

pub(crate) fn lexicographic(text: &str, key: &mut KeyWriter) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("it is empty");
    }
    if text.contains('\0') {
        return Err("it has a NUL");
    }
    key.text(text.as_bytes());
    Ok(())
}

/// `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)`; the key is days and seconds in UTC, then the fraction.
pub(crate) fn instant(text: &str, key: &mut KeyWriter) -> Result<(), &'static str> {
    const SHAPE: &str = "an instant is written as 2024-01-31T12:00:00Z";
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Result<i64, &'static str> {
        let digits = bytes.get(from..to).ok_or(SHAPE)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(SHAPE);
        }
        Ok(digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
    };
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if marks.iter().any(|(at, mark)| bytes.get(*at) != Some(mark)) {
        return Err(SHAPE);
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) || day < 1 || day > days_of(year, month) {
        return Err("there is no such day");
    }
    if hour > 23 || minute > 59 || second > 60 {
        return Err("there is no such time of day");
    }
    let mut rest = bytes.get(19..).unwrap_or_default();
    let mut fraction: &[u8] = b"";
    if let Some((b'.', tail)) = rest.split_first() {
        (fraction, rest) = digits(tail);
        if fraction.is_empty() {
            return Err(SHAPE);
        }
    }
    let at = bytes.len() - rest.len();
    let offset = match rest {
        b"Z" => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let (hours, minutes) = (number(at + 1, at + 3)?, number(at + 4, at + 6)?);
            if hours > 23 || minutes > 59 {
                return Err("there is no such offset from UTC");
            }
            (hours * 60 + minutes) * if *sign == b'+' { 60 } else { -60 }
        }
        _ => return Err(SHAPE),
    };
    let seconds = (days_since_0(year, month, day) * 24 + hour) * 3600 + minute * 60 + second;
    // a day is added so that offsets before the first day of year 0 stay above zero
    let seconds = u64::try_from(seconds - offset + 86_400).expect("a day covers every offset");
    key.small(seconds);
    let end = fraction.iter().rposition(|digit| *digit != b'0').map_or(0, |at| at + 1);
    key.text(fraction.get(..end).unwrap_or_default());
    Ok(())
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1 March of the year before year 0 (proleptic Gregorian calendar), plus what keeps it positive.
fn days_since_0(year: i64, month: i64, day: i64) -> i64 {
    // the year begins in March, so that the leap day comes last
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let year = year + 400;
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1
}
