//! Where payloads are cut, that they come together again, and golden commitments.

use super::{Form, MAX_PIECES, Pieces, commit, commitment, field_salt};
use crate::testing::stated;
use data_encoding::HEXLOWER;
use domain::Statement;
use expect_test::{Expect, expect};
use proptest::prelude::*;

fn check(payload: &str, expected: Expect) {
    let payload = HEXLOWER.decode(payload.as_bytes()).unwrap();
    let Pieces { form, pieces } = Pieces::of(&payload);
    let shown: Vec<_> = pieces.iter().map(|p| HEXLOWER.encode(p)).collect();
    expected.assert_eq(&format!("{form:?} {}", shown.join(" ")));
    assert_eq!(Pieces { form, pieces }.payload(), payload);
}

#[test]
fn events_are_cut_at_their_fields() {
    check("8200820102", expect![["Fields 00 01 02"]]);
    check("820080", expect![["Fields 00"]]);
    // a struct as the only field is cut at its own, and so is a lone list
    check("820081820102", expect![["Struct 00 01 02"]]);
    check("82008180", expect![["Struct 00"]]);
    // nested values are one field, and so are null and text
    check("8218638382010243ffffff6161", expect![["Fields 1863 820102 43ffffff 6161"]]);
    check("820081f6", expect![["Fields 00 f6"]]);
    let stated = stated("lab", "hello").to_bytes();
    check(&HEXLOWER.encode(&stated), expect![["Fields 00 636c6162 6568656c6c6f"]]);
}

#[test]
fn everything_else_is_one_piece() {
    check("", expect![["Whole "]]);
    check("ff", expect![["Whole ff"]]);
    check("01", expect![["Whole 01"]]);
    check("8301820102f6", expect![["Whole 8301820102f6"]]);
    check("82618182010203", expect![["Whole 82618182010203"]]);
    // more or fewer bytes than the arrays say
    check("820082010203", expect![["Whole 820082010203"]]);
    check("82008201", expect![["Whole 82008201"]]);
    // lengths that are not written in the shortest way, and of no fixed length
    check("9802008101", expect![["Whole 9802008101"]]);
    check("82009f01ff", expect![["Whole 82009f01ff"]]);
    let many =
        |n: usize| [&[0x82, 0, 0x98, u8::try_from(n).unwrap()], vec![0; n].as_slice()].concat();
    assert_eq!(Pieces::of(&many(MAX_PIECES - 1)).form, Form::Fields);
    assert_eq!(Pieces::of(&many(MAX_PIECES)).form, Form::Whole);
}

/// Never edited: what was logged must open for ever.
#[test]
fn golden_commitments() {
    let payload = stated("lab", "hello").to_bytes();
    expect!["9c51d2a8a989059590ebc81438331202e5e7f44aa68b22ffc705139a98229e6c7522ed84468f4dfe36e96ca50ec2fc86"].assert_eq(&commit(&[3; 32], &payload).to_string());
    expect!["788edf861575999e8d4d97c4bf6916a5408928006a23c1d086fad2ba19a8ad37f775f6fd7fb885f5e1ae1aff260a5554"].assert_eq(&commit(&[3; 32], b"\xff").to_string());
    expect!["4be54d5a251b0897bb28983241a207138522a586a3626e88def150323b99544e"]
        .assert_eq(&HEXLOWER.encode(&*field_salt(&[3; 32], 1)));
}

/// Trying both values of a field finds nothing without its own salt: not with another field's, nor with one made
/// from another field's.
#[test]
fn low_entropy_is_not_guessed() {
    let yes = commitment(&field_salt(&[3; 32], 2), 2, &[0xf5]);
    let known = [[0; 32], *field_salt(&[3; 32], 1), *field_salt(&[3; 32], 0)];
    for salt in known {
        for value in [0xf4, 0xf5] {
            assert_ne!(commitment(&salt, 2, &[value]), yes);
            assert_ne!(commitment(&field_salt(&salt, 2), 2, &[value]), yes);
        }
    }
}

proptest! {
    #[test]
    fn any_payload_comes_together(payload: Vec<u8>) {
        prop_assert_eq!(Pieces::of(&payload).payload(), payload);
    }

    /// No two payloads have one commitment under one salt, and no two salts either.
    #[test]
    fn commitments_bind(a: Vec<u8>, b: Vec<u8>, salt: [u8; 32], other: [u8; 32]) {
        prop_assert_eq!(commit(&salt, &a) == commit(&salt, &b), a == b);
        prop_assert_eq!(commit(&salt, &a) == commit(&other, &a), salt == other);
    }
}
