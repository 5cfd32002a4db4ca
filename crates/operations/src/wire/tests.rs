//! One encoding an entry, and an answer to anything.
use super::*;

#[test]
fn round_trips_and_refuses_the_rest() {
    let whole = Entry { leaf: vec![1, 2], object: vec![3], id: Digest::of(b"x") };
    let bytes = entry_bytes(&whole);
    assert_eq!(entry(&bytes).unwrap(), whole);
    for cut in 0..bytes.len() {
        assert!(entry(&bytes[..cut]).is_err(), "{cut}");
    }
    assert!(entry(&[bytes.as_slice(), &[0]].concat()).is_err());
}

#[test]
fn the_corpus_never_panics() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/operations_entry");
    let mut read = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        if let Ok(whole) = entry(&bytes) {
            assert_eq!(entry_bytes(&whole), bytes);
            let _ = whole.check();
        }
        read += 1;
    }
    assert!(read >= 3);
}

proptest::proptest! {
    #[test]
    fn anything_is_answered(bytes: Vec<u8>) {
        let _ = entry(&bytes);
    }
}
