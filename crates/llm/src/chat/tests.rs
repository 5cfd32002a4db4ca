//! Reading and writing loses nothing.

use super::{ChatRequest, ChatResponse, Content, Role};
use serde_json::{Value, json};

#[test]
fn a_request_with_unknown_fields_survives() {
    let given = json!({
        "model": "m", "temperature": 0.5, "seed": 7, "stream": false, "max_completion_tokens": 9,
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "data:"}}], "name": "n"},
            {"role": "assistant", "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "c1", "content": "r"},
            {"role": "oracle", "content": "o"}
        ],
        "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": true}}]
    });
    let request: ChatRequest = serde_json::from_value(given.clone()).expect("a request");
    assert_eq!(
        request.messages.last().map(|m| m.role.clone()),
        Some(Role::Other("oracle".to_owned()))
    );
    assert_eq!(request.messages.get(1).map(|m| m.plain()), Some("a".to_owned()));
    assert_eq!(serde_json::to_value(&request).expect("writes"), given);
}

#[test]
fn a_response_with_null_content_and_no_usage_reads() {
    let given = json!({"choices": [{"message": {"role": "assistant", "content": null,
        "tool_calls": [{"function": {"name": "f", "arguments": "{\"a\":1}"}}]}, "finish_reason": "tool_calls"}]});
    let response: ChatResponse = serde_json::from_value(given).expect("a response");
    let message = &response.choices.first().expect("one").message;
    assert_eq!(message.content, None);
    let calls = message.tool_calls.as_ref().expect("calls");
    assert_eq!(calls.first().map(|c| c.function.arguments.as_str()), Some("{\"a\":1}"));
    assert_eq!(response.usage, None);
}

#[test]
fn parts_that_are_not_text_are_left_out() {
    let parts = vec![json!({"type": "text", "text": "a"}), json!({"type": "x"}), Value::Null];
    assert_eq!(Content::Parts(parts).text(), "a");
}
