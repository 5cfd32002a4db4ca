//! Paths and widths, and hashes read out of tiles.

use super::{Level, Tile, TileReader, TileSource, parse_bundle, push_entry};
use crate::merkle::{self, HashReader, MemoryTree, ReadError, root};
use crate::{Hash, Hash384, TreeHash, append, leaf_hash};
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

/// The tree over leaves that are all alike: every complete subtree of a level has one hash, so that the tiles of a log
/// of any size are computed and never stored.
struct Regular<H> {
    levels: Vec<H>,
    asked: std::cell::RefCell<Vec<Tile>>,
}

impl<H: TreeHash> Regular<H> {
    fn new() -> Self {
        let mut levels = vec![H::leaf(b"the same")];
        while let (Some(last), true) = (levels.last().copied(), levels.len() < 64) {
            levels.push(H::node(&last, &last));
        }
        Self { levels, asked: std::cell::RefCell::default() }
    }

    /// How many bytes all tiles that were asked for have, and how many they are.
    fn asked(&self) -> (usize, usize) {
        let asked = self.asked.borrow();
        (asked.iter().filter_map(Tile::byte_len).sum(), asked.len())
    }
}

impl<H: TreeHash> TileSource for Regular<H> {
    fn tile(&self, tile: &Tile) -> Result<Option<Vec<u8>>, ReadError> {
        self.asked.borrow_mut().push(*tile);
        let (Level::Hashes(level) | Level::Hashes384(level)) = tile.level() else {
            return Ok(None);
        };
        let hash = self.levels[usize::from(level) * 8];
        Ok(Some(hash.as_slice().repeat(usize::from(tile.width()))))
    }
}

/// Reading one receipt's path and root from a log of 10^8 leaves touches at most 8 tiles, with either hash; so does
/// the edge that an append builds on, and its state is one hash a level.
#[test]
fn one_receipt_of_a_hundred_million_touches_eight_tiles() {
    check_receipts::<Hash>();
    check_receipts::<Hash384>();
}

fn check_receipts<H: TreeHash>() {
    const SIZE: u64 = 100_000_000;
    let edges = [0, 1, 255, 256, 65_535, 65_536, SIZE / 2, SIZE - 257, SIZE - 2, SIZE - 1];
    let spread = (0..500).map(|n| n * 199_999 + n % 256);
    let mut most = 0;
    for index in edges.into_iter().chain(spread).filter(|index| *index < SIZE) {
        let source = Regular::<H>::new();
        let reader = TileReader::<_, H>::of(&source, SIZE);
        let root = root(&reader, SIZE).expect("built");
        let proof = merkle::inclusion_proof(&reader, index, SIZE).expect("built");
        let leaf = H::leaf(b"the same");
        merkle::verify_inclusion(&leaf, index, SIZE, &root, &proof).expect("good");
        let (bytes, tiles) = source.asked();
        assert!(tiles <= 8, "leaf {index} touches {tiles} tiles");
        assert!(bytes <= 8 * 256 * H::LEN);
        most = most.max(tiles);
    }
    println!("one receipt of {SIZE} leaves touches at most {most} tiles of {}-byte hashes", H::LEN);
    assert!((4..=8).contains(&most), "{most}: the count counts");
    let source = Regular::<H>::new();
    let edge = merkle::Frontier::<H>::read(&TileReader::of(&source, SIZE), SIZE).expect("read");
    assert!(source.asked().1 <= 4, "one tile a level");
    let root: H = root(&TileReader::of(&source, SIZE), SIZE).expect("built");
    assert_eq!(edge.root(), root);
}
