//! What differs between the kinds of call: where the prompt is, and which field bounds the answer.
//!
//! Sources: the OpenAI API reference (chat completions, responses, embeddings) and the Anthropic API
//! reference (messages, token counting), as their published clients speak them.

use super::{SkimError, boolean, count, json_tokens, message_tokens, part_tokens};
use crate::tokens::estimate;
use serde_json::{Map, Value};

/// A kind of call with a JSON body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// `POST /v1/chat/completions`.
    Chat,
    /// `POST /v1/responses`.
    Responses,
    /// `POST /v1/embeddings`.
    Embeddings,
    /// `POST /v1/messages`.
    Messages,
    /// `POST /v1/messages/count_tokens`.
    CountTokens,
}

type Fields = Map<String, Value>;

/// Fields of responses that bring in what the server keeps, or outlive the request.
const UNSEEN: [(&str, &str); 4] = [
    (
        "previous_response_id",
        "send the conversation in `input`; what the server keeps may be another's",
    ),
    ("conversation", "send the conversation in `input`; what the server keeps may be another's"),
    ("prompt", "send the text in `input`; what the server keeps can't be counted"),
    ("background", "an answer without a reader can't be cut when access ends"),
];

impl Call {
    /// Every kind of call.
    pub const ALL: [Self; 5] =
        [Self::Chat, Self::Responses, Self::Embeddings, Self::Messages, Self::CountTokens];

    /// Fields that are read, and so must be unambiguous.
    pub(super) fn read(self) -> &'static [&'static str] {
        match self {
            Self::Chat => &[
                "model",
                "messages",
                "tools",
                "stream",
                "stream_options",
                "max_tokens",
                "max_completion_tokens",
                "n",
                "functions",
                "mcp_servers",
            ],
            Self::Responses => &[
                "model",
                "input",
                "instructions",
                "tools",
                "stream",
                "stream_options",
                "max_output_tokens",
                "n",
                "previous_response_id",
                "conversation",
                "prompt",
                "background",
                "mcp_servers",
            ],
            Self::Embeddings => &["model", "input", "stream", "n"],
            Self::Messages | Self::CountTokens => &[
                "model",
                "messages",
                "system",
                "tools",
                "stream",
                "max_tokens",
                "n",
                "mcp_servers",
            ],
        }
    }

    /// Fields other than the messages that the model reads.
    pub(super) fn around(self) -> &'static [&'static str] {
        match self {
            Self::Chat => &["tools", "functions"],
            Self::Responses => &["tools", "instructions"],
            Self::Embeddings => &[],
            Self::Messages | Self::CountTokens => &["tools", "system"],
        }
    }

    /// Refuses what the body only refers to, and servers that the model would call by itself.
    pub(super) fn refuse_unseen(self, fields: &Fields) -> Result<(), SkimError> {
        let reason = "the model's server would send what it reads to another server";
        if fields.get("mcp_servers").is_some_and(|v| !v.is_null()) {
            return Err(SkimError::NotForwarded { field: "mcp_servers", reason });
        }
        let remote = |tool: &Value| {
            tool.get("type").is_some_and(|kind| kind == "mcp") || tool.get("server_url").is_some()
        };
        if fields.get("tools").and_then(Value::as_array).is_some_and(|t| t.iter().any(remote)) {
            return Err(SkimError::NotForwarded { field: "tools", reason });
        }
        if self != Self::Responses {
            return Ok(());
        }
        boolean(fields.get("background"), "background")?;
        let asked = |value: &Value| !matches!(value, Value::Null | Value::Bool(false));
        match UNSEEN.iter().find(|(field, _)| fields.get(*field).is_some_and(asked)) {
            Some((field, reason)) => Err(SkimError::NotForwarded { field, reason }),
            None => Ok(()),
        }
    }

    /// How many messages there are, and their tokens.
    pub(super) fn said(self, fields: &Fields) -> Result<(usize, u64), SkimError> {
        match self {
            Self::Chat | Self::Messages | Self::CountTokens => {
                let wrong = SkimError::Field { field: "messages", expected: "a list of messages" };
                let Some(Value::Array(messages)) = fields.get("messages") else {
                    return Err(wrong);
                };
                if messages.is_empty() || !messages.iter().all(Value::is_object) {
                    return Err(wrong);
                }
                Ok((messages.len(), sum(messages, message_tokens, 3)))
            }
            Self::Responses => match fields.get("input") {
                Some(Value::String(text)) => Ok((1, 3 + estimate(text))),
                Some(Value::Array(items)) if !items.is_empty() => {
                    Ok((items.len(), sum(items, item_tokens, 3)))
                }
                _ => Err(SkimError::Field { field: "input", expected: "text or a list of items" }),
            },
            Self::Embeddings => match fields.get("input") {
                Some(Value::String(text)) => Ok((1, estimate(text).max(1))),
                Some(Value::Array(inputs)) if !inputs.is_empty() => embedded(inputs),
                _ => Err(SkimError::Field { field: "input", expected: "text or a list of texts" }),
            },
        }
    }

    /// The most tokens of an answer that the request names; calls without an answer have none.
    pub(super) fn most_tokens(self, fields: &Fields) -> Result<Option<u64>, SkimError> {
        match self {
            Self::Chat => {
                let older = count(fields, "max_tokens")?;
                Ok(older.max(count(fields, "max_completion_tokens")?))
            }
            Self::Responses => count(fields, "max_output_tokens"),
            Self::Messages => count(fields, "max_tokens"),
            Self::Embeddings | Self::CountTokens => Ok(Some(0)),
        }
    }
}

fn sum(values: &[Value], tokens: fn(&Value) -> u64, start: u64) -> u64 {
    values.iter().map(tokens).fold(start, u64::saturating_add)
}

/// Tokens of an item of a response's input: a message, or the call or result of a tool.
fn item_tokens(item: &Value) -> u64 {
    let Value::Object(fields) = item else { return json_tokens(item) };
    let mut tokens: u64 = 4;
    for (name, value) in fields {
        tokens = tokens.saturating_add(match (name.as_str(), value) {
            ("content" | "output", Value::Array(parts)) => sum(parts, part_tokens, 0),
            (_, Value::String(text)) => estimate(text),
            _ => json_tokens(value),
        });
    }
    tokens
}

/// Inputs of an embedding: texts, tokens, or lists of tokens.
fn embedded(inputs: &[Value]) -> Result<(usize, u64), SkimError> {
    let wrong = SkimError::Field { field: "input", expected: "texts, tokens, or lists of tokens" };
    let mut tokens: u64 = 0;
    for input in inputs {
        tokens = tokens.saturating_add(match input {
            Value::String(text) => estimate(text).max(1),
            Value::Number(_) => 1,
            Value::Array(numbers) if numbers.iter().all(Value::is_number) => {
                u64::try_from(numbers.len()).unwrap_or(u64::MAX)
            }
            _ => return Err(wrong),
        });
    }
    Ok((inputs.len(), tokens))
}
