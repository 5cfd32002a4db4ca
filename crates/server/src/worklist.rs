//! The worklist as one page that can be printed: no script, no outside file, all in one.

use askama::Template;
use remediation::WorklistView;

#[derive(Template)]
#[template(path = "worklist.html")]
struct Page<'a> {
    view: &'a WorklistView,
    style: &'static str,
}

/// The page's HTML.
///
/// # Errors
/// Never for values that are text; the template engine's own.
pub fn page(view: &WorklistView) -> Result<String, askama::Error> {
    Page { view, style: include_str!("../templates/style.css") }.render()
}
