//! What a person sees while a tour runs: a line an act, and a bar where somebody watches.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

/// The longest line of a note, in characters; a word that is longer stands alone.
const WIDTH: usize = 104;

/// The tour's voice.
#[derive(Debug)]
pub(crate) struct Show {
    quiet: bool,
    bar: ProgressBar,
    total: usize,
}

impl Show {
    /// A voice for a tour of `total` steps; silent when only JSON is wanted.
    pub(crate) fn new(quiet: bool, total: usize) -> Self {
        let watched = !quiet && std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        let bar = if watched {
            let style = ProgressStyle::with_template("{bar:24} {pos}/{len}  {msg}  {elapsed}");
            let bar = ProgressBar::new(total as u64);
            match style {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        } else {
            ProgressBar::hidden()
        };
        Self { quiet, bar, total }
    }

    /// A line.
    pub(crate) fn line(&self, text: &str) {
        if !self.quiet {
            self.bar.suspend(|| println!("{text}"));
        }
    }

    /// A step begins.
    pub(crate) fn step(&self, number: usize, title: &str) {
        self.bar.set_position(number.saturating_sub(1) as u64);
        self.bar.set_message(title.to_owned());
        self.bar.enable_steady_tick(Duration::from_millis(200));
        self.line(&format!("{number:>2}/{} {title}", self.total));
    }

    /// Something was done: what, by whom, as which statement, in how long.
    pub(crate) fn tick(&self, what: &str, who: &str, index: Option<u64>, took: Duration) {
        let place = index.map(|i| format!("#{i}")).unwrap_or_default();
        self.line(&format!("   ✓ {what:<64} {who:<22} {place:>4} {:>5.1} s", took.as_secs_f64()));
    }

    /// Something worth knowing, without an act.
    pub(crate) fn note(&self, text: &str) {
        for line in wrapped(text, WIDTH) {
            self.line(&format!("     {line}"));
        }
    }

    /// The tour ends: the bar goes.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// Lines of at most `width` characters, broken at spaces. The first keeps its indent.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    if text.chars().count() <= width {
        return vec![text.to_owned()];
    }
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) => lines.push(format!("  {word}")),
            None => {
                let indent: String = text.chars().take_while(|c| *c == ' ').collect();
                lines.push(indent + word);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests;
