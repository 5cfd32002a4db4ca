//! Withdrawal, expiry and shutdown, wherever a request is.

use super::world::{START, Setup, World, pause, prompt};
use crate::permits::{TOKEN, heed, review, state_uses};
use access::{Permit, Refusal, UseRequest};
use domain::{Digest, GrantId, ModelId, Span, Timestamp};
use gateway::{Authority, Caller, Limits, LiveReviews, Outcome, OwnMinute, Recorded, Scope};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Reads the end of a cut stream: its code and how long after `since` it came.
#[expect(clippy::disallowed_methods, reason = "measures latency")]
async fn cut_code(answer: super::world::Answer) -> (String, Instant) {
    let text = timeout(Duration::from_secs(5), answer.text()).await.expect("it ends");
    let at = Instant::now();
    let last = text.trim_end().rsplit("data: ").next().expect("an event");
    let error: serde_json::Value = serde_json::from_str(last).expect("JSON");
    (error["error"]["code"].as_str().expect("a code").to_owned(), at)
}

#[tokio::test]
async fn a_stalled_stream_is_cut_on_withdrawal() {
    let world = World::start().await;
    let mut answer = world.ask("stall").await;
    answer.next().await.expect("a first event").expect("bytes");
    world.withdraw();
    assert_eq!(cut_code(answer).await.0, "access_ended");
    let record = world.records(1).await.remove(0);
    assert_eq!(record.outcome, Outcome::PermitEnded);
    assert!(record.charged > 0, "what was delivered is charged");
    assert_eq!(world.account().reserved, 0);
    for _ in 0..100 {
        if world.upstream.seen.abandoned.load(Ordering::Relaxed) == 1 {
            break;
        }
        pause(10).await;
    }
    assert_eq!(world.upstream.seen.abandoned.load(Ordering::Relaxed), 1, "the upstream is told");
    let after = world.ask("plain").await.refusal().await;
    assert_eq!((after.0, after.2.as_str()), (403, "case-withdrawn"));
    assert_eq!(world.upstream.seen.count(), 1, "nothing more is forwarded");
}

#[tokio::test]
async fn a_request_without_an_answer_is_cut_too() {
    let world = World::start().await;
    let waiting = world.ask("silent");
    let withdrawing = async {
        while world.upstream.seen.count() == 0 {
            pause(5).await;
        }
        world.withdraw();
    };
    let (answer, ()) = tokio::join!(waiting, withdrawing);
    let refusal = answer.refusal().await;
    assert_eq!(refusal, (403, "permission_error".to_owned(), "access_ended".to_owned()));
    world.settles(0).await;
    assert_eq!(world.records(1).await[0].outcome, Outcome::PermitEnded);
}

#[tokio::test]
async fn expiry_cuts_without_any_word() {
    let world = World::start().await;
    let mut answer = world.ask("stall").await;
    answer.next().await.expect("a first event").expect("bytes");
    world.clock.pass(Span::days(2));
    assert_eq!(cut_code(answer).await.0, "access_ended");
}

#[tokio::test]
async fn a_direct_word_needs_no_log() {
    let world = World::start().await;
    let mut answer = world.ask("stall").await;
    answer.next().await.expect("a first event").expect("bytes");
    let model = Scope::Model("model-1".parse().expect("an id"));
    assert_eq!(world.control.stop(Scope::Model("model-2".parse().expect("an id"))), 0);
    assert_eq!(world.control.stop(model.clone()), 1);
    assert_eq!(cut_code(answer).await.0, "access_ended");
    assert_eq!(world.ask("plain").await.refusal().await.2, "access_ended");
    assert_eq!(world.upstream.seen.count(), 1);
    world.control.resume(&model);
    assert_eq!(world.ask("plain").await.status, 200);
}

#[tokio::test]
async fn a_signed_word_is_heeded_before_the_log_has_it() {
    let world = World::start().await;
    let mut answer = world.ask("stall").await;
    answer.next().await.expect("a first event").expect("bytes");
    heed(&world.reviews);
    assert_eq!(cut_code(answer).await.0, "access_ended");
    assert_eq!(world.ask("plain").await.refusal().await.2, "case-withdrawn");
    // the log brings it later; nothing changes
    world.withdraw();
    assert_eq!(world.ask("plain").await.refusal().await.2, "case-withdrawn");
    assert_eq!(world.upstream.seen.count(), 1);
}

/// An authority that tells nobody when it changes; a fickle one changes its mind right after it gave a permit.
struct Silent {
    reviews: Arc<LiveReviews>,
    fickle: bool,
    changed: AtomicBool,
    epoch: watch::Sender<u64>,
}

impl Silent {
    fn new(reviews: LiveReviews, fickle: bool) -> Self {
        let (reviews, changed) = (Arc::new(reviews), AtomicBool::new(false));
        Self { reviews, fickle, changed, epoch: watch::Sender::new(0) }
    }
}

impl Authority for Silent {
    fn recognises(&self, caller: &Caller, now: Timestamp) -> Result<(), Refusal> {
        self.reviews.recognises(caller, now)
    }
    fn permit(
        &self,
        credential: &Digest,
        request: &UseRequest,
        now: Timestamp,
    ) -> Result<Permit, Refusal> {
        let permit = self.reviews.permit(credential, request, now);
        self.changed.store(self.fickle, Ordering::SeqCst);
        permit
    }
    fn is_live(&self, permit: &Permit, now: Timestamp) -> bool {
        !self.changed.load(Ordering::SeqCst) && self.reviews.is_live(permit, now)
    }
    fn models(&self, caller: &Caller, now: Timestamp) -> Result<Vec<ModelId>, Refusal> {
        self.reviews.models(caller, now)
    }
    fn recorded(&self, grant: &GrantId, own: &[OwnMinute]) -> Option<Recorded> {
        self.reviews.recorded(grant, own)
    }
    fn epoch(&self) -> watch::Receiver<u64> {
        self.epoch.subscribe()
    }
}

#[tokio::test]
async fn a_permit_is_looked_at_again_before_anything_is_forwarded() {
    let from = START.parse::<Timestamp>().expect("an instant").before(Span::hours(1));
    let authority: Arc<dyn Authority> = Arc::new(Silent::new(review(1_000, from), true));
    let world = World::with(Setup { authority: Some(authority), ..Setup::default() }).await;
    assert_eq!(world.ask("plain").await.refusal().await.2, "access_ended");
    assert_eq!(world.upstream.seen.count(), 0);
    assert_eq!(world.records(1).await[0].outcome, Outcome::PermitEnded);
    world.settles(0).await;
}

#[tokio::test]
async fn uses_that_count_twice_for_a_moment_cut_no_answer() {
    let from = START.parse::<Timestamp>().expect("an instant").before(Span::hours(1));
    let silent = Silent::new(review(300, from), false);
    let reviews = Arc::clone(&silent.reviews);
    let authority: Arc<dyn Authority> = Arc::new(silent);
    let world = World::with(Setup { authority: Some(authority), ..Setup::default() }).await;
    world.ask_for(10, "unreported:100").await.text().await;
    let charged = world.records(1).await[0].charged;
    let open = world.ask_for(10, "paced:60").await;
    world.clock.pass(Span::minutes(2));
    let minutes = world.log().minutes_closed(gateway::Clock::now(&*world.clock)).expect("sound");
    for minute in &minutes {
        state_uses(&reviews, minute, gateway::Clock::now(&*world.clock));
    }
    // its permit brings what is on record, which was used here
    assert_eq!(world.ask_for(3, "plain").await.status, 200);
    assert!(world.account().settled > 2 * charged, "{:?} of {charged}", world.account());
    assert!(open.text().await.ends_with("data: [DONE]\n\n"));
    let outcomes: Vec<_> = world.records(3).await.iter().map(|record| record.outcome).collect();
    assert_eq!(outcomes, [Outcome::Completed; 3]);
    assert!(world.account().settled <= 300, "{:?}", world.account());
}

#[tokio::test]
async fn no_request_takes_longer_than_is_allowed() {
    let limits = Limits { request_timeout: Span::millis(100), ..Limits::default() };
    let world = World::with(Setup { limits, ..Setup::default() }).await;
    assert_eq!(cut_code(world.ask("paced:400").await).await.0, "request_timeout");
    assert_eq!(world.records(1).await[0].outcome, Outcome::TimedOut);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_dropped() {
    let world = World::with(Setup { budget: 1 << 40, ..Setup::default() }).await;
    let mut stream = TcpStream::connect(world.address).await.expect("the gateway listens");
    let body = prompt("endless").to_string();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {TOKEN}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.expect("sent");
    while world.control.open_requests() == 0 {
        pause(5).await;
    }
    // until every buffer on the way is full
    pause(300).await;
    world.withdraw();
    let records = timeout(Duration::from_secs(3), world.records(1)).await.expect("in time");
    assert_eq!(records[0].outcome, Outcome::PermitEnded);
    for _ in 0..100 {
        if world.control.open_requests() == 0 {
            break;
        }
        pause(10).await;
    }
    assert_eq!(world.control.open_requests(), 0);
    let mut read = Vec::new();
    let ended = timeout(Duration::from_secs(3), stream.read_to_end(&mut read)).await;
    assert!(ended.is_ok(), "the connection was dropped");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "measures latency")]
async fn a_hundred_open_streams_are_cut_within_a_second() {
    let world = World::start().await;
    let mut open = Vec::new();
    for i in 0..100 {
        let mut answer = world.ask(if i % 2 == 0 { "stall" } else { "paced:4000" }).await;
        answer.next().await.expect("a first event").expect("bytes");
        open.push(answer);
    }
    let mut readers: JoinSet<_> = open.into_iter().map(cut_code).collect();
    let withdrawn = Instant::now();
    world.withdraw();
    let mut latencies = Vec::new();
    while let Some(cut) = readers.join_next().await {
        let (code, at) = cut.expect("no panic");
        assert_eq!(code, "access_ended");
        latencies.push(at.duration_since(withdrawn));
    }
    latencies.sort();
    println!(
        "100 open streams cut: p50 {:?}, p99 {:?}, last {:?}",
        latencies[49], latencies[98], latencies[99]
    );
    assert!(latencies[99] < Duration::from_secs(1), "{:?}", latencies[99]);
    let records = world.records(100).await;
    assert!(records.iter().all(|r| r.outcome == Outcome::PermitEnded));
    assert_eq!(world.account().reserved, 0);
}

#[tokio::test]
async fn a_silent_upstream_is_given_up() {
    let limits = Limits { stall_timeout: Span::millis(100), ..Limits::default() };
    let world = World::with(Setup { limits, ..Setup::default() }).await;
    assert_eq!(cut_code(world.ask("stall").await).await.0, "upstream_stalled");
    assert_eq!(world.ask("silent").await.refusal().await.0, 504);
    let records = world.records(2).await;
    assert!(records.iter().all(|r| r.outcome == Outcome::UpstreamStalled), "{records:?}");
}

#[tokio::test]
async fn shutdown_lets_answers_end_and_then_cuts() {
    let limits = Limits { drain: Span::millis(1_500), ..Limits::default() };
    let world = World::with(Setup { limits, ..Setup::default() }).await;
    let path = world.log_path();
    let stalled = world.ask("stall").await;
    let flowing = world.ask("paced:5").await;
    let (folder, stalled, flowing) = tokio::join!(world.stop(), cut_code(stalled), flowing.text());
    assert_eq!(stalled.0, "shutting_down");
    assert!(flowing.ends_with("data: [DONE]\n\n"));
    let mut outcomes = Vec::new();
    gateway::UseLog::visit(&path, &mut |r| outcomes.push(r.outcome)).expect("a sound log");
    outcomes.sort();
    assert_eq!(outcomes, [Outcome::Completed, Outcome::Stopped]);
    drop(folder);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a lease is measured on the monotonic clock")]
async fn a_gateway_that_hears_nothing_refuses_and_cuts_within_a_second() {
    let world = World::start().await;
    world.control.lease(Duration::from_millis(500), Instant::now());
    let mut open = world.ask("stall").await;
    open.next().await.expect("a first event").expect("bytes");
    world.control.heard(Instant::now());
    let (code, at) = cut_code(open).await;
    assert_eq!(code, "access_ended");
    assert!(at.elapsed() < Duration::from_secs(1));
    let refused = world.ask("plain").await.refusal().await;
    assert_eq!((refused.0, refused.2.as_str()), (503, "cut_off"));
    world.control.heard(Instant::now());
    assert_eq!(world.ask("plain").await.status, 200);
}
