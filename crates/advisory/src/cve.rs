//! CVE records, and identifiers of vulnerabilities and weaknesses.

mod affected;
mod record;

use crate::error::ReadError;
use crate::osv;

pub(crate) use record::Other;
pub use record::{MAX_CVE_BYTES, Record};

/// Reads what a record says of packages; none where it is rejected or names no package that we know.
///
/// # Errors
/// As [`Record::read`].
pub fn read(bytes: &[u8]) -> Result<Option<osv::Record>, ReadError> {
    Ok(Record::read(bytes)?.packages())
}

/// Whether the text is a CVE identifier: `CVE-`, four digits, `-`, four to nineteen digits.
pub fn is_id(text: &str) -> bool {
    let Some((year, number)) = text.strip_prefix("CVE-").and_then(|rest| rest.split_once('-'))
    else {
        return false;
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    year.len() == 4 && digits(year) && (4..=19).contains(&number.len()) && digits(number)
}

/// Whether the text is a CWE identifier: `CWE-` and one to nine digits, no leading zero.
pub fn is_cwe(text: &str) -> bool {
    text.strip_prefix("CWE-").is_some_and(|number| {
        (1..=9).contains(&number.len())
            && !number.starts_with('0')
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests;
