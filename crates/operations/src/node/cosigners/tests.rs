//! Rounds over cosigners in memory, reading an earlier tree while the log grows, and the configuration.
use super::memory::{Line, MemoryCosigner, MemoryCosigners};
use super::*;
use crate::ctx::SetClock;
use std::collections::BTreeMap;
use tlog::witness::Watched;
use tlog::{Checkpoint, Ed25519Signer, KeyName, NoteSigner, append};

fn log_key() -> Ed25519Signer {
    Ed25519Signer::from_seed(KeyName::new("log.example/a").unwrap(), &[1; 32]).unwrap()
}

type Files = BTreeMap<String, Vec<u8>>;

/// Grows a log in memory as the store does: outgrown partial tiles go.
fn grow(files: &mut Files, from: (u64, Hash), to: u64) -> SignedCheckpoint {
    let entries: Vec<String> = (from.0..to).map(|i| format!("entry {i}")).collect();
    let grown = append(&*files, from.0, &from.1, &entries).unwrap();
    for write in grown.writes {
        let outgrown = format!("{}.p/", write.tile.full());
        files.retain(|path, _| !path.starts_with(&outgrown));
        files.insert(write.tile.to_string(), write.bytes);
    }
    let checkpoint = Checkpoint::new("log.example/a", grown.size, grown.root).unwrap();
    let signed = checkpoint.sign(&[&log_key()]).unwrap();
    files.insert("checkpoint".to_owned(), signed.note().to_string().into_bytes());
    signed
}

fn world() -> (MemoryCosigners, [Arc<MemoryCosigner>; 3]) {
    let one = |name: &str, kind, seed| {
        let name = KeyName::new(name).unwrap();
        Arc::new(MemoryCosigner::new(&name, kind, &[seed; 32]).unwrap())
    };
    let each = [
        one("lab.example/w", Kind::Witness, 2),
        one("gov.example/w", Kind::Witness, 3),
        one("gov.example/m", Kind::Mirror, 4),
    ];
    let keys = vec![log_key().verifier_key().clone()];
    let log = Watched { origin: "log.example/a".to_owned(), keys };
    let clock = Arc::new(SetClock::new("2026-11-20T10:00:00Z".parse().unwrap()));
    let all = each.iter().map(|one| (Standing::Main, Arc::clone(one))).collect();
    (MemoryCosigners::new(log, all, clock), each)
}

fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn round(cosigners: &MemoryCosigners, at: &SignedCheckpoint, files: &Files) -> Round {
    block(cosigners.round(at, Arc::new(FilesGrowth(files.clone())), Span::seconds(1)))
}

#[test]
fn rounds_say_who_signed_and_who_did_not() {
    let (cosigners, each) = world();
    let mut files = Files::new();
    let first = grow(&mut files, (0, Hash::EMPTY_ROOT), 300);
    let all = round(&cosigners, &first, &files);
    assert!(all.is_complete());
    assert_eq!(all.lines.len(), 6);
    let keys: Vec<VerifierKey> = each.iter().flat_map(|one| one.keys()).collect();
    let cosigned = first.note().clone().with(all.lines).unwrap();
    assert_eq!(cosigned.verify(&keys).unwrap().len(), 6);

    each[1].set(Line::Stalled);
    let second = grow(&mut files, (300, first.checkpoint().root()), 301);
    let some = round(&cosigners, &second, &files);
    assert_eq!((some.is_complete(), some.lines.len()), (false, 4));
    assert_eq!(some.answers[1].1, Answer::Silent(Silence::Stalled));

    each[1].set(Line::Up);
    let third = grow(&mut files, (301, second.checkpoint().root()), 700);
    // the log has outgrown the tiles of the second head, which is cosigned all the same
    assert!(!files.contains_key("tile/entries/001.p/45"));
    let late = round(&cosigners, &second, &files);
    assert!(matches!(late.answers[1].1, Answer::Cosigned { .. }), "{late:?}");
    assert!(round(&cosigners, &third, &files).is_complete());
}

#[test]
fn a_second_history_is_noticed_with_the_proof_of_it() {
    let (cosigners, _) = world();
    let mut files = Files::new();
    let first = grow(&mut files, (0, Hash::EMPTY_ROOT), 5);
    let backup = files.clone();
    let second = grow(&mut files, (5, first.checkpoint().root()), 8);
    assert!(round(&cosigners, &second, &files).is_complete());
    let back = round(&cosigners, &first, &backup);
    let (name, size, note) = back.conflict().expect("noticed");
    assert_eq!((name, size), ("lab.example/w", 8));
    assert_eq!(SignedCheckpoint::parse(note).unwrap().checkpoint(), second.checkpoint());
    let said = block(cosigners.latest(&first, Span::seconds(1)));
    let refusal = start::check_start(&head(&first), &|_| None, &said, true).unwrap_err();
    assert!(matches!(refusal, start::StartRefusal::Ahead { theirs: 8, ours: 5, .. }), "{refusal}");
}

#[test]
fn the_configuration_is_strict() {
    let (cosigners, each) = world();
    let keys = each[0].keys();
    let good = format!(
        "[[cosigner]]\nurl = \"http://127.0.0.1:1\"\nkind = \"witness\"\nvkeys = [\"{}\", \"{}\"]\n",
        keys[0], keys[1]
    );
    let read = config::parse(&good).unwrap();
    assert_eq!(read[0].cosigner, cosigners.all()[0]);
    assert_eq!(read[0].monitoring, "http://127.0.0.1:1");
    let log_key = log_key().verifier_key().to_string();
    for (bad, says) in [
        (String::new(), "0 cosigners"),
        (good.repeat(2), "twice"),
        (good.replace("http:", "ftp:"), "must start with"),
        (good.replace("\"witness\"", "\"judge\""), "judge"),
        (good.replace("kind", "sort"), "sort"),
        (good.replace(&keys[0].to_string(), &log_key), "0x01"),
        (good.replace(&keys[0].to_string(), &each[1].keys()[0].to_string()), "different names"),
        (good.replace("+", "-"), "vkey"),
    ] {
        let error = config::parse(&bad).unwrap_err();
        assert!(error.contains(says), "{error}");
    }
}
