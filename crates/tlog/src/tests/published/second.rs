//! Lines of type 0xff, `ledger-cnsa-v1`: a mirror's signature over both roots.

use super::notes::{head, log, name};
use super::{Vectors, b64};
use crate::merkle::MemoryTree;
use crate::{
    CNSA_IDENTIFIER, CnsaHead, Hash384, NoteSigner, PublicKey, SignatureLine, TreeHash,
    VerifierKey, cnsa_message, sign_note,
};
use serde_json::json;

const TIME: u64 = 1_790_000_000;

/// A mirror's key, and its line over a head of the log, without randomness.
fn mirror(head: &CnsaHead) -> (VerifierKey, SignatureLine) {
    let secret = ml_dsa::SigningKey::<ml_dsa::MlDsa87>::from_seed(&[4; 32].into());
    let public = secret.expanded_key().verifying_key().encode();
    let bytes = [CNSA_IDENTIFIER, public.as_slice()].concat();
    let key = PublicKey::new(0xff, &bytes).expect("a key");
    let key = VerifierKey::new(name("mirror.example"), key);
    let message = cnsa_message(key.name().as_str(), super::notes::ORIGIN, head).expect("fits");
    let signature = secret.expanded_key().sign_deterministic(&message, &[]).expect("signs");
    let (time, root) = (head.time.to_be_bytes(), head.root384.as_bytes());
    let signature = [&time, root.as_slice(), signature.encode().as_slice()].concat();
    let line = SignatureLine { name: key.name().clone(), id: key.id(), signature };
    (key, line)
}

pub(super) fn vectors(out: &mut Vectors) {
    let head = head();
    let second: MemoryTree<Hash384> =
        (0..head.size()).map(|i| Hash384::leaf(format!("record {i}").as_bytes())).collect();
    let root384 = crate::merkle::root(&second, head.size()).expect("built");
    let both = CnsaHead { time: TIME, size: head.size(), root: head.root(), root384 };
    let (key, line) = mirror(&both);
    let signed = sign_note(head.to_string(), &[&log()]).expect("signs").to_string();
    let by_log = log().verifier_key().to_string();
    let mut add = |accept, id: &str, why: &str, line: &SignatureLine, keys: &[String]| {
        let note = format!("{signed}{line}\n");
        let vector = json!({"op": "note", "note_b64": b64(note.as_bytes()), "vkeys": keys});
        out.add(accept, &format!("ledger-cnsa-v1/{id}"), why, &vector);
    };
    let keys = [by_log.clone(), key.to_string()];
    add(true, "mirror", "a mirror's line over both roots", &line, &keys);
    add(true, "unknown", "the line of a key that is not known is ignored", &line, &keys[..1]);
    let mut changed = |id: &str, why: &str, at: usize| {
        let mut line = line.clone();
        line.signature[at] ^= 1;
        add(false, id, why, &line, &keys);
    };
    changed("other-time", "the time is not the signed one", 7);
    changed("other-root", "the SHA-384 root is not the signed one", 8);
    changed("other-signature", "a changed signature", 60);
    let mut short = line.clone();
    short.signature.truncate(8 + 48);
    add(false, "no-signature", "the roots without a signature", &short, &keys);
    let (_, other) = mirror(&CnsaHead { size: both.size + 1, ..both });
    add(false, "other-size", "a line over a larger tree", &other, &keys);
    let (_, late) = mirror(&CnsaHead { time: (1 << 63) - 1, ..both });
    let mut late = late;
    late.signature[0] = 0x80;
    add(false, "time-2-63", "a time of 2^63", &late, &keys);
}
