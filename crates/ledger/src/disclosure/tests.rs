//! Anyone can check what a reader shows, nothing else passes for it, and what is not shown stays unknown.

use super::*;
use crate::testing::{Demo, draft, party, secret, stated};
use crate::{Draft, Opened};
use expect_test::{Expect, expect};
use proptest::prelude::*;

fn open(draft: &Draft) -> Opened {
    draft.open(&party("lab"), secret("lab")).unwrap()
}

fn hello() -> Draft {
    draft(&stated("lab", "hello"), "lab", Some(&["lab"]))
}

fn only(parts: &[Part]) -> BTreeSet<Part> {
    parts.iter().copied().collect()
}

#[test]
fn shows_what_was_stated_to_those_it_was_not_sealed_to() {
    let hello = stated("lab", "hello");
    for readers in [Some(["lab", "gov"].as_slice()), None] {
        let draft = draft(&hello, "lab", readers);
        let opened = draft.open(&party("gov"), secret("gov")).unwrap();
        let disclosure = Disclosure::from_bytes(&opened.disclose().to_bytes()).unwrap();
        let shown = disclosure.open(draft.header()).unwrap();
        assert_eq!(shown, opened);
        assert_eq!(shown.statement::<Demo>().unwrap(), hello);
        // and who was shown it can show it on
        assert_eq!(shown.disclose(), disclosure);
    }
}

#[test]
fn one_field_is_shown_and_the_other_is_not() {
    let draft = hello();
    let disclosure = open(&draft).disclose_parts(&only(&[Part::Field(1)])).unwrap();
    let bytes = disclosure.to_bytes();
    let shown = Disclosure::from_bytes(&bytes).unwrap().verify(draft.header()).unwrap();
    let expected = [
        Disclosed { part: Part::Variant, value: vec![0] },
        Disclosed { part: Part::Field(1), value: b"\x65hello".to_vec() },
    ];
    assert_eq!(shown, expected);
    assert!(!bytes.windows(4).any(|w| w == b"\x63lab"), "the other field is not in it");
    // neither is its salt, nor the statement's, from which it would follow
    let all = open(&draft).disclose();
    let other = all.shown_at(1).unwrap().salt;
    assert!(!bytes.windows(32).any(|w| w == other));
    let whole = disclosure.open(draft.header()).unwrap_err();
    assert_eq!(whole, DisclosureError::Partial(Part::Field(0)));
    let none = open(&draft).disclose_parts(&only(&[Part::Field(2)])).unwrap_err();
    assert_eq!(none, DisclosureError::NoPart(Part::Field(2)));
}

fn check(change: impl FnOnce(&mut Disclosure), expected: Expect) {
    let draft = hello();
    let mut disclosure = open(&draft).disclose();
    change(&mut disclosure);
    let again = Disclosure::from_bytes(&disclosure.to_bytes());
    let error = again.and_then(|d| d.verify(draft.header())).unwrap_err();
    expected.assert_eq(&error.to_string());
}

#[test]
fn refusals_say_what_is_wrong() {
    check(
        |d| d.shown[2].value = b"\x65jello".to_vec(),
        expect!["what is shown as the field 1 was not stated: its value or its salt was changed"],
    );
    check(
        |d| d.shown[2].salt = d.shown[1].salt,
        expect!["what is shown as the field 1 was not stated: its value or its salt was changed"],
    );
    check(
        |d| {
            let [_, a, b] = d.shown.as_mut_slice() else { panic!("three parts") };
            std::mem::swap(&mut a.index, &mut b.index);
            d.shown.sort_by_key(|shown| shown.index);
        },
        expect!["what is shown as the field 0 is the field 1 of the statement"],
    );
    check(
        |d| d.commitments.swap(1, 2),
        expect![
            "the disclosure's commitments are not those of statement fc04c6ac62bdf9095a92f3aaf78d587675f1b1fe2b97a53a4dbbbf1ab1e66091"
        ],
    );
    check(
        |d| d.form = Form::Whole,
        expect!["the disclosure contradicts itself: it has no commitments, or too many"],
    );
    check(
        |d| d.shown[2].index = 3,
        expect!["the disclosure contradicts itself: its parts are out of order or out of range"],
    );
    check(
        |d| d.shown[2].index = 1,
        expect!["the disclosure contradicts itself: its parts are out of order or out of range"],
    );
}

#[test]
fn one_statement_is_not_shown_for_another() {
    let (hello, other) = (hello(), draft(&stated("lab", "other"), "lab", Some(&["lab"])));
    let mut disclosure = open(&hello).disclose();
    let expected = DisclosureError::OtherStatement { given: hello.id(), expected: other.id() };
    assert_eq!(disclosure.open(other.header()), Err(expected));
    disclosure.statement = other.id();
    let expected = DisclosureError::Commitments(other.id());
    assert_eq!(disclosure.open(other.header()), Err(expected));
    let theirs = open(&other).disclose();
    disclosure.commitments = theirs.commitments;
    let expected = DisclosureError::Part(Part::Variant);
    assert_eq!(disclosure.open(other.header()), Err(expected));
}

#[test]
fn refuses_other_files() {
    let other = DisclosureFile {
        magic: "other".to_owned(),
        statement: Digest::of(b""),
        form: Form::Whole,
        commitments: Vec::new(),
        shown: Vec::new(),
    };
    let error = Disclosure::from_bytes(&wire::encode(&other));
    assert_eq!(error, Err(DisclosureError::Magic));
}

/// Never edited: disclosures are handed on and kept.
#[test]
fn golden_bytes() {
    let bytes = open(&hello()).disclose_parts(&only(&[Part::Field(1)])).unwrap().to_bytes();
    expect!["293 bytes, 002f6660666c0ad8598f6fbdd68564416fe2abb995f0bd8f0f0f6db07b0b8cb7"]
        .assert_eq(&format!("{} bytes, {}", bytes.len(), Digest::of(&bytes)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// No byte of a disclosure can change unseen.
    #[test]
    fn any_changed_byte_is_found(place: u16, bit in 0u8..8, whole: bool) {
        let draft = hello();
        let opened = open(&draft);
        let shown = only(&[Part::Field(1)]);
        let disclosure =
            if whole { opened.disclose() } else { opened.disclose_parts(&shown).unwrap() };
        let mut bytes = disclosure.to_bytes();
        let at = usize::from(place) % bytes.len();
        bytes[at] ^= 1 << bit;
        let shown = Disclosure::from_bytes(&bytes).ok().map(|d| d.verify(draft.header()));
        prop_assert!(matches!(shown, None | Some(Err(_))), "{shown:?}");
    }
}
