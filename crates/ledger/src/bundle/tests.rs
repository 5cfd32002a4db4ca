//! Bundles: a stranger with the file alone believes them, and nothing in them can be changed or left out unseen.

use super::{Bundle, BundleError};
use crate::testing::changes::{log_as, revoked, rotated, signers};
use crate::testing::{Log, cosign, rooted_trust, stated, witnesses};
use crate::{Cursor, Grade, Receipt, Trust};
use proptest::prelude::*;
use std::sync::LazyLock;

struct Case {
    log: Log,
    now: Trust,
    bootstrap: Trust,
}

/// `lab` rotates its key, says something with the new one, and loses it.
static CASE: LazyLock<Case> = LazyLock::new(|| {
    let bootstrap = rooted_trust().with_witnesses(witnesses()).unwrap();
    let mut log = Log::new();
    log_as(&mut log, &stated("gov", "before"), &["gov"]);
    let both = signers(&["lab", "lab-root"], 2);
    log_as(&mut log, &rotated("lab", "lab", "lab-new", both), &["lab", "lab-root"]);
    log_as(&mut log, &stated("lab", "after"), &["lab:lab-new"]);
    let root = signers(&["lab-root"], 1);
    log_as(&mut log, &revoked("lab", "lab-new", root), &["lab-root"]);
    log_as(&mut log, &stated("lab", "thief"), &["lab:lab-new"]);
    cosign(&mut log, &["lab", "gov"]);
    let now = Cursor::read(&log.files, &bootstrap).unwrap().trust.unwrap();
    Case { log, now, bootstrap }
});

fn bundle(index: u64) -> Result<Bundle, BundleError> {
    let receipt = Receipt::build(&CASE.log.files, index).unwrap();
    Bundle::build(&CASE.log.files, receipt, &CASE.now, CASE.log.head.size)
}

#[test]
fn a_stranger_believes_it_with_the_file_alone() {
    let made = bundle(2).unwrap();
    let bytes = made.to_bytes();
    assert!(Bundle::is_bundle(&bytes));
    let read = Bundle::from_bytes(&bytes).unwrap();
    assert_eq!(read, made);
    let verified = read.verify(&CASE.bootstrap).unwrap();
    assert_eq!((verified.index, verified.grade), (2, Grade::Full));
    assert!(read.receipt().verify(&CASE.bootstrap).is_err(), "the receipt alone is not enough");
    // whoever knows the log says the same
    assert_eq!(read.verify(&CASE.now).unwrap(), verified);
    // a statement without changed keys carries none
    let plain = bundle(0).unwrap();
    assert!(plain.changes.is_empty() && plain.to_bytes().len() < bytes.len() / 2);
    plain.verify(&CASE.bootstrap).unwrap();
}

/// What was signed after the revocation gets no bundle, and a forged one convinces nobody who knows the log.
#[test]
fn a_revoked_key_is_revoked() {
    assert!(matches!(bundle(4), Err(BundleError::Receipt(_))));
    let mut forged = bundle(2).unwrap();
    forged.receipt = Receipt::build(&CASE.log.files, 4).unwrap();
    assert!(matches!(forged.verify(&CASE.now), Err(BundleError::Receipt(_))));
}

#[test]
fn refusals() {
    let good = bundle(2).unwrap();
    let mut less = good.clone();
    less.changes.clear();
    assert!(matches!(less.verify(&CASE.bootstrap), Err(BundleError::Receipt(_))));
    let mut twice = good.clone();
    twice.changes.push(twice.changes[0].clone());
    assert!(matches!(twice.verify(&CASE.bootstrap), Err(BundleError::Order(1))));
    let mut other = good.clone();
    let receipt = Receipt::build(&CASE.log.files, 0).unwrap();
    let path = crate::object_path(&receipt.leaf().id());
    let object = crate::Object::from_bytes(&CASE.log.files[&path]).unwrap();
    other.changes.insert(0, (receipt, object.clone()));
    assert!(matches!(other.verify(&CASE.bootstrap), Err(BundleError::Order(0))));
    let mut mixed = good.clone();
    mixed.changes[0].1 = object;
    assert!(matches!(mixed.verify(&CASE.bootstrap), Err(BundleError::Object { index: 1, .. })));
    let mut shredded = good.clone();
    shredded.changes[0].1 = shredded.changes[0].1.shredded();
    assert!(matches!(shredded.verify(&CASE.bootstrap), Err(BundleError::Refused { index: 1, .. })));
    let mut lax = good.clone();
    lax.policy = CASE.bootstrap.policy(Grade::Provisional).unwrap();
    assert_eq!(lax.verify(&CASE.bootstrap), Err(BundleError::OtherPolicy));
    // other roots of trust
    let stranger = crate::testing::KEYS.trust.clone();
    assert!(good.verify(&stranger).is_err());
}

/// Every byte counts: with any one changed the bundle is refused.
#[test]
fn every_flipped_byte_is_found() {
    let bytes = bundle(2).unwrap().to_bytes();
    for at in (0..bytes.len()).step_by(97).chain(0..64) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        let verified = Bundle::from_bytes(&flipped).and_then(|b| b.verify(&CASE.bootstrap));
        assert!(verified.is_err(), "byte {at}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn never_panics(bytes: Vec<u8>, cut in 0_usize..40_000) {
        let _ = Bundle::from_bytes(&bytes);
        let cut: Vec<_> = bundle(2).unwrap().to_bytes().into_iter().take(cut).collect();
        let _ = Bundle::from_bytes(&cut);
    }
}
