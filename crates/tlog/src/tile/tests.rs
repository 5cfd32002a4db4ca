//! Paths and widths, and hashes read out of tiles.

use super::{Level, Tile, TileReader, parse_bundle, push_entry};
use crate::merkle::{HashReader, MemoryTree, ReadError, root};
use crate::{Hash, append, leaf_hash};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[test]
fn paths() {
    let check = |path: &str, level, index, width| {
        let tile = Tile::new(level, index, width).expect("a tile");
        assert_eq!(tile.to_string(), path);
        assert_eq!(path.parse(), Ok(tile));
    };
    check("tile/0/000", Level::Hashes(0), 0, 256);
    check("tile/0/x001/x234/067", Level::Hashes(0), 1_234_067, 256);
    check("tile/2/999.p/255", Level::Hashes(2), 999, 255);
    check("tile/entries/x001/000.p/1", Level::Entries, 1000, 1);
    check("tile/0/x072/x057/x594/x037/x927/935", Level::Hashes(0), (1 << 56) - 1, 256);
}

#[test]
fn other_spellings_are_refused() {
    for path in [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000",
        "tile/00/000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x01/002",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000.p/1/",
        "/tile/0/000",
        "tile/0/000 ",
        "tile/entries/",
        "tile/entries/+01",
        "tile/0/x072/x057/x594/x037/x927/936",
        "tile/7/001",
        "tile/8/000",
        "tile/0/../000",
        "Tile/0/000",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "tile/0/00\u{0661}",
    ] {
        assert!(path.parse::<Tile>().is_err(), "{path}");
    }
}

#[test]
fn widths_follow_the_size() {
    let check = |size: u64, wanted: &[&str]| {
        let got: Vec<String> = Tile::partials(size).iter().map(Tile::to_string).collect();
        assert_eq!(got, wanted, "{size}");
    };
    check(0, &[]);
    check(1, &["tile/entries/000.p/1", "tile/0/000.p/1"]);
    check(256, &["tile/1/000.p/1"]);
    check(
        70_000,
        &["tile/entries/273.p/112", "tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"],
    );
    assert_eq!(Tile::partials(u64::MAX).len(), 9);
}

#[test]
fn a_full_tile_serves_for_a_partial_one_and_a_short_one_is_refused() {
    let entries: Vec<String> = (0..256).map(|i| i.to_string()).collect();
    let none: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let appended = append(&none, 0, &Hash::EMPTY_ROOT, &entries).expect("appends");
    let mut files: BTreeMap<String, Vec<u8>> =
        appended.writes.into_iter().map(|w| (w.tile.to_string(), w.bytes)).collect();
    let tree: MemoryTree = entries.iter().map(|e| leaf_hash(e.as_bytes())).collect();
    let from_full = root(&TileReader::new(&files, 77), 77).expect("the full tile has them");
    assert_eq!(from_full, root(&tree, 77).expect("built"));
    files.insert("tile/0/000.p/77".into(), vec![0; 76 * 32]);
    let short = TileReader::new(&files, 77).hash(0, 3);
    assert!(matches!(short, Err(ReadError::Malformed { got: 2432, wanted: 2464, .. })));
    let beyond = TileReader::new(&files, 256).hash(0, 256);
    assert!(matches!(beyond, Err(ReadError::Missing(_))));
    assert!(TileReader::new(&files, 256).hash(255, u64::MAX).is_err());
}

#[test]
fn bundles_are_exact() {
    let mut bundle = Vec::new();
    push_entry(&mut bundle, b"").expect("fits");
    push_entry(&mut bundle, &[7; 65_535]).expect("fits");
    push_entry(&mut bundle, &[7; 65_536]).expect_err("too long");
    assert_eq!(parse_bundle(&bundle, 2).expect("two"), [&[][..], &[7; 65_535]]);
    parse_bundle(&bundle, 1).expect_err("two, not one");
    parse_bundle(&bundle, 3).expect_err("two, not three");
    bundle.pop();
    parse_bundle(&bundle, 2).expect_err("cut short");
    parse_bundle(&[0], 1).expect_err("half a length");
}

proptest! {
    #[test]
    fn tiles_survive_their_path(level in 0_u8..70, index in any::<u64>(), width in 0_u16..300) {
        for level in [Level::Hashes(level), Level::Entries] {
            if let Ok(tile) = Tile::new(level, index, width) {
                prop_assert_eq!(tile.to_string().parse(), Ok(tile));
            }
        }
    }

    #[test]
    fn arbitrary_text_is_no_panic(path in "(tile/)?[ep0-9x./]{0,40}|.{0,30}") {
        if let Ok(tile) = path.parse::<Tile>() {
            prop_assert_eq!(tile.to_string(), path);
        }
    }

    #[test]
    fn arbitrary_bytes_are_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600), width in 0_u16..300) {
        if let Ok(entries) = parse_bundle(&bytes, width) {
            let mut again = Vec::new();
            for entry in entries {
                push_entry(&mut again, entry).expect("it came from a bundle");
            }
            prop_assert_eq!(again, bytes);
        }
    }
}
