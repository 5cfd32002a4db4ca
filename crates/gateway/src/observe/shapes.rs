//! What a gateway reads of answers, by kind of call. Everything else is skipped, not parsed.

use super::count::Tokens;
use llm::Call;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Error;
use std::borrow::Cow;

/// Tokens of a request, in and out, as the server says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reported {
    pub(crate) tokens_in: u64,
    pub(crate) tokens_out: u64,
}

/// What one event, or a whole answer, says.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Tokens of answer in it, as counted here.
    pub(super) tokens: u64,
    /// Tokens of the prompt, said before the answer.
    pub(super) tokens_in: Option<u64>,
    /// The server's count, said when the answer is out.
    pub(super) reported: Option<Reported>,
    /// The server says that it failed.
    pub(super) failed: bool,
    /// It ends the stream, or has what an answer must have.
    pub(super) last: bool,
}

/// Usage under the names of all dialects.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
struct Usage {
    #[serde(alias = "prompt_tokens", default)]
    input_tokens: Option<u64>,
    #[serde(alias = "completion_tokens", default)]
    output_tokens: Option<u64>,
    // tokens of a prompt that messages count apart, because they are billed otherwise
    #[serde(default)]
    cache_creation_input_tokens: Option<u64>,
    #[serde(default)]
    cache_read_input_tokens: Option<u64>,
}

impl Usage {
    fn tokens_in(self) -> u64 {
        let cached = [self.cache_creation_input_tokens, self.cache_read_input_tokens];
        let cached = cached.into_iter().flatten().fold(0, u64::saturating_add);
        self.input_tokens.unwrap_or(0).saturating_add(cached)
    }
    fn reported(self) -> Reported {
        Reported { tokens_in: self.tokens_in(), tokens_out: self.output_tokens.unwrap_or(0) }
    }
}

#[derive(Deserialize)]
struct Chunk<const STREAMED: bool> {
    #[serde(default)]
    choices: Option<Vec<Choice<STREAMED>>>,
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(default)]
    error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Choice<const STREAMED: bool> {
    #[serde(default, alias = "message")]
    delta: Tokens<STREAMED>,
}

/// An event of a response's stream.
#[derive(Deserialize)]
struct ResponseEvent<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    delta: Tokens<true>,
    #[serde(default)]
    response: Option<ResponseState>,
}

#[derive(Deserialize)]
struct ResponseState {
    #[serde(default)]
    usage: Option<Usage>,
}

/// An event of a message's stream.
#[derive(Deserialize)]
struct MessageEvent<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    message: Option<ResponseState>,
    #[serde(default, alias = "content_block")]
    delta: Tokens<true>,
    #[serde(default)]
    usage: Option<Usage>,
}

/// A whole answer of the calls that are not chat completions.
#[derive(Deserialize)]
struct Whole {
    #[serde(default)]
    output: Option<Tokens<false>>,
    #[serde(default)]
    content: Option<Tokens<false>>,
    #[serde(default)]
    data: Option<IgnoredAny>,
    #[serde(default)]
    input_tokens: Option<u64>,
    #[serde(default)]
    usage: Option<Usage>,
}

/// Reads an event's data.
///
/// # Errors
/// It is not an event of the stream that answers this call.
pub(super) fn event(call: Call, data: &str) -> Result<Seen, Error> {
    match call {
        Call::Chat | Call::Embeddings | Call::CountTokens => {
            let chunk = serde_json::from_str::<Chunk<true>>(data)?;
            Ok(Seen { last: false, ..chunk.seen() })
        }
        Call::Responses => serde_json::from_str(data).map(response_event),
        Call::Messages => serde_json::from_str(data).map(message_event),
    }
}

/// Reads an answer that doesn't stream.
///
/// # Errors
/// It is not JSON of the right shape.
pub(super) fn whole(call: Call, body: &[u8]) -> Result<Seen, Error> {
    if call == Call::Chat {
        return serde_json::from_slice::<Chunk<false>>(body).map(Chunk::seen);
    }
    let whole: Whole = serde_json::from_slice(body)?;
    let text = |text: Option<Tokens<false>>| text.map_or(0, |t| t.0);
    let reported = whole.usage.map(Usage::reported);
    let (tokens, last) = match call {
        Call::Chat | Call::Responses => (text(whole.output), whole.output.is_some()),
        Call::Messages => (text(whole.content), whole.content.is_some()),
        Call::Embeddings => (0, whole.data.is_some()),
        // the model read nothing, so nothing is charged
        Call::CountTokens => {
            let last = whole.input_tokens.is_some();
            return Ok(Seen {
                reported: Some(Reported { tokens_in: 0, tokens_out: 0 }),
                last,
                ..Seen::default()
            });
        }
    };
    Ok(Seen { tokens, reported, last, ..Seen::default() })
}

impl<const STREAMED: bool> Chunk<STREAMED> {
    fn seen(self) -> Seen {
        let choices = self.choices.as_deref().unwrap_or_default();
        Seen {
            tokens: choices.iter().fold(0, |n: u64, c| n.saturating_add(c.delta.0)),
            tokens_in: None,
            reported: self.usage.map(Usage::reported),
            failed: self.error.is_some(),
            last: self.choices.is_some(),
        }
    }
}

fn response_event(event: ResponseEvent<'_>) -> Seen {
    let last = matches!(
        event.kind.as_ref(),
        "response.completed"
            | "response.incomplete"
            | "response.failed"
            | "response.cancelled"
            | "error"
    );
    let usage = event.response.and_then(|r| r.usage).filter(|_| last);
    Seen {
        // events that repeat a whole text are no `delta`
        tokens: if event.kind.ends_with(".delta") { event.delta.0 } else { 0 },
        tokens_in: None,
        reported: usage.map(Usage::reported),
        failed: matches!(event.kind.as_ref(), "response.failed" | "error"),
        last,
    }
}

fn message_event(event: MessageEvent<'_>) -> Seen {
    let start = event.message.and_then(|m| m.usage).map(Usage::tokens_in);
    let reported = event.usage.filter(|_| event.kind == "message_delta").map(Usage::reported);
    let failed = event.kind == "error";
    let counts = matches!(event.kind.as_ref(), "content_block_start" | "content_block_delta");
    Seen {
        tokens: if counts { event.delta.0 } else { 0 },
        tokens_in: start,
        reported,
        failed,
        last: failed || event.kind == "message_stop",
    }
}
