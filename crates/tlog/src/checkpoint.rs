//! Checkpoints: a log's tree head as the text of a signed note (c2sp.org/tlog-checkpoint).

use crate::text::{decimal, shown};
use crate::{Hash, Note, NoteError, Verified, VerifierKey};
#[cfg(not(target_arch = "wasm32"))]
use crate::{NoteSigner, SignError, sign_note};
use std::fmt;

/// The longest origin in bytes: what an ML-DSA-44 cosignature can name.
pub const MAX_ORIGIN: usize = 255;

/// A tree head: whose log, how large, which root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    extensions: Vec<String>,
}

/// Why a text is not a checkpoint, or one is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Fewer than three lines, an empty line, or no final newline.
    #[error("a checkpoint is at least three lines, none of them empty, each ended by a newline")]
    Lines,
    /// The origin is empty, too long or has control characters.
    #[error("`{0}` is not an origin: 1 to {MAX_ORIGIN} bytes without control characters")]
    Origin(String),
    /// The size is not a decimal number without leading zeros.
    #[error("`{0}` is not a tree size: a decimal number without leading zeros is needed")]
    Size(String),
    /// The root is not 32 bytes of canonical base64.
    #[error("`{0}` is not a root: 32 bytes in canonical base64 are needed")]
    Root(String),
    /// Size 0 has one root, and this is another.
    #[error("a tree without leaves has the root of SHA-256 over nothing, not `{0}`")]
    EmptyRoot(Hash),
    /// An extension line is empty or has control characters.
    #[error("`{0}` is not an extension line")]
    Extension(String),
    /// The note around it is malformed or not believed.
    #[error("the checkpoint's note")]
    Note(#[from] NoteError),
    /// No key of the log itself has signed.
    #[error("the checkpoint of `{0}` is not signed by a known key of that log")]
    NotByLog(String),
}

fn has_control(text: &str) -> bool {
    text.bytes().any(|b| b < 0x20)
}

impl Checkpoint {
    /// A checkpoint without extension lines.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Origin`] or [`CheckpointError::EmptyRoot`].
    pub fn new(origin: &str, size: u64, root: Hash) -> Result<Self, CheckpointError> {
        Self::with_extensions(origin, size, root, Vec::new())
    }

    /// A checkpoint with extension lines, which the specification advises against.
    ///
    /// # Errors
    ///
    /// As [`Checkpoint::new`], and [`CheckpointError::Extension`].
    pub fn with_extensions(
        origin: &str,
        size: u64,
        root: Hash,
        extensions: Vec<String>,
    ) -> Result<Self, CheckpointError> {
        if origin.is_empty() || origin.len() > MAX_ORIGIN || has_control(origin) {
            return Err(CheckpointError::Origin(shown(origin)));
        }
        if size == 0 && root != Hash::EMPTY_ROOT {
            return Err(CheckpointError::EmptyRoot(root));
        }
        if let Some(bad) = extensions.iter().find(|e| e.is_empty() || has_control(e)) {
            return Err(CheckpointError::Extension(shown(bad)));
        }
        Ok(Self { origin: origin.to_owned(), size, root, extensions })
    }

    /// Reads the text of a note.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`] says which line is wrong.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let lines = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?;
        let mut lines = lines.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(CheckpointError::Lines);
        };
        let size = decimal(size).ok_or_else(|| CheckpointError::Size(shown(size)))?;
        let root = root.parse().map_err(|_| CheckpointError::Root(shown(root)))?;
        Self::with_extensions(origin, size, root, lines.map(str::to_owned).collect())
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root over them.
    pub const fn root(&self) -> Hash {
        self.root
    }

    /// The extension lines, which ML-DSA-44 cosignatures do not cover.
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// Signs this checkpoint. Native only, as all signing is.
    ///
    /// # Errors
    ///
    /// [`SignError`] from a signer.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn sign(self, signers: &[&dyn NoteSigner]) -> Result<SignedCheckpoint, SignError> {
        let note = sign_note(self.to_string(), signers)?;
        Ok(SignedCheckpoint { checkpoint: self, note })
    }
}

impl fmt::Display for Checkpoint {
    /// The text of the note.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, self.root)?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// A checkpoint with the note that carries it. Read, not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

impl SignedCheckpoint {
    /// Reads a note whose text is a checkpoint.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CheckpointError> {
        Self::from_note(Note::parse(bytes)?)
    }

    /// Reads the text of a note as a checkpoint.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`].
    pub fn from_note(note: Note) -> Result<Self, CheckpointError> {
        let checkpoint = Checkpoint::parse(note.text())?;
        Ok(Self { checkpoint, note })
    }

    /// The tree head.
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note with its signatures.
    pub const fn note(&self) -> &Note {
        &self.note
    }

    /// Verifies every known signature and that one of them is the log's own: a key whose name is the origin.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Note`] or [`CheckpointError::NotByLog`].
    pub fn verify<'k>(
        &self,
        keys: &'k [VerifierKey],
    ) -> Result<Vec<Verified<'k>>, CheckpointError> {
        let verified = self.note.verify(keys)?;
        if verified.iter().any(|v| v.key.name().as_str() == self.checkpoint.origin) {
            Ok(verified)
        } else {
            Err(CheckpointError::NotByLog(self.checkpoint.origin.clone()))
        }
    }
}

#[cfg(test)]
mod tests;
