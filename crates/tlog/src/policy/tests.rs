//! Policies: what they say and whom they believe.

use super::{Policy, PolicyError};
use crate::{
    Checkpoint, Ed25519Cosigner, Ed25519Signer, KeyName, NoteSigner, SignedCheckpoint, leaf_hash,
};
use expect_test::{Expect, expect};
use proptest::prelude::*;

fn name(name: &str) -> KeyName {
    KeyName::new(name).expect("a name")
}

fn log() -> Ed25519Signer {
    Ed25519Signer::from_seed(name("log.example"), &[100; 32]).expect("a key")
}

fn witness(seed: u8) -> Ed25519Cosigner {
    Ed25519Cosigner::from_seed(name(&format!("w{seed}.example")), &[seed; 32]).expect("a key")
}

/// Fills `LOG` and `W1` to `W9` with keys.
fn filled(text: &str) -> String {
    let mut text = text.replace("LOG", &log().verifier_key().to_string());
    for seed in 1..=9 {
        text = text.replace(&format!("W{seed}"), &witness(seed).verifier_key().to_string());
    }
    text
}

fn signed_by(seeds: &[u8]) -> SignedCheckpoint {
    let head = Checkpoint::new("log.example", 1, leaf_hash(b"")).expect("a checkpoint");
    let lines = seeds.iter().map(|s| witness(*s).cosign(&head, 5).expect("cosigns")).collect();
    let signed = head.sign(&[&log()]).expect("signs");
    SignedCheckpoint::from_note(signed.note().clone().with(lines).expect("fits")).expect("reads")
}

const LEVELS: &str = "log LOG https://log.example/
# two of three, and one of two
witness a W1
witness b W2
witness c W3
group abc 2 a b c
witness d\tW4  https://d.example/ 
 \twitness e W5

group de any d e
group both all abc de
quorum both
";

#[test]
fn quorums() {
    let policy = Policy::parse(filled(LEVELS).as_bytes()).expect("a policy");
    for (seeds, good) in [
        (&[1, 2, 4][..], true),
        (&[5, 3, 1], true),
        (&[1, 2, 3, 4, 5], true),
        (&[1, 2, 3], false),
        (&[1, 4, 5], false),
        (&[1, 1, 4], false),
        (&[6, 7, 8, 9], false),
        (&[], false),
    ] {
        assert_eq!(policy.check(&signed_by(seeds)).is_ok(), good, "{seeds:?}");
    }
    let none = Policy::parse(filled("log LOG\nquorum none\n").as_bytes()).expect("a policy");
    none.check(&signed_by(&[])).expect("the log alone");
    let nobody = Policy::parse(b"quorum none\n").expect("a policy without logs");
    nobody.check(&signed_by(&[])).expect_err("no log is accepted");
}

#[test]
fn a_bad_signature_or_another_log_is_refused() {
    let policy = Policy::parse(filled("log LOG\nwitness a W1\nquorum none\n").as_bytes());
    let policy = policy.expect("a policy");
    let head = Checkpoint::new("log.example", 2, leaf_hash(b"")).expect("a checkpoint");
    let wrong = witness(1).cosign(&head, 5).expect("cosigns");
    let note = signed_by(&[]).note().clone().with(vec![wrong]).expect("fits");
    let refused = policy.check(&SignedCheckpoint::from_note(note).expect("reads"));
    assert!(matches!(refused, Err(PolicyError::Checkpoint(_))));
    let other = Checkpoint::new("other.example", 1, leaf_hash(b"")).expect("a checkpoint");
    let refused = policy.check(&other.sign(&[&log()]).expect("signs")).map(|v| v.len());
    assert!(matches!(refused, Err(PolicyError::Checkpoint(_))), "{refused:?}");
}

fn refused(text: &str, why: Expect) {
    why.assert_eq(&Policy::parse(filled(text).as_bytes()).expect_err("malformed").to_string());
}

#[test]
fn malformed_policies_are_refused() {
    refused("", expect!["the policy has no final newline"]);
    refused("quorum none", expect!["the policy has no final newline"]);
    refused("\n", expect!["the policy has no quorum line"]);
    refused(
        "quorum none\r\n",
        expect!["the policy has a control character other than tab and newline"],
    );
    refused(
        "quorum none\nquorum none\n",
        expect!["line 2 of the policy: there is a quorum line already"],
    );
    refused(
        "quorum a\nwitness a W1\n",
        expect!["line 1 of the policy: no earlier line defines `a`"],
    );
    refused("quorum\n", expect!["line 1 of the policy: not a log, witness, group or quorum line"]);
    refused(
        "quorum none x\n",
        expect!["line 1 of the policy: not a log, witness, group or quorum line"],
    );
    refused(
        "logs LOG\n",
        expect!["line 1 of the policy: not a log, witness, group or quorum line"],
    );
    refused(
        "log LOG a b\n",
        expect!["line 1 of the policy: not a log, witness, group or quorum line"],
    );
    refused(
        "log LOG\nlog LOG\n",
        expect!["line 2 of the policy: the key is on an earlier line too"],
    );
    refused(
        "witness a LOG\n",
        expect!["line 1 of the policy: a key of type 0x01 can't be used here"],
    );
    refused("witness none W1\n", expect!["line 1 of the policy: the name `none` is taken"]);
    refused("witness a W1\nwitness a W2\n", expect!["line 2 of the policy: the name `a` is taken"]);
    refused(
        "witness a W1\nwitness b W1\n",
        expect!["line 2 of the policy: the key is on an earlier line too"],
    );
}

#[test]
fn malformed_groups_are_refused() {
    refused(
        "witness a W1\ngroup g 2 a\n",
        expect![
            "line 2 of the policy: the threshold must be all, any, or a number from 1 to the number of members"
        ],
    );
    refused(
        "witness a W1\ngroup g 0 a\n",
        expect![
            "line 2 of the policy: the threshold must be all, any, or a number from 1 to the number of members"
        ],
    );
    refused(
        "witness a W1\ngroup g 01 a\n",
        expect![
            "line 2 of the policy: the threshold must be all, any, or a number from 1 to the number of members"
        ],
    );
    refused(
        "group g all\n",
        expect!["line 1 of the policy: not a log, witness, group or quorum line"],
    );
    refused("group g all none\n", expect!["line 1 of the policy: no earlier line defines `none`"]);
    refused("group g all g\n", expect!["line 1 of the policy: no earlier line defines `g`"]);
    refused(
        "witness a W1\ngroup g all a a\n",
        expect!["line 2 of the policy: `a` is already a member of a group"],
    );
    refused(
        "witness a W1\ngroup g all a\ngroup h all a\n",
        expect!["line 3 of the policy: `a` is already a member of a group"],
    );
    refused(
        "witness a x\n",
        expect![
            "line 1 of the policy: `x` is not a verifier key: write name+hex(key id)+base64(type and key)"
        ],
    );
}

#[test]
fn names_are_bytes() {
    let mut text = filled("log LOG\nwitness ~ W1\nquorum ~\n").into_bytes();
    for byte in &mut text {
        if *byte == b'~' {
            *byte = 0xff;
        }
    }
    let policy = Policy::parse(&text).expect("a name that is not UTF-8");
    policy.check(&signed_by(&[1])).expect("cosigned");
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Policy::parse(&bytes);
    }

    #[test]
    fn near_policies_are_no_panic(text in "((log|witness|group|quorum|#) ?(a|b|none|all|any|2|W1|LOG)?( (a|b|W2|x))*\n){0,6}") {
        let _ = Policy::parse(filled(&text).as_bytes());
    }
}
