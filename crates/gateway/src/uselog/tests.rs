//! Torn ends, damage, minutes that stay closed.

mod disk;

use super::format::{End, Entry};
use super::{Durability, MinuteSummary, UseLog, UseLogError, check_bytes};
use crate::sink::{SinkError, UseSink};
use crate::{Intent, Outcome, ProofError, RequestId, UseRecord};
use access::Endpoint;
use domain::{Digest, GrantId, Span, Timestamp};
use expect_test::expect;
use proptest::prelude::*;
use std::path::{Path, PathBuf};

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn start() -> Timestamp {
    at("2026-11-01T12:00:10Z")
}

fn grant(n: u8) -> GrantId {
    format!("grant-{n}").parse().expect("an id")
}

fn intent(n: u128, by: u8) -> Intent {
    Intent {
        request: RequestId::from_bits(n),
        grant: grant(by),
        person: "person-1".parse().expect("an id"),
        endpoint: Endpoint::ChatCompletions,
        model: "model-1".parse().expect("an id"),
        started_at: start(),
        request_digest: Digest::of(b"question"),
        content: None,
        tokens_in: 10,
        reserved: 110,
    }
}

fn outcome(n: u128, by: u8, finished_at: Timestamp) -> UseRecord {
    let intent = intent(n, by);
    UseRecord {
        salt: Digest::of(&n.to_be_bytes()),
        request: intent.request,
        grant: intent.grant,
        person: intent.person,
        minute: finished_at.minute(),
        started_at: intent.started_at,
        finished_at,
        endpoint: intent.endpoint,
        model: intent.model,
        request_digest: intent.request_digest,
        response_digest: Digest::of(b"answer"),
        content: intent.content,
        tokens_in: 10,
        tokens_out: 20,
        charged: 30,
        outcome: Outcome::Completed,
        traits: crate::Traits::default(),
    }
}

fn open(path: &Path) -> (UseLog, super::Recovery) {
    UseLog::open(path, Durability::Durable, start()).expect("a sound log")
}

async fn uses(log: &UseLog, from: u128, count: u128, by: u8) {
    for n in from..from + count {
        log.intent(intent(n, by)).await.expect("durable");
        log.outcome(outcome(n, by, start())).await.expect("durable");
    }
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("uses.log");
    (folder, path)
}

#[tokio::test]
async fn the_lines_stay_as_they_are() {
    let (_folder, path) = folder();
    let (log, _) = open(&path);
    log.intent(intent(7, 1)).await.expect("durable");
    log.grown(RequestId::from_bits(7), 400).await.expect("durable");
    log.outcome(outcome(7, 1, start())).await.expect("durable");
    drop(log);
    expect![[r#"
        {"opened":{"format":4,"mode":"durable","at":"2026-11-01T12:00:10Z"}}
        {"commit":{"batch":1,"entries":1,"chain":"1f40ad9bd79d5c5b9ffd5ceffe3919589b7ef43765949ce0c03db40a21453469"}}
        {"intent":{"request":"00000000000000000000000000000007","grant":"grant-1","person":"person-1","endpoint":"chat-completions","model":"model-1","started_at":"2026-11-01T12:00:10Z","request_digest":"1f5087db919ced5c123c7f507d3fcce818cb0cf6e77c2f95a8a35e951e03fdb9","tokens_in":10,"reserved":110}}
        {"commit":{"batch":2,"entries":1,"chain":"b4950fc0d9d5319c8df80eded00ab5852c02d7bfa1d1cc461ea5f24fada2daf4"}}
        {"grown":{"request":"00000000000000000000000000000007","reserved":400}}
        {"commit":{"batch":3,"entries":1,"chain":"8a3ff902b5b902af1aa40e5cef632f19c8289cdae863dcb6e630eb8a606c971d"}}
        {"use":{"salt":"6bae426822df52caf9dc36c8319247d6debb080aa918fa7830ac1c5edabd22c1","request":"00000000000000000000000000000007","grant":"grant-1","person":"person-1","minute":"2026-11-01T12:00:00Z","started_at":"2026-11-01T12:00:10Z","finished_at":"2026-11-01T12:00:10Z","endpoint":"chat-completions","model":"model-1","request_digest":"1f5087db919ced5c123c7f507d3fcce818cb0cf6e77c2f95a8a35e951e03fdb9","response_digest":"0db52f4076c082518412afd3dd3576e2cb0c63703fd7fed5e23ade60efef31d9","tokens_in":10,"tokens_out":20,"charged":30,"outcome":"completed"}}
        {"commit":{"batch":4,"entries":1,"chain":"9404a538d303374d653b12e0bf917d41832b1adabcd7f008824b6a98d9191145"}}
    "#]]
    .assert_eq(&std::fs::read_to_string(&path).expect("text"));
}

#[tokio::test]
async fn a_second_gateway_is_refused() {
    let (_folder, path) = folder();
    let (_log, _) = open(&path);
    let second = UseLog::open(&path, Durability::Durable, start());
    assert!(matches!(second, Err(UseLogError::InUse { .. })), "{second:?}");
}

fn spent(log: &UseLog) -> Vec<(GrantId, u64)> {
    let each = log.spent().into_iter();
    each.map(|spent| (spent.grant, spent.tokens)).collect()
}

/// Bytes of a file without the zeros at its end.
fn written(path: &Path) -> u64 {
    let bytes = std::fs::read(path).expect("a file");
    let last = bytes.iter().rposition(|byte| *byte != 0);
    u64::try_from(last.map_or(0, |last| last + 1)).expect("small")
}

#[tokio::test]
async fn a_log_is_filled_ahead_while_it_is_written_and_what_a_crash_leaves_of_that_is_no_loss() {
    let (folder, path) = folder();
    let (log, _) = open(&path);
    uses(&log, 0, 3, 1).await;
    let crashed = folder.path().join("crashed.log");
    std::fs::copy(&path, &crashed).expect("copied");
    let length = |path: &Path| std::fs::metadata(path).expect("a file").len();
    assert!(length(&crashed) > written(&crashed), "it is filled ahead");
    assert_eq!(check_bytes(&std::fs::read(&crashed).expect("a file")), Ok(3));
    let (after, recovery) = open(&crashed);
    assert_eq!(recovery, super::Recovery { dropped_bytes: 0, interrupted: 0 });
    uses(&after, 3, 200, 1).await;
    drop(after);
    assert_eq!(length(&crashed), written(&crashed), "at rest it ends where it ends");
    assert_eq!(check_bytes(&std::fs::read(&crashed).expect("a file")), Ok(203));
}

#[tokio::test]
async fn any_torn_end_is_dropped_and_nothing_else() {
    let (folder, path) = folder();
    let (log, _) = open(&path);
    uses(&log, 0, 2, 1).await;
    let sound = written(&path);
    log.intent(intent(2, 1)).await.expect("durable");
    drop(log);
    let whole = std::fs::read(&path).expect("a file");
    for length in sound..u64::try_from(whole.len()).expect("small") {
        // now and then with pages that never came
        let fillers: &[usize] = if length % 16 == 0 { &[0, 40] } else { &[0] };
        for &filler in fillers {
            let torn = folder.path().join("torn.log");
            let mut bytes = whole.clone();
            bytes.truncate(usize::try_from(length).expect("small"));
            bytes.resize(bytes.len() + filler, 0);
            std::fs::write(&torn, &bytes).expect("written");
            let (log, recovery) = open(&torn);
            // zeros are not told from those that a file is filled with
            let dropped = length - sound;
            assert_eq!(recovery, super::Recovery { dropped_bytes: dropped, interrupted: 0 });
            assert_eq!(spent(&log), [(grant(1), 60)]);
            uses(&log, 2, 1, 1).await;
            drop(log);
            assert_eq!(check_bytes(&std::fs::read(&torn).expect("a file")), Ok(3));
            std::fs::remove_file(&torn).expect("removed");
        }
    }
}

#[tokio::test]
async fn a_changed_byte_before_the_last_batch_is_damage() {
    let (_folder, path) = folder();
    let (log, _) = open(&path);
    uses(&log, 0, 2, 1).await;
    drop(log);
    let whole = std::fs::read(&path).expect("a file");
    let last_two = whole
        .iter()
        .enumerate()
        .filter(|(_, b)| **b == b'\n')
        .map(|(i, _)| i)
        .rev()
        .nth(2)
        .expect("more than one batch");
    for place in 0..last_two {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        let error = check_bytes(&bytes).expect_err("damage");
        assert!(error.starts_with("line "), "byte {place}: {error}");
    }
    let mut bytes = whole.clone();
    bytes[100] ^= 1;
    std::fs::write(&path, &bytes).expect("written");
    let error = UseLog::open(&path, Durability::Durable, start()).expect_err("damage").to_string();
    assert!(error.contains("uses.log` is damaged at line 2"), "{error}");
}

#[tokio::test]
async fn a_relaxed_log_may_lose_its_last_batches_and_says_how_much() {
    let (_folder, path) = folder();
    let open = || UseLog::open(&path, Durability::Relaxed, start()).expect("a sound log");
    let (log, _) = open();
    uses(&log, 0, 4, 1).await;
    let closed = log.minutes_closed(start().after(Span::minutes(1))).expect("flushed");
    assert_eq!(closed.first().map(|m| m.count), Some(4));
    drop(log);
    let whole = std::fs::read(&path).expect("a file");
    // a page in the middle never reached the disk, later ones did
    let mut torn = whole.clone();
    let middle = whole.len() / 2;
    torn[middle..middle + 100].fill(0);
    std::fs::write(&path, &torn).expect("written");
    let (log, recovery) = open();
    assert!(recovery.dropped_bytes > 100, "{recovery:?}");
    assert!(usize::try_from(recovery.dropped_bytes).expect("small") < whole.len());
    let spent = spent(&log);
    assert!(spent.iter().all(|(_, tokens)| *tokens < 4 * 30 + 110), "{spent:?}");
}

#[tokio::test]
async fn an_interrupted_request_costs_what_it_had_reserved() {
    let (_folder, path) = folder();
    let (log, _) = open(&path);
    uses(&log, 0, 1, 1).await;
    log.intent(intent(1, 1)).await.expect("durable");
    log.intent(intent(2, 2)).await.expect("durable");
    log.grown(RequestId::from_bits(2), 400).await.expect("durable");
    drop(log);
    let (log, recovery) = open(&path);
    assert_eq!(recovery, super::Recovery { dropped_bytes: 0, interrupted: 2 });
    assert_eq!(spent(&log), [(grant(1), 30 + 110), (grant(2), 400)]);
    drop(log);
    let mut outcomes = Vec::new();
    UseLog::visit(&path, &mut |r| outcomes.push((r.outcome, r.charged))).expect("sound");
    let (whole, half) = (Outcome::Completed, Outcome::Interrupted);
    assert_eq!(outcomes, [(whole, 30), (half, 110), (half, 400)]);
    assert_eq!(open(&path).1.interrupted, 0, "only once");
}

#[tokio::test]
async fn contradictions_are_refused_and_not_written() {
    let (_folder, path) = folder();
    let (log, _) = open(&path);
    uses(&log, 0, 1, 1).await;
    let before = std::fs::read(&path).expect("a file");
    let again = log.outcome(outcome(0, 1, start())).await;
    assert!(matches!(again, Err(SinkError::Refused(_))), "{again:?}");
    let grown = log.grown(RequestId::from_bits(0), 400).await;
    assert!(matches!(grown, Err(SinkError::Refused(_))), "{grown:?}");
    let summary = MinuteSummary {
        grant: grant(1),
        minute: start().minute(),
        root: Digest::of(b"another"),
        count: 1,
        tokens_in: 10,
        tokens_out: 20,
    };
    let wrong = log.minute_recorded(&summary).await;
    assert!(matches!(wrong, Err(SinkError::Refused(_))), "{wrong:?}");
    assert_eq!(std::fs::read(&path).expect("a file"), before);
    log.intent(intent(1, 1)).await.expect("durable");
    let twice = log.intent(intent(1, 1)).await;
    assert!(matches!(twice, Err(SinkError::Refused(_))), "{twice:?}");
}

#[tokio::test]
async fn minutes_close_once_and_stay_closed() {
    let (_folder, path) = folder();
    let (log, _) = open(&path);
    uses(&log, 0, 3, 1).await;
    uses(&log, 3, 1, 2).await;
    assert_eq!(log.minutes_closed(start()), Ok(vec![]));
    let later = start().after(Span::minutes(1));
    let closed = log.minutes_closed(later).expect("flushed");
    let sums: Vec<_> =
        closed.iter().map(|m| (m.grant.as_str(), m.count, m.tokens_in, m.tokens_out)).collect();
    assert_eq!(sums, [("grant-1", 3, 30, 60), ("grant-2", 1, 10, 20)]);
    for (n, minute) in [(1, &closed[0]), (3, &closed[1])] {
        let proof = log.prove(RequestId::from_bits(n)).expect("on file");
        let record = proof.verify(&minute.root, minute.count).expect("it holds");
        assert_eq!(record.request, RequestId::from_bits(n));
        let mut wrong = proof.clone();
        wrong.line = wrong.line.replace("\"charged\":30", "\"charged\":29");
        let refused = wrong.verify(&minute.root, minute.count);
        assert!(matches!(refused, Err(ProofError::WrongRoot { .. })), "{refused:?}");
        let refused = proof.verify(&minute.root, minute.count + 1);
        assert!(matches!(refused, Err(ProofError::WrongCount { .. })), "{refused:?}");
    }
    // the clock went back: the record goes to an open minute, not into the closed tree
    log.intent(intent(9, 1)).await.expect("durable");
    log.outcome(outcome(9, 1, start())).await.expect("durable");
    assert_eq!(log.minutes_closed(later).expect("flushed"), closed);
    let early = log.prove(RequestId::from_bits(9));
    assert!(matches!(early, Err(UseLogError::Unproven { .. })), "{early:?}");
    let every = log.every_minute_closed().expect("flushed");
    assert_eq!(every.len(), closed.len() + 1, "that one, too, at the end: {every:?}");
    // a restart gives the same until the minute is recorded
    log.minute_recorded(&closed[0]).await.expect("durable");
    drop(log);
    let (log, _) = open(&path);
    let again = log.minutes_closed(later).expect("flushed");
    assert_eq!(again, [closed[1].clone()]);
    log.minute_recorded(&closed[1]).await.expect("durable");
    let all = log.minutes_closed(later.after(Span::minutes(5))).expect("flushed");
    assert_eq!(all.iter().map(|m| m.count).sum::<u64>(), 1, "{all:?}");
    assert!(all.iter().all(|m| m.minute >= later.minute()), "{all:?}");
}

#[test]
fn the_committed_corpus_reads_or_is_refused() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/gateway_uselog");
    let mut files = 0;
    for file in std::fs::read_dir(corpus).expect("a corpus") {
        let path = file.expect("an entry").path();
        let read = check_bytes(&std::fs::read(&path).expect("a file"));
        let sound = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("sound"));
        assert_eq!(read.is_ok(), sound, "{}: {read:?}", path.display());
        files += 1;
    }
    assert!(files >= 3, "{files} files");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn a_replayed_book_equals_the_live_one(
        steps in prop::collection::vec((0u8..3, 0u8..4, 0u64..200), 1..40)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let (_folder, path) = folder();
        let mut now = start();
        let (mut log, mut next) = (open(&path).0, 0u128);
        for (by, what, seconds) in steps {
            now = now.after(Span::seconds(seconds));
            runtime.block_on(async {
                log.intent(intent(next, by)).await.expect("durable");
                if seconds % 2 == 0 {
                    log.grown(RequestId::from_bits(next), 200 + seconds).await.expect("durable");
                }
                log.outcome(outcome(next, by, now)).await.expect("durable");
            });
            next += 1;
            match what {
                0 => {
                    for minute in log.minutes_closed(now).expect("flushed").iter().take(1) {
                        runtime.block_on(log.minute_recorded(minute)).expect("durable");
                    }
                }
                1 => {
                    let (spent, closed) = (log.spent(), log.minutes_closed(now));
                    drop(log);
                    log = UseLog::open(&path, Durability::Durable, now).expect("sound").0;
                    prop_assert_eq!(log.spent(), spent);
                    prop_assert_eq!(log.minutes_closed(now), closed);
                }
                _ => {}
            }
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        drop(check_bytes(&bytes));
    }

    #[test]
    fn no_changed_log_makes_it_panic(place in 0usize..4_000, with: Vec<u8>) {
        let mut end = End::start();
        let mut bytes = Vec::new();
        for n in 0..3 {
            let mut lines = Vec::new();
            super::format::write_line(&mut lines, &Entry::Intent(intent(n, 1)));
            super::format::write_line(&mut lines, &Entry::Use(outcome(n, 1, start())));
            end = end.commit(&mut lines, 2);
            bytes.extend(lines);
        }
        prop_assert_eq!(check_bytes(&bytes), Ok(3));
        let place = place % bytes.len();
        let until = (place + with.len()).min(bytes.len());
        bytes.splice(place..until, with);
        drop(check_bytes(&bytes));
    }
}
