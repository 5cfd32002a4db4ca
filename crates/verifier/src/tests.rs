//! Questions in JSON: the published vectors as they stand, and what a question must be.

use crate::{MAX_QUESTION, Refusal, ask};
use expect_test::expect;
use serde_json::Value;

fn answer(question: &str) -> Value {
    serde_json::from_slice(&ask(question.as_bytes())).unwrap()
}

/// Every published vector that asks for a verdict gets the one that it expects.
#[test]
fn published_vectors() {
    let mut seen = 0;
    for file in [
        include_str!("../../tlog/vectors/cose.jsonl"),
        include_str!("../../tlog/vectors/ed25519.jsonl"),
        include_str!("../../tlog/vectors/merkle.jsonl"),
        include_str!("../../tlog/vectors/notes.jsonl"),
        include_str!("../../tlog/vectors/policies.jsonl"),
        include_str!("../../tlog/vectors/witness.jsonl"),
    ] {
        for line in file.lines() {
            let vector: Value = serde_json::from_str(line).unwrap();
            let answer = answer(line);
            let accepted = answer.get("verified").is_some();
            assert_eq!(accepted, vector["expect"] == "accept", "{}: {answer}", vector["id"]);
            assert_ne!(answer["refused"]["message"], "", "{}", vector["id"]);
            if let Some(status) = vector["status"].as_u64().filter(|status| *status != 200) {
                let message = answer["refused"]["message"].as_str().unwrap();
                let wanted = format!("a witness answers {status}: ");
                assert!(message.starts_with(&wanted), "{}: {message}", vector["id"]);
            }
            seen += 1;
        }
    }
    assert!(seen >= 540, "{seen} vectors");
}

#[test]
fn questions_that_are_none() {
    let check = |question: &str, expected: expect_test::Expect| {
        expected.assert_eq(&answer(question).to_string());
    };
    check(
        "",
        expect![[
            r#"{"refused":{"code":"question","message":"the question can't be read: EOF while parsing a value at line 1 column 0"}}"#
        ]],
    );
    check(
        "{}",
        expect![[
            r#"{"refused":{"code":"question","message":"the question can't be read: missing field `op` at line 1 column 2"}}"#
        ]],
    );
    check(
        r#"{"op":"bless"}"#,
        expect![[
            r#"{"refused":{"code":"question","message":"the question can't be read: `bless` is no question that is known here"}}"#
        ]],
    );
    check(
        r#"{"op":"trust"}"#,
        expect![[
            r#"{"refused":{"code":"question","message":"the question can't be read: the field `trust` is missing"}}"#
        ]],
    );
    check(
        r#"{"op":"trust","trust":"x"}"#,
        expect![[
            r#"{"refused":{"code":"trust","message":"the roots of trust: TOML parse error at line 1, column 2\n  |\n1 | x\n  |  ^\nkey with no value, expected `=`\n"}}"#
        ]],
    );
    check(
        r#"{"op":"receipt","receipt":"x"}"#,
        expect![[
            r#"{"refused":{"code":"question","message":"the question can't be read: the field `trust` is missing"}}"#
        ]],
    );
    check(
        r#"{"op":"ed25519","key":"AA"}"#,
        expect![[
            r#"{"refused":{"code":"question","message":"the question can't be read: `key` is not standard base64"}}"#
        ]],
    );
    check(
        r#"{"op":"inclusion","index":"01"}"#,
        expect![[
            r#"{"refused":{"code":"question","message":"the question can't be read: `index` is not a number from 0 to 2^64 - 1"}}"#
        ]],
    );
    check(
        r#"{"op":"cose","receipt":"","key":"","alg":"none"}"#,
        expect![[
            r#"{"refused":{"code":"question","message":"the question can't be read: `alg` is not the name of an algorithm for COSE Receipts"}}"#
        ]],
    );
    let long = vec![b' '; MAX_QUESTION + 1];
    assert!(String::from_utf8(ask(&long)).unwrap().contains("at most"));
}

#[test]
fn roots_of_trust_that_are_no_text() {
    assert_eq!(crate::trust(&[0xff]).unwrap_err(), Refusal::NotText);
    assert_eq!(crate::trust(b"").unwrap_err().code(), "trust");
}
