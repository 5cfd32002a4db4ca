//! A client's key: proofs of possession for its requests (RFC 9449), and delegations to others' keys.

use super::AskError;
use crate::files::{self, Access};
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use data_encoding::{BASE64_MIME, BASE64URL_NOPAD};
use domain::{Digest, Timestamp};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use std::path::Path;
use zeroize::Zeroizing;

/// Most bytes of a key file.
const FILE: u64 = 16 << 10;
/// Most bytes of a file with a delegation: some links, each a JWS of at most 4 KiB.
pub const DELEGATION_BYTES: u64 = 32 << 10;

/// A client's key on P-256. It is never printed.
pub struct ProofKey(EcdsaKeyPair);

/// What a delegation leaves.
#[derive(Debug, Clone)]
pub struct Link {
    /// The thumbprint of the key that may act.
    pub to: Digest,
    /// SHA-256 of the credential.
    pub token: Digest,
    /// The first instant at which it is worth nothing.
    pub until: Timestamp,
    /// The one model.
    pub model: Option<String>,
    /// The endpoints, by name.
    pub endpoints: Vec<String>,
    /// Most tokens of one request.
    pub tokens: Option<u64>,
}

impl ProofKey {
    /// Makes a key and writes it as PKCS #8 in PEM, where there is no file yet.
    ///
    /// # Errors
    /// The file is there, or can't be written.
    pub fn make(path: &Path) -> Result<Self, AskError> {
        let scheme = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let made = EcdsaKeyPair::generate_pkcs8(scheme, &SystemRandom::new());
        let made = made.map_err(|_| AskError::ProofKey)?;
        let body = Zeroizing::new(BASE64_MIME.encode(made.as_ref()));
        let lines = body.trim_end().replace("\r\n", "\n");
        let pem = Zeroizing::new(format!(
            "-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n"
        ));
        files::create(path, pem.as_bytes(), Access::Private)?;
        Self::from_file(path)
    }

    /// Reads a key: PKCS #8 in PEM.
    ///
    /// # Errors
    /// A file that can't be read or holds something else.
    pub fn from_file(path: &Path) -> Result<Self, AskError> {
        let pem = Zeroizing::new(files::read(path, FILE)?);
        let der = PrivatePkcs8KeyDer::from_pem_slice(&pem).map_err(|_| AskError::ProofKey)?;
        let scheme = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = EcdsaKeyPair::from_pkcs8(scheme, der.secret_pkcs8_der());
        pair.map(Self).map_err(|_| AskError::ProofKey)
    }

    /// The public key as a JWK.
    pub fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        let part = |from: usize| BASE64URL_NOPAD.encode(point.get(from..from + 32).unwrap_or(&[]));
        json!({"crv": "P-256", "kty": "EC", "x": part(1), "y": part(33)})
    }

    /// A proof for one request.
    ///
    /// # Errors
    /// The key does not sign.
    pub(super) fn proof(
        &self,
        (method, url): (&str, &str),
        token: &Digest,
        nonce: Option<&str>,
        now: Timestamp,
    ) -> Result<String, AskError> {
        let mut id = [0; 16];
        rand::fill(&mut id).map_err(|_| AskError::ProofKey)?;
        let mut claims = json!({"jti": BASE64URL_NOPAD.encode(&id), "htm": method, "htu": url,
            "iat": now.as_seconds(), "ath": BASE64URL_NOPAD.encode(token.as_bytes())});
        if let (Some(nonce), Some(claims)) = (nonce, claims.as_object_mut()) {
            claims.insert("nonce".to_owned(), Value::from(nonce));
        }
        self.sign("dpop+jwt", &claims)
    }

    /// A link of a delegation.
    ///
    /// # Errors
    /// The key does not sign.
    pub fn link(&self, link: &Link) -> Result<String, AskError> {
        let mut claims = json!({"to": BASE64URL_NOPAD.encode(link.to.as_bytes()),
            "ath": BASE64URL_NOPAD.encode(link.token.as_bytes()), "exp": link.until.as_seconds()});
        if let Some(claims) = claims.as_object_mut() {
            let endpoints = (!link.endpoints.is_empty()).then(|| json!(link.endpoints));
            let model = link.model.as_deref().map(Value::from);
            let more = [
                ("model", model),
                ("endpoints", endpoints),
                ("tokens", link.tokens.map(Value::from)),
            ];
            for (name, value) in more {
                claims.extend(value.map(|value| (name.to_owned(), value)));
            }
        }
        self.sign("vestibule-delegation+jwt", &claims)
    }

    fn sign(&self, typ: &str, claims: &Value) -> Result<String, AskError> {
        let head = json!({"typ": typ, "alg": "ES256", "jwk": self.jwk()});
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(&head), part(claims));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes());
        let signature = signature.map_err(|_| AskError::ProofKey)?;
        Ok(format!("{signed}.{}", BASE64URL_NOPAD.encode(signature.as_ref())))
    }
}

impl std::fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProofKey(secret)")
    }
}
