//! iCalendar (RFC 5545): one all-day event an action with a date.

use super::Worklist;
use crate::worklist::WorklistView;
use domain::Digest;

/// Longest line, in octets without its end (RFC 5545, 3.1).
const WIDTH: usize = 75;

impl Worklist {
    /// The dates of the worklist as a calendar, in the words of its view. An action keeps its event from one
    /// check to the next, so that a calendar moves it and does not show it twice.
    pub fn calendar(&self, view: &WorklistView) -> String {
        let mut out = String::new();
        let stamp = compact(&self.as_of.to_string());
        line(&mut out, "BEGIN:VCALENDAR");
        line(&mut out, "VERSION:2.0");
        line(&mut out, concat!("PRODID:-//Vestibule//", env!("CARGO_PKG_VERSION"), "//EN"));
        // the view has the same actions in the same order
        for (action, words) in self.items.iter().zip(view.today.iter().chain(&view.then)) {
            let Some(due) = action.plan_by else { continue };
            let places: Vec<_> = action.targets.iter().map(|t| t.asset.as_str()).collect();
            let id = format!("{} {} {}", action.ecosystem, action.package, places.join(" "));
            let about = [words.place.as_str(), &words.how, &words.check, &words.closes].join("\n");
            line(&mut out, "BEGIN:VEVENT");
            line(&mut out, &format!("UID:{}@worklist", Digest::of(id.as_bytes())));
            line(&mut out, &format!("DTSTAMP:{stamp}"));
            line(&mut out, &format!("DTSTART;VALUE=DATE:{}", due.date().replace('-', "")));
            line(&mut out, &format!("SUMMARY:{}", escaped(&words.what)));
            line(&mut out, &format!("DESCRIPTION:{}", escaped(&about)));
            line(&mut out, "TRANSP:TRANSPARENT");
            line(&mut out, "END:VEVENT");
        }
        line(&mut out, "END:VCALENDAR");
        out
    }
}

/// `2026-11-23T08:00:00Z` as `20261123T080000Z`; fractions of a second go.
fn compact(instant: &str) -> String {
    let whole = instant.split(['.', 'Z']).next().unwrap_or_default();
    whole.chars().filter(|c| c.is_ascii_alphanumeric()).chain(['Z']).collect()
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

/// A line, folded so that no part of it is longer than [`WIDTH`] and no character is cut.
fn line(out: &mut String, text: &str) {
    let mut used = 0;
    for c in text.chars() {
        if used + c.len_utf8() > WIDTH {
            out.push_str("\r\n ");
            used = 1;
        }
        out.push(c);
        used += c.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    //! Folding and escaping.
    use super::*;

    #[test]
    fn lines_are_folded() {
        let mut out = String::new();
        line(&mut out, &"é".repeat(60));
        assert!(out.split("\r\n").all(|part| part.len() <= WIDTH), "{out}");
        assert_eq!(out.replace("\r\n ", "").trim_end(), "é".repeat(60));
        assert_eq!(escaped("a;b,c\nd\\\u{7}"), "a\\;b\\,c\\nd\\\\");
        assert_eq!(compact("2026-11-23T08:00:00.5Z"), "20261123T080000Z");
    }
}
