//! What a supplier says of a flaw in its product, read: OpenVEX 0.2, CycloneDX 1.4 to 1.7, CSAF 2.0 and 2.1.
//!
//! A statement counts for the package URLs it names. A document is outside text: it is believed only
//! because somebody chose to give it, and its reason is always shown.

mod csaf;
mod cyclonedx;
mod openvex;

use versions::Purl;

use crate::error::{Format, Place, Problem, ReadError};
use crate::json;

/// Largest document that is read, in bytes.
pub const MAX_VEX_BYTES: usize = 256 << 20;

/// Most statements of one document.
pub const MAX_STATEMENTS: usize = 1_000_000;

/// The state of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// The flaw does not matter there.
    NotAffected,
    /// It does.
    Affected,
    /// It is mended there.
    Fixed,
    /// Not known yet.
    UnderInvestigation,
}

/// What is said of one flaw in some products.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Every id of the flaw.
    pub ids: Vec<String>,
    /// The packages; one without version is all of its versions.
    pub products: Vec<Purl>,
    /// Their state.
    pub status: Status,
    /// Why, as the document puts it: a word of its list, a sentence, or both.
    pub reason: Option<String>,
}

/// Reads a VEX document of any of the three kinds.
///
/// # Errors
/// [`ReadError`] with line or path; a document of another kind.
pub fn read(bytes: &[u8]) -> Result<Vec<Statement>, ReadError> {
    let statements = match json::first_key(bytes, &["@context", "bomFormat", "document"]) {
        Some("@context") => openvex::read(bytes)?,
        Some("bomFormat") => cyclonedx::read(bytes)?,
        Some(_) => csaf::read(bytes)?,
        None => {
            let rule = "this is no VEX document: OpenVEX has `@context`, CycloneDX `bomFormat`, CSAF `document`";
            return Err(ReadError::new(Format::Vex, Place::default(), Problem::Rule(rule)));
        }
    };
    if statements.len() > MAX_STATEMENTS {
        let problem = Problem::TooMany { what: "statements", bound: MAX_STATEMENTS };
        return Err(ReadError::new(Format::Vex, Place::default(), problem));
    }
    Ok(statements)
}

/// A word of a list and a sentence as one reason.
fn reason(word: Option<&str>, sentence: Option<&str>) -> Option<String> {
    let filled =
        |text: Option<&str>| text.map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    match (filled(word).map(|word| word.replace('_', " ")), filled(sentence)) {
        (Some(word), Some(sentence)) => Some(format!("{word}: {sentence}")),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests;
