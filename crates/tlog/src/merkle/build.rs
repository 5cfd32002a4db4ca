//! Roots and proofs, built from a [`HashReader`].

use super::{HashReader, ProofError, ReadError, carries_end, descend, is_subtree, split};
use crate::TreeHash;

/// The root of a subtree that was checked, by its complete parts from right to left.
fn range_hash<H: TreeHash>(
    reader: &impl HashReader<H>,
    start: u64,
    end: u64,
) -> Result<H, ReadError> {
    let (mut low, mut parts) = (start, Vec::new());
    while !(end - low).is_power_of_two() {
        let width = split(end - low);
        parts.push((low, width));
        low += width;
    }
    parts.push((low, end - low));
    let mut hash = None;
    while let Some((low, width)) = parts.pop() {
        let level = u8::try_from(width.trailing_zeros()).expect("a u64 has at most 64 bits");
        let left = reader.hash(level, low / width)?;
        hash = Some(hash.map_or(left, |right| H::node(&left, &right)));
    }
    Ok(hash.expect("a subtree has at least one complete part"))
}

/// The root over the first `size` leaves.
///
/// # Errors
///
/// [`ReadError`] from the reader.
pub fn root<H: TreeHash>(reader: &impl HashReader<H>, size: u64) -> Result<H, ReadError> {
    if size == 0 { Ok(H::EMPTY_ROOT) } else { range_hash(reader, 0, size) }
}

/// The root of the subtree over the leaves `start..end`.
///
/// # Errors
///
/// [`ProofError::NotASubtree`], or a failure to read.
pub fn subtree_root<H: TreeHash>(
    reader: &impl HashReader<H>,
    start: u64,
    end: u64,
) -> Result<H, ProofError> {
    if !is_subtree(start, end) {
        return Err(ProofError::NotASubtree { start, end, size: end });
    }
    Ok(range_hash(reader, start, end)?)
}

/// The proof that leaf `index` is in the tree of `size` leaves: RFC 9162 §2.1.3, lowest hash first.
///
/// # Errors
///
/// [`ProofError::LeafOutside`], or a failure to read.
pub fn inclusion_proof<H: TreeHash>(
    reader: &impl HashReader<H>,
    index: u64,
    size: u64,
) -> Result<Vec<H>, ProofError> {
    subtree_inclusion_proof(reader, index, 0, size)
}

/// The proof that leaf `index` is in the subtree over `start..end`.
///
/// # Errors
///
/// [`ProofError::NotASubtree`], [`ProofError::LeafOutside`], or a failure to read.
pub fn subtree_inclusion_proof<H: TreeHash>(
    reader: &impl HashReader<H>,
    index: u64,
    start: u64,
    end: u64,
) -> Result<Vec<H>, ProofError> {
    if !is_subtree(start, end) && (start, end) != (0, 0) {
        return Err(ProofError::NotASubtree { start, end, size: end });
    }
    if !(start..end).contains(&index) {
        return Err(ProofError::LeafOutside { index, start, end });
    }
    let (steps, _) = descend(index - start, index - start + 1, end - start);
    let mut proof = Vec::with_capacity(steps.len());
    for step in steps.into_iter().rev() {
        let (a, b) = step.range();
        proof.push(range_hash(reader, start + a, start + b)?);
    }
    Ok(proof)
}

/// The proof that the tree of `old` leaves is the beginning of the tree of `new` leaves: RFC 9162 §2.1.4.
///
/// # Errors
///
/// [`ProofError::FromEmpty`], [`ProofError::NotASubtree`] when `old` is above `new`, or a failure to read.
pub fn consistency_proof<H: TreeHash>(
    reader: &impl HashReader<H>,
    old: u64,
    new: u64,
) -> Result<Vec<H>, ProofError> {
    if old == 0 {
        return Err(ProofError::FromEmpty);
    }
    subtree_consistency_proof(reader, 0, old, new)
}

/// The proof that the subtree over `start..end` belongs to the tree of `size` leaves.
/// The proof of an empty range is empty.
///
/// # Errors
///
/// [`ProofError::NotASubtree`], or a failure to read.
pub fn subtree_consistency_proof<H: TreeHash>(
    reader: &impl HashReader<H>,
    start: u64,
    end: u64,
    size: u64,
) -> Result<Vec<H>, ProofError> {
    if start == end && end <= size {
        return Ok(Vec::new());
    }
    if !is_subtree(start, end) || end > size {
        return Err(ProofError::NotASubtree { start, end, size });
    }
    let (steps, (low, high)) = descend(start, end, size);
    let mut proof = Vec::with_capacity(steps.len() + 1);
    if carries_end(&steps) {
        proof.push(range_hash(reader, low, high)?);
    }
    for step in steps.into_iter().rev() {
        let (a, b) = step.range();
        proof.push(range_hash(reader, a, b)?);
    }
    Ok(proof)
}
