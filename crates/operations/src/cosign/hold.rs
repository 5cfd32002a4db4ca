//! What a mirror holds of one log: tiles in a folder, written durably and never changed.

use ledger::{LogFiles, Tiles};
use std::collections::BTreeSet;
use std::path::Path;
use store::{Disk, Folder, LogFolder, Progress, StoreError};
use tlog::{
    Checkpoint, Hash, Hash384, Level, Tile, TileReader, TileSource, TileWrite, leaf_hash, merkle,
    tile,
};

/// A log's copy in a folder with `log/` and `tmp/` in it.
#[derive(Debug)]
pub(super) struct Held {
    disk: Folder,
    files: LogFolder,
}

/// The tree that is held after an append.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grown {
    pub(super) size: u64,
    pub(super) root: [u8; 32],
    /// Of the second tree, if it is kept.
    pub(super) root384: Option<[u8; 48]>,
}

/// The partial tiles of both trees.
fn edges(size: u64) -> impl Iterator<Item = Tile> {
    Tile::partials(size).into_iter().chain(Tile::partials_of::<Hash384>(size))
}

fn damaged(why: &dyn std::error::Error) -> StoreError {
    StoreError::Damaged(crate::plain(why))
}

impl Held {
    /// Opens or makes the folder.
    pub(super) fn open(folder: &Path) -> Result<Self, StoreError> {
        let made = std::fs::create_dir_all(folder.join("log"))
            .and_then(|()| std::fs::create_dir_all(folder.join("tmp")));
        let path = folder.display().to_string();
        made.map_err(|source| StoreError::Disk { path, doing: "made", source })?;
        let disk = Folder::new(folder.to_owned());
        Ok(Self { disk, files: LogFolder::new(folder.join("log")) })
    }

    /// A file as the log lays it out.
    pub(super) fn file(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.files.read(path).map_err(|e| damaged(&e))
    }

    /// Writes files below `log/`, durably, and puts them in place.
    pub(super) fn put(&self, files: &[(String, &[u8])]) -> Result<(), StoreError> {
        let temporary = |at: usize| format!("tmp/{at}");
        let written: Vec<(String, &[u8])> =
            files.iter().enumerate().map(|(at, (_, bytes))| (temporary(at), *bytes)).collect();
        self.disk.write(&written)?;
        let mut folders = BTreeSet::new();
        let mut placed = Vec::with_capacity(files.len());
        for (at, (path, _)) in files.iter().enumerate() {
            let path = format!("log/{path}");
            let ends = path.match_indices('/').map(|(end, _)| end);
            folders.extend(ends.filter_map(|end| path.get(..end)).map(str::to_owned));
            placed.push((temporary(at), path));
        }
        folders.remove("log");
        self.disk.create_folders(&folders.into_iter().collect::<Vec<_>>())?;
        self.disk.place(&placed)?;
        Ok(())
    }

    /// The entries `start..end`, which lie in one bundle of the tree of `next` entries.
    pub(super) fn entries(
        &self,
        (start, end): (u64, u64),
        next: u64,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        if start == end {
            return Ok(Vec::new());
        }
        let missing = || StoreError::Damaged(format!("entries {start} to {end} are missing"));
        let tile = Tile::at(Level::Entries, start / 256, next).ok_or_else(missing)?;
        let mut found = None;
        for tile in [tile, tile.full()] {
            if found.is_none() {
                found = self.file(&tile.to_string())?.map(|bytes| (bytes, tile.width()));
            }
        }
        let (bytes, width) = found.ok_or_else(missing)?;
        let entries = tile::parse_bundle(&bytes, width).map_err(|e| damaged(&e))?;
        let at = |index: u64| usize::try_from(index - start / 256 * 256).unwrap_or(usize::MAX);
        let some = entries.get(at(start)..at(end)).ok_or_else(missing)?;
        Ok(some.iter().map(|e| e.to_vec()).collect())
    }

    /// The leaf hashes of a part of a bundle that is there. While it is read, the bundle may grow: then it is
    /// looked for again.
    pub(super) fn leaf_hashes(
        &self,
        range: (u64, u64),
        next: impl Fn() -> Result<u64, StoreError>,
    ) -> Result<Vec<Hash>, StoreError> {
        let mut entries = self.entries(range, next()?);
        for _ in 0..3 {
            if entries.is_err() {
                entries = self.entries(range, next()?);
            }
        }
        Ok(entries?.iter().map(|e| leaf_hash(e)).collect())
    }

    /// Appends entries to what is there, to both trees if `two` are kept.
    pub(super) fn append(
        &self,
        progress: &Progress,
        entries: &[Vec<u8>],
        two: bool,
    ) -> Result<Grown, StoreError> {
        let root = progress.root.map_or(Hash::EMPTY_ROOT, Hash::from_bytes);
        let appended = tlog::append(&Tiles(&self.files), progress.next, &root, entries);
        let appended = appended.map_err(|e| damaged(&e))?;
        let mut writes = appended.writes;
        let mut root384 = None;
        if two {
            let before = progress.root384.map_or(Hash384::EMPTY_ROOT, Hash384::from_bytes);
            let second = tlog::append_tree(&Tiles(&self.files), progress.next, &before, entries);
            let second = second.map_err(|e| damaged(&e))?;
            writes.extend(second.writes);
            root384 = Some(*second.root.as_bytes());
        }
        self.put_tiles(&writes)?;
        Ok(Grown { size: appended.size, root: *appended.root.as_bytes(), root384 })
    }

    fn put_tiles(&self, writes: &[TileWrite]) -> Result<(), StoreError> {
        let files: Vec<(String, &[u8])> =
            writes.iter().map(|w| (w.tile.to_string(), w.bytes.as_slice())).collect();
        self.put(&files)
    }

    /// Builds the second tree over the first `next` entries, a bundle at a time: a mirror that held one tree alone
    /// keeps both from then on. Returns the SHA-384 root.
    pub(super) fn second_tree(&self, next: u64) -> Result<[u8; 48], StoreError> {
        let (mut at, mut root) = (0, Hash384::EMPTY_ROOT);
        while at < next {
            let end = next.min(at + 256);
            let entries = self.entries((at, end), next)?;
            let appended = tlog::append_tree(&Tiles(&self.files), at, &root, &entries);
            let appended = appended.map_err(|e| damaged(&e))?;
            self.put_tiles(&appended.writes)?;
            self.drop_outgrown(at, end, next);
            (at, root) = (end, appended.root);
        }
        Ok(*root.as_bytes())
    }

    /// Makes sure that the tree of a checkpoint can be served and is the checkpoint's: when more entries are there
    /// than it has, its partial tiles are cut from the wider ones. Returns the SHA-384 root over the same entries, if
    /// `two` trees are kept.
    pub(super) fn complete(
        &self,
        progress: &Progress,
        checkpoint: &Checkpoint,
        two: bool,
    ) -> Result<Option<Hash384>, StoreError> {
        let size = checkpoint.size();
        let source = Tiles(&self.files);
        let mut cut = Vec::new();
        for partial in edges(size).filter(|t| two || !matches!(t.level(), Level::Hashes384(_))) {
            if source.tile(&partial).map_err(|e| damaged(&e))?.is_some() {
                continue;
            }
            let bytes = match partial.level() {
                Level::Entries => {
                    let first = partial.index() * 256;
                    let mut bundle = Vec::new();
                    for entry in self.entries((first, size), progress.next)? {
                        tile::push_entry(&mut bundle, &entry).map_err(|e| damaged(&e))?;
                    }
                    bundle
                }
                Level::Hashes(_) | Level::Hashes384(_) => {
                    let wide = Tile::at(partial.level(), partial.index(), progress.next);
                    let wide = wide.map(|t| source.tile(&t)).transpose();
                    let mut bytes = wide.map_err(|e| damaged(&e))?.flatten().unwrap_or_default();
                    bytes.truncate(partial.byte_len().unwrap_or(0));
                    bytes
                }
            };
            cut.push((partial.to_string(), bytes));
        }
        let files: Vec<(String, &[u8])> =
            cut.iter().map(|(path, bytes)| (path.clone(), bytes.as_slice())).collect();
        if !files.is_empty() {
            self.put(&files)?;
        }
        let root = merkle::root(&TileReader::new(&source, size), size).map_err(|e| damaged(&e))?;
        if root == checkpoint.root() {
            let second = || merkle::root(&TileReader::<_, Hash384>::of(&source, size), size);
            return two.then(second).transpose().map_err(|e| damaged(&e));
        }
        Err(StoreError::Damaged(format!("the entries held have another root at {size}")))
    }

    /// Removes the partial tiles of a tree that neither of two later ones needs. What fails to go may stay.
    pub(super) fn drop_outgrown(&self, old: u64, next: u64, mirrored: u64) {
        let keep: Vec<Tile> = [next, mirrored].into_iter().flat_map(edges).collect();
        for tile in edges(old).filter(|tile| !keep.contains(tile)) {
            let _may_stay = self.disk.remove(&format!("log/{tile}"));
        }
    }
}
