//! The worklist as one page that can be printed: no script, no outside file, all in one.

use askama::Template;
use domain::Vocabulary;
use remediation::WorklistView;

#[derive(Template)]
#[template(path = "worklist.html")]
struct Page<'a> {
    view: &'a WorklistView,
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
    Page { view, words, language, style: include_str!("../templates/style.css") }.render()
}

#[cfg(test)]
mod tests;
