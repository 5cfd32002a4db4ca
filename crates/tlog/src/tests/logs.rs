//! Real logs: one of another implementation in all its sizes, and a mirror with a full tile.

use super::data;
use crate::merkle::{
    consistency_proof, inclusion_proof, root, verify_consistency, verify_inclusion,
};
use crate::{
    Hash, Level, Note, ReadError, SignedCheckpoint, Tile, TileReader, TileSource, VerifierKey,
    append, leaf_hash, tile,
};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A log in a folder.
struct Folder(PathBuf);

impl TileSource for Folder {
    fn tile(&self, tile: &Tile) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(std::fs::read(self.0.join(tile.to_string())).ok())
    }
}

const TESSERA: &str =
    "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
const LEAVES: [&str; 15] = [
    "one", "two", "three", "four", "five", "six", "seven", "eit", "nain", "ten", "ileven", "twelf",
    "threeten", "fourten", "fivten",
];

#[test]
fn every_size_of_a_tessera_log() {
    let Some(path) = data("tessera-log-15") else { return };
    let key: VerifierKey = TESSERA.parse().expect("a key");
    let folder = Folder(path.clone());
    let mut ours: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut head = (0, Hash::EMPTY_ROOT);
    for size in 0..=15_u64 {
        let bytes = std::fs::read(path.join(format!("checkpoint.{size}"))).expect("readable");
        let signed = SignedCheckpoint::parse(&bytes).expect("a checkpoint");
        signed.verify(std::slice::from_ref(&key)).expect("signed by the log");
        let checkpoint = signed.checkpoint();
        assert_eq!(checkpoint.size(), size);
        let reader = TileReader::new(&folder, size);
        assert_eq!(root(&reader, size).expect("tiles"), checkpoint.root());
        if size > 0 {
            let leaf = LEAVES[usize::try_from(size).expect("small") - 1];
            let appended = append(&ours, head.0, &head.1, &[leaf]).expect("appends");
            assert_eq!((appended.size, appended.root), (size, checkpoint.root()));
            for write in appended.writes {
                assert_eq!(Some(&write.bytes), folder.tile(&write.tile).expect("reads").as_ref());
                ours.insert(write.tile.to_string(), write.bytes);
            }
        }
        head = (size, checkpoint.root());
        for index in 0..size {
            let proof = inclusion_proof(&reader, index, size).expect("built");
            let leaf = leaf_hash(LEAVES[usize::try_from(index).expect("small")].as_bytes());
            verify_inclusion(&leaf, index, size, &head.1, &proof).expect("included");
        }
        for old in 1..size {
            let proof = consistency_proof(&reader, old, size).expect("built");
            let before = root(&TileReader::new(&folder, old), old).expect("tiles");
            verify_consistency(old, size, &before, &head.1, &proof).expect("consistent");
        }
    }
    let last = Tile::new(Level::Entries, 0, 15).expect("a tile");
    let bundle = folder.tile(&last).expect("reads").expect("there");
    let entries = tile::parse_bundle(&bundle, 15).expect("a bundle");
    assert_eq!(entries, LEAVES.map(str::as_bytes));
}

#[test]
fn a_mirror_of_300_leaves() {
    let Some(path) = data("sunlight-mirror-300") else { return };
    let json = std::fs::read_to_string(path.join("mirror.v0.json")).expect("readable");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let key = json["verifier_keys"][0].as_str().expect("a key").parse().expect("a verifier key");
    let bytes = std::fs::read(path.join("checkpoint")).expect("readable");
    let signed = SignedCheckpoint::parse(&bytes).expect("a checkpoint");
    let keys = [key];
    let verified = signed.note().verify(&keys).expect("cosigned");
    assert!(verified.iter().all(|v| v.time > Some(1_700_000_000)));
    signed.verify(&keys).expect_err("the log's own signature is not there");

    let entries: Vec<String> = (0..300).map(|i| format!("record {i}")).collect();
    let none: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let appended = append(&none, 0, &Hash::EMPTY_ROOT, &entries).expect("appends");
    assert_eq!(appended.root, signed.checkpoint().root());
    let folder = Folder(path);
    let hashes = appended.writes.iter().filter(|w| w.tile.level() != Level::Entries);
    let mut compared = 0;
    for write in hashes {
        assert_eq!(folder.tile(&write.tile).expect("reads").as_ref(), Some(&write.bytes));
        compared += 1;
    }
    assert_eq!(compared, 3);
}

#[test]
fn a_note_of_another_type_is_read_and_not_believed() {
    let Some(path) = data("sunlight-mirror-300/rfc6962-note/checkpoint") else { return };
    let bytes = std::fs::read(path).expect("readable");
    let note = Note::parse(&bytes).expect("a note");
    assert_eq!(note.to_string().as_bytes(), bytes);
    let line = note.signatures().first().expect("one signature");
    let log_id = data_encoding::BASE64
        .decode(b"CKIDXIl+znJaHUyhzhNVaSxIUov59RCXLh3fJXJExnk=")
        .expect("base64");
    assert_eq!(crate::KeyId::compute(&line.name, 0x05, &log_id), line.id);
    let key = crate::PublicKey::new(0x05, &log_id).expect("a key");
    let key = VerifierKey::new(line.name.clone(), key);
    note.verify(&[key]).expect_err("type 0x05 is read only");
}
