//! Grades: from the log alone to everybody, and what a bad cosignature does.

use super::Grade;
use crate::testing::{Log, cosign, witnessed_trust};
use crate::{HeadError, Receipt, ReceiptError};
use tlog::{CheckpointError, NoteError};

fn graded(by: &[&str]) -> Grade {
    let mut log = Log::new();
    log.state("lab", "one", None);
    cosign(&mut log, by);
    let trust = witnessed_trust();
    let note = &log.files["checkpoint"];
    let receipt = Receipt::build(&log.files, 0).unwrap();
    let verified =
        Receipt::from_bytes(receipt.to_string().as_bytes()).unwrap().verify(&trust).unwrap();
    let vouched = trust.open(note).unwrap();
    assert_eq!(verified.grade, vouched.grade);
    let who: Vec<_> = verified.cosigned.iter().map(|c| c.party.to_string()).collect();
    let mut wanted: Vec<_> = by.iter().map(|b| (*b).to_owned()).collect();
    wanted.sort_by_key(|b| ["lab", "gov", "ig"].iter().position(|p| p == b));
    assert_eq!(who, wanted);
    assert_eq!(verified.existed_by.is_some(), !by.is_empty());
    for grade in [Grade::Provisional, Grade::Full, Grade::Audited] {
        // the derived policy says the same as the grade
        let policy = tlog::Policy::parse(trust.policy(grade).unwrap().as_bytes()).unwrap();
        let signed = tlog::SignedCheckpoint::parse(note).unwrap();
        assert_eq!(policy.check(&signed).is_ok(), grade <= vouched.grade, "{by:?} {grade}");
    }
    verified.grade
}

#[test]
fn grades_follow_from_who_cosigned() {
    assert_eq!(graded(&[]), Grade::Provisional);
    assert_eq!(graded(&["lab"]), Grade::Provisional);
    assert_eq!(graded(&["gov"]), Grade::Provisional);
    assert_eq!(graded(&["ig"]), Grade::Provisional);
    assert_eq!(graded(&["lab", "ig"]), Grade::Provisional);
    assert_eq!(graded(&["gov", "lab"]), Grade::Full);
    assert_eq!(graded(&["ig", "gov", "lab"]), Grade::Audited);
}

/// A receipt that is good under the log's key alone is condemned by one bad line of a known witness.
#[test]
fn a_bad_cosignature_condemns() {
    let mut log = Log::new();
    log.state("lab", "one", None);
    cosign(&mut log, &["lab", "gov"]);
    let cosigned = String::from_utf8(log.files["checkpoint"].clone()).unwrap();
    let lines: Vec<_> = cosigned.lines().filter(|l| l.contains("gov.example")).collect();
    let line = lines[0].to_owned();
    log.state("lab", "two", None);
    // the line of the smaller tree under the larger tree
    let note = String::from_utf8(log.files["checkpoint"].clone()).unwrap() + &line + "\n";
    log.files.insert("checkpoint".to_owned(), note.into_bytes());
    let error = Receipt::build(&log.files, 0).unwrap().verify(&witnessed_trust()).unwrap_err();
    assert!(matches!(
        error,
        ReceiptError::Checkpoint(HeadError::Checkpoint(CheckpointError::Note(
            NoteError::BadSignature { .. }
        )))
    ));
}

/// The time of a receipt is the earliest that a trusted witness gives.
#[test]
fn existed_by_is_the_earliest() {
    let mut log = Log::new();
    log.state("lab", "one", None);
    cosign(&mut log, &["lab", "gov"]);
    let vouched = witnessed_trust().open(&log.files["checkpoint"]).unwrap();
    let times: Vec<_> = vouched.cosigned.iter().map(|c| c.at.unwrap()).collect();
    assert!(times[0] < times[1]);
    assert_eq!(vouched.existed_by(), Some(times[0]));
}
