//! What must hold of the log at every moment, whatever happened to its host.

use crate::cast::cast;
use crate::dice::Dice;
use crate::party::Reader;
use crate::world::Made;
use domain::{Digest, PartyId};
use ledger::{CHECKPOINT_PATH, Cursor, LogFiles, Receipt, Tiles, TreeHead, statements};
use std::collections::{BTreeMap, BTreeSet};
use tlog::merkle::{MemoryTree, consistency_proof, root, verify_consistency};
use tlog::{Hash, TileReader, TlogProof};

/// Someone who looks at the log after every step, holds no key, and forgets nothing.
#[derive(Default)]
pub(crate) struct Auditor {
    cursor: Cursor,
    /// Every statement in log order.
    pub(crate) ids: Vec<Digest>,
    tree: MemoryTree,
    /// Every tree head that anyone has verified.
    heads: BTreeMap<u64, [u8; 32]>,
    /// Sizes among them that were not yet compared with the tree, which itself only grows.
    unchecked: BTreeSet<u64>,
    note: Vec<u8>,
}

impl Auditor {
    /// Takes note of a head that someone verified.
    ///
    /// # Errors
    /// Two histories of one size.
    pub(crate) fn seen(&mut self, who: &str, size: u64, root: [u8; 32]) -> Result<(), String> {
        match self.heads.insert(size, root) {
            Some(before) if before != root => {
                Err(format!("{who} verified another history of {size} statements"))
            }
            Some(_) => Ok(()),
            None => {
                self.unchecked.insert(size);
                Ok(())
            }
        }
    }

    /// Looks at what is published now; reads all of it when it changed, when told to, or now and then.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn look(
        &mut self,
        files: &dyn LogFiles,
        made: &BTreeMap<Digest, Made>,
        dice: &mut Dice,
        force: bool,
    ) -> Result<(), String> {
        let note = files.read(CHECKPOINT_PATH).map_err(|e| e.to_string())?;
        let note = note.ok_or("the checkpoint is gone")?;
        if note == self.note && !force && !dice.once_in(16) {
            return Ok(());
        }
        let head = cast().trust.log().open(&note).map_err(|e| format!("the checkpoint: {e}"))?;
        if head.size < self.cursor.head.size {
            let before = self.cursor.head.size;
            return Err(format!("the checkpoint shrank from {before} to {}", head.size));
        }
        self.note = note;
        self.seen("the auditor", head.size, head.root)?;
        self.read_on(files, made)?;
        let whole =
            Cursor::read(files, &cast().trust).map_err(|e| format!("reading it all: {e}"))?;
        if whole != self.cursor {
            return Err(
                "the whole log read at once differs from the log read bit by bit".to_owned()
            );
        }
        self.check_growth(files, head, dice)
    }

    /// The new statements: each one made by someone, once, and signed by those who signed it.
    fn read_on(
        &mut self,
        files: &dyn LogFiles,
        made: &BTreeMap<Digest, Made>,
    ) -> Result<(), String> {
        let reading = statements(files, &cast().trust, None, self.cursor.clone());
        let mut reading = reading.map_err(|e| format!("the log is not believed: {e}"))?;
        for statement in reading.by_ref() {
            let statement = statement.map_err(|e| format!("a statement: {e}"))?;
            let (id, index) = (statement.leaf.id(), statement.index);
            if let Some(fault) = statement.chain {
                return Err(format!("statement {index} was taken against its chain: {fault}"));
            }
            let signers = statement.signers.map_err(|e| format!("statement {index}: {e}"))?;
            let Some(known) = made.get(&id) else {
                return Err(format!("statement {index} was made by nobody"));
            };
            if known.signed != signers {
                let signed = &known.signed;
                return Err(format!("statement {index} shows {signers:?}; {signed:?} signed"));
            }
            if self.ids.contains(&id) {
                return Err(format!("statement {index} is in the log twice"));
            }
            self.ids.push(id);
            self.tree.push(Hash::from_bytes(*statement.leaf.hash().as_bytes()));
        }
        self.cursor = reading.into_cursor().ok_or("reading ended early")?;
        Ok(())
    }

    /// The tree is the one of all leaves ever read, and an earlier one is its beginning.
    fn check_growth(
        &mut self,
        files: &dyn LogFiles,
        head: TreeHead,
        dice: &mut Dice,
    ) -> Result<(), String> {
        for size in std::mem::take(&mut self.unchecked) {
            if size > head.size {
                return Err(format!("{size} statements were verified, {} are there", head.size));
            }
            let ours = root(&self.tree, size).map_err(|e| e.to_string())?;
            if Some(ours.as_bytes()) != self.heads.get(&size) {
                return Err(format!("the history of {size} statements is not in this one"));
            }
        }
        let earlier: Vec<_> =
            self.heads.range(..head.size).filter(|(size, _)| **size > 0).collect();
        if let Some((size, known)) = dice.place(earlier.len()).and_then(|at| earlier.get(at)) {
            let tiles = TileReader::new(Tiles(files), head.size);
            let proof = consistency_proof(&tiles, **size, head.size).map_err(|e| e.to_string())?;
            let (old, new) = (Hash::from_bytes(**known), Hash::from_bytes(head.root));
            verify_consistency(**size, head.size, &old, &new, &proof)
                .map_err(|e| format!("no proof that {size} statements only grew: {e}"))?;
        }
        Ok(())
    }

    /// A receipt that someone was given: it verifies, and what it says is in the log for ever.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn check_receipt(
        &mut self,
        bytes: &[u8],
        id: Digest,
    ) -> Result<(u64, BTreeSet<PartyId>), String> {
        let receipt = Receipt::from_bytes(bytes).map_err(|e| format!("a receipt: {e}"))?;
        let verified = receipt.verify(&cast().trust).map_err(|e| format!("a receipt: {e}"))?;
        if verified.id != id {
            return Err(format!("a receipt of {} instead of {id}", verified.id));
        }
        let proof = TlogProof::parse(bytes).map_err(|e| format!("a receipt: {e}"))?;
        let head = proof.checkpoint.checkpoint();
        self.seen("the holder of a receipt", head.size(), *head.root().as_bytes())?;
        Ok((verified.index, verified.signers))
    }
}

/// Reads the whole log from its bytes as a party that begins today, up to where `reader` is.
///
/// # Errors
/// When that gives anything else than what the reader has read bit by bit.
pub(crate) fn read_again(files: &dyn LogFiles, reader: &Reader) -> Result<(), String> {
    let mut again = Reader::new(&reader.id);
    again.read_on(files).map_err(|e| format!("{} can't begin anew: {e}", reader.id))?;
    let size = reader.cursor.head.size;
    let beginning = again.read.iter().filter(|statement| statement.index < size);
    if beginning.eq(&reader.read) {
        return Ok(());
    }
    Err(format!("{} reads the log differently when it begins anew", reader.id))
}
