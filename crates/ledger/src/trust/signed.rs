//! The signatures of the named parties under the roots of trust file, in the file itself.
//!
//! They follow the TOML as comments, so that one file goes round and every reader of TOML reads it:
//!
//! ```text
//! # vestibule-trust-signatures/v1
//! # lab <base64 of an Ed25519 and an ML-DSA-87 signature, 64 and 4627 bytes>
//! ```
//!
//! Signed is every byte before the first of these lines. A party signs with the key that the file names, or
//! its root does.

use super::{Member, Trust, TrustError};
#[cfg(not(target_arch = "wasm32"))]
use crate::keys::SecretKeys;
use crate::signature::{Purpose, SignaturePair};
#[cfg(not(target_arch = "wasm32"))]
use data_encoding::BASE64;
use domain::{PartyId, Role};
use std::collections::BTreeMap;

const MARK: &str = "# vestibule-trust-signatures/v1\n";

/// The file in its two parts.
pub(super) fn split(text: &str) -> (&str, Option<&str>) {
    let mark = format!("\n{MARK}");
    match text.split_once(mark.as_str()) {
        // the line feed before the mark ends the last signed line
        Some((body, rest)) => (text.get(..=body.len()).unwrap_or(text), Some(rest)),
        None => (text, None),
    }
}

/// Reads and verifies the signature lines.
pub(super) fn read(
    body: &str,
    lines: Option<&str>,
    members: &BTreeMap<PartyId, Member>,
) -> Result<BTreeMap<PartyId, SignaturePair>, TrustError> {
    let mut signed = BTreeMap::new();
    let Some(lines) = lines else { return Ok(signed) };
    for (n, line) in (1..).zip(lines.split_inclusive('\n')) {
        let wrong = || TrustError::SignatureLine { line: n };
        let line = line.strip_suffix('\n').and_then(|l| l.strip_prefix("# ")).ok_or_else(wrong)?;
        let (party, encoded) = line.split_once(' ').ok_or_else(wrong)?;
        let party: PartyId = party.parse().map_err(|_| wrong())?;
        let raw = tlog::base64(encoded).ok_or_else(wrong)?;
        let pair = SignaturePair::from_raw(&raw).ok_or_else(wrong)?;
        let member = members.get(&party).ok_or_else(|| TrustError::NotSigner(party.clone()))?;
        member
            .keys
            .verify(Purpose::Trust, body.as_bytes(), &pair)
            .map_err(|scheme| TrustError::BadSignature { party: party.clone(), scheme })?;
        if signed.last_key_value().is_some_and(|(last, _)| *last >= party) {
            return Err(wrong());
        }
        signed.insert(party, pair);
    }
    if signed.is_empty() { Err(TrustError::SignatureLine { line: 1 }) } else { Ok(signed) }
}

impl Trust {
    /// Whose signatures are under the file.
    pub fn signed_by(&self) -> impl Iterator<Item = &PartyId> {
        self.signatures.keys()
    }

    /// Which of the file's parties have not signed it, nor their roots for them. A party that is only a root of
    /// others need not.
    pub fn unsigned(&self) -> Vec<PartyId> {
        let bootstrap = self.bootstrap();
        let signed = |id: &PartyId| self.signatures.contains_key(id);
        let open = bootstrap.members.into_values().filter(|m| {
            !signed(&m.party.id)
                && !m.root.as_ref().is_some_and(signed)
                && !m.party.roles.contains(&Role::Root)
        });
        open.map(|m| m.party.id).collect()
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Trust {
    /// The same roots with a party's signature under the file; signing again replaces.
    ///
    /// # Errors
    /// The file does not name the party with these keys.
    pub fn sign(mut self, party: &PartyId, keys: &SecretKeys) -> Result<Self, TrustError> {
        let (body, _) = split(&self.text);
        let pair = keys.sign(Purpose::Trust, body.as_bytes());
        let first = self.keys.get(party).and_then(|spans| spans.first());
        if first.is_none_or(|span| span.from != 0 || span.keys != *keys.public()) {
            return Err(TrustError::NotSigner(party.clone()));
        }
        self.signatures.insert(party.clone(), pair);
        let mut text = format!("{body}{MARK}");
        for (party, pair) in &self.signatures {
            text += &format!("# {party} {}\n", BASE64.encode(&pair.to_raw()));
        }
        self.text = text;
        Ok(self)
    }
}

#[cfg(test)]
mod tests;
