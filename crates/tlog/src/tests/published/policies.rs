//! Trust policies, and proofs that travel alone under them.

use super::notes::{ORIGIN, head, log, post_quantum, witness};
use super::{Vectors, b64, merkle};
use crate::merkle::inclusion_proof;
use crate::{Ed25519Signer, KeyName, Note, NoteSigner, SignedCheckpoint, TlogProof, sign_note};
use serde_json::{Value, json};

const NOW: u64 = 1_790_000_000;

pub(super) fn vectors() -> Vectors {
    let mut out = Vectors::default();
    policies(&mut out);
    malformed(&mut out);
    receipts(&mut out);
    out
}

/// The log's checkpoint with these witnesses' cosignatures; 0 is the one with ML-DSA-44.
fn note(witnesses: &[u8]) -> Note {
    let mut lines = Vec::new();
    for which in witnesses {
        lines.push(match which {
            0 => post_quantum(&head(), NOW).1,
            which => witness(*which).cosign(&head(), NOW).expect("cosigns"),
        });
    }
    let note = sign_note(head().to_string(), &[&log()]).expect("signs");
    if lines.is_empty() { note } else { note.with(lines).expect("fits") }
}

fn vkey(which: u8) -> String {
    match which {
        0 => post_quantum(&head(), NOW).0.to_string(),
        which => witness(which).verifier_key().to_string(),
    }
}

/// A policy with this log, three witnesses, and further lines.
fn text(lines: &str) -> String {
    let mut text = format!("log {}\n", log().verifier_key());
    for (name, which) in [("lab", 1), ("gov", 2), ("ig", 0)] {
        text.push_str(&format!("witness {name} {}\n", vkey(which)));
    }
    text + lines
}

fn vector(policy: &str, note: &Note) -> Value {
    json!({"op": "policy", "policy": policy, "note": note.to_string()})
}

fn policies(out: &mut Vectors) {
    let both = "group both all lab gov\nquorum both\n";
    let two = "group two 2 lab gov ig\nquorum two\n";
    let nested = "group main all lab gov\ngroup top any main ig\nquorum top\n";
    for (accept, id, lines, witnesses) in [
        (true, "none", "quorum none\n", &[][..]),
        (true, "one", "quorum lab\n", &[1]),
        (true, "one-of-more", "quorum lab\n", &[1, 2, 0]),
        (true, "post-quantum", "quorum ig\n", &[0]),
        (true, "all-of-two", both, &[1, 2]),
        (true, "two-of-three", two, &[1, 0]),
        (true, "any", "group any any lab gov\nquorum any\n", &[2]),
        (true, "nested-all", nested, &[1, 2]),
        (true, "nested-any", nested, &[0]),
        (false, "one-missing", "quorum lab\n", &[]),
        (false, "another", "quorum lab\n", &[2]),
        (false, "post-quantum-missing", "quorum ig\n", &[1, 2]),
        (false, "all-but-one", both, &[1]),
        (false, "one-of-three", two, &[0]),
        (false, "any-missing", "group any any lab gov\nquorum any\n", &[0]),
        (false, "nested-half", nested, &[1]),
    ] {
        let why = if accept { "the quorum has signed" } else { "the quorum has not signed" };
        out.add(accept, &format!("policy/{id}"), why, &vector(&text(lines), &note(witnesses)));
    }
    let other = KeyName::new(ORIGIN).expect("a name");
    let other = Ed25519Signer::from_seed(other, &[77; 32]).expect("a seed");
    let by_other = sign_note(head().to_string(), &[&other]).expect("signs");
    let wrong = vector(&text("quorum none\n"), &by_other);
    out.add(false, "policy/other-log-key", "signed with a key that is not the log's", &wrong);
    let witnessed = witness(1).cosign(&head(), NOW).expect("cosigns");
    let alone = Note::new(head().to_string(), vec![witnessed]).expect("a note");
    let wrong = vector(&text("quorum lab\n"), &alone);
    out.add(false, "policy/no-log", "the witness alone has signed, not the log", &wrong);
    let mut bad = witness(2).cosign(&head(), NOW).expect("cosigns");
    bad.signature[70] ^= 1;
    let bad = note(&[1]).with(vec![bad]).expect("fits");
    let wrong = vector(&text("quorum lab\n"), &bad);
    out.add(false, "policy/bad-beside-quorum", "a known witness's line does not verify", &wrong);
    let crossed = text("quorum lab\n").replace(&vkey(1), "X").replace(&vkey(2), &vkey(1));
    let crossed = crossed.replace('X', &vkey(2));
    let wrong = vector(&crossed, &note(&[1]));
    out.add(false, "policy/crossed", "the named witness has another key", &wrong);
}

/// Policies that are none; the note would satisfy any.
fn malformed(out: &mut Vectors) {
    let good = text("group g 2 lab gov ig\nquorum g\n");
    let note = note(&[1, 2, 0]);
    let log_line = format!("log {}\n", log().verifier_key());
    for (id, why, policy) in [
        ("no-quorum", "no quorum line", text("")),
        ("two-quorums", "two quorum lines", format!("{good}quorum lab\n")),
        ("unknown-quorum", "the quorum is not defined", text("quorum nobody\n")),
        ("quorum-two-names", "a quorum of two names", text("quorum lab gov\n")),
        ("unknown-member", "a member is not defined", text("group g any lab nobody\nquorum g\n")),
        (
            "later-member",
            "a member is defined later",
            text("group g any h\ngroup h any lab\nquorum g\n"),
        ),
        ("itself", "a group in itself", text("group g any g\nquorum g\n")),
        ("no-members", "a group of nobody", text("group g any\nquorum lab\n")),
        ("member-twice", "a member twice", text("group g 2 lab lab\nquorum g\n")),
        (
            "two-groups",
            "a witness in two groups",
            text("group g any lab\ngroup h any lab\nquorum g\n"),
        ),
        ("threshold-0", "a threshold of 0", text("group g 0 lab gov\nquorum g\n")),
        (
            "threshold-3-of-2",
            "a threshold above the members",
            text("group g 3 lab gov\nquorum g\n"),
        ),
        ("threshold-02", "a threshold with a leading zero", text("group g 02 lab gov\nquorum g\n")),
        ("threshold-sign", "a threshold with a sign", text("group g +1 lab gov\nquorum g\n")),
        ("name-twice", "one name for two", text(&format!("witness lab {}\nquorum lab\n", vkey(3)))),
        (
            "group-as-witness",
            "a group with a witness's name",
            text("group lab any gov\nquorum lab\n"),
        ),
        (
            "named-none",
            "a witness called none",
            text(&format!("witness none {}\nquorum none\n", vkey(3))),
        ),
        (
            "key-twice",
            "one key under two names",
            text(&format!("witness more {}\nquorum lab\n", vkey(1))),
        ),
        ("log-twice", "one log twice", format!("{log_line}{good}")),
        (
            "witness-type-1",
            "a witness with a key of type 0x01",
            text(&format!("witness w {}\nquorum lab\n", log().verifier_key())),
        ),
        ("no-final-newline", "the last line has no newline", good.trim_end().to_owned()),
        ("unknown-word", "a line of an unknown kind", format!("{good}require lab\n")),
        ("capitals", "a keyword in capitals", good.replace("quorum", "QUORUM")),
        ("no-log", "no log at all", good.replace(&log_line, "")),
        ("crlf", "lines end in CR LF", good.replace('\n', "\r\n")),
        ("empty", "nothing at all", String::new()),
        ("broken-key", "a key that is cut", good.replacen(&vkey(1), &vkey(1)[..40], 1)),
    ] {
        out.add(false, &format!("policy-file/{id}"), why, &vector(&policy, &note));
    }
    out.add(true, "policy-file/good", "the file that these were made from", &vector(&good, &note));
}

fn receipts(out: &mut Vectors) {
    let checkpoint = SignedCheckpoint::from_note(note(&[1, 2])).expect("a checkpoint");
    let path = inclusion_proof(&merkle::tree(300), 137, 300).expect("built");
    let proof = TlogProof { extra: None, index: 137, path: path.clone(), checkpoint };
    let policy = text("group both all lab gov\nquorum both\n");
    let good = json!({"op": "receipt", "receipt": proof.to_string(), "leaf": b64(b"record 137"),
        "policy": policy});
    out.add(true, "receipt/good", "a leaf in a log that both have witnessed", &good);
    let mut extra = proof.clone();
    extra.extra = Some(b"anything".to_vec());
    let mut with_extra = good.clone();
    with_extra["receipt"] = extra.to_string().into();
    out.add(true, "receipt/extra", "with extra data, which nothing authenticates", &with_extra);
    let mut reject = |id: &str, why: &str, field: &str, value: String| {
        out.reject(&format!("receipt/{id}"), why, &good, field, value.into());
    };
    reject("other-leaf", "another leaf", "leaf", b64(b"record 138"));
    reject("no-leaf", "an empty leaf", "leaf", String::new());
    reject("other-policy", "a quorum that has not signed", "policy", text("quorum ig\n"));
    reject("no-policy", "a policy that is none", "policy", text(""));
    let whole = proof.to_string();
    let first = path.first().expect("a path").to_string();
    let replace = |from: &str, to: &str| whole.replacen(from, to, 1);
    for (id, why, text) in [
        (
            "no-header",
            "no first line, as older writers had it",
            replace("c2sp.org/tlog-proof@v1\n", ""),
        ),
        ("header-v2", "another version", replace("@v1", "@v2")),
        ("index-next", "another index", replace("index 137", "index 138")),
        ("index-zero-first", "an index with a leading zero", replace("index 137", "index 0137")),
        ("index-outside", "an index outside the tree", replace("index 137", "index 300")),
        ("index-missing", "no index", replace("index 137\n", "")),
        ("index-twice", "the index twice", replace("index 137\n", "index 137\nindex 137\n")),
        ("path-short", "a hash of the path is missing", replace(&format!("{first}\n"), "")),
        ("path-long", "a hash too many", replace(&first, &format!("{first}\n{first}"))),
        ("path-other", "a hash is another", replace(&first, &head().root().to_string())),
        ("path-no-base64", "a line of the path is no hash", replace(&first, &first[1..])),
        ("path-space", "a space after a hash", replace(&first, &format!("{first} "))),
        ("no-blank-line", "no blank line before the checkpoint", replace("\n\n", "\n")),
        (
            "extra-last",
            "extra data after the index",
            replace("index 137\n", "index 137\nextra AA==\n"),
        ),
        (
            "extra-unused-bits",
            "extra data in base64 whose unused bits are not zero",
            replace("index", "extra AB==\nindex"),
        ),
        ("extra-twice", "extra data twice", replace("index", "extra AA==\nextra AA==\nindex")),
        (
            "size-zero-first",
            "a checkpoint whose size has a leading zero",
            replace("\n300\n", "\n0300\n"),
        ),
        ("other-size", "a checkpoint of another size", replace("\n300\n", "\n301\n")),
        (
            "unsigned",
            "no signature line is left",
            whole.split("\u{2014}").next().unwrap_or("").to_owned(),
        ),
        ("crlf", "lines end in CR LF", whole.replace('\n', "\r\n")),
        (
            "cut",
            "the second half is missing",
            whole.chars().take(whole.chars().count() / 2).collect(),
        ),
    ] {
        reject(id, why, "receipt", text);
    }
}
