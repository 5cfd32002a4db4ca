//! The few fields of a request that a proxy must know before it forwards the bytes.
//!
//! A proxy and the server behind it must read the same thing. So a field that appears twice, or in
//! other letter case (which some servers accept), is refused rather than guessed.

mod call;
mod said;

pub use call::Call;

use crate::tokens::estimate;
use serde::de::{Deserializer as _, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// What a request asks, as far as spending a grant needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Skim {
    /// The model's name.
    pub model: String,
    /// Whether the answer comes as an event stream.
    pub stream: bool,
    /// Whether a stream ends with a usage count (`stream_options.include_usage`).
    pub include_usage: bool,
    /// Most tokens of one alternative: the larger of `max_completion_tokens` and `max_tokens`.
    pub max_tokens: Option<u64>,
    /// How many alternatives are asked for (`n`).
    pub alternatives: u64,
    /// How many messages there are.
    pub messages: usize,
    /// How many tools are offered.
    pub tools: usize,
    /// Tokens of messages and tools, estimated ([`estimate`]); an image counts as [`IMAGE_TOKENS`].
    pub prompt_tokens: u64,
    fields: Map<String, Value>,
}

/// What one image or other non-text part counts for: about a 2,048 × 2,048 picture at high detail.
pub const IMAGE_TOKENS: u64 = 3_000;

/// Why a request can't be forwarded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SkimError {
    /// The body is over the reader's bound.
    #[error("the request has {given} bytes; at most {bound} are taken")]
    TooLong {
        /// How many bytes there are.
        given: usize,
        /// How many there may be.
        bound: usize,
    },
    /// Not a JSON object, or a field that is there twice.
    #[error("the request can't be read: {reason} (line {line}, column {column})")]
    Malformed {
        /// What is wrong.
        reason: String,
        /// Where, counted from 1.
        line: usize,
        /// Where in the line.
        column: usize,
    },
    /// A field asks for what can't be counted or bounded.
    #[error("field `{field}` is not forwarded: {reason}")]
    NotForwarded {
        /// Which field.
        field: &'static str,
        /// Why not.
        reason: &'static str,
    },
    /// A field is missing or has the wrong type.
    #[error("field `{field}` must be {expected}")]
    Field {
        /// Which field.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
    },
}

impl Skim {
    /// Reads a chat completion of at most `bound` bytes; [`Skim::read_call`] for other calls.
    ///
    /// # Errors
    /// See [`SkimError`].
    pub fn read(body: &[u8], bound: usize) -> Result<Self, SkimError> {
        Self::read_call(Call::Chat, body, bound)
    }

    /// Reads a request body of at most `bound` bytes.
    ///
    /// # Errors
    /// See [`SkimError`].
    pub fn read_call(call: Call, body: &[u8], bound: usize) -> Result<Self, SkimError> {
        if body.len() > bound {
            return Err(SkimError::TooLong { given: body.len(), bound });
        }
        let fields = object(body, call)?;
        let model = match fields.get("model") {
            Some(Value::String(name)) if !name.is_empty() => name.clone(),
            _ => return Err(SkimError::Field { field: "model", expected: "a name" }),
        };
        call.refuse_unseen(&fields)?;
        let (messages, said) = call.said(&fields)?;
        let tools = match fields.get("tools") {
            None | Some(Value::Null) => 0,
            Some(Value::Array(tools)) => tools.len(),
            Some(_) => {
                return Err(SkimError::Field { field: "tools", expected: "a list of tools" });
            }
        };
        let stream = boolean(fields.get("stream"), "stream")?;
        let options = fields.get("stream_options").and_then(|o| o.get("include_usage"));
        let include_usage = boolean(options, "stream_options.include_usage")?;
        let alternatives = count(&fields, "n")?.unwrap_or(1).max(1);
        let prompt_tokens = call.around().iter().filter_map(|f| fields.get(*f)).map(json_tokens);
        let prompt_tokens = prompt_tokens.fold(said, u64::saturating_add);
        Ok(Self {
            model,
            stream,
            include_usage,
            max_tokens: call.most_tokens(&fields)?,
            alternatives,
            messages,
            tools,
            prompt_tokens,
            fields,
        })
    }

    /// Names another model, as the server behind calls it.
    pub fn set_model(&mut self, model: &str) {
        self.model = model.to_owned();
        self.fields.insert("model".to_owned(), Value::from(model));
    }

    /// Lowers the most tokens of the answer to `bound`, under the name the request used.
    pub fn bound_tokens(&mut self, bound: u64) {
        let bounded = self.max_tokens.map_or(bound, |asked| asked.min(bound));
        self.max_tokens = Some(bounded);
        let newer = self.fields.get("max_completion_tokens").is_some_and(|v| !v.is_null());
        let older = self.fields.get("max_tokens").is_some_and(|v| !v.is_null());
        for (there, name) in [(newer, "max_completion_tokens"), (older || !newer, "max_tokens")] {
            if there {
                let asked = self.fields.get(name).and_then(Value::as_u64).unwrap_or(bounded);
                self.fields.insert(name.to_owned(), Value::from(asked.min(bounded)));
            }
        }
    }

    /// Asks that a stream end with a usage count, so that a budget can be settled exactly.
    pub fn ask_for_usage(&mut self) {
        self.include_usage = true;
        let options =
            self.fields.entry("stream_options").or_insert_with(|| Value::Object(Map::new()));
        if !options.is_object() {
            *options = Value::Object(Map::new());
        }
        if let Value::Object(options) = options {
            options.insert("include_usage".to_owned(), Value::Bool(true));
        }
    }

    /// The request as JSON, with what was set here. Every field that was there is still there.
    pub fn to_body(&self) -> Vec<u8> {
        Value::Object(self.fields.clone()).to_string().into_bytes()
    }
}

fn boolean(value: Option<&Value>, field: &'static str) -> Result<bool, SkimError> {
    match value {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(b)) => Ok(*b),
        Some(_) => Err(SkimError::Field { field, expected: "true or false" }),
    }
}

fn count(fields: &Map<String, Value>, field: &'static str) -> Result<Option<u64>, SkimError> {
    match fields.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let whole = SkimError::Field { field, expected: "a whole number, not negative" };
            value.as_u64().map(Some).ok_or(whole)
        }
    }
}

fn message_tokens(message: &Value) -> u64 {
    let Value::Object(fields) = message else { return 0 };
    4 + fields
        .iter()
        .map(|(name, value)| match (name.as_str(), value) {
            ("content", Value::Array(parts)) => parts.iter().map(part_tokens).sum(),
            (_, Value::String(text)) => estimate(text),
            _ => json_tokens(value),
        })
        .sum::<u64>()
}

fn part_tokens(part: &Value) -> u64 {
    match (part.get("text"), part.get("type").and_then(Value::as_str)) {
        (Some(Value::String(text)), _) => estimate(text),
        // the call of a tool, and its result, which may hold pictures
        (_, Some("tool_use" | "thinking" | "redacted_thinking")) => json_tokens(part),
        (_, Some("tool_result")) => match part.get("content") {
            Some(Value::Array(parts)) => parts.iter().map(part_tokens).fold(8, u64::saturating_add),
            _ => json_tokens(part),
        },
        _ => IMAGE_TOKENS,
    }
}

fn json_tokens(value: &Value) -> u64 {
    if value.is_null() { 0 } else { estimate(&value.to_string()) }
}

/// Reads a JSON object whose fields appear once, those that are read here in their own letter case.
fn object(body: &[u8], call: Call) -> Result<Map<String, Value>, SkimError> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read = reader.deserialize_map(Strict(call)).and_then(|map| reader.end().map(|()| map));
    read.map_err(|e| SkimError::Malformed {
        reason: reason(&e),
        line: e.line(),
        column: e.column(),
    })
}

/// The error's text without the place, which has its own fields.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

struct Strict(Call);

impl<'de> Visitor<'de> for Strict {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut map = Map::new();
        while let Some((name, value)) = access.next_entry::<String, Value>()? {
            let plain = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
            if !name.bytes().all(plain) {
                // upper, then lower case also folds letters such as the long s and the Kelvin sign
                let folded = name.to_uppercase().to_lowercase();
                if folded != name && self.0.read().contains(&folded.as_str()) {
                    return Err(A::Error::custom(format_args!(
                        "field `{folded}` in other letter case"
                    )));
                }
            }
            if map.contains_key(&name) {
                return Err(A::Error::custom(format_args!("field `{name}` appears twice")));
            }
            map.insert(name, value);
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests;
