//! The worklist as plain text.

use super::{ActionView, WorklistView};
use domain::Vocabulary;
use std::fmt::Write as _;

impl WorklistView {
    /// Plain text, at most as wide as its longest command.
    pub fn text(&self, words: &Vocabulary) -> String {
        let mut out = format!("{}\n{}\n", self.title, self.as_of);
        if let Some(nothing) = &self.nothing {
            let _ = writeln!(out, "\n{nothing}");
        }
        if let Some(heading) = &self.today_heading {
            section(&mut out, words, heading, &self.today, 1);
        }
        if let Some(q) = &self.question {
            let _ = writeln!(out, "\n{}\n\n  {}\n  {}\n  {}", q.heading, q.ask, q.if_yes, q.if_no);
        }
        if !self.then.is_empty() {
            section(&mut out, words, &self.then_heading, &self.then, self.today.len() + 1);
        }
        let lists = [
            (&self.notices_heading, &self.notices),
            (&self.unknowns_heading, &self.unknowns),
            (&self.suppressed_heading, &self.suppressed),
        ];
        for (heading, lines) in lists {
            list(&mut out, heading, lines);
        }
        out.push('\n');
        for line in &self.footer {
            let _ = writeln!(out, "{line}");
        }
        out
    }
}

/// Lines under a heading; nothing where there is no line.
pub(in crate::worklist) fn list(out: &mut String, heading: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{heading}\n");
    for line in lines {
        let _ = writeln!(out, "  - {line}");
    }
}

pub(in crate::worklist) fn section(
    out: &mut String,
    words: &Vocabulary,
    heading: &str,
    actions: &[ActionView],
    first: usize,
) {
    let _ = writeln!(out, "\n{heading}");
    for (i, a) in actions.iter().enumerate() {
        let _ = writeln!(out, "\n{:>3}. {} {}", first + i, a.what, a.due);
        let mut field = |key: &str, lines: &mut dyn Iterator<Item = &str>| {
            let mut label = words.word(key).to_owned();
            for line in lines {
                let _ = writeln!(out, "     {label:<12} {line}");
                label.clear();
            }
        };
        field("worklist-where", &mut std::iter::once(a.place.as_str()));
        field("worklist-why", &mut a.why.iter().chain(&a.because).map(String::as_str));
        field("worklist-first", &mut a.first.iter().map(String::as_str));
        field("worklist-how", &mut a.how.lines());
        field("worklist-how-long", &mut a.how_long.lines());
        field("worklist-check", &mut a.check.lines());
        field("worklist-closes", &mut std::iter::once(a.closes.as_str()));
    }
}
