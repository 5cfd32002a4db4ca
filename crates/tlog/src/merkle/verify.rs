//! Proofs, verified. Everything that RFC 9162 does not lead to the given root is refused.

use super::{ProofError, Step, carries_end, descend, is_subtree};
use crate::TreeHash;

/// Folds a checked range's proof upwards: the hash of the subtree, and of the whole tree.
fn fold<H: TreeHash>(
    (start, end, size): (u64, u64, u64),
    subtree: &H,
    proof: &[H],
) -> Result<(H, H), ProofError> {
    let (steps, _) = descend(start, end, size);
    let carried = carries_end(&steps);
    let wanted = steps.len() + usize::from(carried);
    let wrong = ProofError::Length { got: proof.len(), wanted };
    if proof.len() != wanted {
        return Err(wrong);
    }
    let (first, beside) = match proof.split_first() {
        Some((first, rest)) if carried => (*first, rest),
        Some(_) | None => (*subtree, proof),
    };
    let (mut inner, mut whole) = (first, first);
    for (step, hash) in steps.into_iter().rev().zip(beside) {
        match step {
            Step::RightBeside(..) => whole = H::node(&whole, hash),
            Step::LeftBeside(..) => whole = H::node(hash, &whole),
            Step::LeftInside(..) => {
                whole = H::node(hash, &whole);
                inner = H::node(hash, &inner);
            }
        }
    }
    Ok((inner, whole))
}

fn same<H: TreeHash>(computed: H, given: &H) -> Result<(), ProofError> {
    if computed == *given {
        Ok(())
    } else {
        Err(ProofError::OtherRoot { computed: computed.to_string(), given: given.to_string() })
    }
}

/// The root that an inclusion proof leads to.
///
/// # Errors
///
/// [`ProofError::LeafOutside`] or [`ProofError::Length`].
pub fn root_from_inclusion_proof<H: TreeHash>(
    leaf: &H,
    index: u64,
    size: u64,
    proof: &[H],
) -> Result<H, ProofError> {
    if index >= size {
        return Err(ProofError::LeafOutside { index, start: 0, end: size });
    }
    Ok(fold((index, index + 1, size), leaf, proof)?.1)
}

/// The root of the tree of `new` leaves that a consistency proof leads to from the tree of `old` leaves.
///
/// # Errors
///
/// [`ProofError`] says what is wrong with the sizes, or that the proof does not begin at the old root.
pub fn root_from_consistency_proof<H: TreeHash>(
    old: u64,
    new: u64,
    old_root: &H,
    proof: &[H],
) -> Result<H, ProofError> {
    if old == 0 {
        return Err(ProofError::FromEmpty);
    }
    if old > new {
        return Err(ProofError::NotASubtree { start: 0, end: old, size: new });
    }
    let (inner, whole) = fold((0, old, new), old_root, proof)?;
    same(inner, old_root)?;
    Ok(whole)
}

/// Checks that the leaf with this hash is at `index` in the tree with this size and root.
///
/// # Errors
///
/// [`ProofError`] says what is wrong with the proof.
pub fn verify_inclusion<H: TreeHash>(
    leaf: &H,
    index: u64,
    size: u64,
    root: &H,
    proof: &[H],
) -> Result<(), ProofError> {
    same(root_from_inclusion_proof(leaf, index, size, proof)?, root)
}

/// Checks that the leaf with this hash is at `index` in the subtree over `start..end` with this root.
///
/// # Errors
///
/// [`ProofError`] says what is wrong with the proof or the range.
pub fn verify_subtree_inclusion<H: TreeHash>(
    leaf: &H,
    index: u64,
    (start, end): (u64, u64),
    root: &H,
    proof: &[H],
) -> Result<(), ProofError> {
    if !is_subtree(start, end) {
        return Err(ProofError::NotASubtree { start, end, size: end });
    }
    if !(start..end).contains(&index) {
        return Err(ProofError::LeafOutside { index, start, end });
    }
    verify_inclusion(leaf, index - start, end - start, root, proof)
}

/// Checks that the tree of `old` leaves is the beginning of the tree of `new` leaves.
///
/// An empty `old` is refused: every tree begins with it, so a proof would say nothing about either root.
///
/// # Errors
///
/// [`ProofError`] says what is wrong with the proof or the sizes.
pub fn verify_consistency<H: TreeHash>(
    old: u64,
    new: u64,
    old_root: &H,
    new_root: &H,
    proof: &[H],
) -> Result<(), ProofError> {
    if old == 0 {
        return Err(ProofError::FromEmpty);
    }
    verify_subtree_consistency((0, old), new, old_root, new_root, proof)
}

/// Checks that the subtree over `start..end` with `subtree` as its root belongs to the tree of `size` leaves.
///
/// An empty range belongs to every tree that reaches it: its root must be the empty one and the proof empty.
///
/// # Errors
///
/// [`ProofError`] says what is wrong with the proof or the range.
pub fn verify_subtree_consistency<H: TreeHash>(
    (start, end): (u64, u64),
    size: u64,
    subtree: &H,
    root: &H,
    proof: &[H],
) -> Result<(), ProofError> {
    if end > size {
        return Err(ProofError::NotASubtree { start, end, size });
    }
    if start == end {
        if !proof.is_empty() {
            return Err(ProofError::Length { got: proof.len(), wanted: 0 });
        }
        return same(H::EMPTY_ROOT, subtree);
    }
    if !is_subtree(start, end) {
        return Err(ProofError::NotASubtree { start, end, size });
    }
    let (inner, whole) = fold((start, end, size), subtree, proof)?;
    same(inner, subtree)?;
    same(whole, root)
}
