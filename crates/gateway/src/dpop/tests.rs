//! The RFC's own proof, and proofs that are wrong in one thing each.

use super::{Expected, Nonces, Proof, ProofFault, Replays, thumbprint_of};
use data_encoding::BASE64URL_NOPAD;
use domain::{Digest, Span, Timestamp};

/// RFC 9449, figures 12 and 13: a request to a protected resource.
const PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
const TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
const JWK: &str = r#"{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}"#;
/// The thumbprint that the RFC's token is bound to (figure 9).
const THUMBPRINT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

fn token() -> Digest {
    Digest::of(TOKEN.as_bytes())
}

fn request(token: &Digest) -> Expected<'_> {
    let (host, path) = ("resource.example.org", "/protectedresource");
    Expected { method: "GET", tls: true, host, path, token }
}

fn issued() -> Timestamp {
    Timestamp::from_micros(1_562_262_618_000_000).expect("in range")
}

#[test]
fn the_example_of_the_rfc_is_taken() {
    let proof = Proof::read(PROOF).expect("sound");
    assert_eq!(proof.is_about(&request(&token())), Ok(()));
    assert_eq!(proof.is_signed(), Ok(()));
    assert_eq!(proof.id, "e1j3V_bKic8-LAEB");
    assert_eq!(BASE64URL_NOPAD.encode(proof.thumbprint.as_bytes()), THUMBPRINT);
    assert_eq!(thumbprint_of(JWK), Ok(proof.thumbprint));
}

#[test]
fn a_proof_is_for_one_request() {
    let proof = Proof::read(PROOF).expect("sound");
    let (token, other) = (token(), Digest::of(b"another token"));
    let sound = request(&token);
    let check = |expected: Expected<'_>, what| {
        assert_eq!(proof.is_about(&expected), Err(ProofFault::Differs(what)), "{expected:?}");
    };
    check(Expected { method: "POST", ..sound }, "htm");
    check(Expected { method: "get", ..sound }, "htm");
    check(Expected { path: "/protectedresource/", ..sound }, "htu");
    check(Expected { host: "resource.example.com", ..sound }, "htu");
    check(Expected { host: "resource.example.org:8443", ..sound }, "htu");
    check(Expected { token: &other, ..sound }, "ath");
    // names of hosts have no letter case, and 443 is what https means
    let same = Expected { host: "Resource.Example.ORG:443", ..sound };
    assert_eq!(proof.is_about(&same), Ok(()));
}

#[test]
fn a_changed_proof_is_not_its_keys() {
    let (head, rest) = PROOF.split_once('.').expect("three parts");
    let (claims, signature) = rest.split_once('.').expect("three parts");
    let claims = BASE64URL_NOPAD.decode(claims.as_bytes()).expect("base64url");
    let later = String::from_utf8(claims).expect("text").replace("1562262618", "1562262619");
    let changed = format!("{head}.{}.{signature}", BASE64URL_NOPAD.encode(later.as_bytes()));
    let proof = Proof::read(&changed).expect("still a proof");
    assert_eq!(proof.is_signed(), Err(ProofFault::Signature));
}

#[test]
fn what_is_no_proof_is_refused() {
    let with = |head: &str, claims: &str| {
        let part = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
        format!("{}.{}.{}", part(head), part(claims), BASE64URL_NOPAD.encode(&[1; 64]))
    };
    let head = format!(r#"{{"typ":"dpop+jwt","alg":"ES256","jwk":{JWK}}}"#);
    let claims = format!(
        r#"{{"jti":"1","htm":"GET","htu":"https://a.example/","iat":1,"ath":"{}"}}"#,
        BASE64URL_NOPAD.encode(&[0; 32])
    );
    assert!(Proof::read(&with(&head, &claims)).is_ok());
    let heads = [
        ("dpop+jwt", "jwt"),
        ("\"ES256\"", "\"none\""),
        ("\"ES256\"", "\"HS256\""),
        ("P-256", "P-384"),
        ("\"kty\":\"EC\"", "\"kty\":\"EC\",\"d\":\"AAAA\""),
        ("\"alg\"", "\"crit\":[\"b64\"],\"alg\""),
        ("\"alg\":\"ES256\"", "\"alg\":\"ES256\",\"alg\":\"ES256\""),
        ("l8tFrhx-", "l8tFrhx"),
    ];
    for (from, to) in heads {
        let changed = head.replace(from, to);
        assert_ne!(changed, head);
        assert!(Proof::read(&with(&changed, &claims)).is_err(), "{changed}");
    }
    for (from, to) in [
        ("\"jti\":\"1\"", "\"jti\":\"\""),
        ("\"iat\":1", "\"iat\":1.5"),
        ("\"iat\":1", "\"iat\":9223372036854775807"),
        ("\"htm\":\"GET\",", ""),
        ("\"htm\"", "\"jti\":\"2\",\"htm\""),
        ("\"ath\":\"AA", "\"ath\":\"AAAA"),
    ] {
        let changed = claims.replace(from, to);
        assert_ne!(changed, claims);
        assert!(Proof::read(&with(&head, &changed)).is_err(), "{changed}");
    }
    let long = "a".repeat(5_000);
    for text in ["", ".", "..", "a.b.c", &long, &format!("{PROOF}="), &format!("{PROOF}.e30")] {
        assert!(Proof::read(text).is_err(), "{text}");
    }
}

#[test]
fn age_is_judged_by_its_time_or_by_a_nonce() {
    let nonces = Nonces::new();
    let proof = Proof::read(PROOF).expect("sound");
    for apart in [0, 60] {
        assert_eq!(proof.is_recent(&nonces, false, issued().after(Span::seconds(apart))), Ok(()));
        assert_eq!(proof.is_recent(&nonces, false, issued().before(Span::seconds(apart))), Ok(()));
    }
    let now = issued().after(Span::seconds(61));
    let Err(ProofFault::Nonce { fresh }) = proof.is_recent(&nonces, false, now) else {
        panic!("it is too old")
    };
    let with_nonce = Proof { nonce: Some(fresh), ..proof };
    assert_eq!(with_nonce.is_recent(&nonces, false, now), Ok(()));
    assert_eq!(with_nonce.is_recent(&nonces, false, now.after(Span::minutes(1))), Ok(()));
    assert!(with_nonce.is_recent(&nonces, false, now.after(Span::minutes(2))).is_err());
    assert!(with_nonce.is_recent(&Nonces::new(), false, now).is_err(), "another gateway's");
    let without = Proof { nonce: None, ..with_nonce.clone() };
    assert!(without.is_recent(&nonces, true, issued()).is_err(), "one is needed");
    assert_eq!(with_nonce.is_recent(&nonces, true, now), Ok(()));
}

#[test]
fn each_proof_is_taken_once_while_it_could_be_recent() {
    let replays = Replays::default();
    let proof = Proof::read(PROOF).expect("sound");
    let other = Proof { id: "another".to_owned(), ..proof.clone() };
    assert_eq!(replays.take(&proof, issued()), Ok(()));
    assert_eq!(replays.take(&other, issued()), Ok(()));
    for minutes in [0, 1, 3] {
        let at = issued().after(Span::minutes(minutes));
        assert_eq!(replays.take(&proof, at), Err(ProofFault::Replayed), "{minutes}");
    }
    // by then it is refused for its age
    assert_eq!(replays.take(&proof, issued().after(Span::minutes(4))), Ok(()));
}
