//! Reading on: what a process that stays takes in of a log that grows, without verifying anew what it verified.

use super::{CopyError, Known, fetched, sync};
use crate::folder::Folder;
use crate::home::Home;
use crate::reach::Reach;
use ledger::{CHECKPOINT_PATH, LogFiles, LogStatement, ObjectError, SyncError, TreeHead, Trust};

/// Brings the home's copy up to date and takes in what is new since `known`; true with it if anything is. The first time,
/// and after any error, that is everything.
///
/// New entries must lead from the tree that was verified to the signed root, which proves both that the log only grew and
/// that they are in it; signatures are checked of new statements alone. A statement whose object was missing is read again
/// when the log has grown, as its host may have it by then.
///
/// # Errors
/// As [`sync`]. Nothing is known then.
pub async fn follow<'k>(
    home: &Home,
    trust: &Trust,
    reach: &Reach,
    known: &'k mut Option<Known>,
) -> Result<(&'k Known, bool), CopyError> {
    let Some(before) = known.take() else {
        return Ok((known.insert(sync(home, trust, reach).await?), true));
    };
    let incomplete = before.statements.iter().any(is_missing);
    let verified = if incomplete { TreeHead::EMPTY } else { before.head };
    fetched(home, trust, reach, verified).await?;
    if head(home, trust)? == before.head {
        return Ok((known.insert(before), false));
    }
    if incomplete {
        return Ok((known.insert(sync(home, trust, reach).await?), true));
    }
    let mut now = read_on(home, trust, before)?;
    crate::shred::drop_copies(home, trust, &mut now)?;
    Ok((known.insert(now), true))
}

fn is_missing(statement: &LogStatement) -> bool {
    statement.signers == Err(ObjectError::Missing)
}

/// The head of the home's copy.
fn head(home: &Home, trust: &Trust) -> Result<TreeHead, CopyError> {
    let folder = Folder::new(home.folder().join("log"));
    let note = folder.read(CHECKPOINT_PATH).map_err(CopyError::Copy)?;
    let note = note.ok_or_else(|| CopyError::Withheld(CHECKPOINT_PATH.to_owned()))?;
    trust.log().open(&note).map_err(|e| CopyError::Log(SyncError::Checkpoint(e)))
}

/// Reads what the copy has beyond what is known.
fn read_on(home: &Home, trust: &Trust, known: Known) -> Result<Known, CopyError> {
    let folder = Folder::new(home.folder().join("log"));
    let reader = Some((home.id(), home.keys()));
    let Known { statements, cursor, .. } = known;
    super::take(&folder, trust, reader, (statements, cursor))
}

#[cfg(test)]
mod tests;
