//! The worklist as one page, no script, no outside file, all in one. A screen shows all of it; printed, it is one sheet.

use askama::Template;
use domain::Vocabulary;
use remediation::{Sheet, WorklistView};

#[derive(Template)]
#[template(path = "worklist.html")]
struct Page<'a> {
    view: &'a WorklistView,
    sheet: Sheet,
    words: &'a Vocabulary,
    language: &'a str,
    style: &'static str,
}

/// The page's HTML, in the words of `language`.
///
/// # Errors
/// Never for values that are text; the template engine's own.
pub fn page(
    view: &WorklistView,
    words: &Vocabulary,
    language: &str,
) -> Result<String, askama::Error> {
    let style = include_str!("../templates/style.css");
    Page { view, sheet: view.sheet(), words, language, style }.render()
}

impl Page<'_> {
    /// What is said on paper of what only the screen shows; nothing where the sheet has all.
    fn more(&self, all: usize, printed: &usize) -> Option<String> {
        let more = all.saturating_sub(*printed);
        let said = self.words.word("worklist-more").replace("{count}", &more.to_string());
        (more > 0).then_some(said)
    }
}

/// A text in pieces, with whether each is a date: dates don't break over lines.
fn pieces(text: &str) -> Vec<(bool, &str)> {
    let (mut all, mut rest, mut from) = (Vec::new(), text, 0);
    while let Some(window) = rest.get(from..) {
        let Some(at) = window.find(|c: char| c.is_ascii_digit()).map(|at| from + at) else { break };
        let before = rest.get(..at).unwrap_or_default();
        let word = rest.get(at..).unwrap_or_default();
        let end = word.find(|c: char| !joins(c)).unwrap_or(word.len());
        let (word, after) = word.split_at(end);
        if is_date(word) && !before.ends_with(joins) {
            all.extend((!before.is_empty()).then_some((false, before)));
            all.push((true, word));
            (rest, from) = (after, 0);
        } else {
            from = at + end;
        }
    }
    all.extend((!rest.is_empty()).then_some((false, rest)));
    all
}

/// `2026-12-07`
fn is_date(word: &str) -> bool {
    let fits = |(at, byte): (usize, u8)| {
        if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() }
    };
    word.len() == 10 && word.bytes().enumerate().all(fits)
}

/// What a date would be a part of.
fn joins(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

#[cfg(test)]
mod tests;
