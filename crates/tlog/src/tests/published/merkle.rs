//! Inclusion, consistency and whole trees.

use super::Vectors;
use crate::merkle::{MemoryTree, consistency_proof, inclusion_proof, root};
use crate::{Hash, leaf_hash};
use serde_json::{Value, json};

pub(super) fn vectors() -> Vectors {
    let mut out = Vectors::default();
    inclusion(&mut out);
    consistency(&mut out);
    trees(&mut out);
    out
}

fn leaf(i: u64) -> Hash {
    leaf_hash(format!("record {i}").as_bytes())
}

pub(super) fn tree(size: u64) -> MemoryTree {
    (0..size).map(leaf).collect()
}

fn texts(hashes: &[Hash]) -> Value {
    hashes.iter().map(ToString::to_string).collect()
}

/// The hash with its last byte changed.
fn flipped(hash: Hash) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[31] ^= 1;
    Hash::from_bytes(bytes)
}

/// The same 32 bytes in a base64 that no writer makes: 43 letters hold 258 bits, and the last two must be zero.
pub(super) fn unused_bits(text: &str) -> String {
    let last = text.as_bytes()[42];
    let letters = data_encoding::BASE64.specification().symbols;
    let at = letters.bytes().position(|b| b == last).expect("a letter");
    let odd = char::from(letters.as_bytes()[at | 1]);
    format!("{}{odd}=", &text[..42])
}

/// Texts that are no hash, each with a reason.
fn no_hashes(hash: Hash) -> Vec<(&'static str, String)> {
    let text = hash.to_string();
    vec![
        ("31 bytes", super::b64(&hash.as_bytes()[..31])),
        ("33 bytes", super::b64(&[&hash.as_bytes()[..], &[0]].concat())),
        ("48 bytes, as a SHA-384 tree has", super::b64(&[7; 48])),
        ("base64 whose unused bits are not zero", unused_bits(&text)),
        ("base64 without its padding", text[..43].to_owned()),
        ("base64 with a space before it", format!(" {text}")),
        ("base64 with a newline after it", format!("{text}\n")),
        ("no bytes at all", String::new()),
    ]
}

fn inclusion(out: &mut Vectors) {
    let good = |index: u64, size: u64| {
        let all = tree(size);
        let path = inclusion_proof(&all, index, size).expect("built");
        json!({"op": "inclusion", "leaf_hash": leaf(index).to_string(), "index": index, "size": size,
            "root": root(&all, size).expect("built").to_string(), "proof": texts(&path)})
    };
    for (index, size) in
        [(0, 1), (0, 2), (1, 2), (2, 3), (4, 5), (3, 8), (5, 13), (12, 13), (255, 256), (256, 257)]
    {
        out.add(
            true,
            &format!("inclusion/{index}-of-{size}"),
            "a proof that holds",
            &good(index, size),
        );
    }
    let base = good(5, 13);
    let path = inclusion_proof(&tree(13), 5, 13).expect("built");
    let mut reject = |id: &str, why: &str, field: &str, value: Value| {
        out.reject(&format!("inclusion/{id}"), why, &base, field, value);
    };
    reject("index-next", "the leaf is at another index", "index", json!(6));
    reject("index-at-size", "the index is the size: outside the tree", "index", json!(13));
    reject("index-huge", "the index is far outside", "index", json!(u64::MAX));
    reject("index-negative", "an index is not negative", "index", json!(-1));
    reject("size-0", "nothing is in an empty tree", "size", json!(0));
    reject("size-8", "the proof has another shape in a tree of 8", "size", json!(8));
    reject("size-huge", "the proof is far too short for 2^63 leaves", "size", json!(1_u64 << 63));
    reject(
        "root-flipped",
        "another root",
        "root",
        json!(flipped(root(&tree(13), 13).expect("built")).to_string()),
    );
    reject("leaf-flipped", "another leaf", "leaf_hash", json!(flipped(leaf(5)).to_string()));
    reject("proof-empty", "no proof", "proof", json!([]));
    reject("proof-short", "the last hash is missing", "proof", texts(&path[..path.len() - 1]));
    reject("proof-without-first", "the first hash is missing", "proof", texts(&path[1..]));
    reject("proof-long", "a hash too many", "proof", texts(&[&path[..], &path[..1]].concat()));
    reject("proof-66", "more hashes than any tree has levels", "proof", texts(&[leaf(0); 66]));
    let mut swapped = path.clone();
    swapped.swap(0, 1);
    reject("proof-swapped", "two hashes in the wrong order", "proof", texts(&swapped));
    for at in 0..path.len() {
        let mut changed = path.clone();
        changed[at] = flipped(changed[at]);
        reject(&format!("proof-flipped-{at}"), "one hash is another", "proof", texts(&changed));
    }
    for (i, (why, text)) in no_hashes(path[0]).into_iter().enumerate() {
        let mut list = texts(&path);
        list[0] = text.into();
        reject(
            &format!("proof-encoding-{i}"),
            &format!("a hash of the proof is {why}"),
            "proof",
            list,
        );
    }
    for (i, (why, text)) in no_hashes(root(&tree(13), 13).expect("built")).into_iter().enumerate() {
        reject(&format!("root-encoding-{i}"), &format!("the root is {why}"), "root", text.into());
    }
    let empty = json!({"op": "inclusion", "leaf_hash": Hash::EMPTY_ROOT.to_string(), "index": 0, "size": 0,
        "root": Hash::EMPTY_ROOT.to_string(), "proof": []});
    out.add(false, "inclusion/of-the-empty-tree", "the empty tree's root is no leaf", &empty);
    let node = json!({"op": "inclusion", "leaf_hash": root(&tree(2), 2).expect("built").to_string(),
        "index": 0, "size": 1, "root": root(&tree(3), 3).expect("built").to_string(),
        "proof": [leaf(2).to_string()]});
    out.add(
        false,
        "inclusion/node-as-leaf",
        "an inner node at a size where it would be a leaf",
        &node,
    );
}

fn consistency(out: &mut Vectors) {
    let at = |size: u64| root(&tree(size), size).expect("built");
    let good = |old: u64, new: u64| {
        let path = consistency_proof(&tree(new), old, new).expect("built");
        json!({"op": "consistency", "size1": old, "size2": new, "root1": at(old).to_string(),
            "root2": at(new).to_string(), "proof": texts(&path)})
    };
    for (old, new) in
        [(1, 1), (1, 2), (2, 3), (3, 7), (4, 8), (6, 8), (7, 8), (8, 8), (20, 104), (256, 257)]
    {
        out.add(
            true,
            &format!("consistency/{old}-to-{new}"),
            "a proof that holds",
            &good(old, new),
        );
    }
    let base = good(6, 13);
    let path = consistency_proof(&tree(13), 6, 13).expect("built");
    let mut reject = |id: &str, why: &str, field: &str, value: Value| {
        out.reject(&format!("consistency/{id}"), why, &base, field, value);
    };
    reject("size1-0", "an old size of 0 with a proof", "size1", json!(0));
    reject("size1-5", "another old size", "size1", json!(5));
    reject("size1-above", "the old tree is larger than the new one", "size1", json!(14));
    reject("size2-32", "the proof is too short for 32", "size2", json!(32));
    reject("size2-huge", "the proof is far too short", "size2", json!(u64::MAX));
    reject("size1-negative", "a size is not negative", "size1", json!(-6));
    reject("root1-flipped", "another old root", "root1", json!(flipped(at(6)).to_string()));
    reject("root2-flipped", "another new root", "root2", json!(flipped(at(13)).to_string()));
    reject("root1-is-root2", "the old root is the new one", "root1", json!(at(13).to_string()));
    reject("proof-empty", "no proof", "proof", json!([]));
    reject("proof-short", "the last hash is missing", "proof", texts(&path[..path.len() - 1]));
    reject("proof-long", "a hash too many", "proof", texts(&[&path[..], &path[..1]].concat()));
    reject("proof-66", "more hashes than any tree has levels", "proof", texts(&[leaf(0); 66]));
    for at in 0..path.len() {
        let mut changed = path.clone();
        changed[at] = flipped(changed[at]);
        reject(&format!("proof-flipped-{at}"), "one hash is another", "proof", texts(&changed));
    }
    for (i, (why, text)) in no_hashes(at(6)).into_iter().enumerate() {
        reject(
            &format!("root1-encoding-{i}"),
            &format!("the old root is {why}"),
            "root1",
            text.into(),
        );
    }
    let odd = |one: u64, two: u64, root1: Hash, root2: Hash, proof: &[Hash]| {
        json!({"op": "consistency", "size1": one, "size2": two, "root1": root1.to_string(),
            "root2": root2.to_string(), "proof": texts(proof)})
    };
    for (id, why, line) in [
        (
            "from-empty",
            "from the empty tree there is nothing to prove",
            odd(0, 5, Hash::EMPTY_ROOT, at(5), &[]),
        ),
        (
            "from-empty-any-root",
            "an old root at size 0 that is not the empty one",
            odd(0, 5, at(3), at(5), &[]),
        ),
        (
            "same-size-other-root",
            "one size and two roots: a fork",
            odd(5, 5, at(5), flipped(at(5)), &[]),
        ),
        ("same-size-with-proof", "equal sizes need no proof", odd(5, 5, at(5), at(5), &[leaf(0)])),
        (
            "power-of-two-with-root",
            "the old root of a full tree is not part of the proof",
            odd(4, 8, at(4), at(8), &[at(4), consistency_proof(&tree(8), 4, 8).expect("built")[0]]),
        ),
        ("backwards", "from a larger tree to a smaller one", odd(13, 6, at(13), at(6), &path)),
    ] {
        out.add(false, &format!("consistency/{id}"), why, &line);
    }
}

fn trees(out: &mut Vectors) {
    for size in [0_u64, 1, 2, 3, 255, 256, 257, 1_000, 65_537] {
        let good = json!({"op": "tree", "leaf_format": "record <i>", "size": size,
            "root": root(&tree(size), size).expect("built").to_string()});
        out.add(true, &format!("tree/{size}"), "the root over these leaves", &good);
    }
    let good = json!({"op": "tree", "leaf_format": "record <i>", "size": 257,
        "root": root(&tree(257), 257).expect("built").to_string()});
    out.reject("tree/one-more", "one leaf more", &good, "size", json!(258));
    out.reject("tree/other-leaves", "other leaves", &good, "leaf_format", json!("record  <i>"));
    out.reject(
        "tree/empty-root",
        "the root of no leaves",
        &good,
        "root",
        json!(Hash::EMPTY_ROOT.to_string()),
    );
    out.reject(
        "tree/zero-root-at-0",
        "32 zeros are not the root of the empty tree",
        &json!({"op": "tree", "leaf_format": "record <i>", "size": 0, "root": ""}),
        "root",
        json!(Hash::from_bytes([0; 32]).to_string()),
    );
}
