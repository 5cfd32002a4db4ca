//! A transcript that was touched is found out.

use super::{LINE_BOUND, Writer, check, check_from};
use assessment::Outcome;
use domain::{Digest, Timestamp};
use proptest::prelude::{any, proptest};
use serde_json::json;
use std::fs;
use std::path::Path;

fn write(path: &Path) -> Digest {
    let mut writer = Writer::create(path).expect("a new file");
    let at = Timestamp::EPOCH;
    let start = json!({"commitment": Digest::of(b"c"), "x": 0.1});
    writer.write("run-started", at, start).expect("written");
    for (i, outcome) in ["pass", "invalid", "fail"].into_iter().enumerate() {
        let text = json!({"sample": i, "text": "hostile \u{1b}[31m \"}\n{"});
        writer.write("model", at, text).expect("written");
        let body = json!({"sample": i, "outcome": outcome});
        writer.write("sample-ended", at, body).expect("written");
    }
    writer.close().expect("on the disk")
}

#[test]
fn what_is_written_checks() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("evaluation.jsonl");
    let root = write(&path);
    let checked = check(&path).expect("holds");
    assert_eq!((checked.root, checked.lines), (root, 7));
    assert_eq!(checked.outcomes(), [Outcome::Pass, Outcome::Invalid, Outcome::Fail]);
    assert_eq!(checked.commitment, Some(Digest::of(b"c")));
    // nothing is overwritten
    let again = Writer::create(&path).expect_err("exists").to_string();
    assert!(again.contains("evaluation.jsonl") && again.contains("exists"), "{again}");
}

#[test]
fn every_flipped_bit_is_found() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("t");
    let root = write(&path);
    let good = fs::read(&path).expect("readable");
    for at in 0..good.len() {
        for bit in [0x01, 0x20] {
            let mut bytes = good.clone();
            bytes[at] ^= bit;
            let found = check_from(bytes.as_slice(), &path).map_or(true, |c| c.root != root);
            assert!(found, "byte {at} bit {bit}");
        }
    }
}

#[test]
fn lines_can_not_be_dropped_added_or_moved() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("t");
    let root = write(&path);
    let text = fs::read_to_string(&path).expect("readable");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for i in 0..lines.len() {
        let mut without = lines.clone();
        let taken = without.remove(i);
        let found = check_from(without.concat().as_bytes(), &path);
        assert!(found.map_or(true, |c| c.root != root), "line {i} dropped");
        let mut twice = lines.clone();
        twice.insert(i, taken);
        assert!(check_from(twice.concat().as_bytes(), &path).is_err(), "line {i} twice");
    }
    let cut = text.trim_end_matches('\n');
    let error = check_from(cut.as_bytes(), Path::new("t")).expect_err("cut").to_string();
    assert_eq!(error, "line 7 of the transcript t: is cut or too long");
    let mut swapped = lines.clone();
    swapped.swap(1, 2);
    let error = check_from(swapped.concat().as_bytes(), Path::new("t")).expect_err("moved");
    assert_eq!(error.to_string(), "line 2 of the transcript t: has the wrong sequence number");
}

#[test]
fn going_on_drops_a_torn_line_and_nothing_longer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("evaluation.jsonl");
    let mut writer = Writer::create(&path).unwrap();
    writer.write("run-started", Timestamp::EPOCH, json!({"commitment": Digest::of(b"c")})).unwrap();
    drop(writer);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, [&whole[..], b"{\"at\":\"20"].concat()).unwrap();
    let (_, past) = Writer::resume(&path).unwrap();
    assert_eq!((past.cut, past.checked.lines), (9, 1));
    assert_eq!(fs::read(&path).unwrap(), whole);
    let more = vec![b' '; usize::try_from(LINE_BOUND).unwrap()];
    let long = [&whole[..], &more, b"\n{}\n"].concat();
    fs::write(&path, &long).unwrap();
    let error = Writer::resume(&path).unwrap_err().to_string();
    assert!(error.contains("is cut or too long"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), long, "nothing is dropped");
}

#[test]
fn corpus_replays() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/harness_transcript");
    let mut good = 0;
    for entry in fs::read_dir(folder).expect("the corpus is committed") {
        let path = entry.expect("readable").path();
        good += usize::from(check(&path).is_ok());
    }
    assert!(good >= 1, "some of the corpus holds");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _refused = check_from(bytes.as_slice(), Path::new("t"));
    }
}
