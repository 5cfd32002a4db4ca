//! Receipts: offline, complete, and good after shredding.

use crate::testing::{Demo, KEYS, Log, at, draft, party};
use crate::{Grade, LogSigner, Object, Profile, Receipt, ReceiptError, Trust, object_path};
use proptest::prelude::*;
use std::sync::LazyLock;

fn log() -> Log {
    let mut log = Log::new();
    log.state("lab", "one", Some(&["lab"]));
    let between = vec![party("gov"), party("lab")];
    log.log(draft(&Demo::Agreed { between }, "lab", Some(&["gov", "lab"])));
    log.state("gov", "three", None);
    log
}

static RECEIPT: LazyLock<String> =
    LazyLock::new(|| Receipt::build(&log().files, 1).unwrap().to_string());

#[test]
fn proves_a_statement_offline() {
    let receipt = Receipt::from_bytes(RECEIPT.as_bytes()).unwrap();
    assert_eq!(receipt.to_string(), *RECEIPT);
    let proven = receipt.verify(&KEYS.trust).unwrap();
    assert_eq!((proven.index, proven.size), (1, 3));
    assert_eq!(proven.id, receipt.leaf().id());
    assert_eq!((proven.schema.as_str(), proven.kind.as_str()), ("demo/v1", "agreed"));
    assert_eq!(proven.issuer, party("lab"));
    assert_eq!(proven.signers, [party("gov"), party("lab")].into());
    assert_eq!(proven.claimed_at, at(0));
    assert_eq!(proven.grade, Grade::Provisional);
}

#[test]
fn outlives_the_payload() {
    let mut log = log();
    let id = Receipt::build(&log.files, 1).unwrap().leaf().id();
    let object = log.files.get_mut(&object_path(&id)).unwrap();
    *object = Object::from_bytes(object).unwrap().shredded().to_bytes();
    Receipt::build(&log.files, 1).unwrap().verify(&KEYS.trust).unwrap();
}

/// Every byte counts: a receipt with any one changed is refused or says the same.
#[test]
fn every_flipped_byte_is_found() {
    for at in (0..RECEIPT.len()).step_by(7).chain(0..300) {
        let mut bytes = RECEIPT.clone().into_bytes();
        bytes[at] ^= 1;
        let verified = Receipt::from_bytes(&bytes).and_then(|r| r.verify(&KEYS.trust));
        assert!(verified.is_err(), "byte {at}");
    }
}

#[test]
fn parts_of_two_receipts_do_not_mix() {
    let log = log();
    let one = Receipt::build(&log.files, 0).unwrap();
    let two = Receipt::build(&log.files, 2).unwrap();
    let mut moved = two.clone();
    moved.proof.index = 0;
    assert!(matches!(moved.verify(&KEYS.trust), Err(ReceiptError::Inclusion(_))));
    let mut other_block = two.clone();
    other_block.block = one.block.clone();
    assert!(matches!(other_block.verify(&KEYS.trust), Err(ReceiptError::Signature(_))));
    let mut other_leaf = two;
    (other_leaf.leaf, other_leaf.leaf_bytes) = (one.leaf.clone(), one.leaf_bytes.clone());
    assert!(matches!(other_leaf.verify(&KEYS.trust), Err(ReceiptError::Inclusion(_))));
}

#[test]
fn another_log_key_is_not_believed() {
    let other =
        LogSigner::generate("log.example/vestibule", &mut crate::testing::stream("other")).unwrap();
    let trust = Trust::new(other.verifier(), KEYS.trust.parties().cloned()).unwrap();
    let error = Receipt::from_bytes(RECEIPT.as_bytes()).unwrap().verify(&trust).unwrap_err();
    assert!(matches!(error, ReceiptError::Checkpoint(_)));
}

#[test]
fn refusals() {
    let log = log();
    let outside = Receipt::build(&log.files, 3).unwrap_err();
    assert_eq!(outside, ReceiptError::NotInLog { index: 3, size: 3 });
    let plain: String = RECEIPT
        .lines()
        .filter(|l| !l.starts_with("extra "))
        .fold(String::new(), |text, line| text + line + "\n");
    assert_eq!(Receipt::from_bytes(plain.as_bytes()), Err(ReceiptError::NoStatement));
    let mut files = log.files;
    files.retain(|path, _| !path.starts_with("object/"));
    assert!(matches!(Receipt::build(&files, 0), Err(ReceiptError::Missing(_))));
}

/// The most signers that a statement can have still fit in a receipt.
#[test]
fn the_largest_block_fits() {
    let pair = 2 + 2 + 64 + 3 + crate::ML_DSA_87_SIGNATURE_LEN;
    let block = 8 + crate::MAX_SIGNERS * (pair + 1 + 2 + 80);
    let extra = 32 + 3 + crate::MAX_LEAF + 5 + block;
    assert!(extra <= 1 << 16, "{extra} bytes");
}

proptest! {
    #[test]
    fn never_panics(bytes: Vec<u8>, cut in 0_usize..20_000) {
        let _ = Receipt::from_bytes(&bytes);
        let cut: Vec<_> = RECEIPT.bytes().take(cut).collect();
        let _ = Receipt::from_bytes(&cut);
    }
}

/// Under either profile the receipt stands on the signature and the path of that profile alone.
#[test]
fn a_receipt_under_each_profile() {
    let mut log = Log::new();
    for text in ["one", "two", "three"] {
        log.state("lab", text, None);
    }
    let receipt = Receipt::build(&log.files, 1).unwrap();
    let trust = &KEYS.trust;
    let read = |text: &str| Receipt::from_bytes(text.as_bytes()).unwrap();
    let text = receipt.to_string();
    assert_eq!(read(&text), receipt);
    let verdicts = |r: &Receipt| {
        let [c2sp, cnsa] =
            [Profile::C2sp, Profile::Cnsa].map(|p| r.verify_as(trust, p).map(|v| v.index));
        (c2sp == Ok(1), cnsa == Ok(1), r.verify(trust).map(|v| v.index) == Ok(1))
    };
    assert_eq!(verdicts(&receipt), (true, true, true));
    // another hash in the SHA-256 path
    let hash = receipt.proof.path[0].to_string();
    let other = text.replacen(&hash, &tlog::leaf_hash(b"other").to_string(), 1);
    assert_eq!(verdicts(&read(&other)), (false, true, false));
    // another hash in the SHA-384 path, or none
    let mut changed = receipt.clone();
    changed.path384.as_mut().unwrap()[0] = tlog::Hash384::EMPTY_ROOT;
    assert_eq!(verdicts(&changed), (true, false, false));
    changed.path384 = None;
    assert_eq!(changed.verify_as(trust, Profile::Cnsa), Err(ReceiptError::NoPath384));
    // without one of the log's signatures
    for (line, expected) in [(0, (false, true, false)), (1, (true, false, false))] {
        let mut lines: Vec<_> = text.lines().collect();
        let first = lines.iter().position(|l| l.starts_with('\u{2014}')).unwrap();
        lines.remove(first + line);
        assert_eq!(verdicts(&read(&format!("{}\n", lines.join("\n")))), expected);
    }
}
