//! Packages: the entries of one bundle with the proof that they are the log's.

use super::{Slice, Slices, Upload};
use crate::merkle::{self, MemoryTree, ProofError};
use crate::tile::{BundleError, push_entry};
use crate::{Checkpoint, Hash, leaf_hash};

/// The most hashes of a package's proof.
const MAX_HASHES: usize = 63;

/// A package as it was read. Not believed before [`check_package`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Where its entries belong.
    pub slice: Slice,
    /// The entries `slice.start..slice.end`.
    pub entries: Vec<Vec<u8>>,
    /// The subtree consistency proof of `slice.first..slice.end`.
    pub proof: Vec<Hash>,
}

/// Why a package is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// 400: more hashes than a proof can have.
    #[error(
        "the proof of the package at entry {at} has {given} hashes; at most {MAX_HASHES} may be sent"
    )]
    TooManyHashes {
        /// Its first entry.
        at: u64,
        /// How many hashes it announces.
        given: u8,
    },
    /// 400: bytes after the last package.
    #[error("the upload has bytes after its last package")]
    Trailing,
    /// 422: the entries are not the log's.
    #[error("the entries of the package at {at} do not lead to the checkpoint")]
    Proof {
        /// Its first entry.
        at: u64,
        /// Why not.
        source: ProofError,
    },
    /// A bug of the caller: the hashes before the package do not fill its bundle up to it.
    #[error("the package at entry {at} does not follow what is there of its bundle")]
    Gap {
        /// Its first entry.
        at: u64,
    },
}

/// Reads packages as bytes arrive. It holds what has arrived of one package: at most 256 entries of 64 KiB.
#[derive(Debug)]
pub struct Packages {
    slices: Slices,
    current: Option<Slice>,
    entries: Vec<Vec<u8>>,
    buffer: Vec<u8>,
    read: usize,
}

impl Packages {
    /// A reader of the packages of an upload.
    pub fn of(upload: &Upload) -> Self {
        let mut slices = upload.slices();
        let current = slices.next();
        Self { slices, current, entries: Vec::new(), buffer: Vec::new(), read: 0 }
    }

    /// Takes bytes that arrived. Ask for packages after each call, so that no more than one is held.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.read > 0 {
            self.buffer.drain(..self.read);
            self.read = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next package; `None` when more bytes are needed or all packages were read.
    ///
    /// # Errors
    ///
    /// [`PackageError::TooManyHashes`] or [`PackageError::Trailing`].
    pub fn next_package(&mut self) -> Result<Option<Package>, PackageError> {
        let Some(slice) = self.current else {
            let nothing = self.rest().is_empty();
            return if nothing { Ok(None) } else { Err(PackageError::Trailing) };
        };
        let wanted = usize::try_from(slice.end - slice.start).unwrap_or(usize::MAX);
        while self.entries.len() < wanted {
            let Some((len, rest)) = self.rest().split_first_chunk::<2>() else { return Ok(None) };
            let len = usize::from(u16::from_be_bytes(*len));
            let Some(entry) = rest.get(..len) else { return Ok(None) };
            let entry = entry.to_vec();
            self.entries.push(entry);
            self.read += 2 + len;
        }
        let Some((count, rest)) = self.rest().split_first() else { return Ok(None) };
        let hashes = usize::from(*count);
        if hashes > MAX_HASHES {
            return Err(PackageError::TooManyHashes { at: slice.start, given: *count });
        }
        let Some(proof) = rest.get(..hashes * Hash::LEN) else { return Ok(None) };
        let (proof, _) = proof.as_chunks::<{ Hash::LEN }>();
        let proof = proof.iter().map(|h| Hash::from_bytes(*h)).collect();
        self.read += 1 + hashes * Hash::LEN;
        self.current = self.slices.next();
        Ok(Some(Package { slice, entries: std::mem::take(&mut self.entries), proof }))
    }

    /// Whether every package was read.
    pub const fn is_done(&self) -> bool {
        self.current.is_none()
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.read..).unwrap_or_default()
    }
}

/// Appends a package to a body. The proof has at most 63 hashes.
///
/// # Errors
///
/// [`BundleError::EntryTooLong`].
pub fn write_package(
    body: &mut Vec<u8>,
    entries: &[impl AsRef<[u8]>],
    proof: &[Hash],
) -> Result<(), BundleError> {
    for entry in entries {
        push_entry(body, entry.as_ref())?;
    }
    let count = u8::try_from(proof.len().min(MAX_HASHES)).unwrap_or(u8::MAX);
    body.push(count);
    for hash in proof.iter().take(MAX_HASHES) {
        body.extend_from_slice(hash.as_bytes());
    }
    Ok(())
}

/// Checks that a package's entries are those of the checkpoint's tree. `before` has the leaf hashes of
/// `slice.first..slice.start`, which the mirror holds already. Returns the leaf hashes of the entries.
///
/// # Errors
///
/// [`PackageError::Proof`] or [`PackageError::Gap`].
pub fn check_package(
    package: &Package,
    before: &[Hash],
    checkpoint: &Checkpoint,
) -> Result<Vec<Hash>, PackageError> {
    let Slice { first, start, end } = package.slice;
    if u64::try_from(before.len()).ok() != Some(start - first) {
        return Err(PackageError::Gap { at: start });
    }
    let hashes: Vec<Hash> = package.entries.iter().map(|e| leaf_hash(e)).collect();
    let tree: MemoryTree = before.iter().chain(&hashes).copied().collect();
    let wrong = |source| PackageError::Proof { at: start, source };
    let subtree = merkle::root(&tree, tree.size()).map_err(|e| wrong(e.into()))?;
    let (size, root) = (checkpoint.size(), checkpoint.root());
    merkle::verify_subtree_consistency((first, end), size, &subtree, &root, &package.proof)
        .map_err(wrong)?;
    Ok(hashes)
}
