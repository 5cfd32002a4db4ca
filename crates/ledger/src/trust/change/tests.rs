//! Keys over time: who may change them, and what counts at which place.

use crate::testing::changes::{joined, key, log_as, proof, revoked, rotated, signers};
use crate::testing::{KEYS, Log, draft, party, rooted_trust, secret, stated};
use crate::{
    Audience, Content, Cursor, Draft, Event, KeyRefusal, LogStatement, NotCounted, ObjectError,
    Receipt, ReceiptError, SecretKeys, SignatureError, SyncError, Trust, object_path, statements,
    verify_log,
};
use domain::Role;
use expect_test::expect;

fn read(log: &Log, trust: &Trust) -> (Vec<LogStatement>, Cursor) {
    let mut reading = statements(&log.files, trust, None, Cursor::default()).unwrap();
    let all: Result<Vec<_>, _> = reading.by_ref().collect();
    (all.unwrap(), reading.into_cursor().unwrap())
}

fn refusal(event: &Event, by: &[&str]) -> String {
    let mut log = Log::new();
    log_as(&mut log, event, by);
    let (all, cursor) = read(&log, &rooted_trust());
    assert!(cursor.trust.unwrap().changes().is_empty());
    all[0].change.clone().unwrap().unwrap_err().to_string()
}

/// The old key signs before the rotation, the new one after, and each is refused at the other's time, by name.
#[test]
fn rotation_is_judged_at_its_place() {
    let trust = rooted_trust();
    let mut log = Log::new();
    log_as(&mut log, &stated("lab", "early"), &["lab:lab-new"]);
    log_as(&mut log, &stated("lab", "old"), &["lab"]);
    log_as(
        &mut log,
        &rotated("lab", "lab", "lab-new", signers(&["lab", "lab-root"], 2)),
        &["lab", "lab-root"],
    );
    log_as(&mut log, &stated("lab", "new"), &["lab:lab-new"]);
    log_as(&mut log, &stated("lab", "late"), &["lab"]);
    let (all, cursor) = read(&log, &trust);
    assert_eq!(all[2].change, Some(Ok(())));
    let good: Vec<_> = all.iter().map(|s| s.signers.is_ok()).collect();
    assert_eq!(good, [false, true, true, true, false]);
    let early = all[0].signers.clone().unwrap_err();
    // whoever reads in order does not know the key yet; a receipt's reader who knows more, says more
    assert!(matches!(early, ObjectError::Signature(SignatureError::Bad { .. })));
    let known = cursor.trust.as_ref().unwrap();
    let early = Receipt::build(&log.files, 0).unwrap().verify(known).unwrap_err();
    let ReceiptError::Signature(SignatureError::Early { from: 3, .. }) = early else {
        panic!("{early}")
    };
    let late = all[4].signers.clone().unwrap_err();
    let ObjectError::Signature(late) = late else { panic!("{late}") };
    let fingerprint = key("lab").to_string();
    expect!["`lab` signed with the key KEY, which was replaced by statement 2; what is signed with it after that does not count"]
        .assert_eq(&late.to_string().replace(&fingerprint, "KEY"));

    // the node checks the next statement by the keys as of now
    let now = cursor.trust.unwrap();
    assert_eq!(now.sealing_keys(&party("lab")).unwrap(), secret("lab-new").public());
    let stale = draft(&stated("lab", "x"), "lab", None);
    let entry = stale.clone().issue(log.position("lab", 9), secret("lab")).unwrap();
    assert!(entry.verify(&now).is_err());
    let entry = stale.issue(log.position("lab", 9), secret("lab-new")).unwrap();
    entry.verify(&now).unwrap();

    // the audit, the cursor after a restart and receipts say the same
    let report = verify_log(&log.files, &trust);
    let at: Vec<_> = report.faults.iter().map(|f| f.place).collect();
    assert_eq!(at, [Some(crate::Place::Index(0)), Some(crate::Place::Index(4))]);
    assert_eq!(Cursor::read(&log.files, &trust).unwrap().trust.unwrap(), now);
    assert_eq!(now.bootstrap(), trust);
    for (index, good) in good.into_iter().enumerate() {
        let receipt = Receipt::build(&log.files, index as u64).unwrap();
        assert_eq!(receipt.verify(&now).is_ok(), good, "{index}");
    }
}

/// A stolen key: its root alone ends it, and only what was logged before still verifies.
#[test]
fn the_root_alone_revokes() {
    let mut log = Log::new();
    log_as(&mut log, &stated("lab", "before"), &["lab"]);
    log_as(&mut log, &revoked("lab", "lab", signers(&["lab-root"], 1)), &["lab-root"]);
    log_as(&mut log, &stated("lab", "thief"), &["lab"]);
    let (all, cursor) = read(&log, &rooted_trust());
    let now = cursor.trust.unwrap();
    assert!(all[0].signers.is_ok() && all[1].change == Some(Ok(())));
    assert!(now.sealing_keys(&party("lab")).is_none(), "nothing is sealed to a revoked key");
    let error = Receipt::build(&log.files, 2).unwrap().verify(&now).unwrap_err();
    let ReceiptError::Signature(error) = error else { panic!("{error}") };
    assert!(error.to_string().contains("was revoked by statement 1"), "{error}");
    Receipt::build(&log.files, 0).unwrap().verify(&now).unwrap();

    // the root alone gives a new key where none is left
    let (keys, proof) = proof("lab", "lab-new");
    let by = signers(&["lab-root"], 1);
    let fresh = Event::KeyAdded { party: party("lab"), keys, proof, signers: by };
    log_as(&mut log, &fresh, &["lab-root"]);
    log_as(&mut log, &stated("lab", "again"), &["lab:lab-new"]);
    let (all, _) = read(&log, &rooted_trust());
    assert!(all[3].change == Some(Ok(())) && all[4].signers.is_ok());
}

#[test]
fn founders_add_parties_and_change_keys_without_a_root() {
    let mut log = Log::new();
    log_as(&mut log, &stated("utility", "nobody yet"), &["utility"]);
    log_as(&mut log, &joined("utility", signers(&["gov", "lab"], 2)), &["gov", "lab"]);
    log_as(&mut log, &stated("utility", "hello"), &["utility"]);
    let ig = rotated("ig", "ig", "gov-new", signers(&["gov", "ig", "lab"], 3));
    log_as(&mut log, &ig, &["ig", "gov", "lab"]);
    let (all, cursor) = read(&log, &rooted_trust());
    let good: Vec<_> = all.iter().map(|s| s.signers.is_ok()).collect();
    assert_eq!(good, [false, true, true, true]);
    let now = cursor.trust.unwrap();
    assert_eq!(now.party(&party("utility")).unwrap().party.roles, [Role::Operator]);
    assert_eq!(now.sealing_keys(&party("ig")).unwrap(), secret("gov-new").public());
    assert_eq!(now.changes().len(), 2);
    assert_eq!(now.bootstrap(), rooted_trust());
}

#[test]
fn refusals() {
    let both = || signers(&["gov", "lab"], 2);
    expect!["`lab-root`, the root of `lab`, must sign"]
        .assert_eq(&refusal(&rotated("lab", "lab", "lab-new", both()), &["lab", "gov"]));
    expect!["`lab` itself must sign, with a key that counts"].assert_eq(&refusal(
        &rotated("lab", "lab", "lab-new", signers(&["gov", "lab-root"], 2)),
        &["lab-root", "gov"],
    ));
    expect!["2 of the founders must sign"]
        .assert_eq(&refusal(&joined("utility", signers(&["gov", "ig"], 2)), &["ig", "gov"]));
    expect!["2 of the founders must sign"]
        .assert_eq(&refusal(&revoked("gov", "gov", signers(&["lab"], 1)), &["lab"]));
    expect!["`lab` is known already; its keys are changed by rotating them"]
        .assert_eq(&refusal(&joined("lab", both()), &["lab", "gov"]));
    expect!["a party has or had one of the new keys already; make fresh ones"]
        .assert_eq(&refusal(&rotated("gov", "gov", "lab", both()), &["lab", "gov"]));
    let wrong = refusal(&revoked("lab", "lab-new", signers(&["lab-root"], 1)), &["lab-root"]);
    assert!(wrong.ends_with("is not a key of `lab` that counts"), "{wrong}");
    // a proof for another party is no proof
    let Event::KeyRotated { old, keys, proof, signers, .. } =
        rotated("lab", "lab", "lab-new", both())
    else {
        panic!()
    };
    let stolen = Event::KeyRotated { party: party("gov"), old, keys, proof, signers };
    expect!["the new keys did not sign that they are this party's"]
        .assert_eq(&refusal(&stolen, &["lab", "gov"]));
}

/// `k` of the named signers are enough, and one fewer is refused by every reader.
#[test]
fn too_few_signatures_never_count() {
    let event = joined("utility", signers(&["gov", "ig", "lab"], 2));
    let mut few = draft(&event, "gov", None);
    assert_eq!((few.header().needed(), few.still_needed()), (2, 1));
    let position = Log::new().position("gov", 0);
    assert!(few.clone().issue(position, secret("gov")).is_err());
    few.sign(&party("lab"), secret("lab")).unwrap();
    assert!(few.is_complete());
    assert_eq!(few.missing(), [party("ig")].into());

    // an issuer whose program does not care
    let mut log = Log::new();
    let entry = few.clone().issue(log.position("gov", 0), secret("gov")).unwrap();
    let (leaf, object) = entry.check().unwrap();
    let mut block = crate::SignatureBlock::from_bytes(object.block()).unwrap();
    assert_eq!(block.verify(&leaf, &rooted_trust(), 0).unwrap().len(), 2);
    block.cosigners.clear();
    let error = block.verify(&leaf, &rooted_trust(), 0).unwrap_err();
    expect!["signed by `gov`, but 2 of `gov`, `ig`, `lab` must sign"].assert_eq(&error.to_string());
    let forged = crate::testing::entry_with_block(&few, &block, log.position("gov", 0));
    assert!(forged.verify(&rooted_trust()).is_err(), "the node refuses it");
    log.append(&[forged]);
    let (all, cursor) = read(&log, &rooted_trust());
    assert!(matches!(all[0].attested::<Event>(), Err(NotCounted::Signatures(_))));
    assert!(cursor.trust.unwrap().changes().is_empty());
    assert!(Receipt::build(&log.files, 0).unwrap().verify(&rooted_trust()).is_err());
    assert_eq!(verify_log(&log.files, &rooted_trust()).faults.len(), 1);
}

/// A leaf that demands fewer signatures than its payload says is no statement at all.
#[test]
fn the_leaf_demands_what_the_payload_says() {
    let event = joined("utility", signers(&["gov", "lab"], 2));
    let content = Content { needed: Some(1), ..Content::of(&event).unwrap() };
    let log = KEYS.trust.log();
    let random = &mut crate::testing::stream("one");
    let lone =
        Draft::start(log, content, &party("gov"), Audience::Public, random, crate::testing::at(0));
    let mut log = Log::new();
    let entry = lone.unwrap().issue(log.position("gov", 0), secret("gov")).unwrap();
    log.append(&[entry]);
    let (all, _) = read(&log, &rooted_trust());
    assert!(all[0].signers.is_ok());
    assert_eq!(all[0].change, Some(Err(KeyRefusal::Malformed)));
    assert!(matches!(all[0].attested::<Event>(), Err(NotCounted::Content(_))));
}

/// The host can't choose who learns of a revocation.
#[test]
fn a_withheld_change_ends_reading() {
    let mut log = Log::new();
    log_as(&mut log, &revoked("lab", "lab", signers(&["lab-root"], 1)), &["lab-root"]);
    log_as(&mut log, &stated("lab", "thief"), &["lab"]);
    let id = Receipt::build(&log.files, 0).unwrap().leaf().id();
    let path = object_path(&id);
    let shredded = crate::Object::from_bytes(&log.files[&path]).unwrap().shredded().to_bytes();
    for left in [None, Some(shredded)] {
        match left {
            None => log.files.remove(&path),
            Some(bytes) => log.files.insert(path.clone(), bytes),
        };
        let trust = rooted_trust();
        let mut reading = statements(&log.files, &trust, None, Cursor::default()).unwrap();
        assert!(matches!(reading.next(), Some(Err(SyncError::Change { index: 0, .. }))));
        assert!(matches!(Cursor::read(&log.files, &trust), Err(SyncError::Change { .. })));
        assert!(!verify_log(&log.files, &trust).is_sound());
    }
}

#[test]
fn nothing_counts_after_the_log_was_closed() {
    let mut log = Log::new();
    let reason = "a new log key".parse().unwrap();
    let successor = Some("log2.example/v+12345678+AA".parse().unwrap());
    let by = signers(&["gov", "lab"], 2);
    log_as(&mut log, &Event::LogClosed { successor, reason, signers: by }, &["lab", "gov"]);
    log_as(&mut log, &stated("lab", "late"), &["lab"]);
    let (all, cursor) = read(&log, &rooted_trust());
    assert_eq!(all[0].change, Some(Ok(())));
    assert!(matches!(all[1].attested::<crate::testing::Demo>(), Err(NotCounted::Closed(0))));
    let closed = cursor.trust.unwrap().closed().unwrap().clone();
    assert_eq!(
        (closed.index, closed.successor.as_deref()),
        (0, Some("log2.example/v+12345678+AA"))
    );
}

/// What was sealed to a key opens after it was rotated, and what is sealed now needs the new one.
#[test]
fn old_payloads_stay_readable() {
    let again = |id: &str| SecretKeys::read(&secret(id).to_text()).unwrap();
    let entry = Log::new().state("gov", "for the old key", Some(&["gov", "lab"]));
    let (leaf, object) = entry.check().unwrap();
    let lab = party("lab");
    assert!(object.open(&leaf, Some((&lab, secret("lab-new")))).is_err());
    let both = again("lab-new").with_others(vec![again("lab")]);
    object.open(&leaf, Some((&lab, &both))).unwrap();
}
