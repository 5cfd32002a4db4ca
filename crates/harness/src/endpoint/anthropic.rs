//! The wire format of Anthropic's messages, made from and into the one that the agent loop speaks.
//!
//! Format: Anthropic API, `POST /v1/messages`, version 2023-06-01.

use llm::{ChatRequest, ChatResponse, Choice, Message, Role, ToolCall, Usage};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The version of the format, as the header `anthropic-version` names it.
pub(super) const VERSION: &str = "2023-06-01";
/// Most tokens asked for when a request names no bound, which this format demands.
const TOKENS: u64 = 4_096;

/// The request's body.
pub(super) fn request(chat: &ChatRequest) -> Value {
    let mut system = Vec::new();
    let mut messages: Vec<(&str, Vec<Value>)> = Vec::new();
    for message in &chat.messages {
        let (role, blocks) = match message.role {
            Role::Assistant => ("assistant", said(message)),
            Role::Tool => ("user", vec![result(message)]),
            Role::User => ("user", vec![json!({"type": "text", "text": message.plain()})]),
            Role::System | Role::Developer | Role::Other(_) => {
                system.push(message.plain());
                continue;
            }
        };
        // turns must take turns: what follows in the same role joins it
        match messages.last_mut() {
            Some((last, all)) if *last == role => all.extend(blocks),
            _ => messages.push((role, blocks)),
        }
    }
    let messages: Vec<_> = messages
        .into_iter()
        .map(|(role, content)| json!({"role": role, "content": content}))
        .collect();
    let tools: Vec<_> = chat
        .tools
        .iter()
        .map(|tool| &tool.function)
        .map(
            |f| json!({"name": f.name, "description": f.description, "input_schema": f.parameters}),
        )
        .collect();
    let bound = chat.max_completion_tokens.or(chat.max_tokens).unwrap_or(TOKENS);
    json!({
        "model": chat.model, "max_tokens": bound, "system": system.join("\n\n"), "messages": messages,
        "tools": tools,
    })
}

fn said(message: &Message) -> Vec<Value> {
    let text = message.plain();
    let mut blocks = Vec::new();
    if !text.is_empty() {
        blocks.push(json!({"type": "text", "text": text}));
    }
    for call in message.tool_calls.iter().flatten() {
        let input = serde_json::from_str::<Value>(&call.function.arguments).ok();
        let input = input.filter(Value::is_object).unwrap_or_else(|| json!({}));
        blocks.push(
            json!({"type": "tool_use", "id": call.id, "name": call.function.name, "input": input}),
        );
    }
    if blocks.is_empty() {
        // an empty turn is not allowed
        blocks.push(json!({"type": "text", "text": "(nothing)"}));
    }
    blocks
}

fn result(message: &Message) -> Value {
    json!({"type": "tool_result", "tool_use_id": message.tool_call_id, "content": message.plain()})
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    id: String,
    #[serde(default)]
    model: String,
    content: Vec<Block>,
    #[serde(default)]
    stop_reason: Option<String>,
    #[serde(default)]
    usage: Counted,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    Text {
        text: String,
    },
    ToolUse {
        id: String,
        name: String,
        #[serde(default)]
        input: Value,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize, Default)]
struct Counted {
    #[serde(default)]
    input_tokens: u64,
    #[serde(default)]
    cache_creation_input_tokens: Option<u64>,
    #[serde(default)]
    cache_read_input_tokens: Option<u64>,
    #[serde(default)]
    output_tokens: u64,
}

/// Reads an answer.
pub(super) fn answer(bytes: &[u8]) -> serde_json::Result<ChatResponse> {
    let answer: Answer = serde_json::from_slice(bytes)?;
    let (mut text, mut calls) = (String::new(), Vec::new());
    for block in answer.content {
        match block {
            Block::Text { text: more } => text.push_str(&more),
            Block::ToolUse { id, name, input } => {
                calls.push(ToolCall::function(&id, &name, &input));
            }
            Block::Other => {}
        }
    }
    let message = if calls.is_empty() {
        Message::text(Role::Assistant, text)
    } else {
        Message::calls((!text.is_empty()).then_some(text), calls)
    };
    let finish = match answer.stop_reason.as_deref() {
        Some("tool_use") => "tool_calls",
        Some("max_tokens") => "length",
        _ => "stop",
    };
    let counted = &answer.usage;
    let cached = [counted.cache_creation_input_tokens, counted.cache_read_input_tokens];
    let input = cached.into_iter().flatten().fold(counted.input_tokens, u64::saturating_add);
    let choice =
        Choice { index: 0, message, finish_reason: Some(finish.to_owned()), extra: Map::new() };
    Ok(ChatResponse {
        id: answer.id,
        object: "chat.completion".to_owned(),
        created: 0,
        model: answer.model,
        choices: vec![choice],
        usage: Some(Usage::of(input, counted.output_tokens)),
        extra: Map::new(),
    })
}

#[cfg(test)]
mod tests;
