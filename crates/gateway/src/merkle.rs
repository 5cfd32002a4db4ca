//! The inner tree over one grant's uses of one minute.
//!
//! The hashes are those of RFC 6962 §2.1 (`MTH` and `PATH`), so any C2SP or Certificate Transparency
//! verifier can check them: a leaf is `SHA-256(0x00 || entry)`, a node `SHA-256(0x01 || left || right)`,
//! and the left subtree of `n` leaves has the largest power of two smaller than `n`. The few lines are
//! repeated here because the gateway, which is the process to attack, sees no crate but `access` and `llm`.

use aws_lc_rs::digest::{Context, SHA256};
use domain::Digest;

/// The hash of a leaf whose entry is `entry`.
pub(crate) fn leaf(entry: &[u8]) -> Digest {
    hash(&[&[0], entry])
}

/// The root over leaf hashes; of no leaves, the hash of nothing.
pub(crate) fn root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => hash(&[]),
        [only] => *only,
        many => {
            let (left, right) = many.split_at(split(many.len()));
            node(&root(left), &root(right))
        }
    }
}

/// The audit path of leaf `index`, from the leaf upwards; `None` outside the tree.
pub(crate) fn path(leaves: &[Digest], index: usize) -> Option<Vec<Digest>> {
    if index >= leaves.len() {
        return None;
    }
    let mut path = Vec::new();
    let (mut rest, mut index) = (leaves, index);
    while rest.len() > 1 {
        let (left, right) = rest.split_at(split(rest.len()));
        if index < left.len() {
            path.push(root(right));
            rest = left;
        } else {
            path.push(root(left));
            index -= left.len();
            rest = right;
        }
    }
    path.reverse();
    Some(path)
}

/// The root that `leaf`, as number `index` of `count`, has by this audit path (RFC 9162 §2.1.3.2);
/// `None` when the path doesn't fit the place.
pub(crate) fn root_by_path(
    leaf: Digest,
    index: u64,
    count: u64,
    path: &[Digest],
) -> Option<Digest> {
    if index >= count {
        return None;
    }
    let (mut place, mut last) = (index, count - 1);
    let mut hash = leaf;
    for sibling in path {
        if last == 0 {
            return None;
        }
        if place % 2 == 1 || place == last {
            hash = node(sibling, &hash);
            while place.is_multiple_of(2) && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

fn node(left: &Digest, right: &Digest) -> Digest {
    hash(&[&[1], left.as_bytes(), right.as_bytes()])
}

/// The largest power of two smaller than `n`, which is at least 2.
fn split(n: usize) -> usize {
    n.next_power_of_two() / 2
}

fn hash(parts: &[&[u8]]) -> Digest {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    Digest::from_bytes(bytes)
}

#[cfg(test)]
mod tests;
