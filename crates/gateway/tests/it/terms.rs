//! The clauses of terms that are checked at each request, over HTTP: one that passes, one that is refused by name.

use crate::permits::{TOKEN, other};
use crate::world::{Answer, Setup, World, post, prompt};
use access::{Network, Recording};
use bytes::Bytes;
use domain::Span;
use gateway::Durability;
use http::{HeaderValue, StatusCode};

/// Asks with an `x-forwarded-for` of these lines.
async fn ask_from(world: &World, lines: &[&str]) -> Answer {
    let mut request = post(Some(TOKEN), Bytes::from(prompt("plain").to_string()));
    for line in lines {
        let value = HeaderValue::from_str(line).expect("a header");
        request.headers_mut().append("x-forwarded-for", value);
    }
    let mut client = world.connect().await;
    let answer = client.send(request).await;
    answer.with(client)
}

async fn refused(answer: Answer) -> (u16, String) {
    let (status, _, code) = answer.refusal().await;
    (status, code)
}

fn office(limits: &mut access::Limits) {
    limits.networks = Some(["203.0.113.0/24".parse().expect("a network")].into());
}

fn network(text: &str) -> Network {
    text.parse().expect("a network")
}

#[tokio::test]
async fn only_from_the_networks_of_the_terms() {
    let here = Setup {
        terms: |limits| limits.networks = Some(["127.0.0.0/8".parse().expect("one")].into()),
        ..Setup::default()
    };
    let world = World::with(here).await;
    assert_eq!(world.ask("plain").await.status, StatusCode::OK);
    let world = World::with(Setup { terms: office, ..Setup::default() }).await;
    let expected = (403, "network-outside-terms".to_owned());
    assert_eq!(refused(world.ask("plain").await).await, expected);
    // what a client says of itself counts for nothing
    assert_eq!(refused(ask_from(&world, &["203.0.113.9"]).await).await, expected);
    assert_eq!(world.upstream.seen.count(), 0);
}

#[tokio::test]
async fn a_trusted_proxy_says_where_from() {
    let trusted_proxies = vec![network("127.0.0.0/8"), network("192.0.2.0/24")];
    let world = World::with(Setup { terms: office, trusted_proxies, ..Setup::default() }).await;
    for (lines, passes) in [
        (&["203.0.113.9"][..], true),
        (&["198.51.100.1, 203.0.113.9"], true),
        (&["198.51.100.1", "203.0.113.9, 192.0.2.7"], true),
        (&["203.0.113.9, 198.51.100.1"], false),
        (&["203.0.113.9", "198.51.100.1"], false),
        (&["203.0.113.9, unknown"], false),
        (&["203.0.113.9,"], false),
        (&["192.0.2.7"], false),
        (&[], false),
    ] {
        let status = ask_from(&world, lines).await.status;
        assert_eq!(status == StatusCode::OK, passes, "{lines:?}: {status}");
    }
}

#[tokio::test]
async fn a_day_ends_and_another_begins() {
    let daily = |limits: &mut access::Limits| limits.tokens_per_day = Some(150);
    let world = World::with(Setup { terms: daily, ..Setup::default() }).await;
    // each reserves its prompt and 100, and is charged what the upstream reports
    assert_eq!(world.ask("plain").await.status, StatusCode::OK);
    let mut codes = Vec::new();
    for _ in 0..20 {
        let answer = world.ask("plain").await;
        if answer.status != StatusCode::OK {
            codes.push(refused(answer).await);
            break;
        }
    }
    assert_eq!(codes, [(429, "insufficient_quota".to_owned())], "the day never ended");
    let spent = world.account().settled;
    assert!(spent <= 150, "{spent}");
    world.clock.pass(Span::hours(12));
    assert_eq!(world.ask("plain").await.status, StatusCode::OK, "the next day");
    assert!(world.account().settled > spent);
}

#[tokio::test]
async fn a_person_has_one_budget_over_all_their_grants() {
    for (clause, terms) in [
        ("tokens-per-person", (|l| l.tokens_per_person = Some(180)) as fn(&mut access::Limits)),
        ("tokens-per-person-per-day", |l| l.tokens_per_person_per_day = Some(180)),
    ] {
        let world = World::with(Setup { terms, ..Setup::default() }).await;
        let ask = async |token: &str, script: &str| {
            world.connect().await.ask(token, &prompt(script)).await
        };
        // this stream holds its prompt and 100 tokens of the person's 180
        let mut open = ask(&other(0), "stall").await;
        open.next().await.expect("a first event").expect("bytes");
        let refused = ask(&other(1), "plain").await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{clause}");
        let words = refused.text().await;
        assert!(words.contains(&format!("(terms: {clause})")), "{clause}: {words}");
        assert_eq!(ask(TOKEN, "plain").await.status, StatusCode::OK, "another person's is apart");
        drop(open);
        world.records(2).await;
        assert_eq!(ask(&other(1), "plain").await.status, StatusCode::OK, "given back: {clause}");
        // what was spent by one grant is spent for the other
        let spent = ask(&other(0), "usage:140").await;
        assert_eq!(spent.status, StatusCode::OK, "{clause}");
        world.records(4).await;
        let refused = ask(&other(1), "plain").await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{clause}");
    }
}

#[tokio::test]
async fn a_weaker_record_needs_terms_that_allow_it() {
    let relaxed = || Setup { durability: Durability::Relaxed, ..Setup::default() };
    let world = World::with(relaxed()).await;
    let expected = (403, "recording-outside-terms".to_owned());
    assert_eq!(refused(world.ask("plain").await).await, expected);
    assert_eq!(world.upstream.seen.count(), 0);
    let agreed = |limits: &mut access::Limits| limits.recording = Some(Recording::Relaxed);
    let world = World::with(Setup { terms: agreed, ..relaxed() }).await;
    assert_eq!(world.ask("plain").await.status, StatusCode::OK);
    // and a stronger record than agreed is always right
    let world = World::with(Setup { terms: agreed, ..Setup::default() }).await;
    assert_eq!(world.ask("plain").await.status, StatusCode::OK);
}
