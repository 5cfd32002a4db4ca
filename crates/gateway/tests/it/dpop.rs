//! Credentials that are bound to a key: each request has a proof of its own (RFC 9449).

use crate::permits::TOKEN;
use crate::world::{Answer, Setup, World, post, prompt};
use access::Binding;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use domain::{Digest, Span, Timestamp};
use gateway::{Clock, Limits, bound_to_proof, thumbprint_of};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

struct Key(EcdsaKeyPair);

impl Key {
    fn new() -> Self {
        let scheme = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(scheme, &SystemRandom::new()).expect("a key");
        Self(EcdsaKeyPair::from_pkcs8(scheme, pkcs8.as_ref()).expect("a key"))
    }

    fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        let part = |from: usize| BASE64URL_NOPAD.encode(&point[from..from + 32]);
        json!({"kty": "EC", "crv": "P-256", "x": part(1), "y": part(33)})
    }

    fn thumbprint(&self) -> Digest {
        thumbprint_of(&self.jwk().to_string()).expect("a public key")
    }

    fn sign(&self, claims: &Value) -> String {
        self.sign_as("dpop+jwt", claims)
    }

    /// A link of a delegation to another key, for an hour.
    fn delegates(&self, to: &Self, world: &World, more: &Value) -> String {
        let until = world.clock.now().after(Span::hours(1)).as_seconds();
        let mut claims = json!({"to": BASE64URL_NOPAD.encode(to.thumbprint().as_bytes()), "exp": until,
            "ath": BASE64URL_NOPAD.encode(Digest::of(TOKEN.as_bytes()).as_bytes())});
        for (name, value) in more.as_object().expect("claims") {
            claims[name] = value.clone();
        }
        self.sign_as("vestibule-delegation+jwt", &claims)
    }

    fn sign_as(&self, typ: &str, claims: &Value) -> String {
        let head = json!({"typ": typ, "alg": "ES256", "jwk": self.jwk()});
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(&head), part(claims));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).expect("a signature");
        format!("{signed}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
    }
}

/// A world whose grant is bound to the key.
async fn world(key: &Key, terms: fn(&mut access::Limits)) -> World {
    let credential = bound_to_proof(&key.thumbprint(), &Digest::of(TOKEN.as_bytes()));
    World::with(Setup { credential, terms, ..Setup::default() }).await
}

fn claims(world: &World, id: &str, at: Timestamp) -> Value {
    json!({"jti": id, "htm": "POST", "iat": at.as_seconds(),
        "htu": format!("http://{}/v1/chat/completions", world.address),
        "ath": BASE64URL_NOPAD.encode(Digest::of(TOKEN.as_bytes()).as_bytes())})
}

async fn ask(world: &World, scheme: &str, proofs: &[&str]) -> Answer {
    send(world, scheme, proofs, "", &prompt("plain")).await
}

async fn send(
    world: &World,
    scheme: &str,
    proofs: &[&str],
    delegation: &str,
    body: &Value,
) -> Answer {
    let mut request = post(None, Bytes::from(body.to_string()));
    let headers = request.headers_mut();
    let value = |text: &str| HeaderValue::from_str(text).expect("a header");
    headers.insert("authorization", value(&format!("{scheme} {TOKEN}")));
    headers.insert("host", value(&world.address.to_string()));
    if !delegation.is_empty() {
        headers.insert("x-delegation", value(delegation));
    }
    for proof in proofs {
        headers.append("dpop", value(proof));
    }
    let mut client = world.connect().await;
    let answer = client.send(request).await;
    answer.with(client)
}

#[tokio::test]
async fn a_proof_is_taken_once_and_nothing_else_is() {
    let key = Key::new();
    let world = world(&key, |_| {}).await;
    let now = world.clock.now();
    let proof = key.sign(&claims(&world, "1", now));
    let answer = ask(&world, "DPoP", &[&proof]).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.text().await;
    let refused = async |scheme: &str, proofs: &[&str], code: &str| {
        let answer = ask(&world, scheme, proofs).await;
        let challenge = answer.headers["www-authenticate"].to_str().expect("text").to_owned();
        let (status, _, given) = answer.refusal().await;
        assert_eq!((status, given.as_str()), (401, code), "{proofs:?}");
        assert!(challenge.contains("algs=\"ES256\""), "{challenge}");
        challenge
    };
    let challenge = refused("DPoP", &[&proof], "invalid_dpop_proof").await;
    assert!(challenge.starts_with("DPoP error=\"invalid_dpop_proof\""), "{challenge}");
    refused("DPoP", &[], "invalid_dpop_proof").await;
    let (second, third) =
        (key.sign(&claims(&world, "2", now)), key.sign(&claims(&world, "3", now)));
    refused("DPoP", &[&second, &third], "invalid_dpop_proof").await;
    refused("Bearer", &[&second], "invalid_api_key").await;
    let stranger = Key::new().sign(&claims(&world, "4", now));
    let challenge = refused("DPoP", &[&stranger], "invalid_api_key").await;
    assert!(challenge.contains("invalid_token"), "{challenge}");
    for (field, wrong) in [
        ("htm", json!("GET")),
        ("htu", json!(format!("http://{}/v1/embeddings", world.address))),
        ("ath", json!(BASE64URL_NOPAD.encode(Digest::of(b"other").as_bytes()))),
    ] {
        let mut claims = claims(&world, field, now);
        claims[field] = wrong;
        refused("DPoP", &[&key.sign(&claims)], "invalid_dpop_proof").await;
    }
    // the second was never taken, and is still good
    assert_eq!(ask(&world, "dpop", &[&second]).await.status, StatusCode::OK);
    assert_eq!(world.upstream.seen.count(), 2);
}

/// RFC 9449 §8: a client whose clock is minutes off is told a nonce, and is served with it.
#[tokio::test]
async fn a_wrong_clock_is_helped_by_a_nonce() {
    let key = Key::new();
    let world = world(&key, |_| {}).await;
    let wrong = world.clock.now().before(Span::minutes(7));
    let answer = ask(&world, "DPoP", &[&key.sign(&claims(&world, "1", wrong))]).await;
    let nonce = answer.headers["dpop-nonce"].to_str().expect("text").to_owned();
    let challenge = answer.headers["www-authenticate"].to_str().expect("text").to_owned();
    assert!(challenge.starts_with("DPoP error=\"use_dpop_nonce\""), "{challenge}");
    let refusal = answer.refusal().await;
    assert_eq!((refusal.0, refusal.2.as_str()), (401, "use_dpop_nonce"));
    let mut with_nonce = claims(&world, "2", wrong);
    with_nonce["nonce"] = json!(nonce);
    let proof = key.sign(&with_nonce);
    assert_eq!(ask(&world, "DPoP", &[&proof]).await.status, StatusCode::OK);
    assert_eq!(ask(&world, "DPoP", &[&proof]).await.status, StatusCode::UNAUTHORIZED, "once");
    world.clock.pass(Span::minutes(3));
    with_nonce["jti"] = json!("3");
    let late = ask(&world, "DPoP", &[&key.sign(&with_nonce)]).await;
    assert!(late.headers.contains_key("dpop-nonce"), "nonces age");
}

/// RFC 9449 §8: what one gateway took is nothing at another, since neither knows the other's nonces.
#[tokio::test]
async fn a_proof_is_bound_to_one_gateway_by_its_nonce() {
    let key = Key::new();
    let credential = bound_to_proof(&key.thumbprint(), &Digest::of(TOKEN.as_bytes()));
    let setup = || Setup { credential, limits: Limits::default(), ..Setup::default() };
    let (here, there) = (World::with(setup()).await, World::with(setup()).await);
    // both are reached by one name, as behind a balancer
    let proof = |id: &str, nonce: Option<&str>| {
        let mut claims = claims(&here, id, here.clock.now());
        if let Some(nonce) = nonce {
            claims["nonce"] = json!(nonce);
        }
        key.sign(&claims)
    };
    let shown = async |world: &World, proof: &str| {
        let mut request = post(None, Bytes::from(prompt("plain").to_string()));
        let headers = request.headers_mut();
        let value = |text: &str| HeaderValue::from_str(text).expect("a header");
        headers.insert("authorization", value(&format!("DPoP {TOKEN}")));
        headers.insert("host", value(&here.address.to_string()));
        headers.insert("dpop", value(proof));
        let mut client = world.connect().await;
        let answer = client.send(request).await;
        answer.with(client)
    };
    let nonce = |answer: &Answer| answer.headers["dpop-nonce"].to_str().expect("text").to_owned();
    let challenge = shown(&here, &proof("1", None)).await;
    let of_here = nonce(&challenge);
    let refusal = challenge.refusal().await;
    assert_eq!((refusal.0, refusal.2.as_str()), (401, "use_dpop_nonce"));
    let taken = proof("2", Some(&of_here));
    let answer = shown(&here, &taken).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(nonce(&answer), of_here, "an answer brings the nonce for the next");
    answer.text().await;
    let replayed = shown(&there, &taken).await;
    assert_ne!(nonce(&replayed), of_here);
    assert_eq!(replayed.refusal().await.2, "use_dpop_nonce", "it is good for nothing there");
    assert_eq!(shown(&here, &taken).await.refusal().await.2, "invalid_dpop_proof");
    assert_eq!((here.upstream.seen.count(), there.upstream.seen.count()), (1, 0));
}

#[tokio::test]
async fn terms_may_ask_for_proofs() {
    let key = Key::new();
    let only: fn(&mut access::Limits) = |limits| limits.credentials = Some([Binding::Proof].into());
    let world = world(&key, only).await;
    let proof = key.sign(&claims(&world, "1", world.clock.now()));
    assert_eq!(ask(&world, "DPoP", &[&proof]).await.status, StatusCode::OK);
    let bearer = World::with(Setup { terms: only, ..Setup::default() }).await;
    assert_eq!(bearer.ask("plain").await.refusal().await.2, "credential-outside-terms");
}

/// Asks as the last of a chain, for at most so many tokens of answer.
async fn delegated(world: &World, by: &Key, chain: &str, id: &str, most: u64) -> Answer {
    let proof = by.sign(&claims(world, id, world.clock.now()));
    let mut body = prompt("plain");
    body["max_tokens"] = json!(most);
    send(world, "DPoP", &[&proof], chain, &body).await
}

#[tokio::test]
async fn a_holder_delegates_less_and_the_chain_is_on_record() {
    let (holder, agent, sub) = (Key::new(), Key::new(), Key::new());
    let world = world(&holder, |_| {}).await;
    let narrow = json!({"endpoints": ["chat-completions"], "tokens": 200});
    let first = holder.delegates(&agent, &world, &narrow);
    let second = agent.delegates(&sub, &world, &json!({"tokens": 60}));
    let chain = format!("{first}, {second}");
    let answer = delegated(&world, &agent, &first, "1", 100).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.text().await;
    let answer = delegated(&world, &sub, &chain, "2", 40).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.text().await;
    let records = world.records(2).await;
    assert_eq!(records[0].traits.via, [agent.thumbprint()]);
    assert_eq!(records[1].traits.via, [agent.thumbprint(), sub.thumbprint()]);
    let refused = async |by: &Key, chain: &str, id: &str, most: u64, expected: (u16, &str)| {
        let refusal = delegated(&world, by, chain, id, most).await.refusal().await;
        assert_eq!((refusal.0, refusal.2.as_str()), expected, "{id}");
    };
    refused(&sub, &chain, "3", 100, (403, "delegation")).await;
    refused(&agent, &chain, "4", 10, (403, "delegation")).await;
    refused(&sub, &second, "5", 10, (401, "invalid_api_key")).await;
    refused(&sub, &first, "6", 10, (403, "delegation")).await;
    refused(&agent, "", "7", 10, (401, "invalid_api_key")).await;
    let elsewhere = holder.delegates(&agent, &world, &json!({"endpoints": ["messages"]}));
    refused(&agent, &elsewhere, "8", 10, (403, "delegation")).await;
    let other_model = holder.delegates(&agent, &world, &json!({"model": "model-2"}));
    refused(&agent, &other_model, "9", 10, (403, "delegation")).await;
    let over = holder.delegates(&agent, &world, &json!({"exp": world.clock.now().as_seconds()}));
    refused(&agent, &over, "10", 10, (403, "delegation")).await;
    // a link that somebody else signed in the holder's name
    let (head, rest) = first.split_once('.').expect("three parts");
    let (_, signature) = rest.split_once('.').expect("three parts");
    let (_, wider) = elsewhere.split_once('.').expect("three parts");
    let (wider, _) = wider.split_once('.').expect("three parts");
    let forged = format!("{head}.{wider}.{signature}");
    refused(&agent, &forged, "11", 10, (403, "delegation")).await;
    assert_eq!(world.upstream.seen.count(), 2);
}

#[tokio::test]
async fn an_open_answer_ends_with_its_delegation() {
    let (holder, agent) = (Key::new(), Key::new());
    let world = world(&holder, |_| {}).await;
    let chain = holder.delegates(&agent, &world, &json!({}));
    let proof = agent.sign(&claims(&world, "1", world.clock.now()));
    let mut open = send(&world, "DPoP", &[&proof], &chain, &prompt("stall")).await;
    open.next().await.expect("a first event").expect("bytes");
    world.clock.pass(Span::hours(1));
    let text = open.text().await;
    assert!(text.contains("access_ended"), "{text}");
}
