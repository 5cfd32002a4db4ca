//! The audit finds any changed byte, and blames the right file.

use crate::testing::{Demo, KEYS, Log, at, draft, party, secret, stated};
use crate::{
    Entry, Event, FaultKind, Object, Place, Position, Profile, Report, Seen, object_path,
    verify_log, verify_log_as,
};
use domain::{Digest, PartyId};
use expect_test::{Expect, expect};

fn audit(log: &Log) -> Report {
    verify_log(&log.files, &KEYS.trust)
}

/// The faults, one a line, with ids cut short.
fn faults(report: &Report) -> String {
    let lines = report.faults.iter().map(|f| {
        let place = f.place.map_or(String::new(), |p| format!(", {p}"));
        let file = match f.file.strip_prefix("object/") {
            Some(object) => format!("object/{}…", object.chars().take(8).collect::<String>()),
            None => f.file.clone(),
        };
        format!("{file}{place}: {}\n", f.kind.code())
    });
    lines.collect()
}

fn check(log: &Log, expected: Expect) {
    expected.assert_eq(&faults(&audit(log)));
}

fn small() -> Log {
    let mut log = Log::new();
    log.state("lab", "one", Some(&["lab", "gov"]));
    let between = vec![party("gov"), party("lab")];
    log.log(draft(&Demo::Agreed { between }, "lab", Some(&["gov", "lab"])));
    log.state("gov", "three", None);
    log
}

fn large(count: usize) -> Log {
    let mut log = Log::new();
    log.append(&chain(count));
    log
}

/// Statements of one issuer, each after the one before.
fn chain(count: usize) -> Vec<Entry> {
    (0..count)
        .scan(None, |latest: &mut Option<crate::Leaf>, n| {
            let position = match latest {
                None => Position::first(None, at(0)),
                Some(leaf) => Position::after(leaf, None, at(0)),
            };
            let draft = draft(&stated("lab", &format!("statement {n}")), "lab", None);
            let entry = draft.issue(position, secret("lab")).unwrap();
            *latest = Some(entry.check().unwrap().0);
            Some(entry)
        })
        .collect()
}

#[test]
fn a_sound_log_is_sound() {
    let report = audit(&small());
    assert!(report.is_sound(), "{}", faults(&report));
    assert_eq!((report.statements, report.objects, report.shredded), (3, 3, 0));
    let report = audit(&Log::new());
    assert!(report.is_sound() && report.statements == 0);
}

/// Every byte of every file of a log, leftovers included; of the long signatures in objects and checkpoint
/// every seventh. `cargo xtask tamper` flips them all.
#[test]
fn every_flipped_byte_is_found_in_its_file() {
    let mut log = Log::new();
    log.state("lab", "one", None);
    log.state("lab", "two", None);
    assert!(audit(&log).is_sound());
    for (path, bytes) in log.files.clone() {
        let dense = if path.starts_with("tile") { bytes.len() } else { 600 };
        for at in (0..bytes.len()).filter(|at| *at < dense || at % 7 == 0) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            log.files.insert(path.clone(), flipped);
            let report = audit(&log);
            assert!(report.faults.iter().any(|f| f.file == path), "byte {at} of {path}");
            assert!(!report.is_sound());
        }
        log.files.insert(path, bytes);
    }
    assert!(audit(&log).is_sound());
}

#[test]
fn every_missing_and_every_strange_file_is_found() {
    let log = small();
    for path in log.files.keys() {
        let mut files = log.files.clone();
        files.remove(path);
        let report = verify_log(&files, &KEYS.trust);
        let superseded = path.ends_with(".p/1") || path.ends_with(".p/2");
        assert_eq!(report.is_sound(), superseded, "without {path}");
        assert!(superseded || report.faults.iter().any(|f| f.file == *path), "without {path}");
    }
    let stray = [
        "README",
        "object/00/00",
        "tile/0/001",
        "tile/9/000",
        "tile/entries/000",
        "checkpoint.tmp",
    ];
    for path in stray {
        let mut log = small();
        log.files.insert(path.to_owned(), vec![1]);
        let report = audit(&log);
        assert_eq!(report.faults.len(), 1, "{path}: {}", faults(&report));
        assert_eq!(report.faults[0].file, path);
    }
}

/// What an append leaves that was stopped before it was published is named and is no fault; the same files
/// with a changed byte of the signed part are.
#[test]
fn an_interrupted_append_is_pending() {
    let mut log = Log::new();
    let entries = chain(4);
    log.append(&entries[..3]);
    let mut files = log.files.clone();
    log.append(&entries[3..]);
    for (path, bytes) in &log.files {
        files.entry(path.clone()).or_insert_with(|| bytes.clone());
    }
    let report = verify_log(&files, &KEYS.trust);
    assert!(report.is_sound(), "{}", faults(&report));
    assert!(!report.pending.is_empty());
    let wider = "tile/entries/000.p/4";
    assert!(report.pending.iter().any(|p| p == wider), "{:?}", report.pending);
    files.get_mut(wider).expect("the file is there")[5] ^= 1;
    let report = verify_log(&files, &KEYS.trust);
    assert_eq!(report.faults.first().map(|f| f.file.as_str()), Some(wider));
}

fn flip(log: &mut Log, path: &str, at: usize) {
    log.files.get_mut(path).expect("the file is there")[at] ^= 1;
}

/// In a log of two levels the blame falls on the one file that is wrong.
#[test]
fn blame() {
    let good = large(300);
    assert!(audit(&good).is_sound());
    let check = |path: &str, at: usize, expected: &str| {
        let mut files = good.files.clone();
        files.get_mut(path).expect("the file is there")[at] ^= 1;
        assert_eq!(faults(&verify_log(&files, &KEYS.trust)), expected);
    };
    check("tile/0/000", 32 * 7 + 3, "tile/0/000, byte 224: tile\n");
    check("tile/0/001.p/44", 32 * 7 + 3, "tile/0/001.p/44, byte 224: tile\n");
    check("tile/1/000.p/1", 31, "tile/1/000.p/1, byte 31: tile\n");
    check("tile384/0/000", 48 * 7 + 3, "tile384/0/000, byte 336: tile\n");
    check("tile384/0/001.p/44", 48 * 7 + 3, "tile384/0/001.p/44, byte 336: tile\n");
    check("tile384/1/000.p/1", 47, "tile384/1/000.p/1, byte 47: tile\n");
    check("tile/entries/000", 400, "tile/entries/000, statement 1: entry\n");
    check("tile/entries/001.p/44", 0, "tile/entries/001.p/44: malformed\n");
}

#[test]
fn stale_partial_tiles_are_judged() {
    let mut log = small();
    flip(&mut log, "tile/0/000.p/2", 40);
    check(
        &log,
        expect![[r#"
        tile/0/000.p/2, byte 40: stale
    "#]],
    );
    let mut log = small();
    flip(&mut log, "tile/entries/000.p/1", 40);
    check(
        &log,
        expect![[r#"
        tile/entries/000.p/1, byte 40: stale
    "#]],
    );
}

#[test]
fn another_signed_root_is_found() {
    let mut log = small();
    log.files.insert("checkpoint".to_owned(), large(3).files.remove("checkpoint").unwrap());
    check(
        &log,
        expect![[r#"
        checkpoint: root
    "#]],
    );
}

#[test]
fn chains_are_followed() {
    let mut log = small();
    let position = log.position("lab", 9);
    let gap = Position { sequence: position.sequence + 3, ..position };
    let entry = draft(&stated("lab", "late"), "lab", None).issue(gap, secret("lab")).unwrap();
    log.append(&[entry]);
    check(
        &log,
        expect![[r#"
        tile/entries/000.p/4, statement 3: chain
    "#]],
    );
    let gap = &audit(&log).faults[0];
    expect!["tile/entries/000.p/4, statement 3: statements 2 to 4 of `lab` are missing before this one; ask the issuer for its own record of this statement, and keep the file"].assert_eq(&gap.to_string());
}

#[test]
fn a_replayed_statement_is_found() {
    let mut log = small();
    let draft = draft(&stated("gov", "three"), "gov", None);
    let again = draft.issue(log.position("gov", 9), secret("gov")).unwrap();
    log.append(&[again]);
    check(
        &log,
        expect![[r#"
            object/93/93467…, statement 2: object
            tile/entries/000.p/4, statement 3: chain
        "#]],
    );
}

#[test]
fn quoted_checkpoints_must_have_existed() {
    let mut log = small();
    let seen = Some(Seen { size: 2, root: Digest::of(b"another history") });
    let position = Position { seen, ..log.position("gov", 9) };
    let draft = draft(&stated("gov", "four"), "gov", None);
    log.append(&[draft.issue(position, secret("gov")).unwrap()]);
    log.state("lab", "five", None);
    check(
        &log,
        expect![[r#"
        tile/entries/000.p/5, statement 3: fork
    "#]],
    );
}

#[test]
fn forged_signatures_are_found() {
    let mut log = small();
    let draft = draft(&stated("gov", "forged"), "gov", None);
    let forged = draft.issue(log.position("gov", 9), secret("lab")).unwrap();
    log.append(&[forged]);
    check(
        &log,
        expect![[r#"
            object/8a/8a657…, statement 3: object
        "#]],
    );
    expect!["the signatures are not sound: the Ed25519 signature of `gov` does not verify; keep the file as evidence, then restore it from a mirror or backup and verify again"].assert_eq(audit(&log).faults[0].to_string().split_once(": ").unwrap().1);
}

#[test]
fn leaves_that_are_not_sound_are_found() {
    let mut log = small();
    let (root, tiles) = (tlog::Hash::from_bytes(log.head.root), crate::Tiles(&log.files));
    let appended = tlog::append(&tiles, 3, &root, &[b"not a leaf"]).unwrap();
    let root384 = tlog::Hash384::from_bytes(log.head.root384);
    let second = tlog::append_tree(&tiles, 3, &root384, &[b"not a leaf"]).unwrap();
    let (root, root384) = (*appended.root.as_bytes(), *second.root.as_bytes());
    let head = crate::TreeHead { size: 4, root, root384 };
    for write in appended.writes.into_iter().chain(second.writes) {
        log.files.insert(write.tile.to_string(), write.bytes);
    }
    log.files.insert("checkpoint".to_owned(), KEYS.log.sign(head, at(0)).unwrap());
    check(
        &log,
        expect![[r#"
        tile/entries/000.p/4, statement 3: leaf
    "#]],
    );
}

/// Replaces an object by its shredded form, or removes it.
fn shred(log: &mut Log, entry: &Entry, keep_signatures: bool) {
    let path = object_path(&entry.id);
    let object = log.files.remove(&path).unwrap();
    if keep_signatures {
        let shredded = Object::from_bytes(&object).unwrap().shredded();
        log.files.insert(path, shredded.to_bytes());
    }
}

fn shredded(id: Digest, by: PartyId) -> Event {
    let (authority, rule) = ("Records Officer".parse().unwrap(), "three years".parse().unwrap());
    Event::Shredded { statement: id, by, authority, rule, with: None }
}

fn shredded_by_two(id: Digest, by: &str, with: &str) -> Event {
    let (authority, rule) = ("Inspector".parse().unwrap(), "three years".parse().unwrap());
    Event::Shredded { statement: id, by: party(by), authority, rule, with: Some(party(with)) }
}

/// Another party shreds only together with an inspector.
#[test]
fn two_others_may_shred_when_one_is_an_inspector() {
    let check = |by: &str, with: &str, sound: bool| {
        let mut log = small();
        let entry = log.state("lab", "secret", Some(&["lab"]));
        shred(&mut log, &entry, true);
        log.log(draft(&shredded_by_two(entry.id, by, with), by, None));
        assert_eq!(audit(&log).is_sound(), sound, "{by} with {with}");
    };
    check("gov", "ig", true);
    check("ig", "gov", true);
    check("gov", "gov", false);
    check("ig", "ig", false);
}

#[test]
fn shredding_needs_a_statement_of_the_issuer() {
    for keep_signatures in [true, false] {
        let mut log = small();
        let entry = log.state("lab", "secret", Some(&["lab"]));
        shred(&mut log, &entry, keep_signatures);
        let kind = audit(&log).faults.pop().map(|f| f.kind);
        let lost = FaultKind::Lost { statement: entry.id };
        assert_eq!(kind, Some(if keep_signatures { lost } else { FaultKind::Missing }));

        log.log(draft(&shredded(entry.id, party("gov")), "gov", None));
        assert!(!audit(&log).is_sound(), "another party's word is not enough");

        log.log(draft(&shredded(entry.id, party("lab")), "lab", None));
        let report = audit(&log);
        assert!(report.is_sound(), "{}", faults(&report));
        assert_eq!((report.shredded, report.unsigned), (1, u64::from(!keep_signatures)));
    }
}

#[test]
fn a_shred_statement_must_be_carried_out() {
    let mut log = small();
    let entry = log.state("lab", "secret", Some(&["lab"]));
    log.log(draft(&shredded(entry.id, party("lab")), "lab", None));
    let report = audit(&log);
    assert_eq!(report.faults.len(), 1);
    assert_eq!(report.faults[0].kind, FaultKind::NotShredded);
    assert_eq!(report.faults[0].place, Some(Place::Index(3)));
}

/// A sealed shred statement, or one that comes before what it names, has no effect.
#[test]
fn shred_statements_are_public_and_come_after() {
    let mut log = small();
    let entry = log.state("lab", "secret", Some(&["lab"]));
    log.log(draft(&shredded(entry.id, party("lab")), "lab", Some(&["lab"])));
    shred(&mut log, &entry, true);
    assert!(!audit(&log).is_sound());

    let mut log = small();
    let later = draft(&stated("lab", "secret"), "lab", Some(&["lab"]));
    log.log(draft(&shredded(later.id(), party("lab")), "lab", None));
    let entry = log.log(later);
    shred(&mut log, &entry, true);
    assert!(!audit(&log).is_sound());
}

/// Each profile stands on its own signature and its own tree: what the other relies on may be gone or bad.
#[test]
fn a_profile_relies_on_its_own_alone() {
    let log = large(300);
    let sound = |files: &std::collections::BTreeMap<String, Vec<u8>>| {
        let [c2sp, cnsa] = [Profile::C2sp, Profile::Cnsa]
            .map(|profile| verify_log_as(files, &KEYS.trust, Some(profile)).is_sound());
        (c2sp, cnsa, verify_log(files, &KEYS.trust).is_sound())
    };
    assert_eq!(sound(&log.files), (true, true, true));
    let mut files = log.files.clone();
    files.get_mut("tile/0/000").unwrap()[3] ^= 1;
    files.remove("tile/1/000.p/1");
    assert_eq!(sound(&files), (false, true, false));
    let mut files = log.files.clone();
    files.get_mut("tile384/0/000").unwrap()[3] ^= 1;
    files.remove("tile384/1/000.p/1");
    assert_eq!(sound(&files), (true, false, false));
    let mut files = log.files.clone();
    files.get_mut("tile/entries/000").unwrap()[9] ^= 1;
    assert_eq!(sound(&files), (false, false, false));
    for (line, expected) in [(0, (false, true, false)), (1, (true, false, false))] {
        let signed = tlog::Note::parse(&log.files["checkpoint"]).unwrap();
        let mut lines = signed.signatures().to_vec();
        lines.remove(line);
        let note = tlog::Note::new(signed.text().to_owned(), lines).unwrap();
        let mut files = log.files.clone();
        files.insert("checkpoint".to_owned(), note.to_string().into_bytes());
        assert_eq!(sound(&files), expected);
    }
}
