//! Credentials that are bound to a key: each request has a proof of its own (RFC 9449).

use crate::permits::TOKEN;
use crate::world::{Answer, Setup, World, post, prompt};
use access::Binding;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use domain::{Digest, Span, Timestamp};
use gateway::{Clock, bound_to_proof, thumbprint_of};
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
        let head = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk()});
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
    let mut request = post(None, Bytes::from(prompt("plain").to_string()));
    let headers = request.headers_mut();
    let value = |text: &str| HeaderValue::from_str(text).expect("a header");
    headers.insert("authorization", value(&format!("{scheme} {TOKEN}")));
    headers.insert("host", value(&world.address.to_string()));
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
