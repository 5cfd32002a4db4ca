//! A node's published files as they were when an audit began, though the node goes on.
//!
//! Growing replaces a partial tile by a wider one whose beginning it is, and nothing else in a log ever changes; so
//! what has gone meanwhile is cut from what took its place.

use ledger::{CHECKPOINT_PATH, FileError, LogFiles, Tiles};
use tlog::{Level, SignedCheckpoint, Tile, TileSource, tile};

/// The files as of one checkpoint. Each read is counted.
pub(super) struct Frozen<'a> {
    files: &'a dyn LogFiles,
    listed: Vec<String>,
    checkpoint: Option<Vec<u8>>,
    tick: &'a dyn Fn(),
}

impl<'a> Frozen<'a> {
    /// The files as they are now.
    pub(super) fn new(files: &'a dyn LogFiles, tick: &'a dyn Fn()) -> Result<Self, FileError> {
        // the list comes first: what was outgrown since is cut from what is there now
        let listed = files.list()?;
        Ok(Self { listed, checkpoint: files.read(CHECKPOINT_PATH)?, files, tick })
    }

    /// How many files there are.
    pub(super) fn count(&self) -> u64 {
        self.listed.len() as u64
    }

    /// The checkpoint as it was.
    pub(super) fn checkpoint(&self) -> Option<&[u8]> {
        self.checkpoint.as_deref()
    }

    /// Leaves in the tree that is published now.
    pub(super) fn size_now(&self) -> u64 {
        let note = self.files.read(CHECKPOINT_PATH).ok().flatten();
        let signed = note.and_then(|note| SignedCheckpoint::parse(&note).ok());
        signed.map_or(0, |signed| signed.checkpoint().size())
    }

    /// The same tile as the tree that is published now has it, cut to its width.
    fn outgrown(&self, path: &str) -> Result<Option<Vec<u8>>, FileError> {
        let Ok(tile) = path.parse::<Tile>() else { return Ok(None) };
        let now = Tile::at(tile.level(), tile.index(), self.size_now());
        let Some(wider) = now.filter(|now| now.width() > tile.width()) else { return Ok(None) };
        let found = Tiles(self.files).tile(&wider);
        let Ok(Some(mut bytes)) = found else { return Ok(None) };
        if let Some(len) = tile.byte_len() {
            bytes.truncate(len);
            return Ok(Some(bytes));
        }
        let cut = tile::parse_bundle(&bytes, wider.width()).ok().map(|entries| {
            let some = entries.iter().take(usize::from(tile.width()));
            some.map(|entry| entry.len() + 2).sum()
        });
        bytes.truncate(cut.unwrap_or(0));
        Ok(Some(bytes))
    }

    /// The entries of the bundle `n` of a tree of `size`, where it can be read.
    pub(super) fn entries(&self, n: u64, size: u64) -> Vec<Vec<u8>> {
        let bundle = Tile::at(Level::Entries, n, size);
        let read = bundle.and_then(|b| Some((b, self.read(&b.to_string()).ok().flatten()?)));
        let Some((bundle, bytes)) = read else { return Vec::new() };
        let entries = tile::parse_bundle(&bytes, bundle.width()).unwrap_or_default();
        entries.into_iter().map(<[u8]>::to_vec).collect()
    }
}

impl LogFiles for Frozen<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, FileError> {
        (self.tick)();
        if path == CHECKPOINT_PATH {
            return Ok(self.checkpoint.clone());
        }
        match self.files.read(path)? {
            Some(bytes) => Ok(Some(bytes)),
            None => self.outgrown(path),
        }
    }

    fn list(&self) -> Result<Vec<String>, FileError> {
        Ok(self.listed.clone())
    }
}
