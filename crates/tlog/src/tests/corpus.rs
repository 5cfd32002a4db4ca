//! The committed fuzz corpora, replayed through the parsers their targets drive.

use crate::cose::{CoseReceipt, CoseStatement};
use crate::mirror::{Info, Packages, Upload};
use crate::witness::{self, AddCheckpoint, SignSubtree};
use crate::{
    Checkpoint, CnsaSigner, CnsaVerifier, KeyName, Note, Policy, SignedCheckpoint, Tile, TlogProof,
    VerifierKey, tile,
};

/// Every file of one corpus; there must be some.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = format!("{}/../../fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the corpus is committed")
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{folder} is empty");
    files.iter().map(|f| std::fs::read(f).expect("readable")).collect()
}

/// Replays a corpus and says how many of its files the parser accepts; some must be, and some not.
fn check(target: &str, accepts: fn(&[u8]) -> bool) {
    let files = corpus(target);
    let accepted = files.iter().filter(|bytes| accepts(bytes)).count();
    assert!(accepted > 0 && accepted < files.len(), "{target}: {accepted} of {}", files.len());
}

#[test]
fn notes() {
    check("tlog_note", |b| match Note::parse(b) {
        Ok(note) => {
            assert_eq!(note.to_string().as_bytes(), b, "a note is written as it was read");
            true
        }
        Err(_) => false,
    });
}

#[test]
fn checkpoints() {
    check("tlog_checkpoint", |b| {
        let Ok(text) = std::str::from_utf8(b) else { return false };
        match Checkpoint::parse(text) {
            Ok(checkpoint) => {
                assert_eq!(checkpoint.to_string(), text);
                true
            }
            Err(_) => false,
        }
    });
}

#[test]
fn verifier_keys() {
    check("tlog_key", |b| {
        let Ok(text) = std::str::from_utf8(b) else { return false };
        match text.parse::<VerifierKey>() {
            Ok(key) => {
                assert_eq!(key.to_string(), text);
                true
            }
            Err(_) => false,
        }
    });
}

#[test]
fn tile_paths() {
    check("tlog_tile_path", |b| {
        let Ok(text) = std::str::from_utf8(b) else { return false };
        match text.parse::<Tile>() {
            Ok(tile) => {
                assert_eq!(tile.to_string(), text);
                true
            }
            Err(_) => false,
        }
    });
}

#[test]
fn bundles() {
    check("tlog_bundle", |b| match b.split_first() {
        Some((width, rest)) => tile::parse_bundle(rest, u16::from(*width)).is_ok(),
        None => false,
    });
}

#[test]
fn proofs() {
    check("tlog_proof", |b| match TlogProof::parse(b) {
        Ok(proof) => {
            assert_eq!(proof.to_string().as_bytes(), b);
            true
        }
        Err(_) => false,
    });
}

#[test]
fn policies() {
    check("tlog_policy", |b| Policy::parse(b).is_ok());
}

#[test]
fn cose_receipts() {
    check("tlog_cose", |b| {
        if let Ok(statement) = CoseStatement::parse(b) {
            let bare = statement.bare();
            assert_eq!(CoseStatement::parse(&bare).expect("it was written here").bare(), bare);
        }
        CoseReceipt::parse(b).is_ok()
    });
}

#[test]
fn requests_to_a_witness() {
    check("tlog_add_checkpoint", |b| match AddCheckpoint::parse(b) {
        Ok(request) => {
            assert_eq!(request.to_string().as_bytes(), b);
            true
        }
        Err(_) => false,
    });
    check("tlog_sign_subtree", |b| match SignSubtree::parse(b) {
        Ok(request) => {
            assert_eq!(request.to_string().as_bytes(), b);
            true
        }
        Err(_) => false,
    });
}

#[test]
fn uploads_to_a_mirror() {
    check("tlog_mirror_upload", |b| {
        let Ok(Some((upload, len))) = Upload::parse(b) else { return false };
        assert_eq!(upload.to_bytes().as_deref(), Some(&b[..len]));
        let mut packages = Packages::of(&upload);
        packages.push(&b[len..]);
        while let Ok(Some(_)) = packages.next_package() {}
        packages.is_done()
    });
}

#[test]
fn answers_of_cosigners() {
    check("tlog_mirror_info", |b| {
        let info = std::str::from_utf8(b).is_ok_and(|text| text.parse::<Info>().is_ok());
        info || witness::parse_size(b).is_ok() || witness::parse_signatures(b).is_ok()
    });
}

/// A line that verifies, one of an unknown key, a cut one, one with a changed root, and a vkey.
#[test]
fn cnsa_lines() {
    check("tlog_cnsa", |b| {
        let name = KeyName::new("log.example/a").expect("a name");
        let verifier = CnsaSigner::from_seed(name, &[7; 32]).expect("a key").verifier();
        let vkey = std::str::from_utf8(b).ok().and_then(|t| t.parse::<CnsaVerifier>().ok());
        let signed = SignedCheckpoint::parse(b);
        vkey.is_some() || signed.is_ok_and(|signed| verifier.open(&signed).is_ok())
    });
}
