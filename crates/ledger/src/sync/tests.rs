//! Reading on, and what stops it.

use crate::testing::{Demo, KEYS, Log, draft, party, secret, stated};
use crate::{
    Cursor, End, LogStatement, NotCounted, ObjectError, Position, SyncError, object_path,
    statements,
};

fn read(log: &Log, reader: &str, from: Cursor) -> (Vec<LogStatement>, Cursor) {
    let id = party(reader);
    let mut statements =
        statements(&log.files, &KEYS.trust, Some((&id, secret(reader))), from).unwrap();
    let all = statements.by_ref().collect::<Result<Vec<_>, _>>().unwrap();
    (all, statements.into_cursor().unwrap())
}

#[test]
fn parties_read_on_from_where_they_stopped() {
    let mut log = Log::new();
    let (none, start) = read(&log, "gov", Cursor::default());
    assert!(none.is_empty());
    log.state("lab", "for gov", Some(&["lab", "gov"]));
    log.state("lab", "for lab", Some(&["lab"]));
    let (first, middle) = read(&log, "gov", start);
    assert_eq!(first.len(), 2);
    let attested = first[0].attested::<Demo>().unwrap();
    assert_eq!(attested.event, stated("lab", "for gov"));
    assert_eq!((attested.index, attested.issuer.as_str()), (0, "lab"));
    assert!(attested.is_complete());
    assert!(matches!(first[1].attested::<Demo>(), Err(NotCounted::Content(_))));
    assert_eq!(first[1].signers.as_ref().unwrap().len(), 1);

    // Across the border of a tile, in batches of all kinds.
    for n in 0..300 {
        log.state("gov", &format!("statement {n}"), None);
        if n % 97 == 0 {
            let (_, cursor) = read(&log, "ig", middle.clone());
            assert_eq!(cursor.head, log.head);
        }
    }
    let (rest, end) = read(&log, "gov", middle);
    assert_eq!(rest.len(), 300);
    let indices: Vec<_> = rest.iter().map(|s| s.index).collect();
    assert_eq!(indices, (2..302).collect::<Vec<_>>());
    assert_eq!(end.head, log.head);
    assert_eq!(end.chains, log.chains);
    assert_eq!(Cursor::read(&log.files, &KEYS.trust).unwrap(), end);
    let host = End::read(&log.files, &KEYS.trust).unwrap();
    assert_eq!((host.head, &host.heads), (end.head, end.chains.heads()));
    assert_eq!(host.clone().go_on(&log.files).unwrap(), host);
    let other = End { head: crate::TreeHead { root: [1; 32], ..host.head }, ..host.clone() };
    assert_eq!(other.go_on(&log.files), Err(SyncError::Rewritten { size: host.head.size }));
    assert_eq!(Some(host.trust), end.trust);
    assert_eq!(read(&log, "gov", end).0.len(), 0);
}

#[test]
fn another_history_is_noticed() {
    let (mut one, mut two) = (Log::new(), Log::new());
    one.state("lab", "one", None);
    two.state("lab", "two", None);
    let (_, cursor) = read(&one, "gov", Cursor::default());
    two.state("lab", "more", None);
    let rewritten = statements(&two.files, &KEYS.trust, None, cursor.clone()).unwrap_err();
    assert_eq!(rewritten, SyncError::Rewritten { size: 1 });
    let shrunk = statements(&Log::new().files, &KEYS.trust, None, cursor).unwrap_err();
    assert_eq!(shrunk, SyncError::Shrunk { before: 1, now: 0 });
}

#[test]
fn changed_entries_are_not_yielded() {
    let mut log = Log::new();
    log.state("lab", "one", None);
    log.files.get_mut("tile/entries/000.p/1").unwrap()[9] ^= 1;
    let error = statements(&log.files, &KEYS.trust, None, Cursor::default()).unwrap_err();
    assert_eq!(error, SyncError::Root);
    assert_eq!(Cursor::read(&log.files, &KEYS.trust), Err(SyncError::Root));
    log.files.remove("tile/entries/000.p/1");
    let error = statements(&log.files, &KEYS.trust, None, Cursor::default()).unwrap_err();
    assert!(matches!(error, SyncError::Missing(_)));
}

#[test]
fn a_withheld_object_holds_nothing_else_up() {
    let mut log = Log::new();
    let first = log.state("lab", "one", None);
    log.state("lab", "two", None);
    log.files.remove(&object_path(&first.id));
    let (all, _) = read(&log, "gov", Cursor::default());
    let missing = all[0].attested::<Demo>();
    assert_eq!(missing, Err(NotCounted::Signatures(ObjectError::Missing)));
    assert!(all[1].attested::<Demo>().is_ok());
}

/// A host that logs a statement twice, or two statements at one place, gains nothing.
#[test]
fn replays_and_forks_do_not_count() {
    let mut log = Log::new();
    let first = log.state("lab", "one", None);
    let replay = draft(&stated("lab", "one"), "lab", None);
    let replay = replay.issue(log.position("lab", 1), secret("lab")).unwrap();
    assert_eq!(replay.id, first.id);
    let fork = draft(&stated("lab", "fork"), "lab", None);
    let fork = fork.issue(Position::first(None, crate::testing::at(1)), secret("lab")).unwrap();
    log.append(&[replay]);
    log.append(&[fork]);
    let (all, _) = read(&log, "gov", Cursor::default());
    assert!(all[0].chain.is_none());
    assert!(matches!(all[1].attested::<Demo>(), Err(NotCounted::Chain(_))));
    assert!(matches!(all[2].attested::<Demo>(), Err(NotCounted::Chain(_))));
}
