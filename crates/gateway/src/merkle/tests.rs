//! Against the published vectors, and proofs against the root.

use super::{leaf, path, root, root_by_path};
use domain::Digest;
use proptest::prelude::*;

/// The eight entries and roots of the Certificate Transparency reference tests
/// (`merkle_tree_test.cc` of google/certificate-transparency, Apache-2.0; also RFC 6962 §2.1.3's shape).
const ENTRIES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn leaves(n: usize) -> Vec<Digest> {
    ENTRIES.iter().take(n).map(|e| leaf(e)).collect()
}

#[test]
fn roots_equal_the_published_ones() {
    for (n, expected) in ROOTS.iter().enumerate() {
        assert_eq!(root(&leaves(n)).to_string(), *expected, "{n} leaves");
    }
}

#[test]
fn a_path_does_not_exist_outside_the_tree() {
    assert_eq!(path(&leaves(3), 3), None);
    assert_eq!(path(&[], 0), None);
    assert_eq!(root_by_path(leaf(b""), 1, 1, &[]), None);
}

proptest! {
    #[test]
    fn every_leaf_proves_itself_and_only_at_its_place(
        count in 1usize..70, seed: u8, index in 0usize..70, other in 0u64..70
    ) {
        let leaves: Vec<_> =
            (0..count).map(|i| leaf(&[seed, u8::try_from(i).expect("under 70")])).collect();
        let index = index % count;
        let (size, place) = (count as u64, index as u64);
        let path = path(&leaves, index).expect("inside the tree");
        let root = root(&leaves);
        prop_assert_eq!(root_by_path(leaves[index], place, size, &path), Some(root));
        if other != place {
            prop_assert_ne!(root_by_path(leaves[index], other, size, &path), Some(root));
        }
        prop_assert_ne!(root_by_path(leaf(b"another"), place, size, &path), Some(root));
        let mut longer = path.clone();
        longer.push(root);
        prop_assert_ne!(root_by_path(leaves[index], place, size, &longer), Some(root));
    }
}
