//! What a proxy reads, and what it refuses to guess.

use super::{Call, Skim, SkimError};
use proptest::prelude::{any, proptest};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const BOUND: usize = 1 << 16;

fn refused(body: &str, expected: &str) {
    let error = Skim::read(body.as_bytes(), BOUND).expect_err("must be refused");
    assert_eq!(error.to_string(), expected, "{body}");
}

#[test]
fn the_fields_that_matter() {
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "hello world"}],
        "stream": true, "stream_options": {"include_usage": true}, "max_tokens": 5,
        "max_completion_tokens": 9, "n": 2, "tools": [{"type": "function"}], "seed": 1});
    let skim = Skim::read(body.to_string().as_bytes(), BOUND).expect("a request");
    assert_eq!((skim.model.as_str(), skim.stream, skim.include_usage), ("m", true, true));
    assert_eq!((skim.max_tokens, skim.alternatives), (Some(9), 2));
    assert_eq!((skim.messages, skim.tools), (1, 1));
    assert!(skim.prompt_tokens > 10);
    let again: Value = serde_json::from_slice(&skim.to_body()).expect("JSON");
    assert_eq!(again, body);
}

#[test]
fn ambiguous_or_malformed_requests_are_refused() {
    refused(
        "[]",
        "the request can't be read: invalid type: sequence, expected a JSON object (line 1, column 0)",
    );
    refused(
        r#"{"model":"a","model":"b","messages":[{}]}"#,
        "the request can't be read: field `model` appears twice (line 1, column 24)",
    );
    refused(
        r#"{"model":"a","MODEL":"b","messages":[{}]}"#,
        "the request can't be read: field `model` in other letter case (line 1, column 24)",
    );
    refused(
        r#"{"model":"a","me\u017fsages":[],"messages":[{}]}"#,
        "the request can't be read: field `messages` in other letter case (line 1, column 31)",
    );
    refused(r#"{"messages":[{}]}"#, "field `model` must be a name");
    refused(r#"{"model":"a"}"#, "field `messages` must be a list of messages");
    refused(r#"{"model":"a","messages":[1]}"#, "field `messages` must be a list of messages");
    refused(r#"{"model":"a","messages":[{}],"stream":1}"#, "field `stream` must be true or false");
    refused(
        r#"{"model":"a","messages":[{}],"max_tokens":-1}"#,
        "field `max_tokens` must be a whole number, not negative",
    );
    let long = Skim::read(&[b' '; 11], 10);
    assert_eq!(long, Err(SkimError::TooLong { given: 11, bound: 10 }));
}

fn bounded(fields: &Value, bound: u64, expected: &Value) {
    let mut body = json!({"model": "m", "messages": [{"role": "user"}]});
    let object = body.as_object_mut().expect("an object");
    object.extend(fields.as_object().expect("an object").clone());
    let mut skim = Skim::read(body.to_string().as_bytes(), BOUND).expect("a request");
    skim.bound_tokens(bound);
    let again: Value = serde_json::from_slice(&skim.to_body()).expect("JSON");
    for name in ["max_tokens", "max_completion_tokens"] {
        assert_eq!(again.get(name), expected.get(name), "{fields} to {bound}: {name}");
    }
}

#[test]
fn token_bounds_only_shrink() {
    bounded(&json!({}), 7, &json!({"max_tokens": 7}));
    bounded(&json!({"max_tokens": 3}), 7, &json!({"max_tokens": 3}));
    bounded(&json!({"max_tokens": 30}), 7, &json!({"max_tokens": 7}));
    bounded(&json!({"max_completion_tokens": 30}), 7, &json!({"max_completion_tokens": 7}));
    let both = json!({"max_completion_tokens": 30, "max_tokens": 4});
    bounded(&both, 7, &json!({"max_completion_tokens": 7, "max_tokens": 4}));
}

#[test]
fn usage_is_asked_for_and_the_model_renamed() {
    let mut skim =
        Skim::read(br#"{"model":"m","messages":[{}],"stream":true,"stream_options":null}"#, BOUND)
            .expect("a request");
    skim.ask_for_usage();
    skim.set_model("upstream");
    let again = Skim::read(&skim.to_body(), BOUND).expect("a request");
    assert_eq!((again.model.as_str(), again.include_usage), ("upstream", true));
}

#[test]
fn corpus_replays() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/llm_skim");
    let mut read = 0;
    for entry in fs::read_dir(folder).expect("the corpus is committed") {
        let bytes = fs::read(entry.expect("readable").path()).expect("readable");
        read += usize::from(Skim::read(&bytes, BOUND).is_ok());
    }
    assert!(read >= 2, "some of the corpus is well formed");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _refused = Skim::read(&bytes, BOUND);
    }

    #[test]
    fn arbitrary_fields_never_panic(name in "[a-zA-Z_ſ]{0,12}", value in "[0-9\\[\\]{}\":,a-z]{0,20}") {
        let body = format!("{{\"model\":\"m\",\"messages\":[{{\"role\":\"user\"}}],\"{name}\":{value}}}");
        if let Ok(skim) = Skim::read(body.as_bytes(), BOUND) {
            assert_eq!(Skim::read(&skim.to_body(), BOUND).map(|s| s.model), Ok(skim.model));
        }
    }
}

#[test]
fn each_kind_of_call_is_read() {
    let skim = |call, body: &str| Skim::read_call(call, body.as_bytes(), 1 << 16);
    let responses = r#"{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"Say hello."}]}],
        "instructions":"Be brief.","stream":true,"max_output_tokens":50}"#;
    let read = skim(Call::Responses, responses).expect("a response");
    assert_eq!((read.stream, read.max_tokens, read.messages), (true, Some(50), 1));
    assert!((8..20).contains(&read.prompt_tokens), "{}", read.prompt_tokens);
    let messages = r#"{"model":"m","max_tokens":9,"system":"Be brief.","messages":[{"role":"user","content":"Hi"}]}"#;
    let read = skim(Call::Messages, messages).expect("a message");
    assert_eq!((read.max_tokens, read.messages), (Some(9), 1));
    assert!(read.prompt_tokens > 8);
    let counted = skim(Call::CountTokens, messages).expect("a count");
    assert_eq!(counted.max_tokens, Some(0));
    for (input, n, tokens) in
        [(r#""Hi""#, 1, 1), (r#"["Hi","Ho"]"#, 2, 2), ("[1,2,3]", 3, 3), ("[[1,2],[3]]", 2, 3)]
    {
        let body = format!(r#"{{"model":"m","input":{input}}}"#);
        let read = skim(Call::Embeddings, &body).expect(input);
        assert_eq!((read.messages, read.prompt_tokens, read.max_tokens), (n, tokens, Some(0)));
    }
    assert!(skim(Call::Embeddings, r#"{"model":"m","input":[{}]}"#).is_err());
}

#[test]
fn what_the_body_only_refers_to_is_not_forwarded() {
    let check = |call, rest: &str, field: &str| {
        let body = format!(r#"{{"model":"m","messages":[{{"role":"user"}}],"input":"Hi",{rest}}}"#);
        let error = Skim::read_call(call, body.as_bytes(), 1 << 16).expect_err(rest);
        assert!(error.to_string().contains(field), "{error}");
    };
    check(Call::Responses, r#""previous_response_id":"resp_1""#, "previous_response_id");
    check(Call::Responses, r#""background":true"#, "background");
    check(Call::Responses, r#""Background":true"#, "background");
    check(
        Call::Responses,
        r#""tools":[{"type":"mcp","server_url":"https://example.org"}]"#,
        "tools",
    );
    check(Call::Messages, r#""mcp_servers":[{"url":"https://example.org"}]"#, "mcp_servers");
    let fine = br#"{"model":"m","input":"Hi","previous_response_id":null,"background":false}"#;
    assert!(Skim::read_call(Call::Responses, fine, 1 << 16).is_ok());
}

#[test]
fn the_text_that_was_asked_last() {
    let check = |call: Call, body: &str, expected: &str| {
        let skim = Skim::read_call(call, body.as_bytes(), 10_000).expect("sound");
        assert_eq!(skim.last_said(call), expected, "{body}");
    };
    let chat = r#"{"model":"m","messages":[{"role":"user","content":"one"},{"role":"assistant","content":"two"},
        {"role":"user","content":[{"type":"text","text":"three"},{"type":"image_url","image_url":{"url":"x"}},{"type":"text","text":"four"}]},
        {"role":"tool","content":"five"}]}"#;
    check(Call::Chat, chat, "three\nfour");
    check(Call::Messages, chat, "three\nfour");
    check(Call::Chat, r#"{"model":"m","messages":[{"role":"system","content":"one"}]}"#, "");
    check(Call::Responses, r#"{"model":"m","input":"one"}"#, "one");
    let items = r#"{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"one"}]},{"type":"function_call_output","output":"two"}]}"#;
    check(Call::Responses, items, "one");
    check(Call::Embeddings, r#"{"model":"m","input":["one","two"]}"#, "one\ntwo");
    check(Call::Embeddings, r#"{"model":"m","input":[[1,2]]}"#, "");
}
