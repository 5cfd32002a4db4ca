//! A JWS with the key in its header (RFC 7515, compact), in one algorithm: ES256. Nothing is looked up by what it says.

use data_encoding::BASE64URL_NOPAD;
use domain::Digest;
use serde::Deserialize;
use std::fmt;

/// Most bytes of one.
const MOST_BYTES: usize = 4_096;

/// A JWS that was parsed and not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Jws {
    /// The key's thumbprint (RFC 7638).
    pub(crate) thumbprint: Digest,
    /// What it says, as JSON.
    pub(crate) claims: Vec<u8>,
    point: [u8; 65],
    signed: Vec<u8>,
    signature: [u8; 64],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    typ: String,
    alg: String,
    jwk: Key,
    #[serde(default, rename = "kid")]
    _kid: Option<String>,
}

/// A public key on P-256. A private part is an unknown field, and refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    kty: String,
    crv: String,
    x: String,
    y: String,
    #[serde(default, rename = "kid")]
    _kid: Option<String>,
    #[serde(default, rename = "use")]
    _usage: Option<String>,
    #[serde(default, rename = "alg")]
    _alg: Option<String>,
}

/// What is wrong with one.
pub(crate) type Wrong = &'static str;

const KEY: Wrong = "`jwk` must be a public key on P-256";
const PARTS: Wrong = "three parts in base64url without padding are needed";

/// The thumbprint of a public key that is written as a JWK.
pub(crate) fn thumbprint(jwk: &str) -> Result<Digest, Wrong> {
    let key: Key = serde_json::from_str(jwk).map_err(|_| KEY)?;
    key.point().map(|(_, thumbprint)| thumbprint)
}

/// A part in base64url.
pub(crate) fn part(text: &str) -> Result<Vec<u8>, Wrong> {
    BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| PARTS)
}

impl Jws {
    /// Reads one of a type (`typ`).
    pub(crate) fn read(text: &str, typ: &str) -> Result<Self, Wrong> {
        if text.len() > MOST_BYTES {
            return Err("it is over 4096 bytes");
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(PARTS)?;
        let (head, claims) = signed.split_once('.').ok_or(PARTS)?;
        let head: Head = serde_json::from_slice(&part(head)?)
            .map_err(|_| "the header needs `typ`, `alg` and `jwk`, and no more")?;
        if head.typ != typ {
            return Err("`typ` is another");
        }
        if head.alg != "ES256" {
            return Err("`alg` must be `ES256`");
        }
        let claims = part(claims)?;
        let signature = <[u8; 64]>::try_from(part(signature)?)
            .map_err(|_| "a signature of ES256 has 64 bytes")?;
        let (point, thumbprint) = head.jwk.point()?;
        Ok(Self { thumbprint, claims, point, signed: signed.as_bytes().to_vec(), signature })
    }

    /// Whether its signature is its key's.
    pub(crate) fn is_signed(&self) -> bool {
        crypto::es256_verify(&self.point, &self.signed, &self.signature)
    }
}

impl Key {
    /// The point in SEC 1 form, and the thumbprint.
    fn point(&self) -> Result<([u8; 65], Digest), Wrong> {
        if self.kty != "EC" || self.crv != "P-256" {
            return Err(KEY);
        }
        let mut point = [4; 65];
        let (_, both) = point.split_at_mut(1);
        for (half, text) in both.chunks_exact_mut(32).zip([&self.x, &self.y]) {
            let bytes = part(text).map_err(|_| KEY)?;
            if bytes.len() != half.len() {
                return Err(KEY);
            }
            half.copy_from_slice(&bytes);
        }
        let Self { x, y, .. } = self;
        let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        Ok((point, Digest::of(members.as_bytes())))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(P-256)")
    }
}
