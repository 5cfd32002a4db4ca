//! Watching an answer go by: tokens, the server's own count, and where events end.
//!
//! The bytes that are forwarded are never rebuilt from what is read here.

use llm::{SseParser, estimate};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A piece of text up to this many bytes counts as one token: servers stream token by token, and
/// few tokens are longer.
const ONE_TOKEN: usize = 24;

/// Tokens of a request, in and out, as the server says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct Reported {
    #[serde(rename = "prompt_tokens", default)]
    pub(crate) tokens_in: u64,
    #[serde(rename = "completion_tokens", default)]
    pub(crate) tokens_out: u64,
}

/// Reads a copy of an event stream.
#[derive(Debug)]
pub(crate) struct StreamObserver {
    parser: SseParser,
    counted: u64,
    reported: Option<Reported>,
    done: bool,
    failed: bool,
}

#[derive(Deserialize)]
struct Chunk<const STREAMED: bool> {
    #[serde(default)]
    choices: Option<Vec<Choice<STREAMED>>>,
    #[serde(default)]
    usage: Option<Reported>,
    #[serde(default)]
    error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Choice<const STREAMED: bool> {
    #[serde(default, alias = "message")]
    delta: Tokens<STREAMED>,
}

/// The tokens of all text in a JSON value, whatever its fields are called. In a streamed value a
/// short text is one token.
#[derive(Debug, Clone, Copy, Default)]
struct Tokens<const STREAMED: bool>(u64);

impl StreamObserver {
    /// An observer of a stream whose events have at most `bound` bytes.
    pub(crate) fn new(bound: usize) -> Self {
        Self {
            parser: SseParser::new(bound),
            counted: 0,
            reported: None,
            done: false,
            failed: false,
        }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// What is wrong, when the stream is not one of chat completions.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), String> {
        for event in self.parser.push(bytes).map_err(|e| e.to_string())? {
            if event.is_done() {
                self.done = true;
                continue;
            }
            let chunk: Chunk<true> = serde_json::from_str(&event.data)
                .map_err(|e| misread("an event is not a chunk", &e))?;
            let choices = chunk.choices.unwrap_or_default();
            self.counted = choices.iter().fold(self.counted, |n, c| n.saturating_add(c.delta.0));
            self.reported = chunk.usage.or(self.reported);
            self.failed |= chunk.error.is_some();
        }
        Ok(())
    }

    /// Tokens of answer so far: the server's count where it gave one, else ours.
    pub(crate) fn tokens_out(&self) -> u64 {
        self.reported.map_or(self.counted, |r| r.tokens_out)
    }

    /// The server's own count.
    pub(crate) fn reported(&self) -> Option<Reported> {
        self.reported
    }

    /// Whether `[DONE]` was seen.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }

    /// Whether the server said within the stream that it failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed
    }

    /// Whether the last byte taken ended an event.
    pub(crate) fn is_between_events(&self) -> bool {
        self.parser.is_idle()
    }
}

/// Tokens of an answer that doesn't stream: as reported (then `true`), else as estimated over its text.
///
/// # Errors
/// What is wrong, when the body is not an answer.
pub(crate) fn whole_answer(body: &[u8]) -> Result<(Option<Reported>, u64), String> {
    let answer: Chunk<false> =
        serde_json::from_slice(body).map_err(|e| misread("the answer is not one", &e))?;
    let Some(choices) = answer.choices else {
        return Err("the answer has no `choices`".to_owned());
    };
    let counted = choices.iter().fold(0u64, |n, c| n.saturating_add(c.delta.0));
    Ok((answer.usage, answer.usage.map_or(counted, |u| u.tokens_out)))
}

/// Says where reading failed, but not on what: the text is the model's, and this goes to a log.
fn misread(what: &str, error: &serde_json::Error) -> String {
    format!("{what} (line {}, column {})", error.line(), error.column())
}

/// Where the last whole event ends in `bytes`, which follow bytes that ended inside an event or
/// between two: the index after its blank line; `None` when no event ends there.
pub(crate) fn last_event_end(bytes: &[u8]) -> Option<usize> {
    let mut end = bytes.len();
    while let Some(last) = end.checked_sub(1) {
        let is_end = match (last.checked_sub(1).and_then(|i| bytes.get(i)), bytes.get(last)) {
            (Some(b'\n'), Some(b'\n')) | (Some(b'\r'), Some(b'\r')) => true,
            (Some(b'\r'), Some(b'\n')) => {
                matches!(last.checked_sub(2).and_then(|i| bytes.get(i)), Some(b'\n'))
            }
            _ => false,
        };
        if is_end {
            return Some(end);
        }
        end = last;
    }
    None
}

impl<'de, const STREAMED: bool> Deserialize<'de> for Tokens<STREAMED> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(Count::<STREAMED>)
    }
}

struct Count<const STREAMED: bool>;

impl<'de, const STREAMED: bool> Visitor<'de> for Count<STREAMED> {
    type Value = Tokens<STREAMED>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Tokens(match text.len() {
            0 => 0,
            1..=ONE_TOKEN if STREAMED => 1,
            _ => estimate(text),
        }))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Tokens(0))
    }
    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Tokens(0))
    }
    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Tokens(0))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Tokens(0))
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Tokens(0))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut sum = 0u64;
        while let Some(Tokens(n)) = access.next_element::<Self::Value>()? {
            sum = sum.saturating_add(n);
        }
        Ok(Tokens(sum))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut sum = 0u64;
        while let Some(name) = access.next_key::<Field>()? {
            match name {
                Field::Frame => drop(access.next_value::<IgnoredAny>()?),
                Field::Text => sum = sum.saturating_add(access.next_value::<Tokens<STREAMED>>()?.0),
            }
        }
        Ok(Tokens(sum))
    }
}

/// Fields whose text is not the model's, and all others.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Field {
    #[serde(alias = "role", alias = "type", alias = "id")]
    Frame,
    #[serde(other)]
    Text,
}

#[cfg(test)]
mod tests;
