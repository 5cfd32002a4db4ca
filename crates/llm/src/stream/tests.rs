//! Chunks add up to the answer; hostile streams are refused in bounded memory.

use super::{Accumulator, StreamError};
use crate::sse::{Event, SseParser};
use proptest::prelude::proptest;
use serde_json::json;

fn feed(accumulator: &mut Accumulator, data: &str) -> Result<(), StreamError> {
    accumulator.push(&Event { kind: String::new(), data: data.to_owned() })
}

#[test]
fn text_and_tool_calls_add_up() {
    let mut a = Accumulator::new(10_000);
    for data in [
        r#"{"id":"i","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"}}]}"#,
        r#"{"id":"i","choices":[{"index":0,"delta":{"content":"lo"}}]}"#,
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"shell","arguments":"{\"a"}}]}}]}"#,
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\":1}"}}]},"finish_reason":"tool_calls"}]}"#,
    ] {
        feed(&mut a, data).expect("a chunk");
    }
    assert!(a.usage().is_none() && a.completion_tokens() > 5 && !a.is_done());
    feed(
        &mut a,
        r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#,
    )
    .expect("a chunk");
    feed(&mut a, "[DONE]").expect("the end");
    assert!(a.is_done());
    assert_eq!(a.completion_tokens(), 4);
    let answer = a.finish();
    let choice = answer.choices.first().expect("one");
    assert_eq!(choice.message.plain(), "Hello");
    let call = choice.message.tool_calls.as_ref().and_then(|c| c.first()).expect("one call");
    assert_eq!((call.id.as_str(), call.function.name.as_str()), ("c", "shell"));
    assert_eq!(call.function.arguments, json!({"a": 1}).to_string());
    assert_eq!(choice.finish_reason.as_deref(), Some("tool_calls"));
}

#[test]
fn errors_and_floods_are_refused() {
    let mut a = Accumulator::new(100);
    assert_eq!(
        feed(&mut a, r#"{"error":{"message":"overloaded"}}"#),
        Err(StreamError::Upstream("overloaded".to_owned()))
    );
    assert!(matches!(feed(&mut a, "{"), Err(StreamError::Malformed { event: 2, .. })));
    let long = json!({"choices": [{"index": 0, "delta": {"content": "x".repeat(200)}}]});
    assert_eq!(feed(&mut a, &long.to_string()), Err(StreamError::TooLong { bound: 100 }));
    // many alternatives without text are bounded as well
    let mut a = Accumulator::new(100);
    let many: Vec<_> = (0..50).map(|i| json!({"index": i, "delta": {}})).collect();
    let many = json!({"choices": many}).to_string();
    assert_eq!(feed(&mut a, &many), Err(StreamError::TooLong { bound: 100 }));
}

proptest! {
    #[test]
    fn arbitrary_streams_never_panic(text in "(data: [\\{\\}\\[\\]\":,a-z0-9]{0,30}\n\n){0,8}") {
        let mut a = Accumulator::new(1_000);
        for event in SseParser::new(1_000).push(text.as_bytes()).expect("short") {
            let _refused = a.push(&event);
        }
        let _answer = a.finish();
    }
}
