//! The receipts of one append: every tile is read and every hash computed once, not once a receipt.

use super::{Receipt, ReceiptError, assemble};
use crate::entry::CheckedEntry;
use crate::files::{LogFiles, Tiles};
use std::cell::RefCell;
use std::collections::BTreeMap;
use tlog::merkle::{self, HashReader, ReadError};
use tlog::{Hash, Hash384, SignedCheckpoint, TileReader, TreeHash};

/// A reader that remembers what it was asked.
struct Remembering<R, H> {
    reader: R,
    known: RefCell<BTreeMap<(u8, u64), H>>,
}

impl<R, H> Remembering<R, H> {
    fn new(reader: R) -> Self {
        Self { reader, known: RefCell::default() }
    }
}

impl<H: TreeHash, R: HashReader<H>> HashReader<H> for Remembering<R, H> {
    fn hash(&self, level: u8, index: u64) -> Result<H, ReadError> {
        if let Some(hash) = self.known.borrow().get(&(level, index)) {
            return Ok(*hash);
        }
        let hash = self.reader.hash(level, index)?;
        self.known.borrow_mut().insert((level, index), hash);
        Ok(hash)
    }
}

/// Makes receipts of statements under one checkpoint of a log.
pub struct Receipts<'a> {
    checkpoint: SignedCheckpoint,
    first: Remembering<TileReader<Tiles<'a>>, Hash>,
    second: Remembering<TileReader<Tiles<'a>, Hash384>, Hash384>,
}

impl std::fmt::Debug for Receipts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Receipts(of {})", self.checkpoint.checkpoint().size())
    }
}

impl<'a> Receipts<'a> {
    /// Receipts under the log's checkpoint in these bytes, whose tiles the files have.
    ///
    /// # Errors
    /// [`ReceiptError::Checkpoint`].
    pub fn under(files: &'a dyn LogFiles, note: &[u8]) -> Result<Self, ReceiptError> {
        let checkpoint =
            SignedCheckpoint::parse(note).map_err(|e| ReceiptError::Checkpoint(e.into()))?;
        let size = checkpoint.checkpoint().size();
        let first = Remembering::new(TileReader::new(Tiles(files), size));
        let second = Remembering::new(TileReader::of(Tiles(files), size));
        Ok(Self { checkpoint, first, second })
    }

    /// The receipt of the statement that was appended as leaf `index`. That it was is the caller's to know; whoever
    /// gets the receipt verifies it.
    ///
    /// # Errors
    /// Tiles that are missing or malformed, or an index outside the log.
    pub fn receipt(&self, entry: &CheckedEntry, index: u64) -> Result<Receipt, ReceiptError> {
        let size = self.checkpoint.checkpoint().size();
        let path = merkle::inclusion_proof(&self.first, index, size);
        let path384 = merkle::inclusion_proof(&self.second, index, size);
        let paths =
            (path.map_err(ReceiptError::Inclusion)?, path384.map_err(ReceiptError::Inclusion)?);
        let leaf = (entry.leaf().clone(), entry.entry().leaf.clone());
        let block = entry.object().block().to_vec();
        Ok(assemble(index, leaf, block, paths, self.checkpoint.clone()))
    }
}
