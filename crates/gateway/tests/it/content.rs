//! What is kept of requests and answers: as the terms say, and bound to the use record.

use super::world::{Setup, World, prompt};
use crate::permits::TOKEN;
use access::Content;
use domain::{Digest, PartyId};
use gateway::{Ack, ContentStore, Exchange, Kept, Outcome, Side, SinkError, commitment};
use http::StatusCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// Keeps in memory, or says that it can't.
#[derive(Default)]
struct Shelf {
    kept: Mutex<Vec<Exchange>>,
    full: AtomicBool,
    breaks: bool,
}

impl ContentStore for Shelf {
    fn ready(&self, _: &PartyId, _: Content) -> Result<(), SinkError> {
        let full = self.full.load(Ordering::SeqCst);
        if full { Err(SinkError::Write("no room".to_owned())) } else { Ok(()) }
    }
    fn keep(&self, exchange: Exchange) -> Ack {
        self.kept.lock().expect("no panic").push(exchange);
        Ack::ready(if self.breaks { Err(SinkError::Write("no room".to_owned())) } else { Ok(()) })
    }
}

fn sealed(limits: &mut access::Limits) {
    limits.content = Some(Content::Sealed { retention_days: 90 });
}

fn visible(limits: &mut access::Limits) {
    limits.content = Some(Content::Visible { retention_days: 30 });
}

async fn world(terms: fn(&mut access::Limits), shelf: &Arc<Shelf>) -> World {
    let store: Arc<dyn ContentStore> = Arc::<Shelf>::clone(shelf);
    World::with(Setup { terms, store: Some(store), ..Setup::default() }).await
}

#[tokio::test]
async fn sealed_content_is_kept_and_its_record_tells_no_digest_of_it() {
    let shelf = Arc::new(Shelf::default());
    let world = world(sealed, &shelf).await;
    let mut texts = Vec::new();
    for script in ["plain", "stream:5"] {
        let answer = world.ask(script).await;
        assert_eq!(answer.headers["connection"], "close");
        texts.push(answer.text().await);
    }
    let kept = std::mem::take(&mut *shelf.kept.lock().expect("no panic"));
    for ((exchange, text), record) in kept.iter().zip(&texts).zip(world.records(2).await) {
        assert_eq!((exchange.request, &exchange.grant), (record.request, &record.grant));
        assert_eq!(exchange.party.as_str(), "eval");
        assert_eq!(exchange.content, Content::Sealed { retention_days: 90 });
        assert_eq!(exchange.answered.as_slice(), text.as_bytes());
        assert!(!exchange.shortened);
        assert_eq!(record.content, Some(Kept::Sealed));
        let committed = |side, bytes: &[u8]| commitment(side, &exchange.salt, bytes);
        assert_eq!(record.request_digest, committed(Side::Request, &exchange.asked));
        assert_eq!(record.response_digest, committed(Side::Answer, text.as_bytes()));
        assert_ne!(record.request_digest, Digest::of(&exchange.asked));
        assert_ne!(record.response_digest, Digest::of(text.as_bytes()));
    }
    assert_eq!(kept.len(), 2);
    assert_ne!(kept[0].salt, kept[1].salt);
    // no connection to the model's server is kept for another request
    assert_eq!(world.upstream.seen.connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn visible_content_is_kept_under_plain_digests() {
    let shelf = Arc::new(Shelf::default());
    let world = world(visible, &shelf).await;
    let text = world.ask("plain").await.text().await;
    let record = world.records(1).await.remove(0);
    assert_eq!(record.content, Some(Kept::Visible));
    assert_eq!(record.request_digest, Digest::of(prompt("plain").to_string().as_bytes()));
    assert_eq!(record.response_digest, Digest::of(text.as_bytes()));
    assert_eq!(shelf.kept.lock().expect("no panic").len(), 1);
}

#[tokio::test]
async fn hashed_content_is_kept_nowhere() {
    let shelf = Arc::new(Shelf::default());
    let world = world(|_| {}, &shelf).await;
    world.ask("plain").await.text().await;
    assert_eq!(world.records(1).await.remove(0).content, None);
    assert!(shelf.kept.lock().expect("no panic").is_empty());
}

#[tokio::test]
async fn what_can_not_be_kept_is_not_forwarded() {
    for terms in [sealed, visible] {
        let world = World::with(Setup { terms, ..Setup::default() }).await;
        let (status, _, code) = world.ask("plain").await.refusal().await;
        assert_eq!((status, code.as_str()), (503, "content_unavailable"), "without a store");
        assert_eq!(world.upstream.seen.count(), 0);
        world.settles(0).await;
    }
    let shelf = Arc::new(Shelf::default());
    let world = world(sealed, &shelf).await;
    shelf.full.store(true, Ordering::SeqCst);
    assert_eq!(world.ask("plain").await.refusal().await.0, 503);
    assert_eq!(world.upstream.seen.count(), 0);
    shelf.full.store(false, Ordering::SeqCst);
    assert_eq!(world.ask("plain").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_end_of_an_answer_waits_for_its_content() {
    let shelf = Arc::new(Shelf { breaks: true, ..Shelf::default() });
    let world = world(sealed, &shelf).await;
    let answer = world.connect().await.ask(TOKEN, &prompt("plain")).await;
    assert_eq!(answer.refusal().await.0, 503);
    let (text, whole) = world.ask("paced:3").await.rest().await;
    assert!(!whole && !text.contains("[DONE]"), "{text}");
    let records = world.records(2).await;
    assert!(records.iter().all(|r| r.outcome == Outcome::Completed), "{records:?}");
}
