//! Lines of an iCalendar file (RFC 5545): folding, escaping, instants. What is in a calendar is its maker's.

use std::fmt;

/// Longest line, in octets without its end (3.1).
const WIDTH: usize = 75;

/// A calendar while it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar(String);

impl Calendar {
    /// Begins a calendar of a product, such as `-//Vestibule//review//EN`.
    pub fn begin(product: &str) -> Self {
        let mut begun = Self(String::new());
        begun.line("BEGIN", "VCALENDAR").line("VERSION", "2.0").line("PRODID", product);
        begun
    }

    /// A property whose value is written as it is.
    pub fn line(&mut self, name: &str, value: &str) -> &mut Self {
        self.fold(&format!("{name}:{value}"));
        self
    }

    /// A property whose value is text.
    pub fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.line(name, &escaped(value))
    }

    /// Ends it and gives the file.
    pub fn end(mut self) -> String {
        self.line("END", "VCALENDAR");
        self.0
    }

    /// A line, folded so that no part of it is longer than [`WIDTH`] and no character is cut.
    fn fold(&mut self, text: &str) {
        let mut used = 0;
        for c in text.chars() {
            if used + c.len_utf8() > WIDTH {
                self.0.push_str("\r\n ");
                used = 1;
            }
            self.0.push(c);
            used += c.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

/// An instant in RFC 3339 and UTC as a calendar writes it: `2026-11-23T08:00:00Z` as `20261123T080000Z`. Fractions of a
/// second go.
pub fn instant(instant: &impl fmt::Display) -> String {
    let text = instant.to_string();
    let whole = text.split(['.', 'Z']).next().unwrap_or_default();
    whole.chars().filter(char::is_ascii_alphanumeric).chain(['Z']).collect()
}

/// Text of a property (3.3.11).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    //! Folding and escaping.
    use super::*;

    #[test]
    fn lines_are_folded() {
        let mut calendar = Calendar::begin("-//x//EN");
        calendar.line("SUMMARY", &"é".repeat(60)).text("DESCRIPTION", "a;b,c\nd\\\u{7}");
        let out = calendar.end();
        assert!(out.split("\r\n").all(|part| part.len() <= WIDTH), "{out}");
        let whole = out.replace("\r\n ", "");
        assert!(whole.contains(&"é".repeat(60)), "{whole}");
        assert!(whole.contains("\r\nDESCRIPTION:a\\;b\\,c\\nd\\\\\r\n"), "{whole}");
        assert!(whole.starts_with("BEGIN:VCALENDAR\r\n") && whole.ends_with("END:VCALENDAR\r\n"));
        assert_eq!(instant(&"2026-11-23T08:00:00.5Z"), "20261123T080000Z");
    }
}
