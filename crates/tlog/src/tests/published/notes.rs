//! Signed notes, checkpoints and cosignatures.

use super::{Vectors, b64, merkle};
use crate::cose::{CoseSigner, RawEd25519Signer};
use crate::{
    Checkpoint, Ed25519Cosigner, Ed25519Signer, Hash, KeyName, NoteSigner, PublicKey,
    SignatureLine, VerifierKey, cosignature_v1_message, leaf_hash, sign_note, subtree_v1_message,
};
use serde_json::{Value, json};

pub(super) const ORIGIN: &str = "log.example/vectors";

pub(super) fn name(text: &str) -> KeyName {
    KeyName::new(text).expect("a name")
}

pub(super) fn log() -> Ed25519Signer {
    Ed25519Signer::from_seed(name(ORIGIN), &[1; 32]).expect("a seed")
}

pub(super) fn witness(which: u8) -> Ed25519Cosigner {
    let name = name(&format!("witness-{which}.example"));
    Ed25519Cosigner::from_seed(name, &[10 + which; 32]).expect("a seed")
}

/// An ML-DSA-44 cosigner's key, and its line over a checkpoint, without randomness.
pub(super) fn post_quantum(checkpoint: &Checkpoint, time: u64) -> (VerifierKey, SignatureLine) {
    let secret = ml_dsa::SigningKey::<ml_dsa::MlDsa44>::from_seed(&[3; 32].into());
    let public = secret.expanded_key().verifying_key().encode();
    let key = PublicKey::new(0x06, &public).expect("a key");
    let key = VerifierKey::new(name("witness-pq.example"), key);
    let range = (0, checkpoint.size());
    let message = subtree_v1_message(
        key.name().as_str(),
        time,
        checkpoint.origin(),
        range,
        &checkpoint.root(),
    );
    let signature = secret.expanded_key().sign_deterministic(&message.expect("fits"), &[]);
    let signature = [&time.to_be_bytes(), signature.expect("signs").encode().as_slice()].concat();
    let line = SignatureLine { name: key.name().clone(), id: key.id(), signature };
    (key, line)
}

pub(super) fn head() -> Checkpoint {
    let root = crate::merkle::root(&merkle::tree(300), 300).expect("built");
    Checkpoint::new(ORIGIN, 300, root).expect("a checkpoint")
}

fn vector(note: &[u8], keys: &[String]) -> Value {
    json!({"op": "note", "note_b64": b64(note), "vkeys": keys})
}

fn signed(text: &str) -> String {
    sign_note(text.to_owned(), &[&log()]).expect("signs").to_string()
}

pub(super) fn vectors() -> Vectors {
    let mut out = Vectors::default();
    accepted(&mut out);
    changed(&mut out);
    keys(&mut out);
    checkpoints(&mut out);
    cosignatures(&mut out);
    super::second::vectors(&mut out);
    out
}

fn keys_of() -> Vec<String> {
    vec![log().verifier_key().to_string()]
}

fn accepted(out: &mut Vectors) {
    let mut add = |id: &str, why: &str, note: &str, keys: &[String]| {
        out.add(true, &format!("note/{id}"), why, &vector(note.as_bytes(), keys));
    };
    add("text", "a text with one signature", &signed("If you can read this\n"), &keys_of());
    add("blank-lines", "only the last blank line ends the text", &signed("a\n\nb\n"), &keys_of());
    add("unicode", "a text may have any letters", &signed("Prüfung ✓\n"), &keys_of());
    add("checkpoint", "a checkpoint", &signed(&head().to_string()), &keys_of());
    let empty = Checkpoint::new(ORIGIN, 0, Hash::EMPTY_ROOT).expect("a checkpoint");
    add("empty-log", "the checkpoint of an empty log", &signed(&empty.to_string()), &keys_of());
    let extended = signed(&format!("{}an extension\n", head()));
    add("extension", "a checkpoint with an extension line", &extended, &keys_of());
    let other = Ed25519Signer::from_seed(name("other.example"), &[2; 32]).expect("a seed");
    let two = sign_note("text\n".to_owned(), &[&other, &log()]).expect("signs").to_string();
    add("unknown-beside", "a line of an unknown key is ignored", &two, &keys_of());
    let both = [keys_of(), vec![other.verifier_key().to_string()]].concat();
    add("two-keys", "two signatures, both known", &two, &both);
    let (witness, head) = (witness(1), head());
    let cosigned = sign_note(head.to_string(), &[&log(), &witness.at(1_790_000_000)]);
    let cosigned = cosigned.expect("signs");
    let mut all = [keys_of(), vec![witness.verifier_key().to_string()]].concat();
    add("cosigned", "a checkpoint with a cosignature of type 0x04", &cosigned.to_string(), &all);
    let (key, line) = post_quantum(&head, 1_790_000_000);
    all.push(key.to_string());
    let cosigned = cosigned.with(vec![line]).expect("fits").to_string();
    add("cosigned-pq", "and with one of type 0x06", &cosigned, &all);
    let last = sign_note(head.to_string(), &[&log(), &witness.at((1 << 63) - 1)]).expect("signs");
    add("cosigned-last", "the last time that there is, 2^63 - 1", &last.to_string(), &all[..2]);
}

/// Every change of a good note's bytes that the format refuses, or that its signature does not cover.
fn changed(out: &mut Vectors) {
    let good = signed("first\nsecond\n");
    let line = good.lines().last().expect("a line").to_owned();
    let mut add = |id: &str, why: &str, note: &[u8]| {
        assert_ne!(note, good.as_bytes(), "{id}");
        out.add(false, &format!("note/{id}"), why, &vector(note, &keys_of()));
    };
    let replace = |from: &str, to: &str| good.replacen(from, to, 1).into_bytes();
    add("text-changed", "another text", &replace("second", "secont"));
    add("text-longer", "a line more", &replace("second\n", "second\nthird\n"));
    add("no-final-newline", "the last line has no newline", good.trim_end().as_bytes());
    add("line-after", "a blank line after the signatures", format!("{good}\n").as_bytes());
    add("no-blank-line", "no blank line before the signatures", &replace("\n\n", "\n"));
    add("two-blank-lines", "the text gains an empty line", &replace("\n\n", "\n\n\n"));
    add("crlf", "lines end in CR LF", good.replace('\n', "\r\n").as_bytes());
    add("tab", "a control character", &replace("second", "sec\tond"));
    add("nul", "a zero byte", &replace("second", "sec\0ond"));
    add("hyphen", "a hyphen in place of the em dash", &replace("\u{2014} ", "- "));
    add("en-dash", "an en dash in place of the em dash", &replace("\u{2014} ", "\u{2013} "));
    add("no-space", "no space after the em dash", &replace("\u{2014} ", "\u{2014}"));
    add(
        "two-spaces",
        "two spaces before the signature",
        &replace(&format!("{ORIGIN} "), &format!("{ORIGIN}  ")),
    );
    add("space-after", "a space after the signature", &replace(&line, &format!("{line} ")));
    add(
        "other-name",
        "the name is another's",
        &replace(&format!("\u{2014} {ORIGIN}"), "\u{2014} log.example/vector"),
    );
    add("empty-name", "the name is empty", &replace(&format!("\u{2014} {ORIGIN}"), "\u{2014} "));
    add(
        "plus-in-name",
        "a name with a plus",
        &replace(&format!("\u{2014} {ORIGIN}"), "\u{2014} log+vectors"),
    );
    add("not-utf8", "bytes that are not UTF-8", &[b"\xff\xfe\n", good.as_bytes()].concat());
    add("empty", "nothing at all", b"");
    add("text-alone", "a text without signatures", b"first\nsecond\n");
    let (head, encoded) = line.rsplit_once(' ').expect("a signature");
    let blob = data_encoding::BASE64.decode(encoded.as_bytes()).expect("base64");
    let mut with_blob = |id: &str, why: &str, text: String| {
        let note = replace(&line, &format!("{head} {text}"));
        add(id, why, &note);
    };
    with_blob("id-alone", "a key id and no signature", b64(&blob[..4]));
    with_blob("three-bytes", "less than a key id", b64(&blob[..3]));
    with_blob("signature-63", "a signature of 63 bytes", b64(&blob[..67]));
    with_blob("signature-65", "a signature of 65 bytes", b64(&[&blob[..], &[0]].concat()));
    let mut other = blob.clone();
    other[67] ^= 0x20;
    with_blob("signature-flipped", "a signature with one bit changed", b64(&other));
    let mut other = blob.clone();
    other[0] ^= 1;
    with_blob("other-id", "a key id that nobody has", b64(&other));
    with_blob("no-padding", "base64 without its padding", encoded.trim_end_matches('=').to_owned());
    with_blob(
        "url-base64",
        "URL-safe base64",
        data_encoding::BASE64URL.encode(&[&blob[..4], &[0xfb; 64]].concat()),
    );
    with_blob(
        "padding-inside",
        "base64 of two pieces",
        format!("{}{}", b64(&blob[..34]), b64(&blob[34..])),
    );
    let bad = format!("{good}{head} {}\n", b64(&[&blob[..4], &[0; 64]].concat()));
    add("bad-beside-good", "a bad signature of a known key condemns the note", bad.as_bytes());
    let many = format!("{good}{}", format!("{line}\n").repeat(200));
    add("201-lines", "more signature lines than are read", many.as_bytes());
}

fn keys(out: &mut Vectors) {
    let note = signed("first\n");
    let good = log().verifier_key().to_string();
    let (start, encoded) = good.rsplit_once('+').expect("three parts");
    let id = log().verifier_key().id().to_string();
    let mut add = |id: &str, why: &str, keys: &[String]| {
        out.add(false, &format!("vkey/{id}"), why, &vector(note.as_bytes(), keys));
    };
    add("none", "no key is known", &[]);
    let other = Ed25519Signer::from_seed(name(ORIGIN), &[2; 32]).expect("a seed");
    add("other", "another key of the same name", &[other.verifier_key().to_string()]);
    add("other-id", "the id is not that of name and key", &[good.replacen(&id, "00000000", 1)]);
    add(
        "upper-case-id",
        "the id in capitals",
        &[good.replacen(&id, &format!("{}F", &id[..7]).to_uppercase(), 1)],
    );
    add("short-id", "an id of three bytes", &[good.replacen(&id, &id[..6], 1)]);
    add("two-parts", "no id", &[format!("{ORIGIN}+{encoded}")]);
    add("letter-more", "base64 with a letter too many", &[format!("{good}A")]);
    add("spaces", "a space in the key", &[format!("{start}+ {encoded}")]);
    let low = |bytes: &[u8]| {
        let id = crate::KeyId::compute(&name(ORIGIN), 1, bytes);
        format!("{ORIGIN}+{id}+{}", b64(&[&[1], bytes].concat()))
    };
    let mut order_1 = [0; 32];
    order_1[0] = 1;
    add("order-1", "the neutral element as a key", &[low(&order_1)]);
    add("order-4", "a key of small order", &[low(&[0; 32])]);
    let mut above = [0xff; 32];
    above[31] = 0x7f;
    add("not-reduced", "a key whose y is not reduced", &[low(&above)]);
    add("31-bytes", "a key of 31 bytes", &[low(&[5; 31])]);
    add("33-bytes", "a key of 33 bytes", &[low(&[5; 33])]);
}

/// Signed texts that present themselves as checkpoints and are none.
fn checkpoints(out: &mut Vectors) {
    let root = head().root().to_string();
    let empty = Hash::EMPTY_ROOT;
    let odd = root.replace("=", "");
    for (id, why, text) in [
        ("leading-zero", "a size with a leading zero", format!("{ORIGIN}\n0300\n{root}\n")),
        ("double-zero", "the size 00", format!("{ORIGIN}\n00\n{empty}\n")),
        ("plus", "a size with a sign", format!("{ORIGIN}\n+300\n{root}\n")),
        ("negative", "a negative size", format!("{ORIGIN}\n-300\n{root}\n")),
        ("size-2-64", "a size beyond 64 bits", format!("{ORIGIN}\n18446744073709551616\n{root}\n")),
        ("root-31", "a root of 31 bytes", format!("{ORIGIN}\n300\n{}\n", b64(&[7; 31]))),
        ("root-33", "a root of 33 bytes", format!("{ORIGIN}\n300\n{}\n", b64(&[7; 33]))),
        ("root-48", "a root of 48 bytes", format!("{ORIGIN}\n300\n{}\n", b64(&[7; 48]))),
        ("root-no-padding", "a root without padding", format!("{ORIGIN}\n300\n{odd}\n")),
        (
            "root-unused-bits",
            "a root in base64 whose unused bits are not zero",
            format!("{ORIGIN}\n300\n{}B=\n", "A".repeat(42)),
        ),
        (
            "size-0-other-root",
            "size 0 with the root of a leaf",
            format!("{ORIGIN}\n0\n{}\n", leaf_hash(b"x")),
        ),
        ("size-0-zeros", "size 0 with 32 zeros", format!("{ORIGIN}\n0\n{}\n", b64(&[0; 32]))),
        (
            "empty-extension-last",
            "an empty extension line at the end",
            format!("{ORIGIN}\n300\n{root}\n\n"),
        ),
        ("empty-extension", "an empty extension line", format!("{ORIGIN}\n300\n{root}\n\nnext\n")),
        ("empty-origin", "an empty origin", format!("\n300\n{root}\n")),
        ("long-origin", "an origin of 256 bytes", format!("{}\n300\n{root}\n", "o".repeat(256))),
    ] {
        let note = signed(&text);
        out.add(false, &format!("checkpoint/{id}"), why, &vector(note.as_bytes(), &keys_of()));
    }
}

fn cosignatures(out: &mut Vectors) {
    let (head, key) = (head(), witness(1).verifier_key().clone());
    let raw = RawEd25519Signer::from_seed(&[11; 32]).expect("a seed");
    let blob = |time: u64, text: &str| {
        let signature = raw.sign(&cosignature_v1_message(time, text)).expect("signs");
        [&time.to_be_bytes(), signature.as_slice()].concat()
    };
    let text = head.to_string();
    let now = 1_790_000_000;
    let mut add = |id: &str, why: &str, text: &str, signature: Vec<u8>| {
        let line = SignatureLine { name: key.name().clone(), id: key.id(), signature };
        let note = format!("{text}\n{line}\n");
        let keys = vec![key.to_string()];
        out.add(false, &format!("cosignature/{id}"), why, &vector(note.as_bytes(), &keys));
    };
    let good = blob(now, &text);
    let mut late = good.clone();
    late[7] ^= 1;
    add("other-time", "the time is not the signed one", &text, late);
    add("time-2-63", "a time of 2^63", &text, blob(1 << 63, &text));
    add("time-2-64", "a time of 2^64 - 1", &text, blob(u64::MAX, &text));
    add("no-time", "a signature without its time", &text, good[8..].to_vec());
    add("trailing", "a byte after the signature", &text, [&good[..], &[0]].concat());
    add(
        "plain",
        "the text signed as a note",
        &text,
        [&now.to_be_bytes()[..], &raw.sign(text.as_bytes()).expect("signs")].concat(),
    );
    let zeros = format!("{ORIGIN}\n0300\n{}\n", head.root());
    add("no-checkpoint", "a cosigned text that is no checkpoint", &zeros, blob(now, &zeros));
    let (key, line) = post_quantum(&head, now);
    let keys = vec![key.to_string()];
    let mut pq = |id: &str, why: &str, text: &str, change: fn(&mut Vec<u8>)| {
        let mut line = line.clone();
        change(&mut line.signature);
        let note = format!("{text}\n{line}\n");
        out.add(false, &format!("cosignature-pq/{id}"), why, &vector(note.as_bytes(), &keys));
    };
    let other = text.replacen("300", "301", 1);
    pq("other-size", "another size than the signed one", &other, |_| ());
    pq("other-time", "the time is not the signed one", &text, |blob| blob[7] ^= 1);
    pq("time-2-63", "a time above 2^63", &text, |blob| blob[0] = 0x80);
    pq("flipped", "one bit of the signature is changed", &text, |blob| blob[1_000] ^= 4);
    pq("hint", "the last byte of the hint is changed", &text, |blob| {
        let last = blob.len() - 1;
        blob[last] ^= 0x7f;
    });
    pq("short", "a byte less", &text, |blob| blob.truncate(8 + 2_419));
}
