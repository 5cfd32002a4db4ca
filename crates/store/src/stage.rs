//! The staging bundle: all files of one append in one file, whole or worthless.
//!
//! `vestibule stage 2\n`, then size (8 bytes big-endian) and roots (32 and 48) of the tree that it leads to, then
//! for each file the lengths of path and content (4 bytes each), path and content, then SHA-256 of all before.

use domain::Digest;
use ledger::{PlannedFile, TreeHead};

const MAGIC: &[u8] = b"vestibule stage 2\n";

/// Where the bundle of this head lies, relative to the node's folder.
pub(crate) fn path(head: &TreeHead) -> String {
    format!("stage/{}-{}", head.size, Digest::from_bytes(head.root))
}

/// The head that a staged bundle at `path` leads to; none unless it is whole and at its place.
pub fn staged_head(path: &str, bytes: &[u8]) -> Option<TreeHead> {
    decode(bytes).map(|(head, _)| head).filter(|head| self::path(head) == path)
}

/// Writes a bundle. `None` when a file is too long for it.
pub(crate) fn encode(to: &TreeHead, files: &[PlannedFile]) -> Option<Vec<u8>> {
    let each = |file: &PlannedFile| 8 + file.path.len() + file.bytes.len();
    let mut bytes = Vec::with_capacity(256 + files.iter().map(each).sum::<usize>());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&to.size.to_be_bytes());
    bytes.extend_from_slice(&to.root);
    bytes.extend_from_slice(&to.root384);
    for file in files {
        for len in [file.path.len(), file.bytes.len()] {
            bytes.extend_from_slice(&u32::try_from(len).ok()?.to_be_bytes());
        }
        bytes.extend_from_slice(file.path.as_bytes());
        bytes.extend_from_slice(&file.bytes);
    }
    let digest = Digest::of(&bytes);
    bytes.extend_from_slice(digest.as_bytes());
    Some(bytes)
}

/// Reads a bundle; `None` unless it is whole.
pub(crate) fn decode(bytes: &[u8]) -> Option<(TreeHead, Vec<PlannedFile>)> {
    let (content, digest) = bytes.split_last_chunk::<32>()?;
    if Digest::of(content).as_bytes() != digest {
        return None;
    }
    let rest = content.strip_prefix(MAGIC)?;
    let (size, rest) = rest.split_first_chunk::<8>()?;
    let (root, rest) = rest.split_first_chunk::<32>()?;
    let (root384, mut rest) = rest.split_first_chunk::<48>()?;
    let head = TreeHead { size: u64::from_be_bytes(*size), root: *root, root384: *root384 };
    let mut files = Vec::new();
    while !rest.is_empty() {
        let (path_len, after) = rest.split_first_chunk::<4>()?;
        let (len, after) = after.split_first_chunk::<4>()?;
        let path_len = usize::try_from(u32::from_be_bytes(*path_len)).ok()?;
        let len = usize::try_from(u32::from_be_bytes(*len)).ok()?;
        let (path, after) = after.split_at_checked(path_len)?;
        let (content, after) = after.split_at_checked(len)?;
        let path = String::from_utf8(path.to_vec()).ok()?;
        files.push(PlannedFile { path, bytes: content.to_vec() });
        rest = after;
    }
    Some((head, files))
}

#[cfg(test)]
mod tests;
