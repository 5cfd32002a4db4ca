//! What a witness answers to `add-checkpoint`, given the log's keys and the checkpoint that it cosigned last.

use super::notes::{ORIGIN, head, log, name};
use super::{Vectors, b64, merkle};
use crate::{Checkpoint, Ed25519Signer, Hash, NoteSigner, sign_note};
use serde_json::{Value, json};

/// Leaves of the tree that the witness knows.
const OLD: u64 = 256;

fn root(size: u64) -> Hash {
    crate::merkle::root(&merkle::tree(300), size).expect("built")
}

fn proof(from: u64, to: u64) -> String {
    let hashes = crate::merkle::consistency_proof(&merkle::tree(300), from, to).expect("built");
    hashes.iter().map(|hash| format!("{hash}\n")).collect()
}

fn signed(text: &str) -> String {
    sign_note(text.to_owned(), &[&log()]).expect("signs").to_string()
}

/// A request, to a witness that knows a tree of so many leaves; without one, it knows none.
fn vector(request: &str, known: Option<u64>) -> Value {
    let mut vector = json!({
        "op": "add-checkpoint", "origin": ORIGIN, "vkeys": [log().verifier_key().to_string()],
        "request_b64": b64(request.as_bytes()),
    });
    if let Some(size) = known {
        vector["latest"] = json!({ "size": size, "root": root(size).to_string() });
    }
    vector
}

/// Adds what a witness refuses, with the status that the specification gives it.
fn refused(out: &mut Vectors, id: &str, why: &str, status: u16, mut vector: Value) {
    vector["status"] = status.into();
    out.add(false, &format!("add-checkpoint/{id}"), why, &vector);
}

pub(super) fn vectors() -> Vectors {
    let mut out = Vectors::default();
    accepted(&mut out);
    lines(&mut out);
    heads(&mut out);
    decisions(&mut out);
    out
}

fn accepted(out: &mut Vectors) {
    let mut add = |id: &str, why: &str, request: String, known| {
        let mut vector = vector(&request, known);
        vector["status"] = 200.into();
        out.add(true, &format!("add-checkpoint/{id}"), why, &vector);
    };
    let note = signed(&head().to_string());
    add("first", "the first checkpoint that a witness sees", format!("old 0\n\n{note}"), None);
    let empty = Checkpoint::new(ORIGIN, 0, Hash::EMPTY_ROOT).expect("a checkpoint");
    let none = signed(&empty.to_string());
    add("first-empty", "the first checkpoint, of an empty log", format!("old 0\n\n{none}"), None);
    add("from-empty", "from an empty log: nothing to prove", format!("old 0\n\n{note}"), Some(0));
    let proof = proof(OLD, 300);
    add("grown", "a proof that holds", format!("old 256\n{proof}\n{note}"), Some(OLD));
    add("same", "the same checkpoint again", format!("old 300\n\n{note}"), Some(300));
    let extended = signed(&format!("{}an extension\n", head()));
    add("extension", "an extension line", format!("old 300\n\n{extended}"), Some(300));
}

/// The lines before the checkpoint.
fn lines(out: &mut Vectors) {
    let (note, hashes) = (signed(&head().to_string()), proof(OLD, 300));
    let good = format!("old 256\n{hashes}\n{note}");
    let mut add = |id: &str, why: &str, request: String| {
        assert_ne!(request, good, "{id}");
        refused(out, id, why, 400, vector(&request, Some(OLD)));
    };
    let old = |line: &str| good.replacen("old 256", line, 1);
    add("old-leading-zero", "an old size with a leading zero", old("old 0256"));
    add("old-plus", "an old size with a sign", old("old +256"));
    add("old-negative", "a negative old size", old("old -256"));
    add("old-hexadecimal", "an old size in hexadecimal", old("old 0x100"));
    add("old-2-64", "an old size beyond 64 bits", old("old 18446744073709551616"));
    add("old-empty", "no old size", old("old "));
    add("old-two-spaces", "two spaces before the old size", old("old  256"));
    add("old-space-after", "a space after the old size", old("old 256 "));
    add("old-capital", "another word in the first line", old("Old 256"));
    add("old-fraction", "an old size with a fraction", old("old 256.0"));
    add("no-old", "no first line", format!("{hashes}\n{note}"));
    add("old-twice", "the first line twice", old("old 256\nold 256"));
    add("crlf", "the first line ends in CR LF", old("old 256\r"));
    add("no-blank-line", "no blank line before the checkpoint", format!("old 256\n{hashes}{note}"));
    let first = hashes.lines().next().expect("a hash").to_owned();
    let hash = |line: &str| good.replacen(&first, line, 1);
    add("hash-short", "a hash of 31 bytes", hash(&b64(&[7; 31])));
    add("hash-long", "a hash of 48 bytes", hash(&b64(&[7; 48])));
    add("hash-no-padding", "a hash without its padding", hash(first.trim_end_matches('=')));
    add("hash-space", "a space after a hash", hash(&format!("{first} ")));
    add("hash-url", "a hash in URL-safe base64", hash(&b64(&[0xfb; 32]).replace(['+', '/'], "-")));
    let bent = merkle::unused_bits(&first);
    add("hash-unused-bits", "a hash in base64 whose unused bits are not zero", hash(&bent));
    let many: String = (0..64).map(|_| format!("{first}\n")).collect();
    add("hashes-64", "more than 63 hashes", format!("old 256\n{many}\n{note}"));
    add("empty", "nothing at all", String::new());
    add("checkpoint-alone", "a checkpoint alone", note.clone());
    add("no-checkpoint", "no checkpoint", format!("old 256\n{hashes}\n"));
}

/// The checkpoint itself.
fn heads(out: &mut Vectors) {
    let hashes = proof(OLD, 300);
    let text = head().to_string();
    let mut add = |id: &str, why: &str, status, note: String| {
        refused(out, id, why, status, vector(&format!("old 256\n{hashes}\n{note}"), Some(OLD)));
    };
    let size = |size: &str| signed(&text.replacen("\n300\n", &format!("\n{size}\n"), 1));
    add("size-leading-zero", "a checkpoint whose size has a leading zero", 400, size("0300"));
    add("size-plus", "a checkpoint whose size has a sign", 400, size("+300"));
    let encoded = head().root().to_string();
    let with_root = |root: &str| signed(&text.replacen(&encoded, root, 1));
    add("root-31", "a root of 31 bytes", 400, with_root(&b64(&[7; 31])));
    add("root-48", "a root of 48 bytes", 400, with_root(&b64(&[7; 48])));
    let bent = merkle::unused_bits(&encoded);
    add("root-unused-bits", "a root whose unused bits are not zero", 400, with_root(&bent));
    let blank = signed(&format!("{text}\nmore\n"));
    add("empty-extension", "an empty extension line", 400, blank);
    let good = signed(&text);
    add("unsigned", "a checkpoint that nobody signed", 400, format!("{text}\n"));
    let stranger = Ed25519Signer::from_seed(name(ORIGIN), &[2; 32]).expect("a seed");
    let by_stranger = sign_note(text.clone(), &[&stranger]).expect("signs").to_string();
    add("other-key", "signed by a key that is not the log's", 403, by_stranger);
    let line = good.lines().last().expect("a line").to_owned();
    let shorter = good.replacen(&line, line.trim_end_matches('='), 1);
    add("signature-line", "a signature line in base64 without its padding", 403, shorter);
    let other = signed(&text.replacen(ORIGIN, "log.example/other", 1));
    add("other-origin", "a log that the witness does not watch", 404, other);
    let changed = good.replacen("\n300\n", "\n299\n", 1);
    add("size-changed", "another size than the signed one", 403, changed);
}

/// What follows from what the witness knows.
fn decisions(out: &mut Vectors) {
    let (note, hashes) = (signed(&head().to_string()), proof(OLD, 300));
    let mut add = |id: &str, why: &str, status, request: String, known| {
        refused(out, id, why, status, vector(&request, known));
    };
    let from = |old: u64, hashes: &str| format!("old {old}\n{hashes}\n{note}");
    add("old-above", "the old size is above the new one", 400, from(301, ""), Some(OLD));
    add("old-behind", "the witness knows a larger tree", 409, from(OLD, &hashes), Some(280));
    add("old-ahead", "the witness knows a smaller tree", 409, from(OLD, &hashes), Some(255));
    add("old-unknown", "the witness knows no tree yet", 409, from(OLD, &hashes), None);
    add("old-0-late", "old 0, and the witness knows a tree", 409, from(0, ""), Some(OLD));
    add("old-0-proof", "old 0 with a proof", 422, from(0, &hashes), None);
    add(
        "old-0-proof-empty",
        "old 0 with a proof, from an empty log",
        422,
        from(0, &hashes),
        Some(0),
    );
    add("proof-none", "no proof", 422, from(OLD, ""), Some(OLD));
    let short: String = hashes.lines().skip(1).map(|line| format!("{line}\n")).collect();
    add("proof-short", "a hash of the proof is missing", 422, from(OLD, &short), Some(OLD));
    let long = format!("{hashes}{}\n", root(5));
    add("proof-long", "a hash too many", 422, from(OLD, &long), Some(OLD));
    let other = hashes.replacen(hashes.lines().next().expect("a hash"), &root(5).to_string(), 1);
    add("proof-other", "a hash is another", 422, from(OLD, &other), Some(OLD));
    add("same-with-proof", "equal sizes need no proof", 422, from(300, &hashes), Some(300));
    let fork = Checkpoint::new(ORIGIN, 300, root(299)).expect("a checkpoint");
    let fork = signed(&fork.to_string());
    let why = "one size and two roots: a fork";
    add("same-size-other-root", why, 422, format!("old 300\n\n{fork}"), Some(300));
    let why = "a proof to another root than the signed one";
    add("other-root", why, 422, format!("old 256\n{hashes}\n{fork}"), Some(OLD));
    let empty = head().to_string().replacen("\n300\n", "\n0\n", 1);
    let empty = signed(&empty);
    let why = "size 0 with the root of a log";
    add("size-0-other-root", why, 422, format!("old 0\n\n{empty}"), None);
    add("size-0-other-root-again", why, 422, format!("old 0\n\n{empty}"), Some(0));
    let back = Checkpoint::new(ORIGIN, 200, root(200)).expect("a checkpoint");
    let back = format!("old 256\n\n{}", signed(&back.to_string()));
    add("backwards", "a tree smaller than the one that is known", 400, back, Some(OLD));
}
