//! Signals of misuse, as one page: no script, no outside file.

use askama::Template;
use operations::gate::{About, Looked};

#[derive(Template)]
#[template(path = "signals.html")]
struct Page<'a> {
    looked: &'a Looked,
    style: &'static str,
}

impl Page<'_> {
    /// What else is known of the signal at a place of the list.
    fn about(&self, index: &usize) -> Option<&About> {
        self.looked.about.get(*index)
    }
}

/// The page's HTML.
///
/// # Errors
/// Never for values that are text; the template engine's own.
pub fn page(looked: &Looked) -> Result<String, askama::Error> {
    Page { looked, style: include_str!("../templates/style.css") }.render()
}
