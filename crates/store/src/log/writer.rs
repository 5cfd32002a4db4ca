//! The one writer: stage, swap, apply, publish, and the same apply again after a crash.

use super::{CLOCK_STEP, is_log_path};
use crate::database::{Committed, Register, Swap};
use crate::disk::Disk;
use crate::{StoreError, stage};
use domain::Timestamp;
use ledger::{AppendPlan, CHECKPOINT_PATH, PlannedFile, TreeHead};
use std::collections::BTreeSet;
use tlog::{Checkpoint, SignedCheckpoint, Tile};

/// What the writer knows between commits.
#[derive(Debug, Default)]
pub(super) struct Writer {
    /// A failure after which nothing may be written until the store is opened anew.
    poisoned: bool,
    /// Whether a commit may be unpublished: settle before going on.
    unsettled: bool,
    /// Folders known to exist.
    folders: BTreeSet<String>,
    /// What was settled last; on a shared disk others commit too.
    last: Option<TreeHead>,
}

/// How a file that an append finds at its place may have come there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// By an append of this process: it is whole.
    Whole,
    /// By one that the machine may have stopped under, before its files were durable.
    Torn,
}

/// Whether a file is what a crash may leave of one that was to hold these bytes: shorter, or with zeros where its bytes
/// did not arrive.
fn is_left_of(there: &[u8], bytes: &[u8]) -> bool {
    there.len() <= bytes.len() && there.iter().zip(bytes).all(|(a, b)| a == b || *a == 0)
}

/// `log/checkpoint`, read and as it is; `None` if there is none.
fn published(disk: &dyn Disk) -> Result<Option<(Checkpoint, Vec<u8>)>, StoreError> {
    let Some(bytes) = disk.read(&format!("log/{CHECKPOINT_PATH}"))? else { return Ok(None) };
    let signed = SignedCheckpoint::parse(&bytes)
        .map_err(|e| StoreError::Damaged(format!("the published checkpoint: {e}")))?;
    Ok(Some((signed.checkpoint().clone(), bytes)))
}

/// Whether a checkpoint is of this tree, by the root in its text. The second root is in a signature that is not
/// the store's to verify, and follows from the same leaves.
fn is_of(checkpoint: &Checkpoint, head: &TreeHead) -> bool {
    checkpoint.size() == head.size && *checkpoint.root().as_bytes() == head.root
}

/// Checks that a plan fits together; what it leads to is the ledger's to have computed right.
fn check(plan: &AppendPlan) -> Result<(), StoreError> {
    let bad = |why: String| Err(StoreError::BadPlan(why));
    let signed = match SignedCheckpoint::parse(&plan.checkpoint) {
        Ok(signed) => signed,
        Err(e) => return bad(format!("its checkpoint: {e}")),
    };
    if !is_of(signed.checkpoint(), &plan.to) {
        return bad("its checkpoint is of another tree".to_owned());
    }
    if i64::try_from(plan.to.size).is_err() {
        return bad("more than 2^63 - 1 leaves".to_owned());
    }
    let new = plan.to.size.checked_sub(plan.from.size);
    if new != u64::try_from(plan.statements.len()).ok() {
        return bad("it has not one statement for each new leaf".to_owned());
    }
    let indices = plan.statements.iter().map(|(_, index)| *index);
    if !indices.eq(plan.from.size..plan.to.size) {
        return bad("its statements are not in the order of their leaves".to_owned());
    }
    let mut paths = BTreeSet::new();
    for PlannedFile { path, .. } in &plan.files {
        if !is_log_path(path) || path == CHECKPOINT_PATH || !paths.insert(path) {
            return bad(format!(
                "`{path}` is not a path that an append may write, or it is there twice"
            ));
        }
    }
    Ok(())
}

impl Writer {
    /// After a panic nothing is known: settle before going on.
    pub(super) const fn unsettle(&mut self) {
        self.unsettled = true;
    }

    /// Whether this head is the one whose files were brought in line last.
    pub(super) fn has_settled(&self, committed: Option<&Committed>) -> bool {
        self.last == committed.map(|committed| committed.head)
    }

    /// Remembers an error that ends writing.
    pub(super) fn noted<T>(&mut self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &result {
            self.poisoned |= error.is_fatal();
        }
        result
    }

    /// Makes sure that what is committed is published, if that is in doubt.
    pub(super) fn settled(
        &mut self,
        disk: &dyn Disk,
        register: &dyn Register,
    ) -> Result<(), StoreError> {
        if self.poisoned {
            return Err(StoreError::Poisoned);
        }
        let others = || -> Result<bool, StoreError> {
            Ok(disk.is_shared() && register.committed()?.map(|c| c.head) != self.last)
        };
        if self.unsettled || others()? {
            self.settle(disk, register)?;
        }
        Ok(())
    }

    /// Brings the files in line with what is committed: recovery, and the repair of a failed publication.
    pub(super) fn settle(
        &mut self,
        disk: &dyn Disk,
        register: &dyn Register,
    ) -> Result<Option<Committed>, StoreError> {
        let result = self.try_settle(disk, register);
        self.unsettled = result.is_err();
        self.noted(result)
    }

    fn try_settle(
        &mut self,
        disk: &dyn Disk,
        register: &dyn Register,
    ) -> Result<Option<Committed>, StoreError> {
        // in this order, since others may commit and publish meanwhile
        let published = published(disk)?;
        let committed = register.committed()?;
        let size = committed.as_ref().map_or(0, |c| c.head.size);
        if let Some((checkpoint, _)) = &published {
            let is_head = committed.as_ref().is_some_and(|c| is_of(checkpoint, &c.head));
            let there = checkpoint.size();
            if committed.is_none() || there > size {
                return Err(StoreError::PublishedAhead { published: there, committed: size });
            }
            if there == size && !is_head {
                return Err(StoreError::Fork { size });
            }
        }
        let current = committed.as_ref().map(|c| stage::path(&c.head));
        sweep(disk, size, current.as_deref())?;
        self.last = committed.as_ref().map(|c| c.head);
        let (Some(committed), Some(path)) = (&committed, current) else { return Ok(None) };
        if let Some(bytes) = disk.read(&path)? {
            let staged = stage::decode(&bytes).filter(|(to, _)| *to == committed.head);
            let Some((_, files)) = staged else {
                return Err(StoreError::Damaged(format!("`{path}` is not whole")));
            };
            self.finish(disk, committed, &files, Left::Torn)?;
        } else if !is_published(disk, published.as_ref(), &committed.head)? {
            let why = format!("`{path}`, the staged files of the committed checkpoint, is missing");
            return Err(StoreError::Damaged(why));
        } else if published.is_none_or(|(_, bytes)| bytes != committed.checkpoint) {
            publish(disk, committed)?;
        }
        Ok(Some(committed.clone()))
    }

    /// Commits a plan. See [`super::LogStore::commit`].
    pub(super) fn commit(
        &mut self,
        disk: &dyn Disk,
        register: &dyn Register,
        plan: &AppendPlan,
        now: Timestamp,
    ) -> Result<Committed, StoreError> {
        self.settled(disk, register)?;
        check(plan)?;
        let committed = register.committed();
        let committed = self.noted(committed)?;
        let from = committed.as_ref().map_or(TreeHead::EMPTY, |c| c.head);
        if from != plan.from {
            let planned = plan.from.size;
            return Err(StoreError::Conflict { planned, committed: from.size });
        }
        let last = committed.map_or(Timestamp::EPOCH, |c| c.at);
        if now.after(CLOCK_STEP) < last {
            return Err(StoreError::ClockWentBack { now, last });
        }
        let staged = write_stage(disk, plan);
        self.noted(staged)?;
        let at = now.max(last);
        self.swap(disk, register, plan, at)?;
        self.last = Some(plan.to);
        let committed = Committed { head: plan.to, checkpoint: plan.checkpoint.clone(), at };
        let finished = self.finish(disk, &committed, &plan.files, Left::Whole);
        self.unsettled = finished.is_err();
        let finished = finished.map_err(|e| StoreError::NotPublished(Box::new(e)));
        self.noted(finished)?;
        Ok(committed)
    }

    /// The commit point. On any error but a full disk the outcome is in doubt until settled.
    fn swap(
        &mut self,
        disk: &dyn Disk,
        register: &dyn Register,
        plan: &AppendPlan,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let swapped = register.swap(plan, at);
        let refused = match self.noted(swapped) {
            Ok(Swap::Done) => return Ok(()),
            Ok(Swap::Conflict(head)) => {
                let committed = head.map_or(0, |h| h.size);
                StoreError::Conflict { planned: plan.from.size, committed }
            }
            Ok(Swap::Duplicate { id, index }) => StoreError::Duplicate { id, index },
            Err(error) => {
                self.unsettled = true;
                return Err(error);
            }
        };
        // Nothing was committed. A bundle that stays is never applied and is dropped when settling; on a shared disk it
        // may be the winner's, for the same tree.
        self.unsettled = disk.is_shared() || disk.remove(&stage::path(&plan.to)).is_err();
        Err(refused)
    }

    /// Puts the files in place and publishes. Running it again does the same again.
    fn finish(
        &mut self,
        disk: &dyn Disk,
        committed: &Committed,
        files: &[PlannedFile],
        left: Left,
    ) -> Result<(), StoreError> {
        self.apply(disk, files, left)?;
        publish(disk, committed)?;
        // Neither is needed for anything: an outgrown tile may stay, and a stale bundle is dropped on opening.
        let _outgrown_may_stay = self.collect_outgrown(disk, committed.head.size, files);
        let _stale_may_stay = disk.remove(&stage::path(&committed.head));
        Ok(())
    }

    /// Puts files in place, all of them made durable at once. One that is there with the same content is written again
    /// all the same: after a crash it may be in the cache alone, and reading it back would not tell.
    fn apply(
        &mut self,
        disk: &dyn Disk,
        files: &[PlannedFile],
        left: Left,
    ) -> Result<(), StoreError> {
        let mut new = Vec::with_capacity(files.len());
        let mut folders = BTreeSet::new();
        for file in files {
            let path = format!("log/{}", file.path);
            folders.extend(self.new_folders(&path));
            new.push((path, file.bytes.as_slice()));
        }
        // Sorted, each folder comes after its parent.
        let folders: Vec<String> = folders.into_iter().collect();
        let taken = disk.put(&folders, &new)?;
        self.folders.extend(folders);
        let (mut written, mut placed) = (Vec::new(), Vec::new());
        // a shared disk compares while it puts, and says of none that it was there
        for (path, bytes) in taken.into_iter().filter_map(|at| new.get(at)) {
            let there = disk.read(path)?.unwrap_or_default();
            let good = match left {
                Left::Whole => there == *bytes,
                Left::Torn => is_left_of(&there, bytes),
            };
            if !good {
                return Err(StoreError::Changed { path: path.clone() });
            }
            let from = format!("tmp/{}", written.len());
            written.push((from.clone(), *bytes));
            placed.push((from, path.clone()));
        }
        if !written.is_empty() {
            disk.write(&written)?;
            disk.place(&placed)?;
        }
        Ok(())
    }

    /// The folders above a path below `log` that are not known to exist.
    fn new_folders(&self, path: &str) -> Vec<String> {
        let ends = path.match_indices('/').map(|(at, _)| at);
        let above = ends.filter_map(|at| path.get(..at)).filter(|folder| *folder != "log");
        above.filter(|folder| !self.folders.contains(*folder)).map(str::to_owned).collect()
    }

    /// Removes the partial tiles that this append outgrew: everything that stays in `log/` is then part of the
    /// published tree, so an audit misses whatever is deleted. A reader that was on its way with an older
    /// checkpoint fetches the newer one and goes on.
    fn collect_outgrown(
        &mut self,
        disk: &dyn Disk,
        size: u64,
        files: &[PlannedFile],
    ) -> Result<(), StoreError> {
        // another process may have gone on from here, and published
        let further = if disk.is_shared() { published(disk)? } else { None };
        let size = further.map_or(size, |(checkpoint, _)| checkpoint.size().max(size));
        for file in files {
            let Ok(tile) = file.path.parse::<Tile>() else { continue };
            let Some(tile) = Tile::at(tile.level(), tile.index(), size) else { continue };
            let folder = format!("log/{}.p", tile.full());
            for path in disk.list(&folder)? {
                let there = path.strip_prefix("log/").and_then(|p| p.parse::<Tile>().ok());
                // a wider one is of an append that is not published yet
                let stays = there.is_some_and(|there| {
                    there == tile || (disk.is_shared() && there.width() > tile.width())
                });
                if !stays {
                    disk.remove(&path)?;
                }
            }
            if tile.is_full() {
                self.folders.remove(&folder);
                disk.remove(&folder)?;
            }
        }
        Ok(())
    }

    /// See [`super::LogStore::add_cosignatures`].
    pub(super) fn add_cosignatures(
        &mut self,
        disk: &dyn Disk,
        register: &dyn Register,
        note: &[u8],
    ) -> Result<Committed, StoreError> {
        self.settled(disk, register)?;
        let bad = |why: &str| StoreError::BadPlan(why.to_owned());
        let signed = SignedCheckpoint::parse(note).map_err(|e| bad(&format!("the note: {e}")))?;
        let committed = register.committed()?.ok_or_else(|| bad("there is no checkpoint yet"))?;
        let before = SignedCheckpoint::parse(&committed.checkpoint)
            .map_err(|e| StoreError::Damaged(format!("the committed checkpoint: {e}")))?;
        if before.note().text() != signed.note().text() {
            return Err(bad("the note is of another checkpoint"));
        }
        let kept = |line| signed.note().signatures().contains(line);
        if !before.note().signatures().iter().all(kept) {
            return Err(bad("the note lacks a signature that is there already"));
        }
        let replaced = register.replace_checkpoint(&committed.head, note);
        if !self.noted(replaced)? {
            return Err(bad("the head has changed"));
        }
        let committed = Committed { checkpoint: note.to_vec(), ..committed };
        let result = publish(disk, &committed);
        self.unsettled = result.is_err();
        let result = result.map_err(|e| StoreError::NotPublished(Box::new(e)));
        self.noted(result)?;
        Ok(committed)
    }
}

/// Removes bundles that are of no further use: all but the current one, and on a shared disk only those of trees that can't
/// be committed any more.
pub(super) fn sweep(
    disk: &dyn Disk,
    committed: u64,
    current: Option<&str>,
) -> Result<(), StoreError> {
    for path in disk.list("stage")? {
        let size = path.strip_prefix("stage/").and_then(|name| name.split('-').next());
        let over = size.and_then(|s| s.parse::<u64>().ok()).is_none_or(|size| size <= committed);
        if Some(path.as_str()) != current && (over || !disk.is_shared()) {
            disk.remove(&path)?;
        }
    }
    Ok(())
}

/// Whether a head is published. On a shared disk another process may have finished between two looks.
fn is_published(
    disk: &dyn Disk,
    seen: Option<&(Checkpoint, Vec<u8>)>,
    head: &TreeHead,
) -> Result<bool, StoreError> {
    if seen.is_some_and(|(there, _)| is_of(there, head)) {
        return Ok(true);
    }
    let again = if disk.is_shared() { published(disk)? } else { None };
    Ok(again.is_some_and(|(there, _)| is_of(&there, head) || there.size() > head.size))
}

/// Makes all files of a plan durable as one bundle. Nothing stays of one that fails.
fn write_stage(disk: &dyn Disk, plan: &AppendPlan) -> Result<(), StoreError> {
    let bytes = stage::encode(&plan.to, &plan.files)
        .ok_or_else(|| StoreError::BadPlan("a file of it is above 4 GiB".to_owned()))?;
    let path = stage::path(&plan.to);
    let put = disk.put(&[], &[(path.clone(), bytes.as_slice())]).and_then(|taken| {
        if taken.is_empty() {
            return Ok(());
        }
        // It is of an append that was given up, and nothing rests on it.
        let from = "tmp/stage".to_owned();
        disk.write(&[(from.clone(), bytes.as_slice())])?;
        disk.place(&[(from, path.clone())])
    });
    if put.is_err() {
        // The error matters more than what stays, which is never applied and is dropped when settling.
        let _cleared = disk.remove(&path);
    }
    Ok(put?)
}

/// Publishes the committed checkpoint.
fn publish(disk: &dyn Disk, committed: &Committed) -> Result<(), StoreError> {
    let from = "tmp/checkpoint".to_owned();
    disk.write(&[(from.clone(), committed.checkpoint.as_slice())])?;
    disk.place(&[(from, format!("log/{CHECKPOINT_PATH}"))])?;
    Ok(())
}
