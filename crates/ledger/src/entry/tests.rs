//! Objects: strict, bound byte for byte, and shreddable.

use crate::testing::{KEYS, Log, draft, party, secret, stated};
use crate::{Entry, Object, ObjectError, OpenError, object_path};
use expect_test::expect;
use proptest::prelude::*;

fn entry() -> Entry {
    Log::new().state("lab", "hello", Some(&["lab", "gov"]))
}

#[test]
fn paths_are_sharded() {
    expect!["object/75/75d09cd109d7885dfc0d1fd479b8be447e393d16d1f093f89c55ccea0210e531"]
        .assert_eq(&object_path(&draft(&stated("lab", "hello"), "lab", None).id()));
}

#[test]
fn every_flipped_byte_is_found() {
    let entry = entry();
    let (leaf, _) = entry.check().unwrap();
    for at in 0..entry.object.len() {
        let mut object = entry.object.clone();
        object[at] ^= 1;
        let checked = Object::from_bytes(&object).and_then(|o| o.check(&leaf));
        assert!(checked.is_err(), "byte {at} of the object");
        let changed = Entry { object, ..entry.clone() };
        assert!(changed.check().is_err());
    }
}

#[test]
fn leaf_id_and_object_belong_together() {
    let (one, two) = (entry(), Log::new().state("lab", "other", None));
    let mixed = Entry { object: two.object.clone(), ..one.clone() };
    assert!(matches!(mixed.check(), Err(ObjectError::Signature(_))));
    let renamed = Entry { id: two.id, ..one.clone() };
    assert!(matches!(renamed.check(), Err(ObjectError::Id { .. })));
}

#[test]
fn shredding_leaves_the_signatures() {
    let entry = entry();
    let (leaf, object) = entry.check().unwrap();
    let shredded = Object::from_bytes(&object.shredded().to_bytes()).unwrap();
    assert!(shredded.is_shredded() && !object.is_shredded());
    assert!(shredded.to_bytes().len() < object.to_bytes().len() - 1024);
    shredded.check(&leaf).unwrap();
    assert_eq!(shredded.verify(&leaf, &KEYS.trust, crate::NOW).unwrap(), [party("lab")].into());
    let lab = (&party("lab"), secret("lab"));
    assert_eq!(shredded.open(&leaf, Some(lab)), Err(OpenError::Shredded));
    assert!(object.open(&leaf, Some(lab)).is_ok());
    assert_eq!(object.open(&leaf, None), Err(OpenError::NotReader { reader: None }));
    let logged = Entry { object: shredded.to_bytes(), ..entry };
    assert_eq!(logged.check().unwrap_err(), ObjectError::Sealed(OpenError::Shredded));
}

proptest! {
    #[test]
    fn never_panics(bytes: Vec<u8>) {
        let _ = Object::from_bytes(&bytes);
    }
}
