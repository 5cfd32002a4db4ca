//! Ed25519 at the edges, handed in over HTTP: the node refuses what `tlog::verify_ed25519` refuses, which is the rule
//! that the command line and the WebAssembly verifier answer by (`cargo xtask conform tlog`, `cargo xtask wasm`).

use super::*;
use domain::{Digest384, PartyId};
use ledger::{Audience, Content, Draft, Entry, Heads, Leaf, Object, SecretKeys, SignatureBlock};
use operations::ctx::{Clock, Random};

/// The order of the group that the base point generates, little-endian (RFC 8032 §5.1).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// A statement of `lab`, with the same signature each time it is asked for.
struct Signed {
    entry: Entry,
    key: [u8; 32],
    message: Vec<u8>,
    signature: [u8; 64],
}

fn signed(folder: &std::path::Path, number: u64) -> Signed {
    let (trust, home) = (folder.join("node/trust.toml"), Home::open(&folder.join("lab")).unwrap());
    let trust = ledger::Trust::read(&std::fs::read_to_string(trust).unwrap()).unwrap();
    let (id, keys): (PartyId, &SecretKeys) = (home.party().id.clone(), home.keys());
    let now = SystemClock.now();
    let content = Content {
        schema: "demo/v1".parse().unwrap(),
        kind: "stated".parse().unwrap(),
        signers: [id.clone()].into(),
        needed: None,
        payload: number.to_be_bytes().to_vec(),
    };
    let mut fill = |into: &mut [u8]| SystemRandom.fill(into);
    let draft = Draft::start(trust.log(), content, &id, Audience::Public, &mut fill, now).unwrap();
    let entry = draft.issue(Heads::default().next(&id, None, now), keys).unwrap();
    let (leaf, object) = entry.check().unwrap();
    let pair = SignatureBlock::from_bytes(object.block()).unwrap().issuer.to_hex();
    let pair = data_encoding::HEXLOWER.decode(pair.as_bytes()).unwrap();
    let message = ledger::pae("vestibule/issue/v1", &leaf.issued_bytes());
    let signature = *pair.first_chunk().unwrap();
    Signed { entry, key: *keys.public().ed25519(), message, signature }
}

/// The same bytes with one part in another's place.
fn put(within: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = within.windows(old.len()).position(|part| part == old).unwrap();
    [&within[..at], new, &within[at + old.len()..]].concat()
}

impl Signed {
    /// The statement with another signature, and every digest of it made to fit.
    fn with(&self, signature: &[u8; 64]) -> Entry {
        let object = put(&self.entry.object, &self.signature, signature);
        let block = |object: &[u8]| Digest384::of(Object::from_bytes(object).unwrap().block());
        let (old, new) = (block(&self.entry.object), block(&object));
        let leaf = put(&self.entry.leaf, old.as_bytes(), new.as_bytes());
        let id = Leaf::from_bytes(&leaf).unwrap().id();
        Entry { leaf, object, id }
    }

    /// Signatures that an implementation of RFC 8032 may take, by what is odd about them.
    fn odd(&self) -> Vec<(&'static str, [u8; 64])> {
        let (r, s): (&[u8], &[u8]) = self.signature.split_at(32);
        let mut carry = 0;
        let more: Vec<u8> = s
            .iter()
            .zip(ORDER)
            .map(|(s, order)| {
                let sum = u16::from(*s) + u16::from(order) + carry;
                carry = sum >> 8;
                sum.to_le_bytes()[0]
            })
            .collect();
        let one: &[u8] = &[&[1][..], &[0; 31]].concat();
        let negative_one: &[u8] = &[&[1][..], &[0; 30], &[0x80]].concat();
        let above: &[u8] = &[&[0xee][..], &[0xff; 30], &[0x7f]].concat();
        let pair = |r: &[u8], s: &[u8]| -> [u8; 64] { [r, s].concat().try_into().unwrap() };
        let mut flipped = self.signature;
        flipped[31] ^= 0x80;
        vec![
            ("S + L: the same signature to a verifier that reduces", pair(r, &more)),
            ("S is the order", pair(r, &ORDER)),
            ("S has its highest bits set", pair(r, &[0xff; 32])),
            ("R is the neutral element", pair(one, s)),
            ("R is the neutral element with a sign", pair(negative_one, s)),
            ("R's y is not reduced", pair(above, s)),
            ("R's point with the other sign", flipped),
            ("R and S of nothing", pair(one, &[0; 32])),
            ("R and S in each other's place", pair(s, r)),
        ]
    }
}

#[tokio::test]
async fn a_node_takes_no_signature_at_the_edges_that_the_one_rule_refuses() {
    let host = host().await;
    let signed = signed(host.folder.path(), 1);
    let hand_in = |entry: Entry| {
        let body = operations::wire::entry_bytes(&entry);
        host.http.post("/api/v1/statements", body.into())
    };
    for (why, signature) in signed.odd() {
        let rule = tlog::verify_ed25519(&signed.key, &signed.message, &signature);
        assert!(rule.is_err(), "{why}");
        match hand_in(signed.with(&signature)).await {
            Err(HttpError::Refused { status: 422, detail, .. }) => {
                assert!(detail.contains("Ed25519 signature of `lab`"), "{why}: {detail}");
            }
            other => panic!("{why}: {other:?}"),
        }
    }
    // what the odd ones were made from is good, by the rule and to the node
    tlog::verify_ed25519(&signed.key, &signed.message, &signed.signature).unwrap();
    assert!(hand_in(signed.with(&signed.signature)).await.is_ok());
    host.stop.send(()).unwrap();
}
