//! Appends in any rhythm give the same tiles as one append.

use super::{AppendError, append, append_tree};
use crate::merkle::{MemoryTree, root};
use crate::tile::{Level, Tile, TileReader};
use crate::{Hash, Hash384, TreeHash, leaf_hash};
use proptest::prelude::*;
use std::collections::BTreeMap;

type Files = BTreeMap<String, Vec<u8>>;

fn entries(from: u64, to: u64) -> Vec<Vec<u8>> {
    (from..to).map(|i| format!("entry {i}").into_bytes()).collect()
}

/// Appends in batches and checks root and tiles at every stop.
fn grow(batches: &[u64]) -> Files {
    let (mut files, mut head) = (Files::new(), (0, Hash::EMPTY_ROOT, Hash384::EMPTY_ROOT));
    let mut tree = MemoryTree::new();
    let mut tree384 = MemoryTree::<Hash384>::new();
    for batch in batches {
        let new = entries(head.0, head.0 + batch);
        let appended = append(&files, head.0, &head.1, &new).expect("appends");
        let second = append_tree(&files, head.0, &head.2, &new).expect("appends");
        for entry in &new {
            tree.push(leaf_hash(entry));
            tree384.push(Hash384::leaf(entry));
        }
        assert_eq!(appended.size, tree.size());
        assert_eq!(appended.root, root(&tree, tree.size()).expect("built"));
        assert_eq!(second.size, tree384.size());
        assert_eq!(second.root, root(&tree384, second.size).expect("built"));
        assert!(second.writes.iter().all(|w| w.tile.to_string().starts_with("tile384/")));
        for write in appended.writes.into_iter().chain(second.writes) {
            let path = write.tile.to_string();
            assert!(files.insert(path.clone(), write.bytes).is_none(), "{path} is written once");
        }
        head = (appended.size, appended.root, second.root);
        let read = root(&TileReader::new(&files, head.0), head.0).expect("tiles are complete");
        assert_eq!(read, head.1);
        let read: Hash384 =
            root(&TileReader::of(&files, head.0), head.0).expect("tiles are complete");
        assert_eq!(read, head.2);
    }
    files
}

/// The tiles that a tree needs, without the partial ones it outgrew.
fn needed(files: &Files, size: u64) -> Files {
    let partials = Tile::partials(size).into_iter().chain(Tile::partials_of::<Hash384>(size));
    let partials: Vec<String> = partials.map(|t| t.to_string()).collect();
    let keep = |path: &String| !path.contains(".p/") || partials.contains(path);
    files.iter().filter(|(path, _)| keep(path)).map(|(p, b)| (p.clone(), b.clone())).collect()
}

#[test]
fn across_a_third_level() {
    let once = grow(&[66_000]);
    let parts = grow(&[1, 254, 1, 256, 600, 64_423, 1, 464]);
    assert_eq!(needed(&parts, 66_000), needed(&once, 66_000));
    assert!(once.contains_key("tile/2/000.p/1"));
    assert!(once.contains_key("tile/1/001.p/1"));
    for tile in Tile::all_of::<Hash>(66_000).chain(Tile::all_of::<Hash384>(66_000)) {
        let len = once.get(&tile.to_string()).map(Vec::len);
        assert_eq!(len, tile.byte_len(), "{tile}");
    }
}

#[test]
fn nothing_appended_writes_nothing() {
    let files = grow(&[5]);
    let head = root(&TileReader::new(&files, 5), 5).expect("complete");
    let none: [&[u8]; 0] = [];
    let appended = append(&files, 5, &head, &none).expect("appends");
    assert_eq!((appended.size, appended.root, appended.writes), (5, head, Vec::new()));
}

#[test]
fn damaged_storage_is_not_signed_over() {
    let mut files = grow(&[300]);
    let head = root(&TileReader::new(&files, 300), 300).expect("complete");
    let tile = Tile::new(Level::Hashes(0), 1, 44).expect("a tile").to_string();
    files.get_mut(&tile).expect("there")[40] ^= 1;
    let refused = append(&files, 300, &head, &[b"x"]);
    assert!(matches!(refused, Err(AppendError::OtherRoot { size: 300, .. })));
    files.remove(&tile);
    let refused = append(&files, 300, &head, &[b"x"]);
    assert!(matches!(refused, Err(AppendError::Read(_))));
    let mut files = grow(&[3]);
    let head = root(&TileReader::new(&files, 3), 3).expect("complete");
    files.insert("tile/entries/000.p/3".into(), vec![0, 0]);
    let refused = append(&files, 3, &head, &[b"x"]);
    assert!(matches!(refused, Err(AppendError::Bundle { .. })));
    append(&Files::new(), 0, &Hash::EMPTY_ROOT, &[vec![0; 70_000]]).expect_err("entry too long");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_rhythm_gives_the_same_log(batches in proptest::collection::vec(0_u64..300, 1..8)) {
        let size = batches.iter().sum();
        prop_assert_eq!(needed(&grow(&batches), size), needed(&grow(&[size]), size));
    }
}
