//! Arithmetic of due dates.
//!
//! Hours run from the instant. Days and months are calendar units: the day of the start is not
//! counted, and the clock ends with the last microsecond of the last day in UTC, which comes before
//! the end of that day in Washington. Weekends and holidays count; an adjustment has to be recorded
//! with its source.

use domain::{Span, Timestamp};
use std::fmt;

/// How long a clock runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Length {
    /// Hours, from the instant.
    Hours(u32),
    /// Calendar days.
    Days(u32),
    /// Calendar months: the same day of a later month, or its last day.
    Months(u32),
}

/// A rule's clock.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Clock {
    /// The start it runs from, by its id in the pack.
    pub from: Box<str>,
    /// How long it runs.
    pub length: Length,
    /// What the text allows on top under a condition of its own.
    pub extension: Option<Length>,
}

impl Length {
    /// The last instant that is still in time.
    pub fn due(self, start: Timestamp) -> Timestamp {
        match self {
            Self::Hours(n) => start.after(Span::hours(n.into())),
            Self::Days(n) => end_of_day(start.day().after(Span::days(n.into()))),
            Self::Months(n) => end_of_day(months_after(start, n)),
        }
    }
}

/// The last instant of the day.
fn end_of_day(at: Timestamp) -> Timestamp {
    at.day().after(Span::micros(Span::days(1).as_micros() - 1))
}

fn months_after(start: Timestamp, months: u32) -> Timestamp {
    // a span that jiff refuses lies past the year 9999
    let months = jiff::Span::new().try_months(months);
    let date = start.date().parse::<jiff::civil::Date>();
    let later = date.and_then(|d| d.checked_add(months?));
    later.map_or(Timestamp::MAX, |d| d.to_string().parse().unwrap_or(Timestamp::MAX))
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n, unit) = match self {
            Self::Hours(n) => (n, "hour"),
            Self::Days(n) => (n, "calendar day"),
            Self::Months(n) => (n, "calendar month"),
        };
        write!(f, "{n} {unit}{}", if *n == 1 { "" } else { "s" })
    }
}

#[cfg(test)]
mod tests;
