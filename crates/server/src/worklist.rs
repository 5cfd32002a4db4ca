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

#[cfg(test)]
mod tests;
