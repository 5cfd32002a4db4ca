//! What the world has seen of one log, and whether the log still agrees.

use crate::interop::s3;
use anyhow::{Context, Result, bail};
use domain::Digest;
use ledger::{CHECKPOINT_PATH, Leaf, LogFiles, Receipt, Trust};
use operations::audit::{self, Watch};
use operations::ctx::SystemClock;
use operations::folder::Folder;
use operations::node::{Node, ObjectCredentials, ObjectPlace, Opening};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use store::{LogObjects, Objects};
use tlog::merkle::{MemoryTree, root};
use tlog::tile::parse_bundle;
use tlog::{Level, SignedCheckpoint, Tile, leaf_hash};

/// Acknowledgements and checkpoints.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Each acknowledged statement with its index.
    places: BTreeMap<Digest, u64>,
    /// Roots by size, of every checkpoint that anyone got.
    heads: BTreeMap<u64, [u8; 32]>,
    /// Sizes for which two roots were seen.
    split: Vec<u64>,
}

/// What is wrong, and how much was compared.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) lost: Vec<String>,
    pub(super) forks: Vec<String>,
    pub(super) other: Vec<String>,
    pub(super) checkpoints: u64,
}

impl Seen {
    pub(super) fn acknowledged(&self) -> u64 {
        self.places.len() as u64
    }

    pub(super) fn has(&self, id: &Digest) -> bool {
        self.places.contains_key(id)
    }

    /// A receipt that a client got; it must verify.
    pub(super) fn receipt(&mut self, trust: &Trust, bytes: &[u8]) -> Result<()> {
        let verified = Receipt::from_bytes(bytes)?.verify(trust)?;
        if let Some(before) = self.places.insert(verified.id, verified.index)
            && before != verified.index
        {
            bail!("statement {} is at {}, and was at {before}", verified.id, verified.index);
        }
        // a receipt ends with the checkpoint, which begins with the log's name
        let text = std::str::from_utf8(bytes)?;
        let at = text.rfind(&format!("\n{}\n", trust.log().origin())).context("a checkpoint")?;
        self.checkpoint(text.get(at + 1..).unwrap_or_default().as_bytes())
    }

    /// A checkpoint that somebody got.
    pub(super) fn checkpoint(&mut self, note: &[u8]) -> Result<()> {
        let signed = SignedCheckpoint::parse(note)?;
        let (size, root) = (signed.checkpoint().size(), *signed.checkpoint().root().as_bytes());
        if *self.heads.entry(size).or_insert(root) != root {
            self.split.push(size);
        }
        Ok(())
    }

    /// Opens the node, which finishes what the kill cut short, and compares everything.
    pub(super) fn judge(&mut self, folder: &Path, trust: &Trust) -> Result<Judged> {
        let mut judged = Judged::default();
        if let Some(note) = published(folder)? {
            self.checkpoint(&note)?;
        }
        match Node::open(folder, Arc::new(SystemClock)) {
            Ok(node) => drop(node),
            Err(error) => {
                judged.other.push(format!("it does not open: {}", operations::plain(&error)));
                return Ok(judged);
            }
        }
        let watch = Watch { total: &|_| {}, tick: &|| {}, wait: &mut || false };
        let audit =
            audit::node(folder, &folder.join("trust.toml"), &ObjectCredentials::default(), watch)?;
        judged.other.extend(audit.faults.into_iter().map(|fault| fault.detail));
        judged.other.extend(audit.pending.into_iter().map(|what| format!("left over: {what}")));
        let files = Folder::new(folder.join("log"));
        self.agree(&files, trust, &mut judged)?;
        Ok(judged)
    }

    /// The same for the log in a bucket, by the eyes of the host in this folder.
    pub(super) fn judge_objects(
        &mut self,
        folder: &Path,
        trust: &Trust,
        place: &ObjectPlace,
    ) -> Result<Judged> {
        let mut judged = Judged::default();
        let opening = Opening { without: None, who: s3::who() };
        match Node::open_with(folder, Arc::new(SystemClock), &opening) {
            Ok((node, _)) => drop(node),
            Err(error) => {
                judged.other.push(format!("it does not open: {}", operations::plain(&error)));
                return Ok(judged);
            }
        }
        let watch = Watch { total: &|_| {}, tick: &|| {}, wait: &mut || false };
        let audit = audit::node(folder, &folder.join("trust.toml"), &s3::who(), watch)?;
        judged.other.extend(audit.faults.into_iter().map(|fault| fault.detail));
        let files = LogObjects::new(Objects::s3(place, &s3::who())?);
        self.agree(&files, trust, &mut judged)?;
        Ok(judged)
    }

    /// Compares the published files with all that was seen.
    fn agree(&mut self, files: &dyn LogFiles, trust: &Trust, judged: &mut Judged) -> Result<()> {
        let note = files.read(CHECKPOINT_PATH)?.context("an opened node has a checkpoint")?;
        trust.log().check(&SignedCheckpoint::parse(&note)?)?;
        self.checkpoint(&note)?;
        let size = SignedCheckpoint::parse(&note)?.checkpoint().size();
        self.compare(&leaves(files, size)?, judged)
    }

    fn compare(&self, leaves: &[Vec<u8>], judged: &mut Judged) -> Result<()> {
        for (id, index) in &self.places {
            let there = usize::try_from(*index).ok().and_then(|at| leaves.get(at));
            let there = there.map(|leaf| Leaf::from_bytes(leaf)).transpose()?;
            if there.is_none_or(|leaf| leaf.id() != *id) {
                judged.lost.push(format!("statement {id} was acknowledged at {index}"));
            }
        }
        let tree: MemoryTree = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        for (size, seen) in &self.heads {
            judged.checkpoints += 1;
            let now = if *size > leaves.len() as u64 { None } else { Some(root(&tree, *size)?) };
            if now.is_none_or(|now| now.as_bytes() != seen) {
                judged.forks.push(format!("a checkpoint of {size} statements is of another log"));
            }
        }
        let two = self.split.iter();
        judged.forks.extend(two.map(|size| format!("two checkpoints of {size} statements")));
        Ok(())
    }
}

fn published(folder: &Path) -> Result<Option<Vec<u8>>> {
    Ok(Folder::new(folder.join("log")).read(CHECKPOINT_PATH)?)
}

/// The log's entries.
fn leaves(files: &dyn LogFiles, size: u64) -> Result<Vec<Vec<u8>>> {
    let mut leaves = Vec::new();
    for n in 0..size.div_ceil(256) {
        let bundle = Tile::at(Level::Entries, n, size).context("a bundle")?;
        let bytes = files.read(&bundle.to_string())?.context("the bundle is there")?;
        leaves.extend(parse_bundle(&bytes, bundle.width())?.into_iter().map(<[u8]>::to_vec));
    }
    Ok(leaves)
}
