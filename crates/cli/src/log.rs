//! What goes wrong while the program runs, for whoever operates it: a line each on standard error, with `--json` a JSON object
//! each. Of one kind [`MOST`] lines are written in a minute; the rest are counted, and the count is told when the minute is over.
#![expect(clippy::disallowed_methods, reason = "edge: dates its lines and waits for its minute")]

use operations::ctx::{Clock, SystemClock};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Longest line, in characters: what an upstream or a log host says can't fill a disk.
const LONGEST: usize = 2_000;
/// Most lines of one kind, in a minute.
const MOST: u32 = 5;
const MINUTE: Duration = Duration::from_secs(60);

/// What was written and left out.
static KINDS: OnceLock<Kinds> = OnceLock::new();

/// Writes warnings and errors from now on, and with `more` also what went well.
pub(crate) fn begin(more: bool, json: bool) {
    let least = if more { Level::INFO } else { Level::WARN };
    let kinds = KINDS.get_or_init(|| Kinds { json, ..Kinds::default() });
    // there is no other, and a second call would change nothing
    let _first = tracing::subscriber::set_global_default(Lines { least, kinds });
}

/// Tells what was left out and not told yet; the program ends.
pub(crate) fn end() {
    if let Some(kinds) = KINDS.get() {
        kinds.tell(Instant::now(), true);
    }
}

/// What a command does for as long as it runs, said once at its beginning: text for a terminal, or a JSON object.
pub(crate) fn say(json: bool, text: &str, object: &Value) {
    if json { eprintln!("{object}") } else { eprintln!("{text}") }
}

/// Lines on standard error.
struct Lines {
    least: Level,
    kinds: &'static Kinds,
}

/// What was written lately, by the place in the program that says it.
#[derive(Default)]
struct Kinds {
    json: bool,
    lately: Mutex<BTreeMap<&'static str, Lately>>,
}

/// What was written of one kind in its minute.
struct Lately {
    since: Instant,
    written: u32,
    left_out: u64,
    /// The latest of those that were left out.
    latest: Option<(Level, Line)>,
}

/// What becomes of a line.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Written,
    LeftOut,
    /// The first of its kind that is left out since the last time that this was told.
    LeftOutFirst,
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= self.least
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let (kind, level) = (event.metadata().name(), *event.metadata().level());
        let now = Instant::now();
        // one that is due is told before the next line of its kind
        self.kinds.tell(now, false);
        match self.kinds.take(kind, level, &line, now) {
            Fate::Written => eprintln!("{}", self.kinds.shown(level, &line, 0)),
            Fate::LeftOut => {}
            Fate::LeftOutFirst => self.kinds.tell_later(),
        }
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

impl Kinds {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Lately>> {
        self.lately.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a line.
    fn take(&self, kind: &'static str, level: Level, line: &Line, now: Instant) -> Fate {
        let mut all = self.lock();
        let fresh = || Lately { since: now, written: 0, left_out: 0, latest: None };
        let lately = all.entry(kind).or_insert_with(fresh);
        if now.duration_since(lately.since) >= MINUTE && lately.left_out == 0 {
            *lately = fresh();
        }
        if lately.written < MOST {
            lately.written += 1;
            return Fate::Written;
        }
        lately.left_out += 1;
        let first = lately.latest.is_none();
        lately.latest = Some((level, line.clone()));
        if first { Fate::LeftOutFirst } else { Fate::LeftOut }
    }

    /// Writes how many lines were left out of each kind whose minute is over, or of all, and begins a new minute for it.
    fn tell(&self, now: Instant, all: bool) {
        for (level, line, left_out) in self.due(now, all) {
            eprintln!("{}", self.shown(level, &line, left_out));
        }
    }

    fn due(&self, now: Instant, all: bool) -> Vec<(Level, Line, u64)> {
        let mut due = Vec::new();
        for lately in self.lock().values_mut() {
            if (all || now.duration_since(lately.since) >= MINUTE)
                && let Some((level, line)) = lately.latest.take()
            {
                due.push((level, line, lately.left_out));
                *lately = Lately { since: now, written: 0, left_out: 0, latest: None };
            }
        }
        due
    }

    /// Tells it when the minute is over, though nothing more may be said till then. Of each kind one thread at a time waits for
    /// that, since only the first line that is left out begins one.
    fn tell_later(&self) {
        let wait = || {
            std::thread::sleep(MINUTE);
            if let Some(kinds) = KINDS.get() {
                kinds.tell(Instant::now(), false);
            }
        };
        // where no thread can be had, the next line of any kind tells it, or the end
        let _thread = std::thread::Builder::new().name("log".to_owned()).spawn(wait);
    }

    /// A line as it is written; where some were left out, it is the latest of them.
    fn shown(&self, level: Level, line: &Line, left_out: u64) -> String {
        let level = match level {
            Level::ERROR => "error",
            Level::WARN => "warning",
            _ => "note",
        };
        if self.json {
            return line.object(level, left_out, &SystemClock.now().to_string());
        }
        let text = line.text();
        match left_out {
            0 => format!("{level}: {text}"),
            n => format!("{level}: {n} more like this in a minute, the latest: {text}"),
        }
    }
}

/// An event as one line: its message, then its fields.
#[derive(Debug, Clone, Default)]
struct Line {
    message: String,
    fields: Vec<(&'static str, Value)>,
}

impl Visit for Line {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.fields.push((field.name(), value.into()));
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.fields.push((field.name(), value.into()));
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.fields.push((field.name(), value.into()));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text_field(field, value.to_owned());
    }
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        let written = write!(text, "{value:?}");
        // a String takes every write
        debug_assert!(written.is_ok(), "a value that can't be shown");
        self.text_field(field, text);
    }
}

impl Line {
    fn text_field(&mut self, field: &Field, text: String) {
        // what is said is bounded before it is kept
        let text: String = text.chars().take(LONGEST).collect();
        match field.name() {
            "message" => self.message = text,
            name => self.fields.push((name, text.into())),
        }
    }

    /// Without what could move a terminal's cursor or begin another line.
    fn text(&self) -> String {
        let mut all = self.message.clone();
        for (name, value) in &self.fields {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            all = format!("{all} {name}={value}");
        }
        let all = all.chars().take(LONGEST);
        all.map(|c| if c.is_control() { ' ' } else { c }).collect()
    }

    fn object(&self, level: &str, left_out: u64, at: &str) -> String {
        let fields: Map<_, _> =
            self.fields.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
        let mut object = json!({"at": at, "level": level, "message": self.message});
        if let Value::Object(object) = &mut object {
            if !fields.is_empty() {
                object.insert("fields".to_owned(), fields.into());
            }
            if left_out > 0 {
                object.insert("left_out".to_owned(), left_out.into());
            }
        }
        object.to_string()
    }
}

#[cfg(test)]
mod tests;
