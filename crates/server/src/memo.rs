//! The determination memo as one page: no script, no outside file, pictures as SVG with their numbers in a table beside them; and as
//! Typst source, from which an installed `typst` makes the PDF.

mod charts;

use askama::Template;
use measurement::Memo;

#[derive(Template)]
#[template(path = "memo.html")]
struct Page<'a> {
    memo: &'a Memo,
    evidence: Option<String>,
    capability: Option<String>,
    families: Option<String>,
    style: &'static str,
}

/// The memo's HTML.
///
/// # Errors
/// Never for values that are text; the template engine's own.
pub fn page(memo: &Memo) -> Result<String, askama::Error> {
    let [evidence, capability, families] = charts::all(memo);
    let style = include_str!("../templates/style.css");
    Page { memo, evidence, capability, families, style }.render()
}

/// The memo as Typst source (0.13 or later): `typst compile memo.typ` makes the PDF. It needs no package and no other file.
pub fn typst(memo: &Memo) -> String {
    let [evidence, capability, families] = charts::all(memo);
    let data = serde_json::json!({
        "memo": memo, "evidence": evidence, "capability": capability, "families": families,
    });
    // a JSON text within a Typst string: only these two characters mean anything there
    let quoted = data.to_string().replace('\\', "\\\\").replace('"', "\\\"");
    format!("#let data = json(bytes(\"{quoted}\"))\n{}", include_str!("../templates/memo.typ"))
}

/// A number with its places, for templates.
trait Places {
    fn places(&self, n: usize) -> String;
    fn percent(&self) -> String;
}

impl Places for f64 {
    fn places(&self, n: usize) -> String {
        // no minus before a zero
        let text = format!("{self:.n$}");
        if text.trim_start_matches(['-', '0', '.']).is_empty() {
            text.trim_start_matches('-').to_owned()
        } else {
            text.replace('-', "−")
        }
    }

    fn percent(&self) -> String {
        format!("{:.0} %", 100.0 * self)
    }
}

#[cfg(test)]
mod tests;
