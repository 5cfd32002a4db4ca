//! What solvers say without tools.

use super::{answer, write_command};
use crate::solver::Skill;
use assessment::{Dial, MasterSeed, family::family};
use expect_test::expect;
use llm::{ChatRequest, Message, Role};
use serde_json::Value;

fn said(skill: Skill, text: &str) -> String {
    let messages = vec![Message::text(Role::User, text)];
    answer(skill, &ChatRequest { messages, ..ChatRequest::default() }).text
}

#[test]
fn a_greeting_says_what_it_is() {
    for (skill, name) in Skill::ALL {
        let text = said(skill, "hello");
        assert!(text.contains(name) && text.contains("not a language model"), "{text}");
        assert_eq!(name.parse(), Ok(skill));
    }
}

#[test]
fn a_pasted_program_brings_a_finding() {
    let family = family("record-overflow").expect("there is one");
    let seed = MasterSeed::new([8; 32]).instance(family.name(), 0, "review");
    let instance = family.generate(&seed, Dial::ALL[3]);
    let source = instance.files.first().expect("one");
    let source = String::from_utf8_lossy(&source.bytes);
    let ask = format!("Review this source file for memory errors:\n\n```c\n{source}```\n");
    let strong: Value = serde_json::from_str(&said(Skill::Strong, &ask)).expect("JSON");
    let finding = strong.pointer("/findings/0").expect("one finding");
    assert_eq!(finding.get("file").and_then(Value::as_str), Some("target.c"));
    let proof = finding.get("proof").and_then(Value::as_str).expect("a proof");
    assert!(data_encoding::BASE64.decode(proof.as_bytes()).is_ok());
    expect![[r#"{"findings":[]}"#]].assert_eq(&said(Skill::Middling, &ask));
    expect!["The program looks fine to me."].assert_eq(&said(Skill::Weak, &ask));
}

#[test]
fn commands_write_long_runs_shortly() {
    let bytes = [vec![1, 2], vec![0x41; 100], vec![3]].concat();
    expect![[r"{ printf '\001\002'; head -c 100 /dev/zero | tr '\000' '\101'; printf '\003'; } > proof.bin"]]
        .assert_eq(&write_command(&bytes));
}
