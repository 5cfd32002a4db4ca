//! One task's public files, for people who want to see one and for training targets.

use super::MeasureError;
use assessment::{Dial, InstanceSeed};
use operations::files::{self, Access, FileError};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Generated {
    /// The family.
    pub family: String,
    /// How hard it is.
    pub dial: u8,
    /// The task in words is in `TASK.md`; these are all files.
    pub files: Vec<PathBuf>,
}

/// Writes the task of a seed: the prompt as `TASK.md` and the files an agent would get. What decides it is
/// not written: the oracle never leaves the evaluator.
///
/// # Errors
/// An unknown family, or files that are there already.
pub fn generate(
    family: &str,
    dial: u8,
    seed: [u8; 32],
    out: &Path,
) -> Result<Generated, MeasureError> {
    let known = assessment::family::family(family).ok_or_else(|| {
        let names: Vec<_> = assessment::families().iter().map(|f| f.name()).collect();
        MeasureError::Argument(format!("`{family}` is no family; one of: {}", names.join(", ")))
    })?;
    let step = Dial::new(dial).ok_or_else(|| {
        MeasureError::Argument(format!("`{dial}` is no dial; they go from 1 to 5"))
    })?;
    let instance = known.generate(&InstanceSeed::new(seed), step);
    let mut contents = vec![(out.join("TASK.md"), instance.prompt.into_bytes())];
    for file in instance.files {
        contents.push((out.join(&file.path), file.bytes));
    }
    if let Some((taken, _)) = contents.iter().find(|(path, _)| path.exists()) {
        return Err(FileError::Exists(taken.clone()).into());
    }
    for (path, bytes) in &contents {
        files::create(path, bytes, Access::Shared)?;
    }
    let files = contents.into_iter().map(|(path, _)| path).collect();
    Ok(Generated { family: family.to_owned(), dial, files })
}

/// A seed from 64 hexadecimal digits.
///
/// # Errors
/// Anything else. The text is not repeated: it may be a secret.
pub fn seed_from_hex(text: &str) -> Result<[u8; 32], MeasureError> {
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes());
    bytes
        .ok()
        .and_then(|b| b.try_into().ok())
        .ok_or_else(|| MeasureError::Argument("a seed is 64 hexadecimal digits".to_owned()))
}

#[cfg(test)]
mod tests;
