//! Text files in: bounded, UTF-8, without the mark that some editors put in front.

use crate::error::{Format, Place, Problem, ReadError};
use crate::json;

/// The text of a file of at most `bound` bytes.
pub(super) fn of(format: Format, bytes: &[u8], bound: usize) -> Result<&str, ReadError> {
    json::within(format, bytes, bound)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) => {
            let (before, _) = bytes.split_at(error.valid_up_to());
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            Err(ReadError::new(format, Place::line(line), Problem::NotUtf8))
        }
    }
}

/// The lines that say something, with their numbers from 1: neither blank nor a comment after `#`.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line.trim_end()))
        .filter(|(_, line)| !line.trim_start().is_empty() && !line.trim_start().starts_with('#'))
}
