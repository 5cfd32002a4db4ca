//! A draft's way through its signers.

use crate::testing::{Demo, KEYS, Log, at, draft, party, secret, stated, stream};
use crate::{
    Audience, Content, Draft, DraftError, LogSigner, ObjectError, PlanError, Position,
    SignatureError, Tiles, TreeHead, plan_append,
};
use domain::{Digest, PartyId};
use expect_test::expect;
use proptest::prelude::*;

fn agreed() -> Draft {
    let between = vec![party("gov"), party("ig"), party("lab")];
    draft(&Demo::Agreed { between }, "lab", Some(&["gov", "ig", "lab"]))
}

#[test]
fn travels_until_all_have_signed() {
    let mut lab = agreed();
    lab.sign(&party("lab"), secret("lab")).unwrap();
    assert!(lab.is_offered() && !lab.is_complete());
    assert_eq!(lab.missing(), [party("gov"), party("ig")].into());

    let mut gov = Draft::from_bytes(&lab.to_bytes()).unwrap();
    gov.verify(&KEYS.trust).unwrap();
    let read = gov.open(&party("gov"), secret("gov")).unwrap().statement::<Demo>().unwrap();
    assert!(matches!(read, Demo::Agreed { .. }));
    gov.sign(&party("gov"), secret("gov")).unwrap();
    let mut ig = lab.clone();
    ig.sign(&party("ig"), secret("ig")).unwrap();

    // Two copies that were signed apart come together.
    lab.merge(Draft::from_bytes(&gov.to_bytes()).unwrap()).unwrap();
    assert_eq!(lab.missing(), [party("ig")].into());
    let early = lab.clone().issue(Position::first(None, at(0)), secret("lab")).unwrap_err();
    expect!["the statement still needs 1 more of these signatures: `ig`"]
        .assert_eq(&early.to_string());
    lab.merge(ig).unwrap();
    lab.verify(&KEYS.trust).unwrap();
    assert!(lab.is_complete());
    let id = lab.id();
    let entry = lab.issue(Position::first(None, at(3)), secret("lab")).unwrap();
    assert_eq!(entry.id, id);
    let (leaf, signers) = entry.verify(&KEYS.trust).unwrap();
    assert_eq!(signers.len(), 3);
    assert_eq!((leaf.header().claimed_at(), leaf.position().issued_at), (at(0), at(3)));
}

/// A statement that waits for others leaves its issuer's chain free.
#[test]
fn waiting_holds_nothing_up() {
    let mut log = Log::new();
    let waiting = agreed();
    log.state("lab", "meanwhile", None);
    log.log(waiting);
    log.state("lab", "after", None);
    assert!(crate::verify_log(&log.files, &KEYS.trust).is_sound());
}

#[test]
fn only_the_named_sign() {
    let mut draft = draft(&stated("lab", "x"), "lab", None);
    let error = draft.sign(&party("gov"), secret("gov")).unwrap_err();
    assert_eq!(error, DraftError::NotSigner(party("gov")));
    let mut other = agreed();
    assert_eq!(other.merge(draft), Err(DraftError::Cosignatures));
}

#[test]
fn signatures_by_other_keys_are_named() {
    let mut draft = agreed();
    draft.sign(&party("gov"), secret("ig")).unwrap();
    let error = draft.verify(&KEYS.trust).unwrap_err();
    assert!(matches!(error, DraftError::Signature(_)));
    let mut offered = agreed();
    offered.sign(&party("lab"), secret("gov")).unwrap();
    assert!(offered.verify(&KEYS.trust).is_err());
    let forged = offered.issue(Position::first(None, at(0)), secret("gov"));
    assert!(matches!(forged, Err(DraftError::Incomplete { .. })));
    let single = self::draft(&stated("lab", "x"), "lab", None);
    let forged = single.issue(Position::first(None, at(0)), secret("gov")).unwrap();
    assert!(forged.check().is_ok() && forged.verify(&KEYS.trust).is_err());
}

/// A statement signed for one log is no good in another with the same parties and keys.
#[test]
fn statements_stay_in_their_log() {
    let rehearsal = LogSigner::generate("rehearsal.example", &mut stream("log")).unwrap();
    let content = Content::of(&stated("lab", "x")).unwrap();
    let random = &mut stream("x");
    let log = rehearsal.verifier();
    let draft =
        Draft::start(&log, content, &party("lab"), Audience::Public, random, at(0)).unwrap();
    let error = draft.verify(&KEYS.trust).unwrap_err();
    assert!(matches!(error, DraftError::Signature(SignatureError::OtherLog { .. })));
    let entry = draft.issue(Position::first(None, at(0)), secret("lab")).unwrap();
    let error = entry.verify(&KEYS.trust).unwrap_err();
    assert!(matches!(error, ObjectError::Signature(SignatureError::OtherLog { .. })));
    let files = std::collections::BTreeMap::new();
    let entry = entry.checked().unwrap();
    let planned = plan_append(TreeHead::EMPTY, &Tiles(&files), &[&entry], &KEYS.log, at(0));
    let Err(PlanError::Unfit { source, .. }) = planned else { panic!("it is for another log") };
    expect!["it was signed for the log `rehearsal.example`, not for this one"]
        .assert_eq(&source.to_string());
}

#[test]
fn positions_must_fit() {
    let check = |position: Position| {
        let draft = draft(&stated("lab", "x"), "lab", None);
        assert!(matches!(draft.issue(position, secret("lab")), Err(DraftError::Position(_))));
    };
    let first = Position::first(None, at(0));
    check(Position { sequence: 1, ..first.clone() });
    check(Position { previous: Some(Digest::of(b"")), ..first.clone() });
    check(Position { issued_at: at(-1), ..first });
}

#[test]
fn signers_are_bounded() {
    let mut content = Content::of(&stated("lab", "x")).unwrap();
    content.signers = (0..20).map(|n| party(&format!("p{n}"))).collect();
    let error = Draft::start(
        KEYS.trust.log(),
        content,
        &party("lab"),
        Audience::Public,
        &mut stream("x"),
        at(0),
    )
    .unwrap_err();
    expect!["21 signers; a statement has at most 12"].assert_eq(&error.to_string());
}

#[test]
fn files_are_strict() {
    let mut draft = agreed();
    draft.sign(&party("gov"), secret("gov")).unwrap();
    draft.sign(&party("ig"), secret("ig")).unwrap();
    let with = |change: &dyn Fn(&mut Draft)| {
        let mut draft = draft.clone();
        change(&mut draft);
        Draft::from_bytes(&draft.to_bytes()).unwrap_err()
    };
    assert_eq!(with(&|d| d.cosignatures.reverse()), DraftError::Cosignatures);
    assert_eq!(with(&|d| d.cosignatures[0].party = party("lab")), DraftError::Cosignatures);
    assert_eq!(with(&|d| d.cosignatures[1].party = party("else")), DraftError::Cosignatures);
    assert!(matches!(with(&|d| d.sealed.push(0)), DraftError::Sealed(_)));
    let twice = |d: &mut Draft| d.cosignatures[1] = d.cosignatures[0].clone();
    assert_eq!(with(&twice), DraftError::Cosignatures);
    let renamed =
        draft.to_bytes().iter().map(|b| if *b == b'v' { b'w' } else { *b }).collect::<Vec<_>>();
    assert!(Draft::from_bytes(&renamed).is_err());
    let _: PartyId = party("lab");
}

proptest! {
    #[test]
    fn never_panics(bytes: Vec<u8>, at in 0_usize..20_000, byte: u8) {
        let _ = Draft::from_bytes(&bytes);
        let mut changed = agreed().to_bytes();
        let at = at % changed.len();
        changed[at] = byte;
        if let Ok(draft) = Draft::from_bytes(&changed) {
            prop_assert_eq!(draft.to_bytes(), changed);
        }
    }
}
