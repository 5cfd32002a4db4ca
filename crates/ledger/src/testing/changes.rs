//! Changes of keys, and who states them.

use super::{KEYS, Log, draft, party, secret};
use crate::{Event, Newcomer, Possession, Signers};
use domain::{Digest, Role, Statement};

pub(crate) fn key(id: &str) -> Digest {
    secret(id).public().fingerprint()
}

pub(crate) fn signers(parties: &[&str], needed: u8) -> Signers {
    Signers { parties: parties.iter().map(|p| party(p)).collect(), needed }
}

pub(crate) fn proof(of: &str, new: &str) -> (String, crate::SignaturePair) {
    let possession = Possession { log: KEYS.trust.log(), party: &party(of) };
    (secret(new).public().to_text(), possession.sign(secret(new)))
}

pub(crate) fn rotated(of: &str, old: &str, new: &str, by: Signers) -> Event {
    let (keys, proof) = proof(of, new);
    Event::KeyRotated { party: party(of), old: key(old), keys, proof, signers: by }
}

pub(crate) fn revoked(of: &str, old: &str, by: Signers) -> Event {
    let reason = "stolen".parse().unwrap();
    Event::KeyRevoked { party: party(of), key: key(old), reason, signers: by }
}

pub(crate) fn joined(id: &str, by: Signers) -> Event {
    let (keys, proof) = proof(id, id);
    let name = "Example Utility".parse().unwrap();
    let newcomer = Newcomer { id: party(id), name, roles: vec![Role::Operator] };
    Event::PartyAdded { party: newcomer, root: None, keys, proof, signers: by }
}

/// States an event, signed by these, each with the key named after the colon, or its own.
pub(crate) fn log_as(log: &mut Log, event: &impl Statement, by: &[&str]) {
    let who = |s: &str| {
        s.split_once(':').map_or((s.to_owned(), s.to_owned()), |(p, k)| (p.into(), k.into()))
    };
    let (issuer, key) = who(by[0]);
    let mut draft = draft(event, &issuer, None);
    for signer in &by[1..] {
        let (id, key) = who(signer);
        draft.sign(&party(&id), secret(&key)).unwrap();
    }
    let minute = i64::try_from(log.head.size).unwrap();
    let entry = draft.issue(log.position(&issuer, minute), secret(&key)).unwrap();
    log.append(&[entry]);
}
