//! Showing some fields of a statement to somebody whom it was not sealed to, and checking what was shown.

mod names;
mod notation;

use crate::act::{ActError, Ctx};
use crate::audit::{self, AuditError};
use crate::files::{self, Access, FileError};
use crate::shred;
use domain::{Digest, PartyId, Timestamp};
use ledger::{
    Disclosure, DisclosureError, Grade, Header, OpenError, Opened, Part, Receipt, ReceiptError,
    Trust,
};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Most bytes of a disclosure or a receipt.
const LIMIT: u64 = 2 << 20;

/// Why nothing was disclosed, or a disclosure is not believed.
#[derive(Debug, thiserror::Error)]
pub enum DiscloseError {
    /// The log or the home.
    #[error(transparent)]
    Act(#[from] ActError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The receipt beside it.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The receipt can't be read a second time.
    #[error("the receipt can't be read")]
    Receipt(#[source] ReceiptError),
    /// No such statement.
    #[error(
        "the log has no statement `{0}`; give its index or its whole id, as `vestibule log show` has them"
    )]
    Unknown(String),
    /// This party can't read it.
    #[error("statement {0} can't be read here, so it can't be disclosed from here")]
    Unreadable(Digest, #[source] OpenError),
    /// A field that a statement of this kind does not have.
    #[error("`{given}` is no field of a `{kind}`; it has: {fields}")]
    Field {
        /// As typed.
        given: String,
        /// The statement's kind.
        kind: String,
        /// What it has.
        fields: String,
    },
    /// The disclosure.
    #[error("the disclosure is not good")]
    Disclosure(#[from] DisclosureError),
}

/// What was disclosed, or was shown by a disclosure that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// The file.
    pub file: PathBuf,
    /// The statement.
    pub id: Digest,
    /// Its place in the log.
    pub index: u64,
    /// Family and version of its payload.
    pub schema: String,
    /// What kind of statement it is.
    pub kind: String,
    /// Everyone who signed it.
    pub signers: Vec<PartyId>,
    /// When its issuer says it was stated.
    pub claimed_at: Timestamp,
    /// The fields that are shown.
    pub fields: Vec<Field>,
}

/// A field that is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its name, or its number where no name is known.
    pub name: String,
    /// Its value in CBOR diagnostic notation (RFC 8949 §8); of an instant also its date.
    pub value: String,
}

/// The names of the fields of a kind of statement; none where they are not known.
fn names_of(schema: &str, kind: &str) -> &'static [&'static str] {
    let found = names::NAMES.iter().find(|(s, k, _)| *s == schema && *k == kind);
    found.map_or(&[], |(_, _, names)| names)
}

fn name_of(names: &[&str], part: Part) -> String {
    match part {
        Part::Whole => "payload".to_owned(),
        Part::Variant => "variant".to_owned(),
        Part::Field(number) => {
            let known = usize::try_from(number).ok().and_then(|at| names.get(at));
            let known = known.filter(|name| !name.is_empty());
            known.map_or_else(|| number.to_string(), |name| (*name).to_owned())
        }
    }
}

fn part(names: &[&str], typed: &str) -> Option<Part> {
    let named = names.iter().position(|name| *name == typed && !name.is_empty());
    let number = named.and_then(|at| u32::try_from(at).ok()).or_else(|| typed.parse().ok());
    match typed {
        "payload" => Some(Part::Whole),
        _ => number.map(Part::Field),
    }
}

/// The fields that a disclosure shows, by name.
pub(crate) fn shown(
    disclosure: &Disclosure,
    receipt: &Receipt,
) -> Result<Vec<Field>, DisclosureError> {
    said(disclosure, receipt.leaf().header())
}

/// An instant is a number of microseconds; people get its date beside it.
fn dated(name: &str, value: String) -> String {
    if !name.ends_with("_at") && name != "minute" {
        return value;
    }
    let at = value.parse().ok().and_then(Timestamp::from_micros);
    at.map_or(value.clone(), |at| format!("{value} ({at})"))
}

/// What a statement that can be read says, field by field.
///
/// # Errors
/// A header that is not the statement's.
pub(crate) fn says(opened: &Opened, header: &Header) -> Result<Vec<Field>, DisclosureError> {
    said(&opened.disclose(), header)
}

fn said(disclosure: &Disclosure, header: &Header) -> Result<Vec<Field>, DisclosureError> {
    let names = names_of(header.schema(), header.kind());
    let parts = disclosure.verify(header)?.into_iter().filter(|part| part.part != Part::Variant);
    Ok(parts
        .map(|disclosed| {
            let name = name_of(names, disclosed.part);
            let value = dated(&name, notation::notation(&disclosed.value));
            Field { name, value }
        })
        .collect())
}

/// Writes `out`, which shows these fields of a statement that this party can read, and nothing of the others. It
/// is good beside the statement's receipt. No fields given means all.
///
/// # Errors
/// See [`DiscloseError`].
pub async fn disclose(
    ctx: &Ctx,
    named: &str,
    fields: &[String],
    out: &Path,
) -> Result<Shown, DiscloseError> {
    let known = ctx.known().await?;
    let statement = shred::find(&known, named);
    let statement = statement.ok_or_else(|| DiscloseError::Unknown(named.to_owned()))?;
    let (id, header) = (statement.leaf.id(), statement.leaf.header());
    let opened = statement.content.as_ref();
    let opened = opened.map_err(|error| DiscloseError::Unreadable(id, error.clone()))?;
    let names = names_of(header.schema(), header.kind());
    let no_field = |given: &String| DiscloseError::Field {
        given: given.clone(),
        kind: header.kind().to_owned(),
        fields: if names.is_empty() { "fields 0, 1, …".to_owned() } else { names.join(", ") },
    };
    let mut parts = BTreeSet::new();
    for field in fields {
        let part = part(names, field).ok_or_else(|| no_field(field))?;
        // says which of them the statement does not have
        opened.disclose_parts(&BTreeSet::from([part])).map_err(|_| no_field(field))?;
        parts.insert(part);
    }
    let disclosure =
        if fields.is_empty() { opened.disclose() } else { opened.disclose_parts(&parts)? };
    files::create(out, &disclosure.to_bytes(), Access::Private)?;
    let fields = said(&disclosure, header)?;
    Ok(Shown {
        file: out.to_owned(),
        id,
        index: statement.index,
        schema: header.schema().to_owned(),
        kind: header.kind().to_owned(),
        signers: header.signers().to_vec(),
        claimed_at: header.claimed_at(),
        fields,
    })
}

/// Verifies a disclosure beside the receipt of its statement, offline.
///
/// # Errors
/// See [`DiscloseError`].
pub fn disclosed(path: &Path, receipt: &Path, trust: &Trust) -> Result<Shown, DiscloseError> {
    let verified = audit::receipt(receipt, trust, Grade::Provisional, None)?.proven;
    let disclosure = Disclosure::from_bytes(&files::read(path, LIMIT)?)?;
    let receipt = Receipt::from_bytes(&files::read(receipt, LIMIT)?);
    let receipt = receipt.map_err(DiscloseError::Receipt)?;
    let fields = shown(&disclosure, &receipt)?;
    Ok(Shown {
        file: path.to_owned(),
        id: verified.id,
        index: verified.index,
        schema: receipt.leaf().header().schema().to_owned(),
        kind: verified.kind,
        signers: verified.signers,
        claimed_at: verified.claimed_at,
        fields,
    })
}

#[cfg(test)]
mod tests;
