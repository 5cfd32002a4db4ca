//! Direct words verify for whoever trusts the same log, by any key that their party had, and in no other way.

use super::{MAX_WORD, Word, WordError};
use crate::testing::changes::{log_as, revoked, rotated, signers};
use crate::testing::{Demo, KEYS, Log, at, party, rooted_trust, secret, stated};
use crate::{Cursor, SignatureError};
use domain::Digest;
use expect_test::expect;

const LOG: &str = "log.example/vestibule";

fn word(by: &str, key: &str) -> Word {
    Word::sign(LOG, &party(by), &stated(by, "no more"), secret(key), at(7))
}

#[test]
fn a_word_is_read_back_and_verifies() {
    let said = word("lab", "lab");
    let again = Word::from_bytes(&said.to_bytes()).unwrap();
    assert_eq!(again, said);
    assert_eq!(again.verify(&KEYS.trust), Ok(()));
    assert_eq!((again.party(), again.said_at()), (&party("lab"), at(7)));
    assert_eq!(again.statement::<Demo>(), Ok(stated("lab", "no more")));
    let other = again.statement::<crate::reveal::Slot>().unwrap_err();
    expect!["it says something of schema `demo/v1`, not of `reveal/v1`"]
        .assert_eq(&other.to_string());
}

/// What is signed never changes: these bytes were said once, and are obeyed for ever.
#[test]
fn golden_bytes() {
    let body = super::wire::encode(&word("lab", "lab").body);
    expect!["56b62e1e29e8f81f5a83d82bf3237dac15c7d6908531a656009571802cf21881"]
        .assert_eq(&Digest::of(&body).to_string());
}

#[test]
fn no_byte_of_a_word_can_be_changed_or_lost() {
    let whole = word("lab", "lab").to_bytes();
    for at in (0..whole.len()).step_by(17).chain(0..200) {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        let verified = Word::from_bytes(&changed).map(|word| word.verify(&KEYS.trust));
        assert!(!matches!(verified, Ok(Ok(()))), "byte {at}");
        assert!(Word::from_bytes(&whole[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn refusals_say_what_is_wrong() {
    let error = |word: Word| word.verify(&KEYS.trust).unwrap_err().to_string();
    expect!["the Ed25519 signature of `lab` does not verify"].assert_eq(&error(word("lab", "gov")));
    expect!["`utility` is not in the roots of trust; get a newer trust file"]
        .assert_eq(&error(word("utility", "utility")));
    let rehearsal = Word::sign(
        "log.example/rehearsal",
        &party("lab"),
        &stated("lab", "no more"),
        secret("lab"),
        at(7),
    );
    expect!["signed for the log `log.example/rehearsal`, not for `log.example/vestibule`"]
        .assert_eq(&error(rehearsal));

    let unread = |bytes: &[u8]| Word::from_bytes(bytes).unwrap_err();
    assert_eq!(unread(b"anything"), WordError::Magic);
    assert_eq!(unread(&vec![0; MAX_WORD + 1]), WordError::TooLong { given: MAX_WORD + 1 });
    assert!(matches!(unread(b"vestibule/word/v1\0"), WordError::Malformed(_)));
    let said = word("lab", "lab");
    let (ed25519, ml_dsa_87) = said.signature.parts();
    let mut short = minicbor::Encoder::new(super::MAGIC.to_vec());
    let written = short.array(2).unwrap().bytes(&super::wire::encode(&said.body)).unwrap();
    written.array(2).unwrap().bytes(ed25519).unwrap().bytes(&ml_dsa_87[1..]).unwrap();
    assert_eq!(unread(&short.into_writer()), WordError::Signature { given: 4626 });
}

/// A signature for the log is no direct word, nor the other way round: the purposes differ.
#[test]
fn a_signature_of_another_purpose_is_none() {
    let mut said = word("lab", "lab");
    let body = super::wire::encode(&said.body);
    said.signature = secret("lab").sign(crate::signature::Purpose::Statement, &body);
    assert!(matches!(said.verify(&KEYS.trust), Err(SignatureError::Bad { .. })));
}

#[test]
fn keys_that_were_replaced_or_revoked_still_end_access() {
    let mut log = Log::new();
    let both = signers(&["lab", "lab-root"], 2);
    log_as(&mut log, &rotated("lab", "lab", "lab-new", both), &["lab", "lab-root"]);
    let root = signers(&["lab-root"], 1);
    log_as(&mut log, &revoked("lab", "lab-new", root), &["lab-root"]);
    let trust = Cursor::read(&log.files, &rooted_trust()).unwrap().trust.unwrap();
    assert!(trust.sealing_keys(&party("lab")).is_none(), "no key counts any more");
    for key in ["lab", "lab-new"] {
        assert_eq!(word("lab", key).verify(&trust), Ok(()), "{key}");
    }
    assert!(word("lab", "gov").verify(&trust).is_err());
    // whoever does not know the new key yet can't tell
    assert!(word("lab", "lab-new").verify(&KEYS.trust).is_err());
}
