//! OpenPGP signatures beside feeds (CSAF 2.0 §7.1.20): `FILE.asc` over the bytes of `FILE`, by a key that was pinned.
//!
//! Only what vouching takes is here: keys and signatures of version 4 with RSA and Ed25519, over SHA-2; the
//! cryptography is the library's. Decision 0002 says why no library for all of OpenPGP does it.
//!
//! A key is pinned by its owner's file or by its fingerprint, never because a server offers it. A key counts with its
//! subkeys as its own signatures bind them: one that was revoked, or whose binding does not verify, signs nothing.

mod packet;

use aws_lc_rs::digest::{Algorithm, SHA256, SHA384, SHA512, digest};
use aws_lc_rs::signature::{self, RsaPublicKeyComponents};
use packet::{Material, PublicKey, Signature, packets, unarmoured};
use std::collections::BTreeMap;

/// Most bytes of a file of keys, and of a file of signatures.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// Most signatures of one file that are looked at.
const SIGNATURES: usize = 16;

/// Why a file is not believed although it is there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// No signature.
    #[error("no OpenPGP signature lies beside it (its name with `.asc`), and a key is pinned")]
    Missing,
    /// By one of the keys, but not over these bytes.
    #[error(
        "its OpenPGP signature is not over these bytes; fetch both anew, and use neither until they fit"
    )]
    Bad,
    /// By another key.
    #[error("it is signed by {by}, which is none of the pinned keys")]
    WrongKey {
        /// Who signed it: a fingerprint or key id.
        by: String,
    },
    /// With a hash that can be forged, or of another kind than over a file.
    #[error("its OpenPGP signature can't be relied on: {0}")]
    Weak(String),
    /// Its time is over.
    #[error("its OpenPGP signature has expired")]
    Expired,
    /// No signature at all.
    #[error("what lies beside it is no OpenPGP signature: {0}")]
    Unreadable(String),
}

/// Why a key can't be pinned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// No key.
    #[error("no OpenPGP public key: {0}")]
    Unreadable(String),
    /// Its owner revoked it.
    #[error("the key {0} was revoked by its owner")]
    Revoked(String),
    /// A server offered another key under a fingerprint.
    #[error("not the key with the fingerprint {0}")]
    OtherFingerprint(String),
}

/// A key with those of its parts that may sign.
#[derive(Debug, Clone)]
struct Key {
    fingerprint: String,
    /// The primary key and its subkeys, each with the last second at which it may sign.
    signers: Vec<(PublicKey, u64)>,
}

/// Keys that a person pinned.
#[derive(Debug, Clone, Default)]
pub struct PinnedKeys(BTreeMap<String, Key>);

impl PinnedKeys {
    /// Whether none is pinned; then nothing is checked.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Fingerprints, in hexadecimal.
    pub fn fingerprints(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Pins every key of a file, armoured or not. `only` is the fingerprint that one of them must have; others are
    /// left alone then.
    ///
    /// # Errors
    /// No key, one that was revoked, or none with that fingerprint.
    pub fn add(&mut self, bytes: &[u8], only: Option<&str>) -> Result<(), KeyFault> {
        let bytes = bounded(bytes).and_then(unarmoured).map_err(KeyFault::Unreadable)?;
        let all = packets(&bytes).map_err(KeyFault::Unreadable)?;
        // a key is its packet and everything up to the next one
        let starts = all.iter().enumerate().filter(|(_, (tag, _))| *tag == 6).map(|(at, _)| at);
        let starts: Vec<usize> = starts.collect();
        let mut found = false;
        for (at, start) in starts.iter().enumerate() {
            let end = starts.get(at + 1).copied().unwrap_or(all.len());
            let parts = all.get(*start..end).unwrap_or_default();
            let (_, body) = parts.first().expect("a key begins with its packet");
            let primary = PublicKey::read(body).map_err(KeyFault::Unreadable)?;
            if only.is_some_and(|only| !only.eq_ignore_ascii_case(&primary.print())) {
                continue;
            }
            let key = Key::read(primary, parts.get(1..).unwrap_or_default())?;
            self.0.insert(key.fingerprint.clone(), key);
            found = true;
        }
        match only {
            _ if found => Ok(()),
            Some(only) => Err(KeyFault::OtherFingerprint(only.to_owned())),
            None => Err(KeyFault::Unreadable("the file holds none".to_owned())),
        }
    }

    /// Which pinned key signed these bytes, as of an instant in seconds since 1970.
    ///
    /// # Errors
    /// No signature of the file is a good one of a pinned key; of several reasons the gravest.
    pub fn verify(&self, file: &[u8], signature: &[u8], now: u64) -> Result<&str, SignatureFault> {
        let bytes = bounded(signature).and_then(unarmoured).map_err(SignatureFault::Unreadable)?;
        let all = packets(&bytes).map_err(SignatureFault::Unreadable)?;
        let mut worst = SignatureFault::Unreadable("the file holds none".to_owned());
        for (tag, body) in all.into_iter().take(SIGNATURES) {
            if tag != 2 {
                return Err(SignatureFault::Unreadable(format!("it has a packet of tag {tag}")));
            }
            let one = Signature::read(body).map_err(SignatureFault::Unreadable);
            match one.and_then(|one| self.one(file, &one, now)) {
                Ok(by) => return Ok(by),
                Err(fault) if worst != SignatureFault::Bad => worst = fault,
                Err(_) => {}
            }
        }
        Err(worst)
    }

    fn one(&self, file: &[u8], one: &Signature, now: u64) -> Result<&str, SignatureFault> {
        if one.kind != BINARY {
            let reason = format!("it is of the kind {:#04x}, not over a file's bytes", one.kind);
            return Err(SignatureFault::Weak(reason));
        }
        if let Some(part) = one.critical {
            let reason = format!("a part of it, {part}, must be understood and is not");
            return Err(SignatureFault::Weak(reason));
        }
        if hash(one.hash).is_none() {
            return Err(SignatureFault::Weak(format!(
                "its hash is number {}, not SHA-2",
                one.hash
            )));
        }
        let mut tried = false;
        for key in self.0.values() {
            for (signer, until) in &key.signers {
                if !one.names(signer) || one.made < signer.made || one.made > *until {
                    continue;
                }
                tried = true;
                if good(one, signer, &[file]) {
                    let over = one.lasts > 0 && one.made.saturating_add(one.lasts) <= now;
                    return if over { Err(SignatureFault::Expired) } else { Ok(&key.fingerprint) };
                }
            }
        }
        if tried {
            return Err(SignatureFault::Bad);
        }
        let name = |end: &Vec<u8>| format!("the key {}", data_encoding::HEXLOWER.encode(end));
        let by = one.issuers.iter().max_by_key(|end| end.len()).map(name);
        Err(SignatureFault::WrongKey {
            by: by.unwrap_or_else(|| "a key that it does not name".into()),
        })
    }
}

/// Kinds of signatures (section 5.2.1).
const BINARY: u8 = 0x00;
const SUBKEY_BINDING: u8 = 0x18;
const BACK_BINDING: u8 = 0x19;
const DIRECT: u8 = 0x1f;
const REVOKED: u8 = 0x20;
const SUBKEY_REVOKED: u8 = 0x28;
/// What a key may be for: signing data.
const SIGNS: u8 = 0x02;

impl Key {
    /// Reads what follows a primary key: its signatures on itself, names, subkeys.
    fn read(primary: PublicKey, parts: &[(u8, &[u8])]) -> Result<Self, KeyFault> {
        let fingerprint = primary.print();
        let unreadable = KeyFault::Unreadable;
        let of_primary = primary.signed().map_err(unreadable)?;
        let (mut name, mut subkey) = (Vec::new(), None);
        let mut own: Option<Signature> = None;
        let mut subkeys: Vec<(PublicKey, Option<Signature>, bool)> = Vec::new();
        for (tag, body) in parts {
            match tag {
                13 | 17 => {
                    let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
                    let first = if *tag == 13 { 0xb4 } else { 0xd1 };
                    name = [&[first], length.as_slice(), body].concat();
                }
                14 => {
                    // one that can't be read signs nothing, and neither does what follows it
                    subkey = Some(subkeys.len());
                    if let Ok(read) = PublicKey::read(body) {
                        subkeys.push((read, None, false));
                    }
                }
                2 => {
                    let Ok(one) = Signature::read(body) else { continue };
                    let held = subkey.map(|at| subkeys.get_mut(at));
                    match (one.kind, held) {
                        // one that does not verify refuses the key, too: nobody loses by asking its owner
                        (REVOKED, _) => return Err(KeyFault::Revoked(fingerprint)),
                        (SUBKEY_REVOKED, Some(Some(held))) => held.2 = true,
                        (SUBKEY_BINDING, Some(Some(held))) if bound(&one, &primary, &held.0) => {
                            newest(&mut held.1, one);
                        }
                        (DIRECT, None) if good(&one, &primary, &[&of_primary]) => {
                            newest(&mut own, one);
                        }
                        (0x10..=0x13, None) if good(&one, &primary, &[&of_primary, &name]) => {
                            newest(&mut own, one);
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        let until =
            |key: &PublicKey, by: Option<&Signature>| match by.map_or(0, |one| one.key_lasts) {
                0 => u64::MAX,
                lasts => key.made.saturating_add(lasts),
            };
        let all = until(&primary, own.as_ref());
        let mut signers = Vec::new();
        for (key, by, revoked) in subkeys {
            if let Some(by) = by.filter(|_| !revoked) {
                let until = until(&key, Some(&by)).min(all);
                signers.push((key, until));
            }
        }
        if own.and_then(|own| own.flags).is_none_or(|flags| flags & SIGNS != 0) {
            signers.push((primary, all));
        }
        signers.retain(|(key, _)| key.material != Material::Other);
        if signers.is_empty() {
            let why =
                "has no part that may sign with RSA or Ed25519, which alone are verified here";
            return Err(KeyFault::Unreadable(format!("{fingerprint} {why}")));
        }
        Ok(Self { fingerprint, signers })
    }
}

fn newest(held: &mut Option<Signature>, one: Signature) {
    if held.as_ref().is_none_or(|held| held.made <= one.made) {
        *held = Some(one);
    }
}

/// Whether a subkey may sign for a key: bound by the key for signing, and the key by it.
fn bound(one: &Signature, primary: &PublicKey, subkey: &PublicKey) -> bool {
    let (Ok(first), Ok(second)) = (primary.signed(), subkey.signed()) else { return false };
    let both: [&[u8]; 2] = [&first, &second];
    one.flags.is_some_and(|flags| flags & SIGNS != 0)
        && good(one, primary, &both)
        && one
            .within
            .as_ref()
            .is_some_and(|back| back.kind == BACK_BINDING && good(back, subkey, &both))
}

fn bounded(bytes: &[u8]) -> Result<&[u8], String> {
    let fits = bytes.len() <= MAX_BYTES;
    fits.then_some(bytes).ok_or_else(|| format!("it is larger than {MAX_BYTES} bytes"))
}

/// The hashes that can be relied on, by their number.
fn hash(number: u8) -> Option<&'static Algorithm> {
    match number {
        8 => Some(&SHA256),
        9 => Some(&SHA384),
        10 => Some(&SHA512),
        _ => None,
    }
}

/// Whether a key made a signature over these parts.
fn good(one: &Signature, key: &PublicKey, parts: &[&[u8]]) -> bool {
    let Some(algorithm) = hash(one.hash) else { return false };
    if one.critical.is_some() {
        return false;
    }
    let signed: Vec<u8> =
        parts.iter().copied().chain([one.signed.as_slice()]).flatten().copied().collect();
    match (&key.material, one.algorithm, one.value.as_slice()) {
        (Material::Rsa { n, e }, 1 | 3, [value]) => {
            let parameters = match one.hash {
                8 => &signature::RSA_PKCS1_2048_8192_SHA256,
                9 => &signature::RSA_PKCS1_2048_8192_SHA384,
                _ => &signature::RSA_PKCS1_2048_8192_SHA512,
            };
            let key = RsaPublicKeyComponents { n: n.as_slice(), e: e.as_slice() };
            // a library takes as many octets as the modulus has
            let value = padded(value, n.len());
            value.is_some_and(|value| key.verify(parameters, &signed, &value).is_ok())
        }
        // what Ed25519 signs here is the digest
        (Material::Ed25519(point), 22, [r, s]) => {
            let (Some(r), Some(s)) = (padded(r, 32), padded(s, 32)) else { return false };
            ed25519(point, digest(algorithm, &signed).as_ref(), &[r, s].concat())
        }
        (Material::Ed25519(point), 27, [value]) => {
            ed25519(point, digest(algorithm, &signed).as_ref(), value)
        }
        _ => false,
    }
}

/// An integer with zeros before it, as long as it has to be.
fn padded(integer: &[u8], length: usize) -> Option<Vec<u8>> {
    let zeros = length.checked_sub(integer.len())?;
    Some([vec![0; zeros], integer.to_vec()].concat())
}

fn ed25519(key: &[u8], signed: &[u8], value: &[u8]) -> bool {
    tlog::verify_ed25519(key, signed, value).is_ok()
}

#[cfg(test)]
mod tests;
