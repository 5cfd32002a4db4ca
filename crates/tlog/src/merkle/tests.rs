//! Against a naive tree that follows RFC 6962 word for word.

use super::{
    Frontier, HashReader, MemoryTree, ProofError, consistency_proof, inclusion_proof, is_subtree,
    root, subtree_consistency_proof, subtree_inclusion_proof, subtree_root, verify_consistency,
    verify_inclusion, verify_subtree_consistency, verify_subtree_inclusion,
};
use crate::{Hash, Hash384, TreeHash, leaf_hash};
use proptest::prelude::*;

/// MTH of RFC 6962 §2.1.
fn naive_root<H: TreeHash>(leaves: &[H]) -> H {
    match leaves {
        [] => H::EMPTY_ROOT,
        [leaf] => *leaf,
        _ => {
            let k = leaves.len().next_power_of_two() / 2;
            H::node(&naive_root(&leaves[..k]), &naive_root(&leaves[k..]))
        }
    }
}

/// PATH of RFC 6962 §2.1.1.
fn naive_path<H: TreeHash>(index: usize, leaves: &[H]) -> Vec<H> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (mut path, other) = if index < k {
        (naive_path(index, &leaves[..k]), naive_root(&leaves[k..]))
    } else {
        (naive_path(index - k, &leaves[k..]), naive_root(&leaves[..k]))
    };
    path.push(other);
    path
}

/// SUBPROOF of RFC 6962 §2.1.2.
fn naive_consistency<H: TreeHash>(old: usize, leaves: &[H], known: bool) -> Vec<H> {
    if old == leaves.len() {
        return if known { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (mut proof, other) = if old <= k {
        (naive_consistency(old, &leaves[..k], known), naive_root(&leaves[k..]))
    } else {
        (naive_consistency(old - k, &leaves[k..], false), naive_root(&leaves[..k]))
    };
    proof.push(other);
    proof
}

fn leaves<H: TreeHash>(n: u64) -> Vec<H> {
    (0..n).map(|i| H::leaf(&i.to_be_bytes())).collect()
}

fn size(n: usize) -> u64 {
    u64::try_from(n).expect("small")
}

#[test]
fn small_trees_equal_the_naive_one() {
    check_small_trees::<Hash>();
    check_small_trees::<Hash384>();
}

fn check_small_trees<H: TreeHash>() {
    let all = leaves::<H>(40);
    let tree: MemoryTree<H> = all.iter().copied().collect();
    let mut frontier = Frontier::new();
    for n in 0..=all.len() {
        let part = &all[..n];
        let expected = naive_root(part);
        assert_eq!(root(&tree, size(n)).expect("built"), expected);
        assert_eq!(frontier.root(), expected);
        assert_eq!(Frontier::read(&tree, size(n)).expect("read"), frontier);
        for (index, leaf) in part.iter().enumerate() {
            let proof = inclusion_proof(&tree, size(index), size(n)).expect("built");
            assert_eq!(proof, naive_path(index, part));
            verify_inclusion(leaf, size(index), size(n), &expected, &proof).expect("good");
        }
        for old in 1..=n {
            let proof = consistency_proof(&tree, size(old), size(n)).expect("built");
            assert_eq!(proof, naive_consistency(old, part, true));
            let before = naive_root(&all[..old]);
            verify_consistency(size(old), size(n), &before, &expected, &proof).expect("good");
        }
        if let Some(next) = all.get(n) {
            frontier.push(*next);
        }
    }
}

#[test]
fn every_subtree_of_a_small_tree() {
    check_subtrees::<Hash>();
    check_subtrees::<Hash384>();
}

fn check_subtrees<H: TreeHash>() {
    let all = leaves::<H>(33);
    let tree: MemoryTree<H> = all.iter().copied().collect();
    let whole = naive_root(&all);
    let mut seen = 0;
    for start in 0..all.len() {
        for end in start + 1..=all.len() {
            let (low, high) = (size(start), size(end));
            if !is_subtree(low, high) {
                subtree_root(&tree, low, high).expect_err("not a subtree");
                continue;
            }
            seen += 1;
            let expected = naive_root(&all[start..end]);
            assert_eq!(subtree_root(&tree, low, high).expect("built"), expected);
            let proof = subtree_consistency_proof(&tree, low, high, 33).expect("built");
            verify_subtree_consistency((low, high), 33, &expected, &whole, &proof).expect("good");
            for (index, leaf) in all.iter().enumerate().take(end).skip(start) {
                let proof = subtree_inclusion_proof(&tree, size(index), low, high).expect("built");
                verify_subtree_inclusion(leaf, size(index), (low, high), &expected, &proof)
                    .expect("good");
            }
        }
    }
    assert_eq!(seen, 114, "counted apart from this code");
}

#[test]
fn sizes_near_the_end_of_u64_do_not_overflow() {
    let hash = leaf_hash(b"x");
    let proof = vec![hash; 64];
    for (old, new) in [(1, u64::MAX), (u64::MAX - 1, u64::MAX), (1 << 63, u64::MAX)] {
        verify_consistency(old, new, &hash, &hash, &proof).expect_err("not a real proof");
    }
    verify_inclusion(&hash, u64::MAX - 1, u64::MAX, &hash, &proof).expect_err("not a real proof");
    let missing = MemoryTree::<Hash>::new().hash(63, u64::MAX);
    missing.expect_err("an empty tree has no hashes");
    assert_eq!(verify_consistency(0, 5, &Hash::EMPTY_ROOT, &hash, &[]), Err(ProofError::FromEmpty));
}

proptest! {
    #[test]
    fn a_proof_holds_for_nothing_else(
        (n, index) in (1_u64..200).prop_flat_map(|n| (Just(n), 0..n)),
        flip in any::<(usize, u8)>(),
        other_index in 0_u64..250,
        other_size in 0_u64..250,
    ) {
        let tree: MemoryTree = leaves::<Hash>(n).into_iter().collect();
        let whole = root(&tree, n).expect("built");
        let leaf = leaf_hash(&index.to_be_bytes());
        let proof = inclusion_proof(&tree, index, n).expect("built");
        prop_assert!(verify_inclusion(&leaf, index, n, &whole, &proof).is_ok());
        // The length of the proof binds index and size only loosely; a leaf elsewhere is another leaf.
        if other_index != index {
            let leaf = leaf_hash(&other_index.to_be_bytes());
            prop_assert!(verify_inclusion(&leaf, index, n, &whole, &proof).is_err());
            prop_assert!(verify_inclusion(&leaf, other_index, n, &whole, &proof).is_err());
        }
        if !proof.is_empty() {
            let mut bad = proof.clone();
            let at = flip.0 % bad.len();
            let mut bytes = *bad[at].as_bytes();
            bytes[usize::from(flip.1) % 32] ^= 1 | flip.1;
            bad[at] = Hash::from_bytes(bytes);
            prop_assert!(verify_inclusion(&leaf, index, n, &whole, &bad).is_err());
            prop_assert!(verify_inclusion(&leaf, index, n, &whole, &proof[1..]).is_err());
        }
        let _ = verify_inclusion(&leaf, other_index, other_size, &whole, &proof);
    }

    #[test]
    fn consistency_is_of_these_two_trees_only(
        (old, new) in (1_u64..150).prop_flat_map(|n| (1..=n, Just(n))),
        noise in any::<u64>(),
    ) {
        let tree: MemoryTree = leaves::<Hash>(new).into_iter().collect();
        let (before, after) =
            (root(&tree, old).expect("built"), root(&tree, new).expect("built"));
        let proof = consistency_proof(&tree, old, new).expect("built");
        prop_assert!(verify_consistency(old, new, &before, &after, &proof).is_ok());
        let other = leaf_hash(&noise.to_be_bytes());
        prop_assert!(verify_consistency(old, new, &other, &after, &proof).is_err());
        prop_assert!(verify_consistency(old, new, &before, &other, &proof).is_err());
        let mut longer = proof.clone();
        longer.push(other);
        prop_assert!(verify_consistency(old, new, &before, &after, &longer).is_err());
    }

    #[test]
    fn nothing_panics(a in any::<u64>(), b in any::<u64>(), c in any::<u64>(), len in 0_usize..70) {
        let hash = leaf_hash(b"");
        let proof = vec![hash; len];
        let _ = verify_inclusion(&hash, a, b, &hash, &proof);
        let _ = verify_consistency(a, b, &hash, &hash, &proof);
        let _ = verify_subtree_inclusion(&hash, a, (b, c), &hash, &proof);
        let _ = verify_subtree_consistency((a, b), c, &hash, &hash, &proof);
    }
}
