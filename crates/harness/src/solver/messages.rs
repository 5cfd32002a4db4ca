//! The scripted solvers in Anthropic's wire format: a request read into the one that they answer, and their answer written.
//!
//! Format: Anthropic API, `POST /v1/messages`, version 2023-06-01, without streaming.

use llm::{ChatRequest, ChatResponse, Message, Role, Tool, ToolCall};
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
struct Asked {
    model: String,
    max_tokens: u64,
    #[serde(default)]
    system: Option<Content>,
    messages: Vec<Turn>,
    #[serde(default)]
    tools: Vec<Offered>,
    #[serde(default)]
    stream: bool,
}

#[derive(Deserialize)]
struct Turn {
    role: String,
    content: Content,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Blocks(Vec<Block>),
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
    ToolResult {
        tool_use_id: String,
        #[serde(default)]
        content: Option<Content>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Offered {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    input_schema: Value,
}

impl Content {
    fn blocks(self) -> Vec<Block> {
        match self {
            Self::Text(text) => vec![Block::Text { text }],
            Self::Blocks(blocks) => blocks,
        }
    }

    /// Its texts, one after the other.
    fn plain(self) -> String {
        let text = |block| match block {
            Block::Text { text } => text,
            Block::ToolUse { .. } | Block::ToolResult { .. } | Block::Other => String::new(),
        };
        self.blocks().into_iter().map(text).collect()
    }
}

/// Reads a request.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(bytes: &[u8]) -> Result<ChatRequest, String> {
    let asked: Asked = serde_json::from_slice(bytes)
        .map_err(|e| format!("the request is none of messages: {e}"))?;
    if asked.stream {
        return Err("a scripted solver streams chat completions only".to_owned());
    }
    let system = asked.system.map(|system| Message::text(Role::System, system.plain()));
    let mut messages: Vec<Message> = system.into_iter().collect();
    for turn in asked.messages {
        match turn.role.as_str() {
            "assistant" => messages.push(said(turn.content)),
            "user" => messages.extend(turn.content.blocks().into_iter().filter_map(given)),
            other => return Err(format!("`{other}` is no role; use `user` or `assistant`")),
        }
    }
    let tool = |t: Offered| Tool::function(&t.name, &t.description, t.input_schema);
    Ok(ChatRequest {
        model: asked.model,
        messages,
        tools: asked.tools.into_iter().map(tool).collect(),
        stream: None,
        max_tokens: Some(asked.max_tokens),
        max_completion_tokens: None,
        extra: Map::new(),
    })
}

fn said(content: Content) -> Message {
    let (mut text, mut calls) = (String::new(), Vec::new());
    for block in content.blocks() {
        match block {
            Block::Text { text: more } => text.push_str(&more),
            Block::ToolUse { id, name, input } => {
                calls.push(ToolCall::function(&id, &name, &input));
            }
            Block::ToolResult { .. } | Block::Other => {}
        }
    }
    if calls.is_empty() {
        return Message::text(Role::Assistant, text);
    }
    Message::calls((!text.is_empty()).then_some(text), calls)
}

fn given(block: Block) -> Option<Message> {
    match block {
        Block::Text { text } => Some(Message::text(Role::User, text)),
        Block::ToolResult { tool_use_id, content } => {
            let text = content.map(Content::plain).unwrap_or_default();
            Some(Message::tool_result(&tool_use_id, text))
        }
        Block::ToolUse { .. } | Block::Other => None,
    }
}

/// Writes an answer.
pub(super) fn write(answer: ChatResponse) -> String {
    let usage = answer.usage.unwrap_or_default();
    let choice = answer.choices.into_iter().next();
    let (message, finish) = choice.map_or((None, None), |c| (Some(c.message), c.finish_reason));
    let text = message.as_ref().map(Message::plain).unwrap_or_default();
    let mut content = Vec::new();
    if !text.is_empty() {
        content.push(json!({"type": "text", "text": text}));
    }
    for call in message.iter().flat_map(|m| m.tool_calls.iter().flatten()) {
        let input: Value = serde_json::from_str(&call.function.arguments).unwrap_or_default();
        content.push(
            json!({"type": "tool_use", "id": call.id, "name": call.function.name, "input": input}),
        );
    }
    let stop = match finish.as_deref() {
        Some("tool_calls") => "tool_use",
        Some("length") => "max_tokens",
        _ => "end_turn",
    };
    json!({
        "id": answer.id, "type": "message", "role": "assistant", "model": answer.model, "content": content,
        "stop_reason": stop, "stop_sequence": null,
        "usage": {"input_tokens": usage.prompt_tokens, "output_tokens": usage.completion_tokens},
    })
    .to_string()
}

/// An error.
pub(super) fn error(why: &str) -> String {
    json!({"type": "error", "error": {"type": "invalid_request_error", "message": why}}).to_string()
}
