//! A conversation with tools, there and back.

use super::{answer, request};
use llm::{ChatRequest, Message, Role, Tool, ToolCall};
use serde_json::{Value, json};

#[test]
fn a_conversation_with_tools() {
    let call = |id: &str| ToolCall::function(id, "shell", &json!({"command": "ls"}));
    let chat = ChatRequest {
        model: "m".to_owned(),
        messages: vec![
            Message::text(Role::System, "be exact"),
            Message::text(Role::User, "find it"),
            Message::calls(Some("I look.".to_owned()), vec![call("a"), call("b")]),
            Message::tool_result("a", "one".to_owned()),
            Message::tool_result("b", "two".to_owned()),
            Message::text(Role::User, "go on"),
            Message::text(Role::Assistant, ""),
        ],
        tools: vec![Tool::function("shell", "runs", json!({"type": "object"}))],
        max_tokens: Some(7),
        ..ChatRequest::default()
    };
    let body = request(&chat);
    assert_eq!((&body["system"], &body["max_tokens"]), (&json!("be exact"), &json!(7)));
    assert_eq!(body["tools"][0]["input_schema"], json!({"type": "object"}));
    let roles: Vec<_> = body["messages"].as_array().unwrap().iter().map(|m| &m["role"]).collect();
    assert_eq!(json!(roles), json!(["user", "assistant", "user", "assistant"]));
    assert_eq!(
        body["messages"][1]["content"][2],
        json!({"type": "tool_use", "id": "b", "name": "shell", "input": {"command": "ls"}})
    );
    let third = body["messages"][2]["content"].as_array().unwrap();
    let kinds: Vec<_> = third.iter().map(|block| &block["type"]).collect();
    assert_eq!(json!(kinds), json!(["tool_result", "tool_result", "text"]));
    assert_eq!(third[1]["tool_use_id"], "b");
}

#[test]
fn answers() {
    let text = json!({"id": "1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "tool_use",
        "content": [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": "I look."},
            {"type": "tool_use", "id": "t", "name": "shell", "input": {"command": "ls"}}],
        "usage": {"input_tokens": 5, "cache_read_input_tokens": 3, "cache_creation_input_tokens": null, "output_tokens": 2}});
    let read = answer(text.to_string().as_bytes()).unwrap();
    let choice = &read.choices[0];
    assert_eq!(choice.finish_reason.as_deref(), Some("tool_calls"));
    assert_eq!(choice.message.plain(), "I look.");
    let call = &choice.message.tool_calls.as_ref().unwrap()[0];
    let arguments: Value = serde_json::from_str(&call.function.arguments).unwrap();
    assert_eq!((call.id.as_str(), arguments), ("t", json!({"command": "ls"})));
    assert_eq!(read.usage.unwrap().total(), 10);
    assert!(answer(b"{\"choices\": []}").is_err());
}
