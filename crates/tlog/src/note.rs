//! Signed notes: text with signature lines (c2sp.org/signed-note).

use crate::text::shown;
use crate::{KeyId, KeyName, VerifierKey};
use std::fmt;

/// The longest note that is read, in bytes.
pub const MAX_NOTE: usize = 1 << 20;
/// The most signature lines that are read.
pub const MAX_SIGNATURES: usize = 64;

/// How a signature line starts: em dash and space.
const DASH: &str = "\u{2014} ";

/// A note: its text and signature lines. The text says nothing until [`Note::verify`] has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<SignatureLine>,
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureLine {
    /// The name of the key.
    pub name: KeyName,
    /// The id of the key.
    pub id: KeyId,
    /// What follows the id; at least one byte.
    pub signature: Vec<u8>,
}

/// A signature that verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified<'k> {
    /// The key that signed.
    pub key: &'k VerifierKey,
    /// The time of a cosignature in seconds since 1970; 0 when the cosigner claims none.
    pub time: Option<u64>,
}

/// Why bytes are not a note, or a note is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// More than [`MAX_NOTE`] bytes.
    #[error("the note has {0} bytes, more than {MAX_NOTE}")]
    TooLong(usize),
    /// Not UTF-8, from this byte on.
    #[error("the note is not UTF-8 at byte {0}")]
    NotUtf8(usize),
    /// A control character other than newline.
    #[error("the note has a control character at byte {0}")]
    Control(usize),
    /// No blank line between text and signatures, or no signatures, or no final newline.
    #[error("the note has no signature lines after a blank line, or no final newline")]
    NoSignatures,
    /// The text does not end in a newline.
    #[error("the text of a note must end in a newline")]
    Text,
    /// A signature line is malformed.
    #[error("line {line} of the signatures, `{text}`, is malformed")]
    Line {
        /// Which line, from 1.
        line: usize,
        /// Its start.
        text: String,
    },
    /// More than [`MAX_SIGNATURES`] lines.
    #[error("the note has {0} signatures, more than {MAX_SIGNATURES}")]
    TooMany(usize),
    /// A known key's signature does not verify, which condemns the whole note.
    #[error("the signature of `{name}` ({id}) does not verify")]
    BadSignature {
        /// The key's name.
        name: String,
        /// The key's id.
        id: KeyId,
    },
    /// No known key has signed.
    #[error("no known key has signed the note")]
    Unsigned,
}

/// Checks what holds for text and signatures alike.
fn check_characters(text: &str) -> Result<(), NoteError> {
    match text.bytes().position(|b| b < 0x20 && b != b'\n') {
        Some(at) => Err(NoteError::Control(at)),
        None => Ok(()),
    }
}

impl Note {
    /// A note of this text, which ends in a newline, with these signatures.
    ///
    /// # Errors
    ///
    /// [`NoteError`] when it could not be read back.
    pub fn new(text: String, signatures: Vec<SignatureLine>) -> Result<Self, NoteError> {
        check_characters(&text)?;
        if !text.ends_with('\n') {
            return Err(NoteError::Text);
        }
        if signatures.is_empty() || signatures.iter().any(|s| s.signature.is_empty()) {
            return Err(NoteError::NoSignatures);
        }
        if signatures.len() > MAX_SIGNATURES {
            return Err(NoteError::TooMany(signatures.len()));
        }
        let note = Self { text, signatures };
        let len = note.to_string().len();
        if len > MAX_NOTE { Err(NoteError::TooLong(len)) } else { Ok(note) }
    }

    /// Reads a note without believing it.
    ///
    /// # Errors
    ///
    /// [`NoteError`] says what is malformed.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE {
            return Err(NoteError::TooLong(bytes.len()));
        }
        let all = std::str::from_utf8(bytes).map_err(|e| NoteError::NotUtf8(e.valid_up_to()))?;
        check_characters(all)?;
        let (text, lines) = all.rsplit_once("\n\n").ok_or(NoteError::NoSignatures)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::NoSignatures)?;
        let count = lines.split('\n').count();
        if count > MAX_SIGNATURES {
            return Err(NoteError::TooMany(count));
        }
        let mut signatures = Vec::with_capacity(count);
        for (i, line) in lines.split('\n').enumerate() {
            let wrong = || NoteError::Line { line: i + 1, text: shown(line) };
            signatures.push(SignatureLine::parse(line).ok_or_else(wrong)?);
        }
        Ok(Self { text: format!("{text}\n"), signatures })
    }

    /// The signed text, with its final newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines, in order.
    pub fn signatures(&self) -> &[SignatureLine] {
        &self.signatures
    }

    /// The note with further signature lines after its own.
    ///
    /// # Errors
    ///
    /// [`NoteError`] when there would be too many.
    pub fn with(mut self, lines: Vec<SignatureLine>) -> Result<Self, NoteError> {
        self.signatures.extend(lines);
        Self::new(self.text, self.signatures)
    }

    /// Verifies the signatures of known keys and returns them, each key once, in the order of the lines.
    ///
    /// Lines of unknown keys, and of keys whose type this crate can't verify, are ignored.
    ///
    /// # Errors
    ///
    /// [`NoteError::BadSignature`] if any known key's line does not verify, [`NoteError::Unsigned`] if no
    /// known key has signed.
    pub fn verify<'k>(&self, keys: &'k [VerifierKey]) -> Result<Vec<Verified<'k>>, NoteError> {
        let mut verified: Vec<Verified<'k>> = Vec::new();
        for line in &self.signatures {
            let known =
                |k: &&VerifierKey| k.is_supported() && k.name() == &line.name && k.id() == line.id;
            let mut candidates = keys.iter().filter(known).peekable();
            if candidates.peek().is_none() {
                continue;
            }
            // Two known keys may share name and id; the line is good if it is one's.
            let Some(found) = candidates.find_map(|key| {
                key.verify(&self.text, &line.signature).map(|time| Verified { key, time })
            }) else {
                return Err(NoteError::BadSignature { name: line.name.to_string(), id: line.id });
            };
            if !verified.iter().any(|v| v.key == found.key) {
                verified.push(found);
            }
        }
        if verified.is_empty() { Err(NoteError::Unsigned) } else { Ok(verified) }
    }
}

impl SignatureLine {
    /// Reads one line without its newline, em dash included.
    pub fn parse(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix(DASH)?.split_once(' ')?;
        let name = KeyName::new(name).ok()?;
        let blob = crate::base64(encoded)?;
        let (id, signature) = blob.split_first_chunk::<4>()?;
        if signature.is_empty() {
            return None;
        }
        Some(Self { name, id: KeyId::from_bytes(*id), signature: signature.to_vec() })
    }
}

impl fmt::Display for SignatureLine {
    /// The line without its newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut blob = self.id.as_bytes().to_vec();
        blob.extend_from_slice(&self.signature);
        write!(f, "{DASH}{} {}", self.name, data_encoding::BASE64.encode(&blob))
    }
}

impl fmt::Display for Note {
    /// The bytes of the note; [`Note::parse`] reads exactly them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for line in &self.signatures {
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
