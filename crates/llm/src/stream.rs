//! Streamed answers: chunks, and the whole answer they add up to.

use crate::chat::{ChatResponse, Choice, Content, FunctionCall, Message, Role, ToolCall, Usage};
use crate::sse::Event;
use crate::tokens::estimate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One event of a streamed answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Chunk {
    /// The answer's id.
    #[serde(default)]
    pub id: String,
    /// Always `chat.completion.chunk`.
    #[serde(default)]
    pub object: String,
    /// When it was made, in seconds since the Unix epoch, as the server says.
    #[serde(default)]
    pub created: u64,
    /// The model that answers, as the server says.
    #[serde(default)]
    pub model: String,
    /// What is added to each alternative; empty in the chunk that carries the usage.
    #[serde(default)]
    pub choices: Vec<ChunkChoice>,
    /// Tokens used, in the last chunk when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What one chunk adds to one alternative.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ChunkChoice {
    /// Which alternative.
    #[serde(default)]
    pub index: u64,
    /// What is added.
    #[serde(default)]
    pub delta: Delta,
    /// Why it stopped, in its last chunk.
    #[serde(default)]
    pub finish_reason: Option<String>,
}

/// What is added to a message.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Delta {
    /// Who speaks, in the first chunk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Pieces of tool calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_calls: Option<Vec<ToolCallDelta>>,
    /// Everything else, such as reasoning text.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A piece of a tool call.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ToolCallDelta {
    /// Which call of the message.
    #[serde(default)]
    pub index: u64,
    /// The call's id, in its first piece.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The function's name (first piece) and text added to its arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<PartialFunction>,
}

/// The function part of a piece of a tool call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PartialFunction {
    /// The function's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Text added to the arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<String>,
}

/// Why a stream was given up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// An event is not a chunk.
    #[error("event {event} of the stream is not a chunk: {reason}")]
    Malformed {
        /// Which event, counted from 1.
        event: u64,
        /// What is wrong.
        reason: String,
    },
    /// The server reported an error within the stream.
    #[error("the server ended its answer with an error: {0}")]
    Upstream(String),
    /// The answer outgrew the reader's bound.
    #[error("the streamed answer is longer than {bound} bytes")]
    TooLong {
        /// The bound, in bytes.
        bound: usize,
    },
}

/// Adds chunks up to a whole answer, in bounded memory.
#[derive(Debug, Clone)]
pub struct Accumulator {
    bound: usize,
    bytes: usize,
    events: u64,
    head: Chunk,
    parts: BTreeMap<u64, Part>,
    usage: Option<Usage>,
    done: bool,
}

#[derive(Debug, Clone, Default)]
struct Part {
    text: String,
    has_text: bool,
    /// Text in fields that are not content (reasoning); it counts as tokens but is not kept.
    other_tokens: u64,
    calls: BTreeMap<u64, (String, FunctionCall)>,
    finish_reason: Option<String>,
}

impl Accumulator {
    /// An accumulator that keeps at most `bound` bytes of text and arguments.
    pub fn new(bound: usize) -> Self {
        Self {
            bound,
            bytes: 0,
            events: 0,
            head: Chunk::default(),
            parts: BTreeMap::new(),
            usage: None,
            done: false,
        }
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// See [`StreamError`].
    pub fn push(&mut self, event: &Event) -> Result<(), StreamError> {
        self.events += 1;
        if event.is_done() {
            self.done = true;
            return Ok(());
        }
        let malformed = |e: serde_json::Error| StreamError::Malformed {
            event: self.events,
            reason: e.to_string(),
        };
        let value: Value = serde_json::from_str(&event.data).map_err(malformed)?;
        if let Some(error) = value.get("error").filter(|e| !e.is_null()) {
            let text = error.get("message").and_then(Value::as_str).unwrap_or("no message");
            let text = text.chars().filter(|c| !c.is_control()).take(500).collect();
            return Err(StreamError::Upstream(text));
        }
        let chunk: Chunk = serde_json::from_value(value).map_err(malformed)?;
        self.add(chunk)
    }

    /// Whether `[DONE]` was seen: an answer without it was cut.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Tokens of the answer so far: the server's count where it gave one, else an estimate.
    pub fn completion_tokens(&self) -> u64 {
        match &self.usage {
            Some(usage) => usage.completion_tokens,
            None => self.parts.values().map(Part::tokens).sum(),
        }
    }

    /// The server's own count, where it gave one.
    pub fn usage(&self) -> Option<&Usage> {
        self.usage.as_ref()
    }

    /// The answer so far.
    pub fn finish(self) -> ChatResponse {
        let choices = self.parts.into_iter().map(|(index, part)| part.choice(index)).collect();
        ChatResponse {
            id: self.head.id,
            object: "chat.completion".to_owned(),
            created: self.head.created,
            model: self.head.model,
            choices,
            usage: self.usage,
            extra: self.head.extra,
        }
    }

    fn add(&mut self, mut chunk: Chunk) -> Result<(), StreamError> {
        for choice in std::mem::take(&mut chunk.choices) {
            let part = self.parts.entry(choice.index).or_default();
            self.bytes += 16 + part.add(choice);
            if self.bytes > self.bound {
                return Err(StreamError::TooLong { bound: self.bound });
            }
        }
        if let Some(usage) = chunk.usage.take() {
            self.usage = Some(usage);
        }
        if self.events == 1 {
            self.head = chunk;
        }
        Ok(())
    }
}

impl Part {
    /// Adds a choice's delta and says how many bytes it kept.
    fn add(&mut self, choice: ChunkChoice) -> usize {
        let mut bytes = 0;
        if let Some(text) = choice.delta.content {
            bytes += text.len();
            self.has_text = true;
            self.text.push_str(&text);
        }
        let others = choice.delta.extra.values().filter_map(Value::as_str);
        self.other_tokens += others.map(estimate).sum::<u64>();
        for piece in choice.delta.tool_calls.into_iter().flatten() {
            let (id, function) = self.calls.entry(piece.index).or_default();
            bytes += 64;
            if let Some(given) = piece.id.filter(|given| !given.is_empty()) {
                bytes += given.len();
                *id = given;
            }
            let piece = piece.function.unwrap_or_default();
            if let Some(name) = piece.name {
                bytes += name.len();
                function.name.push_str(&name);
            }
            if let Some(arguments) = piece.arguments {
                bytes += arguments.len();
                function.arguments.push_str(&arguments);
            }
        }
        self.finish_reason = choice.finish_reason.or(self.finish_reason.take());
        bytes
    }

    fn tokens(&self) -> u64 {
        let calls =
            self.calls.values().map(|(_, f)| 4 + estimate(&f.name) + estimate(&f.arguments));
        estimate(&self.text) + self.other_tokens + calls.sum::<u64>()
    }

    fn choice(self, index: u64) -> Choice {
        let calls = self.calls.into_values().map(|(id, function)| ToolCall {
            id,
            kind: "function".to_owned(),
            function,
            extra: Map::new(),
        });
        let calls: Vec<_> = calls.collect();
        let message = Message {
            role: Role::Assistant,
            content: self.has_text.then_some(Content::Text(self.text)),
            tool_calls: (!calls.is_empty()).then_some(calls),
            tool_call_id: None,
            extra: Map::new(),
        };
        Choice { index, message, finish_reason: self.finish_reason, extra: Map::new() }
    }
}

#[cfg(test)]
mod tests;
