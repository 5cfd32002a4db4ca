//! A bundle is whole or worthless.

use super::{decode, encode, path};
use ledger::{PlannedFile, TreeHead};
use proptest::prelude::*;

fn bundle() -> (TreeHead, Vec<PlannedFile>, Vec<u8>) {
    let head = TreeHead { size: 7, root: [9; 32], root384: [8; 48] };
    let file = |path: &str, bytes: &[u8]| PlannedFile { path: path.into(), bytes: bytes.into() };
    let files = vec![file("tile/0/000.p/7", b"abc"), file("object/00/x", b"")];
    let bytes = encode(&head, &files).expect("fits");
    (head, files, bytes)
}

#[test]
fn a_bundle_survives_its_bytes() {
    let (head, files, bytes) = bundle();
    assert_eq!(decode(&bytes), Some((head, files)));
    assert_eq!(decode(&encode(&head, &[]).expect("fits")), Some((head, Vec::new())));
    assert_eq!(path(&head), format!("stage/7-{}", "09".repeat(32)));
}

#[test]
fn every_mutation_is_worthless() {
    let (_, _, bytes) = bundle();
    for len in 0..bytes.len() {
        assert_eq!(decode(&bytes[..len]), None);
    }
    for at in 0..bytes.len() {
        let mut other = bytes.clone();
        other[at] ^= 0x10;
        assert_eq!(decode(&other), None);
    }
}

proptest! {
    #[test]
    fn arbitrary_content_is_no_panic(content in proptest::collection::vec(any::<u8>(), 0..120)) {
        let mut bytes = super::MAGIC.to_vec();
        bytes.extend_from_slice(&content);
        let digest = domain::Digest::of(&bytes);
        bytes.extend_from_slice(digest.as_bytes());
        let _ = decode(&bytes);
        let _ = decode(&content);
    }
}
