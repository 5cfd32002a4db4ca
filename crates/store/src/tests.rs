//! One suite over every implementation, each step failed in turn, torn files, and crashes from seeds.

mod crash;
mod faults;
mod model;
mod objects;
mod opening;
mod suite;

use crate::{Committed, LogStore};
use domain::{Digest, Timestamp};
use ledger::{AppendPlan, LogFiles, PlannedFile, Tiles, TreeHead};
use std::collections::BTreeMap;
use tlog::merkle::{MemoryTree, root};
use tlog::{
    Checkpoint, Ed25519Signer, Hash, Hash384, KeyName, Level, NoteSigner, SignedCheckpoint, Tile,
    TileReader, TreeHash, leaf_hash, tile,
};

/// The log's key.
fn signer() -> Ed25519Signer {
    Ed25519Signer::from_seed(KeyName::new("log.example/a").expect("a name"), &[7; 32])
        .expect("a key")
}

pub(crate) fn at(seconds: u64) -> Timestamp {
    let micros = i64::try_from(seconds * 1_000_000).expect("small");
    Timestamp::from_micros(micros).expect("in range")
}

/// The statement with this number.
fn id(statement: u64) -> Digest {
    Digest::of(format!("statement {statement}").as_bytes())
}

fn entry(statement: u64) -> Vec<u8> {
    format!("leaf of {statement}, object {}", Digest::of(&object(statement))).into_bytes()
}

fn object(statement: u64) -> Vec<u8> {
    format!("object {statement}")
        .repeat(usize::try_from(statement % 7).expect("small"))
        .into_bytes()
}

fn object_path(statement: u64) -> String {
    ledger::object_path(&id(statement))
}

fn head_of(committed: Option<&Committed>) -> TreeHead {
    committed.map_or(TreeHead::EMPTY, |c| c.head)
}

/// Plans an append of these statements, as the ledger does.
pub(crate) fn plan(files: &dyn LogFiles, from: TreeHead, statements: &[u64]) -> AppendPlan {
    let entries: Vec<Vec<u8>> = statements.iter().map(|s| entry(*s)).collect();
    let before = Hash::from_bytes(from.root);
    let appended = tlog::append(&Tiles(files), from.size, &before, &entries).expect("appends");
    let objects =
        statements.iter().map(|s| PlannedFile { path: object_path(*s), bytes: object(*s) });
    let before = Hash384::from_bytes(from.root384);
    let second = tlog::append_tree(&Tiles(files), from.size, &before, &entries).expect("appends");
    let tiles = appended
        .writes
        .into_iter()
        .chain(second.writes)
        .map(|w| PlannedFile { path: w.tile.to_string(), bytes: w.bytes });
    let (root, root384) = (*appended.root.as_bytes(), *second.root.as_bytes());
    let to = TreeHead { size: appended.size, root, root384 };
    AppendPlan {
        from,
        to,
        checkpoint: signed(to).note().to_string().into_bytes(),
        files: objects.chain(tiles).collect(),
        statements: statements.iter().map(|s| id(*s)).zip(from.size..).collect(),
    }
}

fn signed(head: TreeHead) -> SignedCheckpoint {
    let checkpoint = Checkpoint::new("log.example/a", head.size, Hash::from_bytes(head.root));
    checkpoint.expect("a checkpoint").sign(&[&signer()]).expect("signs")
}

/// Plans and commits these statements.
fn append(log: &dyn LogStore, statements: &[u64], now: u64) -> Committed {
    let head = head_of(log.head().expect("reads").as_ref());
    let files: &dyn LogFiles = log;
    log.commit(&plan(files, head, statements), at(now)).expect("commits")
}

/// Everything that must hold of an open log that holds exactly these statements in this order.
fn audit(log: &dyn LogStore, statements: &[u64]) {
    let files: &dyn LogFiles = log;
    let committed = log.head().expect("reads");
    let head = head_of(committed.as_ref());
    assert_eq!(head.size, u64::try_from(statements.len()).expect("small"));
    let Some(committed) = committed else {
        assert_eq!(files.list().expect("lists"), Vec::<String>::new());
        return;
    };
    let bytes = files.read("checkpoint").expect("reads").expect("is published");
    assert_eq!(bytes, committed.checkpoint);
    assert_eq!(whole(files, statements), head.size);
    for (index, statement) in (0..).zip(statements) {
        assert_eq!(log.index_of(&id(*statement)).expect("reads"), Some(index));
    }
}

/// What the world can read is whole at every moment: the published checkpoint is signed, and there is every
/// tile, entry and object under it. The log holds these statements, or some first ones of them. Returns how
/// many.
fn whole(files: &dyn LogFiles, statements: &[u64]) -> u64 {
    let Some(bytes) = files.read("checkpoint").expect("reads") else { return 0 };
    let published = SignedCheckpoint::parse(&bytes).expect("a checkpoint");
    published.verify(&[signer().verifier_key().clone()]).expect("signed by the log");
    let size = published.checkpoint().size();
    let statements = &statements[..usize::try_from(size).expect("small")];
    let tree: MemoryTree = statements.iter().map(|s| leaf_hash(&entry(*s))).collect();
    let expected = root(&tree, size).expect("built");
    assert_eq!(published.checkpoint().root(), expected);
    assert_eq!(root(&TileReader::new(Tiles(files), size), size), Ok(expected));
    let second: MemoryTree<Hash384> =
        statements.iter().map(|s| Hash384::leaf(&entry(*s))).collect();
    let there: Hash384 = root(&TileReader::of(Tiles(files), size), size).expect("is there");
    assert_eq!(there, root(&second, size).expect("built"));
    let mut entries = Vec::new();
    for index in 0..size.div_ceil(256) {
        let tile = Tile::at(Level::Entries, index, size).expect("in the tree");
        let bundle = files.read(&tile.to_string()).expect("reads").expect("is there");
        let parsed = tile::parse_bundle(&bundle, tile.width()).expect("a bundle");
        entries.extend(parsed.into_iter().map(<[u8]>::to_vec));
    }
    for statement in statements {
        let object_there = files.read(&object_path(*statement)).expect("reads");
        assert_eq!(object_there, Some(object(*statement)));
    }
    assert_eq!(entries, statements.iter().map(|s| entry(*s)).collect::<Vec<_>>());
    size
}

/// All files of a log.
fn content(log: &dyn LogStore) -> BTreeMap<String, Vec<u8>> {
    let files: &dyn LogFiles = log;
    let paths = files.list().expect("lists").into_iter();
    paths
        .map(|path| {
            let bytes = files.read(&path).expect("reads").expect("is listed");
            (path, bytes)
        })
        .collect()
}
