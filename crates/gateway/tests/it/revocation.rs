//! Whoever may end access ends it by grant, by person, by organisation or by window: open answers are cut within a second,
//! and nothing more is permitted.

use crate::permits::{self, GRANT, partner_review, state};
use crate::world::{START, Setup, World};
use access::{Event, GrantChange, PersonStatement, Revocation, Scope, WindowClosing, Withdrawal};
use domain::{Span, Timestamp};
use gateway::{Authority, Clock, LiveReviews};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;

fn id<T: FromStr>(name: &str) -> T {
    name.parse().ok().expect("an id or a text")
}

/// Opens an answer, says the event, and sees the answer end and the next request refused.
#[expect(clippy::disallowed_methods, reason = "measures latency")]
async fn check(world: &World, reviews: &LiveReviews, event: Event, code: &str) {
    let mut open = world.ask("stall").await;
    open.next().await.expect("a first event").expect("bytes");
    let said = Instant::now();
    state(reviews, event, world.clock.now());
    let text = timeout(Duration::from_secs(5), open.text()).await.expect("it ends");
    let after = said.elapsed();
    assert!(text.contains("access_ended"), "{code}: {text}");
    assert!(after < Duration::from_secs(1), "{code}: cut after {after:?}");
    let refusal = world.ask("plain").await.refusal().await;
    assert_eq!((refusal.0, refusal.2.as_str()), (403, code));
    assert_eq!(world.upstream.seen.count(), 1, "{code}: nothing more is forwarded");
}

#[tokio::test]
async fn by_grant_person_or_window() {
    let change = |by: &str| GrantChange {
        case: id("case-1"),
        grant: id(GRANT),
        by: id(by),
        reason: id("enough"),
    };
    let person = |by: &str| PersonStatement {
        case: id("case-1"),
        party: id("eval"),
        person: id("person-1"),
        by: id(by),
        reason: id("left"),
    };
    let withdrawn = |scope| {
        Event::AccessWithdrawn(Withdrawal {
            case: id("case-1"),
            developer: id("lab"),
            scope,
            reason: id("enough"),
        })
    };
    let closed = Event::WindowClosed(WindowClosing {
        case: id("case-1"),
        window: id("window-1"),
        by: id("gov"),
        reason: id("enough"),
    });
    for (event, code) in [
        (Event::GrantRevoked(change("gov")), "grant-revoked"),
        (Event::GrantRevoked(change("eval")), "grant-revoked"),
        (Event::GrantSuspended(change("lab")), "grant-suspended"),
        (Event::PersonRemoved(person("eval")), "person-removed"),
        (Event::PersonRemoved(person("lab")), "person-removed"),
        (closed, "window-over"),
        (withdrawn(Scope::Window(id("window-1"))), "window-withdrawn"),
        (withdrawn(Scope::Model(id(permits::MODEL))), "model-withdrawn"),
        (withdrawn(Scope::Case), "case-withdrawn"),
    ] {
        let world = World::start().await;
        check(&world, &world.reviews, event, code).await;
    }
}

#[tokio::test]
async fn by_organisation() {
    let start: Timestamp = START.parse().expect("an instant");
    for by in ["lab", "gov"] {
        let reviews = Arc::new(partner_review(start.before(Span::hours(2))));
        let authority: Arc<dyn Authority> = Arc::<LiveReviews>::clone(&reviews);
        let world = World::with(Setup { authority: Some(authority), ..Setup::default() }).await;
        let event = Event::PartnerRevoked(Revocation {
            case: id("case-1"),
            nomination: id("nomination-1"),
            by: id(by),
            reason: id("enough"),
        });
        check(&world, &reviews, event, "nomination-revoked").await;
    }
}
