//! Better receipts: a statement's receipt under a checkpoint that more parties' witnesses have cosigned.
//!
//! What the node acknowledges at once has the log's signature alone. A little later `log/witnessed` has the
//! cosignature of every main party. A home then makes the better receipt from its own copy of the
//! log, and replaces the one that it has only by one of a higher grade. A receipt that still waits has an
//! empty file of its name and `.provisional` beside it, so that nothing else is read again and again.

use crate::act::{ActError, Ctx};
use crate::files::{self, Access, FileError};
use crate::folder::Folder;
use crate::home::Home;
use ledger::{CHECKPOINT_PATH, Grade, LogFiles, Receipt, Trust, WITNESSED_PATH};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Most bytes of a receipt.
const LIMIT: u64 = 2 << 20;

/// What came of looking for better receipts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Refreshed {
    /// Receipts that are better now.
    pub better: Vec<PathBuf>,
    /// Receipts that could still be better, once more witnesses have cosigned.
    pub waiting: Vec<PathBuf>,
}

/// Brings the copy of the log up to date and makes every receipt of this party as good as it can be.
///
/// # Errors
/// See [`ActError`].
pub async fn refresh(ctx: &Ctx) -> Result<Refreshed, ActError> {
    let known = ctx.synced().await?;
    let paths = files::list(&ctx.home.folder().join("receipts"), "receipt")?;
    upgrade(&ctx.home, &known.trust, paths)
}

/// Notes that a receipt could be better, if its grade is not the best.
pub(crate) fn mark(path: &Path, grade: Grade, trust: &Trust) -> Result<(), FileError> {
    let marker = path.with_extension("provisional");
    if grade < trust.best_grade() {
        files::write(&marker, b"", Access::Shared)
    } else {
        files::remove(&marker)
    }
}

/// Makes those receipts better that are known to wait.
pub(crate) fn upgrade_waiting(home: &Home, trust: &Trust) -> Result<Refreshed, ActError> {
    let waiting = files::list(&home.folder().join("receipts"), "provisional")?;
    if waiting.is_empty() {
        return Ok(Refreshed::default());
    }
    upgrade(home, trust, waiting.iter().map(|p| p.with_extension("receipt")).collect())
}

fn upgrade(home: &Home, trust: &Trust, paths: Vec<PathBuf>) -> Result<Refreshed, ActError> {
    let mut done = Refreshed::default();
    let folder = Folder::new(home.folder().join("log"));
    let witnessed = witnessed(&folder, trust);
    for path in paths {
        if !path.exists() {
            // a command was killed before it wrote the receipt; the outbox still has the statement
            continue;
        }
        let wrong = |source| ActError::Receipt { kept: path.clone(), source };
        let kept = Receipt::from_bytes(&files::read(&path, LIMIT)?).map_err(wrong)?;
        let mut grade = kept.verify(trust).map_err(wrong)?.grade;
        if let Some((note, size, held)) = &witnessed
            && grade < trust.best_grade()
            && kept.index() < *size
        {
            let receipt = Receipt::build_under(&folder, kept.index(), note, *held);
            let receipt = receipt.map_err(wrong)?;
            let found = receipt.verify(trust).map_err(wrong)?;
            if found.grade > grade && receipt.leaf() == kept.leaf() {
                files::write(&path, receipt.to_string().as_bytes(), Access::Shared)?;
                grade = found.grade;
                done.better.push(path.clone());
            }
        }
        mark(&path, grade, trust)?;
        if grade < trust.best_grade() {
            done.waiting.push(path);
        }
    }
    Ok(done)
}

/// The best cosigned checkpoint of the copy: its bytes, its size, and the size of the tree held.
pub(crate) fn witnessed(folder: &Folder, trust: &Trust) -> Option<(Vec<u8>, u64, u64)> {
    let held = trust.open(&folder.read(CHECKPOINT_PATH).ok()??).ok()?;
    let mut best: Option<(Grade, u64, Vec<u8>)> = None;
    for path in [WITNESSED_PATH, CHECKPOINT_PATH] {
        let Ok(Some(note)) = folder.read(path) else { continue };
        let Ok(vouched) = trust.open(&note) else { continue };
        let (grade, size) = (vouched.grade, vouched.head.size);
        let better = best.as_ref().is_none_or(|(g, s, _)| (grade, size) > (*g, *s));
        if size <= held.head.size && better {
            best = Some((grade, size, note));
        }
    }
    best.map(|(_, size, note)| (note, size, held.head.size))
}

#[cfg(test)]
mod tests;
