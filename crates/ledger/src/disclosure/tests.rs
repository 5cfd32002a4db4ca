//! Anyone can check what a reader shows, and nothing else passes for it.
use super::*;
use crate::testing::{Demo, draft, party, secret, stated};
use proptest::prelude::*;

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
    }
}

#[test]
fn one_statement_is_not_shown_for_another() {
    let hello = draft(&stated("lab", "hello"), "lab", Some(&["lab"]));
    let other = draft(&stated("lab", "other"), "lab", Some(&["lab"]));
    let opened = hello.open(&party("lab"), secret("lab")).unwrap();
    assert_eq!(opened.disclose().open(other.header()), Err(OpenError::Commitment));
}

#[test]
fn refuses_other_files() {
    let other = DisclosureFile { magic: "other".to_owned(), salt: [0; 32], payload: Vec::new() };
    let error = Disclosure::from_bytes(&wire::encode(&other));
    assert_eq!(error, Err(DisclosureError::Magic));
}

proptest! {
    /// No byte of a disclosure can change unseen.
    #[test]
    fn any_changed_byte_is_found(place: u16, bit in 0u8..8) {
        let draft = draft(&stated("lab", "hello"), "lab", Some(&["lab"]));
        let opened = draft.open(&party("lab"), secret("lab")).unwrap();
        let mut bytes = opened.disclose().to_bytes();
        let at = usize::from(place) % bytes.len();
        bytes[at] ^= 1 << bit;
        let shown = Disclosure::from_bytes(&bytes).ok().map(|d| d.open(draft.header()));
        prop_assert!(matches!(shown, None | Some(Err(OpenError::Commitment))), "{shown:?}");
    }
}
