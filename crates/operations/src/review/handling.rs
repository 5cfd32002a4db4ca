//! Handling marks: which may be here, and what to do about material whose mark may not.

use access::BreachKind;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MarksFile {
    #[serde(rename = "id")]
    _id: String,
    #[serde(rename = "version")]
    _version: String,
    #[serde(rename = "title")]
    _title: String,
    #[serde(rename = "citation")]
    _citation: String,
    #[serde(rename = "url")]
    _url: String,
    #[serde(rename = "retrieved")]
    _retrieved: String,
    #[serde(rename = "source")]
    _source: String,
    #[serde(rename = "note")]
    _note: String,
    mark: Vec<Mark>,
}

/// One handling mark.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// Its name, as a banner begins.
    pub name: String,
    /// Whether its material may be on this tier.
    pub here: bool,
    /// Whether its material may be published.
    #[serde(default)]
    pub public: bool,
    /// What it means, in plain words.
    pub means: String,
}

/// The shipped marks, the longest names first, so that the front of a banner finds the right one.
fn marks() -> Result<Vec<Mark>, String> {
    let file: MarksFile = toml::from_str(crate::rules::HANDLING).map_err(|e| e.to_string())?;
    let mut marks = file.mark;
    marks.sort_by_key(|mark| std::cmp::Reverse(mark.name.len()));
    Ok(marks)
}

/// The mark that a text begins with: its name, then nothing more or `//`.
fn begins(marks: &[Mark], text: &str) -> Option<Mark> {
    let text = text.trim().trim_start_matches(['(', '[']).to_ascii_uppercase();
    let found = marks.iter().find(|mark| {
        let rest = text.strip_prefix(mark.name.as_str());
        rest.is_some_and(|rest| {
            let rest = rest.trim_start().trim_start_matches([')', ']']);
            rest.is_empty() || rest.starts_with("//")
        })
    });
    found.cloned()
}

/// Whether a reference or report may carry this mark here.
///
/// # Errors
/// An unknown mark, or one whose material may not be here, with what to do.
pub fn handling(mark: &str) -> Result<Mark, String> {
    let marks = marks()?;
    match begins(&marks, mark) {
        Some(found) if found.here => Ok(found),
        Some(found) => Err(not_here(&found.name)),
        None => {
            let given: String = mark.chars().take(80).collect();
            let here: Vec<_> = marks.iter().filter(|m| m.here).map(|m| m.name.as_str()).collect();
            Err(format!(
                "`{given}` is no handling mark known here; one of {}, perhaps with `//` and more",
                here.join(", ")
            ))
        }
    }
}

/// Whether what carries this mark may be published.
///
/// # Errors
/// An unknown mark, or one that keeps its material from the public.
pub fn publishable(mark: &str) -> Result<(), String> {
    let found = handling(mark)?;
    if found.public {
        return Ok(());
    }
    let marks = marks()?;
    let public: Vec<_> = marks.iter().filter(|m| m.public).map(|m| m.name.as_str()).collect();
    Err(format!(
        "{} material is not for the public: {}. Publish what carries {}, after whoever marked it took the mark off",
        found.name,
        found.means,
        public.join(" or ")
    ))
}

fn not_here(name: &str) -> String {
    let steps: Vec<_> =
        BreachKind::Spill.steps().iter().map(|step| format!("\n  - {step}")).collect();
    format!(
        "material marked {name} may not be on this tier, and neither its text nor its digest is stated. Refer to it where it is held, and give here a reference that carries no mark.\nIf such material is on this machine already, it is a spill:{}\n  then: vestibule review notice-breach --kind spill --account \"…\" (that it happened, not what it says)",
        steps.concat()
    )
}

/// Looks at the first and last lines of a document for a banner whose material may not be here. It finds marks, not what
/// lacks one.
///
/// # Errors
/// The mark, with what to do.
pub fn banner(document: &[u8]) -> Result<(), String> {
    let marks = marks()?;
    let text =
        String::from_utf8_lossy(document.get(..document.len().min(1 << 20)).unwrap_or(document));
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let ends = lines.iter().take(3).chain(lines.iter().rev().take(3));
    for line in ends {
        if let Some(found) = begins(&marks, line)
            && !found.here
        {
            return Err(not_here(&found.name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
