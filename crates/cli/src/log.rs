//! What goes wrong while the program runs, for whoever operates it: a line each on standard error.

use std::fmt::{Debug, Write as _};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Longest line, in characters: what an upstream or a log host says can't fill a disk.
const LONGEST: usize = 2_000;

/// Writes warnings and errors from now on, and with `more` also what went well.
pub(crate) fn begin(more: bool) {
    let least = if more { Level::INFO } else { Level::WARN };
    // there is no other, and a second call would change nothing
    let _first = tracing::subscriber::set_global_default(Lines { least });
}

/// Lines on standard error.
struct Lines {
    least: Level,
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= self.least
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let level = match *event.metadata().level() {
            Level::ERROR => "error",
            Level::WARN => "warning",
            _ => "note",
        };
        eprintln!("{level}: {}", line.shown());
    }

    // there are no spans
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// An event as one line: its message, then its fields.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let written = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
        // a String takes every write
        debug_assert!(written.is_ok(), "a value that can't be shown");
    }
}

impl Line {
    /// Without what could move a terminal's cursor or begin another line.
    fn shown(&self) -> String {
        let all = self.message.chars().chain(self.fields.chars()).take(LONGEST);
        all.map(|c| if c.is_control() { ' ' } else { c }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Line;

    #[test]
    fn a_line_stays_one_line() {
        let line = Line { message: "a\nb\u{1b}[2J".to_owned(), fields: " c=1".to_owned() };
        assert_eq!(line.shown(), "a b [2J c=1");
        let long = Line { message: "x".repeat(5_000), ..Line::default() };
        assert_eq!(long.shown().len(), super::LONGEST);
    }
}
