//! PEP 440 keys (version specifiers specification, "Summary of permitted suffixes and relative
//! ordering"), in the permissive grammar that `packaging` reads.
//!
//! Key: epoch; release numbers without trailing zeros, closed by `0x00`; prerelease phase; post;
//! dev; local. Absent parts are bytes below or above the present ones, exactly as the sort key of
//! `packaging` puts minus and plus infinity there.

use crate::key::{KeyWriter, take_while};

/// Reads the lower-cased text from left to right.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn digits(&mut self) -> &'a [u8] {
        let (digits, rest) = take_while(self.0, |byte| byte.is_ascii_digit());
        self.0 = rest;
        digits
    }

    fn eat(&mut self, text: &[u8]) -> bool {
        let Some(rest) = self.0.strip_prefix(text) else { return false };
        self.0 = rest;
        true
    }

    fn separator(&mut self) -> bool {
        if let Some((b'-' | b'_' | b'.', rest)) = self.0.split_first() {
            self.0 = rest;
            true
        } else {
            false
        }
    }

    /// `[-_.]? word [-_.]? digits?`, where `word` is the first of `words` that fits.
    ///
    /// Moves only when a word was found.
    fn labelled(&mut self, words: &[(&'static [u8], u8)]) -> Option<(u8, &'a [u8])> {
        let start = self.0;
        self.separator();
        for (word, label) in words {
            if self.eat(word) {
                self.separator();
                return Some((*label, self.digits()));
            }
        }
        self.0 = start;
        None
    }
}

const PRE: [(&[u8], u8); 8] = [
    (b"alpha", 2),
    (b"a", 2),
    (b"beta", 3),
    (b"b", 3),
    (b"preview", 4),
    (b"pre", 4),
    (b"rc", 4),
    (b"c", 4),
];
const POST: [(&[u8], u8); 3] = [(b"post", 2), (b"rev", 2), (b"r", 2)];
const DEV: [(&[u8], u8); 1] = [(b"dev", 1)];

pub(crate) fn write(text: &str, key: &mut KeyWriter) -> Result<(), &'static str> {
    let text = text.trim_matches(is_blank);
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return lowered(&text.to_ascii_lowercase(), key);
    }
    lowered(text, key)
}

fn lowered(text: &str, key: &mut KeyWriter) -> Result<(), &'static str> {
    let mut cursor = Cursor(text.as_bytes());
    cursor.eat(b"v");
    let mut first = cursor.digits();
    if !first.is_empty() && cursor.eat(b"!") {
        key.number(first);
        first = cursor.digits();
    } else {
        key.number(b"");
    }
    release(first, &mut cursor, key)?;

    let pre = cursor.labelled(&PRE);
    let post = implicit_post(&mut cursor).or_else(|| cursor.labelled(&POST).map(|(_, n)| n));
    let dev = cursor.labelled(&DEV).map(|(_, digits)| digits);
    match (pre, post, dev) {
        (Some((phase, digits)), _, _) => {
            key.byte(phase);
            key.number(digits);
        }
        (None, None, Some(_)) => key.byte(1),
        (None, _, _) => key.byte(5),
    }
    match post {
        None => key.byte(1),
        Some(digits) => {
            key.byte(2);
            key.number(digits);
        }
    }
    match dev {
        None => key.byte(2),
        Some(digits) => {
            key.byte(1);
            key.number(digits);
        }
    }
    local(&mut cursor, key)?;
    if cursor.0.is_empty() { Ok(()) } else { Err("something follows the version") }
}

/// The blanks that `packaging` strips.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

/// Release numbers; trailing zeros do not count, but `0` alone is a release.
fn release<'a>(
    first: &'a [u8],
    cursor: &mut Cursor<'a>,
    key: &mut KeyWriter,
) -> Result<(), &'static str> {
    if first.is_empty() {
        return Err("it must begin with a number");
    }
    // zeros are owed until a number above zero follows
    let mut owed = 0;
    let mut digits = first;
    loop {
        if digits.iter().all(|digit| *digit == b'0') {
            owed += 1;
        } else {
            for _ in 0..owed {
                key.number(b"");
            }
            owed = 0;
            key.number(digits);
        }
        match cursor.0.split_first() {
            Some((b'.', rest)) if rest.first().is_some_and(u8::is_ascii_digit) => {
                cursor.0 = rest;
                digits = cursor.digits();
            }
            _ => break,
        }
    }
    key.byte(0);
    Ok(())
}

/// `-N`, the short form of a post release.
fn implicit_post<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    let start = cursor.0;
    if cursor.eat(b"-") {
        let digits = cursor.digits();
        if !digits.is_empty() {
            return Some(digits);
        }
    }
    cursor.0 = start;
    None
}

/// `+local`: text segments sort before numbers, a prefix before what it begins.
fn local(cursor: &mut Cursor<'_>, key: &mut KeyWriter) -> Result<(), &'static str> {
    if !cursor.eat(b"+") {
        key.byte(0);
        return Ok(());
    }
    key.byte(1);
    for segment in cursor.0.split(|byte| matches!(byte, b'-' | b'_' | b'.')) {
        if segment.is_empty() {
            return Err("a segment of the local version is empty");
        }
        if !segment.iter().all(u8::is_ascii_alphanumeric) {
            return Err("the local version has a character other than letters and digits");
        }
        if segment.iter().all(u8::is_ascii_digit) {
            key.byte(2);
            key.number(segment);
        } else {
            key.byte(1);
            key.text(segment);
        }
    }
    key.byte(0);
    cursor.0 = b"";
    Ok(())
}

#[cfg(test)]
mod tests;
