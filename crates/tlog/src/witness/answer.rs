//! What a witness answers: signature lines, or the size of its latest checkpoint.

use crate::text::{decimal, shown};
use crate::{MAX_SIGNATURES, SignatureLine};

/// The media type of the answer that tells the latest size.
pub const SIZE_CONTENT_TYPE: &str = "text/x.tlog.size";

/// Why an answer of a witness makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// A line is no signature line, or the last has no newline.
    #[error("line {line} of the answer, `{text}`, is not a signature line ended by a newline")]
    Line {
        /// Which line, from 1.
        line: usize,
        /// Its start.
        text: String,
    },
    /// No signature at all, or more than [`MAX_SIGNATURES`].
    #[error("the answer has {0} signature lines; 1 to {MAX_SIGNATURES} are read")]
    Count(usize),
    /// Not a size and a newline.
    #[error("`{0}` is not a tree size and a newline")]
    Size(String),
}

/// Reads signature lines, each ended by a newline. Whose they are, and whether they are good, is for the caller to
/// check with the keys that it trusts.
///
/// # Errors
///
/// [`AnswerError::Line`] or [`AnswerError::Count`].
pub fn parse_signatures(body: &[u8]) -> Result<Vec<SignatureLine>, AnswerError> {
    let lines: Vec<&[u8]> = body.split_inclusive(|b| *b == b'\n').collect();
    if lines.is_empty() || lines.len() > MAX_SIGNATURES {
        return Err(AnswerError::Count(lines.len()));
    }
    let read = |(at, line): (usize, &&[u8])| {
        let text = std::str::from_utf8(line).ok().and_then(|l| l.strip_suffix('\n'));
        text.and_then(SignatureLine::parse).ok_or_else(|| AnswerError::Line {
            line: at + 1,
            text: shown(&String::from_utf8_lossy(line)),
        })
    };
    lines.iter().enumerate().map(read).collect()
}

/// Writes signature lines as an answer.
pub fn write_signatures(lines: &[SignatureLine]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Reads the size in a conflict's answer.
///
/// # Errors
///
/// [`AnswerError::Size`].
pub fn parse_size(body: &[u8]) -> Result<u64, AnswerError> {
    let wrong = || AnswerError::Size(shown(&String::from_utf8_lossy(body)));
    let text = std::str::from_utf8(body).map_err(|_| wrong())?;
    text.strip_suffix('\n').and_then(decimal).ok_or_else(wrong)
}

/// Writes the size as a conflict's answer.
pub fn write_size(size: u64) -> String {
    format!("{size}\n")
}
