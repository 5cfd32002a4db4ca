//! A party's copy of the log: fetched, verified against what it saw before, and opened where it may read.
//!
//! The copy lies in the home's `log/`. Only new files are fetched. What is returned was read from the copy
//! and verified as a whole: entries lead to the signed root, the tree seen last time is its beginning,
//! and every signature was checked. A log that shrank or was rewritten is refused, and the checkpoint that
//! shows it is kept as `conflict.checkpoint` in the home.

mod follow;

pub use follow::follow;

use crate::files::{self, Access, FileError};
use crate::folder::Folder;
use crate::home::Home;
use crate::reach::{Reach, ReachError};
use domain::PartyId;
use ledger::{
    CHECKPOINT_PATH, Cursor, Grade, LogFiles, LogStatement, SecretKeys, SyncError, Tiles, TreeHead,
    Trees, Trust, WITNESSED_PATH,
};
use std::path::Path;
use tlog::{Hash, Hash384, Level, Tile, TileReader, merkle};

/// How often a growing log is looked at again.
const PATIENCE: u32 = 20;

/// Why the log could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The node.
    #[error(transparent)]
    Reach(#[from] ReachError),
    /// A file of the home.
    #[error(transparent)]
    File(#[from] FileError),
    /// The log does not verify.
    #[error("the log is not believed")]
    Log(#[source] SyncError),
    /// The copy's own files can't be read.
    #[error("the copy of the log can't be read")]
    Copy(#[source] ledger::FileError),
    /// The node lacks a file that its checkpoint promises.
    #[error("the node does not serve `{0}`, which its checkpoint promises; ask its host")]
    Withheld(String),
}

/// The log as one party knows it.
#[derive(Debug)]
pub struct Known {
    /// The tree that was verified.
    pub head: TreeHead,
    /// Every statement in log order.
    pub statements: Vec<LogStatement>,
    /// Where each issuer's chain stands.
    pub cursor: Cursor,
    /// The roots of trust with what the log changed about them: who is who as of now.
    pub trust: Trust,
}

/// Brings the home's copy up to date and reads it.
///
/// # Errors
/// See [`CopyError`]. The copy stays as it was.
pub async fn sync(home: &Home, trust: &Trust, reach: &Reach) -> Result<Known, CopyError> {
    fetched(home, trust, reach, TreeHead::EMPTY).await?;
    let mut known = read(home, trust)?;
    crate::shred::drop_copies(home, trust, &mut known)?;
    Ok(known)
}

/// Fetches what the copy lacks, believing its files up to the tree `verified`.
async fn fetched(
    home: &Home,
    trust: &Trust,
    reach: &Reach,
    verified: TreeHead,
) -> Result<(), CopyError> {
    // a log that grows meanwhile replaces its partial tiles: look again
    for _ in 0..PATIENCE {
        match update(home, trust, reach, verified).await {
            Err(CopyError::Withheld(_)) => {}
            other => return other,
        }
    }
    Ok(())
}

async fn update(
    home: &Home,
    trust: &Trust,
    reach: &Reach,
    verified: TreeHead,
) -> Result<(), CopyError> {
    let folder = Folder::new(home.folder().join("log"));
    let note = reach.file(CHECKPOINT_PATH).await?;
    let note = note.ok_or_else(|| CopyError::Withheld(CHECKPOINT_PATH.to_owned()))?;
    let checkpoint = |e| CopyError::Log(SyncError::Checkpoint(e));
    let head = trust.log().open(&note).map_err(checkpoint)?;
    let there = folder.read(CHECKPOINT_PATH).map_err(CopyError::Copy)?;
    let kept = there.as_ref().map(|note| trust.log().open(note)).transpose();
    let kept = kept.map_err(checkpoint)?;
    if kept == Some(head) {
        // the same tree, and witnesses may have cosigned it since
        let grade = |note: &[u8]| trust.open(note).map(|vouched| vouched.grade).ok();
        if grade(&note) > there.and_then(|note| grade(&note)) {
            files::write(&folder.path().join(CHECKPOINT_PATH), &note, Access::Shared)?;
        }
    } else {
        let before = kept.unwrap_or(TreeHead::EMPTY);
        let fetched = fetch(&folder, reach, (verified, before), head).await;
        if let Err(CopyError::Log(_)) = &fetched {
            files::write(&home.folder().join("conflict.checkpoint"), &note, Access::Shared)?;
        }
        fetched?;
        files::write(&folder.path().join(CHECKPOINT_PATH), &note, Access::Shared)?;
        drop_partials(&folder, before, head)?;
    }
    take_witnessed(home, trust, reach, head).await
}

/// Takes over the newest checkpoint that every main party's witness has cosigned, if there is a newer one
/// than the copy has and its tree is a beginning of the copy's.
async fn take_witnessed(
    home: &Home,
    trust: &Trust,
    reach: &Reach,
    head: TreeHead,
) -> Result<(), CopyError> {
    if trust.best_grade() == Grade::Provisional {
        return Ok(());
    }
    let folder = Folder::new(home.folder().join("log"));
    let Some(note) = reach.file(WITNESSED_PATH).await? else { return Ok(()) };
    let kept = folder.read(WITNESSED_PATH).map_err(CopyError::Copy)?;
    // one that does not verify is no worse than none, and receipts stay what they are
    let Ok(vouched) = trust.open(&note) else { return Ok(()) };
    let size = vouched.head.size;
    let newer = kept
        .and_then(|k| trust.open(&k).ok())
        .is_none_or(|k| (size, vouched.grade) > (k.head.size, k.grade));
    if vouched.grade < Grade::Full || size > head.size || !newer {
        return Ok(());
    }
    let root = merkle::root(&TileReader::new(Tiles(&folder), head.size), size).map_err(|e| {
        CopyError::Log(SyncError::Malformed { path: "tile".into(), reason: e.to_string() })
    })?;
    if *root.as_bytes() != vouched.head.root {
        files::write(&home.folder().join("conflict.checkpoint"), &note, Access::Shared)?;
        return Err(CopyError::Log(SyncError::Rewritten { size }));
    }
    files::write(&folder.path().join(WITNESSED_PATH), &note, Access::Shared)?;
    Ok(())
}

/// Reads the home's copy as it is, without asking anybody.
///
/// # Errors
/// A copy that does not verify, or none.
pub fn read(home: &Home, trust: &Trust) -> Result<Known, CopyError> {
    let folder = Folder::new(home.folder().join("log"));
    let reader = Some((home.id(), home.keys()));
    take(&folder, trust, reader, (Vec::new(), Cursor::default()))
}

/// Reads a verified copy on from a cursor, after the statements that it had.
fn take(
    folder: &Folder,
    trust: &Trust,
    reader: Option<(&PartyId, &SecretKeys)>,
    (mut statements, from): (Vec<LogStatement>, Cursor),
) -> Result<Known, CopyError> {
    let mut reading = ledger::statements(folder, trust, reader, from).map_err(CopyError::Log)?;
    let head = reading.head();
    for statement in reading.by_ref() {
        match statement {
            Ok(statement) => statements.push(statement),
            // a leaf that is not sound counts for nobody; the audit names it
            Err(SyncError::Leaf { .. }) => {}
            Err(error) => return Err(CopyError::Log(error)),
        }
    }
    let cursor = reading.into_cursor().ok_or(CopyError::Log(SyncError::Root))?;
    let trust = cursor.trust.clone().unwrap_or_else(|| trust.clone());
    Ok(Known { head, statements, cursor, trust })
}

/// Who is who as of the home's copy: the roots of trust with what the log changed about them. Objects are
/// read only of statements that may change it.
///
/// # Errors
/// A copy that does not verify.
pub fn current(home: &Home, trust: &Trust) -> Result<Trust, CopyError> {
    let folder = Folder::new(home.folder().join("log"));
    if folder.read(CHECKPOINT_PATH).map_err(CopyError::Copy)?.is_none() {
        return Ok(trust.clone());
    }
    let cursor = Cursor::read(&folder, trust).map_err(CopyError::Log)?;
    Ok(cursor.trust.unwrap_or_else(|| trust.clone()))
}

/// Fetches what `head` has and the copy lacks behind the tree `verified`, and checks that the copy's tree is its
/// beginning. Where the copy's tiles do not lead to `verified`, all of it is fetched anew.
async fn fetch(
    folder: &Folder,
    reach: &Reach,
    (verified, before): (TreeHead, TreeHead),
    head: TreeHead,
) -> Result<(), CopyError> {
    if head.size < before.size {
        let (before, now) = (before.size, head.size);
        return Err(CopyError::Log(SyncError::Shrunk { before, now }));
    }
    let edge = Trees::read(folder, verified.size, before.size).ok();
    let mut trees = edge.filter(|edge| edge.head() == verified).unwrap_or_default();
    let mut ids = Vec::new();
    let from = trees.size();
    for n in from / 256..head.size.div_ceil(256) {
        let Some(tile) = Tile::at(Level::Entries, n, head.size) else { continue };
        let bytes = have(folder, reach, &tile.to_string()).await?;
        let entries = tlog::tile::parse_bundle(&bytes, tile.width()).map_err(|e| {
            let (path, reason) = (tile.to_string(), e.to_string());
            CopyError::Log(SyncError::Malformed { path, reason })
        })?;
        let skip = usize::try_from(from.saturating_sub(n * 256)).unwrap_or(usize::MAX);
        for entry in entries.into_iter().skip(skip) {
            check_before(&trees, before)?;
            if let Ok(leaf) = ledger::Leaf::from_bytes(entry) {
                ids.push(leaf.id());
            }
            trees.push(entry);
        }
    }
    check_before(&trees, before)?;
    if trees.head() != head && from > 0 {
        // from the beginning it shows which: another history, or entries that are not the signed ones
        let anew = (TreeHead::EMPTY, before);
        return Box::pin(fetch(folder, reach, anew, head)).await;
    }
    if trees.head() != head {
        return Err(CopyError::Log(SyncError::Root));
    }
    for tile in Tile::all_of::<Hash>(head.size).chain(Tile::all_of::<Hash384>(head.size)) {
        if Tile::at(tile.level(), tile.index(), from) == Some(tile) {
            continue; // the copy led to `verified` with it
        }
        have(folder, reach, &tile.to_string()).await?;
    }
    for id in ids {
        // an object that is gone was shredded or is withheld; reading says which statements it concerns
        let path = ledger::object_path(&id);
        if folder.read(&path).map_err(CopyError::Copy)?.is_none()
            && let Some(bytes) = reach.file(&path).await?
        {
            files::write(&folder.path().join(&path), &bytes, Access::Shared)?;
        }
    }
    Ok(())
}

/// A file of the log, from the copy or else from the node into the copy.
async fn have(folder: &Folder, reach: &Reach, path: &str) -> Result<Vec<u8>, CopyError> {
    if let Some(bytes) = folder.read(path).map_err(CopyError::Copy)? {
        return Ok(bytes);
    }
    let bytes = reach.file(path).await?.ok_or_else(|| CopyError::Withheld(path.to_owned()))?;
    files::write(&folder.path().join(path), &bytes, Access::Shared)?;
    Ok(bytes)
}

/// Checks that the entries so far, when they are as many as were seen last time, are those.
fn check_before(trees: &Trees, before: TreeHead) -> Result<(), CopyError> {
    if trees.size() == before.size && trees.head() != before {
        return Err(CopyError::Log(SyncError::Rewritten { size: before.size }));
    }
    Ok(())
}

/// Removes partial tiles that only the older tree needed.
fn drop_partials(folder: &Folder, before: TreeHead, head: TreeHead) -> Result<(), FileError> {
    let partials =
        |size| Tile::partials(size).into_iter().chain(Tile::partials_of::<Hash384>(size));
    let keep: Vec<_> = partials(head.size).map(|tile| tile.to_string()).collect();
    for tile in partials(before.size) {
        let path = tile.to_string();
        if !keep.contains(&path) {
            files::remove(&folder.path().join(Path::new(&path)))?;
        }
    }
    Ok(())
}
