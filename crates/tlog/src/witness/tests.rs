//! Another witness's exchanges, and every refusal that the specification names.
use super::*;
use crate::merkle::{self, MemoryTree};
use crate::{
    Checkpoint, Ed25519Cosigner, Ed25519Signer, Hash, KeyName, MlDsa44Cosigner, Note, NoteSigner,
    PublicKey, VerifierKey, leaf_hash,
};
use serde_json::Value;

const ORIGIN: &str = "log.example/a";

fn log(seed: u8) -> Ed25519Signer {
    Ed25519Signer::from_seed(KeyName::new(ORIGIN).unwrap(), &[seed; 32]).unwrap()
}

fn watched() -> Watched {
    Watched { origin: ORIGIN.to_owned(), keys: vec![log(1).verifier_key().clone()] }
}

fn tree(size: u64) -> MemoryTree {
    (0..size).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

fn root(size: u64) -> Hash {
    merkle::root(&tree(size), size).unwrap()
}

fn note_of(size: u64, root: Hash, by: &Ed25519Signer) -> Note {
    crate::sign_note(format!("{ORIGIN}\n{size}\n{root}\n"), &[by]).unwrap()
}

/// The body of a good request.
fn body(old: u64, size: u64) -> String {
    let proof = match old {
        0 => Vec::new(),
        _ => merkle::consistency_proof(&tree(size), old, size).unwrap(),
    };
    AddCheckpoint::new(old, proof, note_of(size, root(size), &log(1))).unwrap().to_string()
}

fn latest(size: u64) -> Latest {
    Latest { size, root: root(size), time: 1_000 }
}

/// The status of a request, with what it shows of the log.
fn status(body: &str, latest: Option<Latest>) -> (u16, Option<Misbehaviour>) {
    let Ok(request) = AddCheckpoint::parse(body.as_bytes()) else { return (400, None) };
    assert_eq!(request.to_string(), body, "a request is written as it was read");
    match decide(&request, Some(&watched()), latest.as_ref(), 2_000) {
        Ok(accepted) => {
            assert_eq!(accepted.from, latest);
            assert_eq!(accepted.to.size, request.size());
            (200, None)
        }
        Err((refusal, shows)) => (refusal.status(), shows),
    }
}

#[test]
fn good_requests_are_cosigned() {
    for (old, size) in [(0, 0), (0, 1), (0, 7), (1, 7), (7, 7), (8, 300), (299, 300)] {
        let known = if old == 0 { None } else { Some(latest(old)) };
        assert_eq!(status(&body(old, size), known), (200, None), "{old} to {size}");
    }
    // a witness that cosigned the empty tree goes on from it as from nothing
    assert_eq!(status(&body(0, 7), Some(latest(0))), (200, None));
}

#[test]
fn every_refusal_has_its_status() {
    use Misbehaviour::{Proven, Suspected};
    let proof = |hash: &str, body: &str| body.replacen("\n\n", &format!("\n{hash}\n\n"), 1);
    let zero = Hash::from_bytes([0; 32]).to_string();
    let add = |old: u64, proof: Vec<Hash>, note: Note| {
        let lines: String = proof.iter().map(|h| format!("{h}\n")).collect();
        format!("old {old}\n{lines}\n{note}")
    };
    let forged = note_of(7, Hash::from_bytes([9; 32]), &log(1));
    let empty = note_of(0, Hash::from_bytes([9; 32]), &log(1));
    let stranger = note_of(7, root(7), &log(2));
    let bad = body(3, 7).replace(&root(7).to_string(), &root(6).to_string());
    for (name, body, known, wanted) in [
        ("another log", body(0, 7).replace(ORIGIN, "log.example/b"), None, (404, None)),
        ("another key", add(0, vec![], stranger), None, (403, None)),
        ("a bad signature", bad, Some(latest(3)), (403, None)),
        (
            "old above size",
            add(8, vec![], note_of(7, root(7), &log(1))),
            Some(latest(8)),
            (400, None),
        ),
        ("nothing known", body(3, 7), None, (409, None)),
        ("more known", body(3, 7), Some(latest(5)), (409, None)),
        ("known, but not said", body(0, 7), Some(latest(5)), (409, None)),
        ("an empty tree with a root", add(0, vec![], empty.clone()), None, (422, Some(Proven))),
        ("the same, later", add(0, vec![], empty), Some(latest(5)), (409, Some(Proven))),
        ("a proof from nothing", proof(&zero, &body(0, 7)), None, (422, None)),
        (
            "a wrong proof",
            body(3, 7).replace(&proof_line(3, 7), &zero),
            Some(latest(3)),
            (422, Some(Suspected)),
        ),
        (
            "no proof",
            add(3, vec![], note_of(7, root(7), &log(1))),
            Some(latest(3)),
            (422, Some(Suspected)),
        ),
        ("a proof too long", proof(&zero, &body(3, 7)), Some(latest(3)), (422, Some(Suspected))),
        (
            "a proof of nothing new",
            proof(&zero, &body(7, 7)),
            Some(latest(7)),
            (422, Some(Suspected)),
        ),
        ("another root", add(7, vec![], forged.clone()), Some(latest(7)), (422, Some(Proven))),
        (
            "another root from elsewhere",
            add(3, vec![], forged),
            Some(latest(7)),
            (409, Some(Proven)),
        ),
    ] {
        assert_eq!(status(&body, known), wanted, "{name}");
    }
}

fn proof_line(old: u64, size: u64) -> String {
    merkle::consistency_proof(&tree(size), old, size).unwrap()[0].to_string()
}

#[test]
fn what_is_not_a_request_is_refused() {
    let good = body(3, 7);
    assert_eq!(status(&good, Some(latest(3))).0, 200);
    let hash = proof_line(3, 7);
    let long =
        format!("old 3\n{}\n{}", format!("{hash}\n").repeat(64), note_of(7, root(7), &log(1)));
    let most = long.replacen(&format!("{hash}\n"), "", 1);
    assert!(AddCheckpoint::parse(most.as_bytes()).is_ok(), "63 hashes may be sent");
    // canonical base64 of 32 bytes ends in a digit of which two bits are unused
    let last = hash.chars().rev().nth(1).unwrap();
    let loose = hash.replace(&format!("{last}="), &format!("{}=", next(last)));
    for (name, bad) in [
        ("64 hashes", long),
        ("a leading zero", good.replacen("old 3", "old 03", 1)),
        ("a sign", good.replacen("old 3", "old +3", 1)),
        ("two spaces", good.replacen("old 3", "old  3", 1)),
        ("no old", good.replacen("old 3\n", "", 1)),
        ("a size of 2^64", good.replacen("old 3", "old 18446744073709551616", 1)),
        ("a leading zero in the checkpoint", good.replacen("\n7\n", "\n07\n", 1)),
        ("loose base64", good.replacen(&hash, &loose, 1)),
        ("a short hash", good.replacen(&hash, "AAAA", 1)),
        ("a carriage return", good.replacen(&hash, &format!("{hash}\r"), 1)),
        ("no final newline", good.trim_end().to_owned()),
        ("no blank line", good.replacen("\n\n", "\n", 1)),
        ("no checkpoint", "old 3\n\n".to_owned()),
        ("nothing", String::new()),
    ] {
        assert_ne!(bad, good, "{name}");
        assert!(AddCheckpoint::parse(bad.as_bytes()).is_err(), "{name}");
    }
}

/// Another digit that differs in the unused bits alone.
fn next(digit: char) -> char {
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let at = digits.find(digit).unwrap();
    digits.chars().nth(at + 1).unwrap()
}

#[test]
fn times_never_go_back_and_are_never_zero() {
    let request = AddCheckpoint::parse(body(3, 7).as_bytes()).unwrap();
    let at = |now| decide(&request, Some(&watched()), Some(&latest(3)), now).unwrap().to.time;
    assert_eq!((at(999), at(1_000), at(1_001)), (1_000, 1_000, 1_001));
    assert_eq!(sign_time(None, 0), 1);
}

#[test]
fn answers_are_read_as_they_are_written() {
    let name = KeyName::new("w.example").unwrap();
    let one = Ed25519Cosigner::from_seed(name.clone(), &[3; 32]).unwrap();
    let two = MlDsa44Cosigner::from_seed(name, &[3; 32]).unwrap();
    let checkpoint = Checkpoint::new(ORIGIN, 7, root(7)).unwrap();
    let lines = vec![two.cosign(&checkpoint, 5).unwrap(), one.cosign(&checkpoint, 5).unwrap()];
    let text = write_signatures(&lines);
    assert_eq!(parse_signatures(text.as_bytes()).unwrap(), lines);
    assert!(parse_signatures(b"").is_err());
    assert!(parse_signatures(text.trim_end().as_bytes()).is_err());
    assert!(parse_signatures(format!("{text}\n").as_bytes()).is_err());
    assert!(parse_signatures(text.repeat(33).as_bytes()).is_err());
    assert_eq!(parse_size(write_size(7).as_bytes()), Ok(7));
    for bad in ["", "7", "07\n", "7\n\n", " 7\n", "-7\n", "x\n"] {
        assert!(parse_size(bad.as_bytes()).is_err(), "{bad:?}");
    }
}

#[test]
fn subtrees_are_signed_for_our_own_checkpoints_only() {
    let cosigner =
        MlDsa44Cosigner::from_seed(KeyName::new("w.example").unwrap(), &[3; 32]).unwrap();
    let ours = [cosigner.verifier_key().clone()];
    let checkpoint = Checkpoint::new(ORIGIN, 14, root(14)).unwrap();
    let line = cosigner.cosign(&checkpoint, 9).unwrap();
    let note = Note::new(checkpoint.to_string(), vec![line]).unwrap();
    let proof = merkle::subtree_consistency_proof(&tree(14), 8, 13, 14).unwrap();
    let hash = merkle::subtree_root(&tree(14), 8, 13).unwrap();
    let lines: String = proof.iter().map(|h| format!("{h}\n")).collect();
    let body = format!("subtree 8 13\n{hash}\n{lines}\n{note}");
    let request = SignSubtree::parse(body.as_bytes()).unwrap();
    assert_eq!(request.to_string(), body);
    assert_eq!(check_subtree(&request, true, &ours), Ok(()));
    let status = |r: Result<(), SubtreeRefusal>| r.unwrap_err().status();
    assert_eq!(status(check_subtree(&request, false, &ours)), 404);
    let others = [log(1).verifier_key().clone()];
    assert_eq!(status(check_subtree(&request, true, &others)), 403);
    let wrong = body.replacen(&hash.to_string(), &root(5).to_string(), 1);
    let wrong = SignSubtree::parse(wrong.as_bytes()).unwrap();
    assert_eq!(status(check_subtree(&wrong, true, &ours)), 422);
    for bad in
        ["subtree 08 13", "subtree 8 15", "subtree 7 13", "subtree 8 8", "subtree 8", "old 8 13"]
    {
        let bad = body.replacen("subtree 8 13", bad, 1);
        assert!(SignSubtree::parse(bad.as_bytes()).is_err(), "{bad}");
    }
}

/// What another witness answered to the same requests. It is older than the specification in one place: a log that
/// it does not know is 403 there and 404 here.
#[test]
fn answers_as_another_witness_did() {
    let Some(text) = crate::tests::text("witness-exchanges.json") else { return };
    let file: Value = serde_json::from_str(&text).unwrap();
    let key =
        data_encoding::HEXLOWER.decode(file["log_key_hex"].as_str().unwrap().as_bytes()).unwrap();
    let digest = plain_sha256_hex(&key);
    let origin = format!("sigsum.org/v1/tree/{digest}");
    let key = PublicKey::new(0x01, &key).unwrap();
    let key = VerifierKey::new(KeyName::new(&origin).unwrap(), key);
    let watched = Watched { origin, keys: vec![key] };
    let mut latest: Option<Latest> = None;
    let exchanges = file["exchanges"].as_array().unwrap();
    assert_eq!(exchanges.len(), 9);
    for (at, exchange) in exchanges.iter().enumerate() {
        let body = exchange["request"].as_str().unwrap();
        let said = exchange["body_assert"].as_str().unwrap();
        let status = exchange["status"].as_u64().unwrap();
        let wanted = if said.contains("unknown log") { 404 } else { status };
        let request = match AddCheckpoint::parse(body.as_bytes()) {
            Ok(request) => request,
            // the signature that does not verify is in loose base64 too
            Err(error) => {
                assert_eq!(u64::from(error.status()), wanted, "exchange {at}: {error}");
                continue;
            }
        };
        match decide(&request, Some(&watched), latest.as_ref(), 1) {
            Ok(accepted) => {
                assert_eq!(wanted, 200, "exchange {at}");
                latest = Some(accepted.to);
            }
            Err((refusal, _)) => {
                assert_eq!(u64::from(refusal.status()), wanted, "exchange {at}: {refusal}");
                if let Refusal::OtherSize { latest, .. } = refusal {
                    assert_eq!(said, format!("== {:?}", write_size(latest)), "exchange {at}");
                }
            }
        }
    }
    assert_eq!(latest.map(|l| l.size), Some(5));
}
