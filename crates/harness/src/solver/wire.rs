//! A solver's answer as JSON or as an event stream.

use super::answer::Answer;
use crate::clock;
use bytes::Bytes;
use http::{Response, StatusCode, header};
use hyper::body::{Body, Frame};
use llm::{
    ChatRequest, ChatResponse, Choice, Chunk, ChunkChoice, Content, Delta, Message,
    PartialFunction, Role, ToolCall, ToolCallDelta, Usage, estimate, event_text,
};
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// An answer cut to the tokens that were asked for, with its usage.
pub(super) struct Reply {
    head: Chunk,
    message: Message,
    finish: &'static str,
    usage: Usage,
}

impl Reply {
    pub(super) fn new(request: &ChatRequest, answer: Answer) -> Self {
        let bound = request.max_completion_tokens.or(request.max_tokens).unwrap_or(u64::MAX);
        let arguments = |c: &ToolCall| 4 + estimate(&c.function.arguments);
        let calls: u64 = answer.calls.iter().map(arguments).sum();
        let (text, calls, finish) = if estimate(&answer.text) + calls <= bound {
            let finish = if answer.calls.is_empty() { "stop" } else { "tool_calls" };
            (answer.text, answer.calls, finish)
        } else {
            (cut(&answer.text, bound), Vec::new(), "length")
        };
        let completion = estimate(&text) + calls.iter().map(arguments).sum::<u64>();
        let messages = serde_json::to_string(&request.messages).unwrap_or_default();
        let tools = serde_json::to_string(&request.tools).unwrap_or_default();
        let message = if calls.is_empty() {
            Message::text(Role::Assistant, text)
        } else {
            Message::calls((!text.is_empty()).then_some(text), calls)
        };
        let head = Chunk {
            id: "chatcmpl-scripted".to_owned(),
            object: "chat.completion.chunk".to_owned(),
            created: clock::now().as_seconds(),
            model: request.model.clone(),
            ..Chunk::default()
        };
        let usage = Usage::of(estimate(&messages) + estimate(&tools), completion);
        Self { head, message, finish, usage }
    }

    /// The whole answer as JSON.
    pub(super) fn whole(self) -> String {
        serde_json::to_string(&self.response()).unwrap_or_default()
    }

    /// The whole answer.
    pub(super) fn response(self) -> ChatResponse {
        let choice = Choice {
            index: 0,
            message: self.message,
            finish_reason: Some(self.finish.to_owned()),
            extra: Map::new(),
        };
        ChatResponse {
            id: self.head.id,
            object: "chat.completion".to_owned(),
            created: self.head.created,
            model: self.head.model,
            choices: vec![choice],
            usage: Some(self.usage),
            extra: Map::new(),
        }
    }

    /// The answer as events: a few words each, then calls, the end, the usage if asked for.
    pub(super) fn events(self, request: &ChatRequest) -> Vec<String> {
        let mut deltas = vec![Delta { role: Some(Role::Assistant), ..Delta::default() }];
        if let Some(Content::Text(text)) = &self.message.content {
            deltas.extend(
                pieces(text)
                    .into_iter()
                    .map(|piece| Delta { content: Some(piece), ..Delta::default() }),
            );
        }
        for (index, call) in (0..).zip(self.message.tool_calls.iter().flatten()) {
            let function = PartialFunction {
                name: Some(call.function.name.clone()),
                arguments: Some(call.function.arguments.clone()),
            };
            let piece =
                ToolCallDelta { index, id: Some(call.id.clone()), function: Some(function) };
            deltas.push(Delta { tool_calls: Some(vec![piece]), ..Delta::default() });
        }
        let chunk = |choices, usage| Chunk { choices, usage, ..self.head.clone() };
        let choice = |delta, finish: Option<&str>| {
            vec![ChunkChoice { index: 0, delta, finish_reason: finish.map(str::to_owned) }]
        };
        let mut chunks: Vec<Chunk> =
            deltas.into_iter().map(|delta| chunk(choice(delta, None), None)).collect();
        chunks.push(chunk(choice(Delta::default(), Some(self.finish)), None));
        let asked = request.extra.get("stream_options").and_then(|o| o.get("include_usage"));
        if asked.and_then(Value::as_bool) == Some(true) {
            chunks.push(chunk(Vec::new(), Some(self.usage.clone())));
        }
        let texts =
            chunks.iter().map(|c| event_text(&serde_json::to_string(c).unwrap_or_default()));
        texts.chain([event_text("[DONE]")]).collect()
    }
}

/// Text in pieces of about three words.
fn pieces(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_inclusive(' ').collect();
    words.chunks(3).map(<[&str]>::concat).collect()
}

/// The longest start of a text that is within `bound` tokens, by whole words.
fn cut(text: &str, bound: u64) -> String {
    let mut out = String::new();
    for word in text.split_inclusive(' ') {
        if estimate(&out) + estimate(word) > bound {
            break;
        }
        out.push_str(word);
    }
    out
}

/// A body of prepared frames, with a wait before each but the first.
pub(super) struct WireBody {
    frames: VecDeque<Bytes>,
    pace: Duration,
    first: bool,
    waiting: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl WireBody {
    pub(super) fn once(body: String) -> Self {
        Self::paced(vec![body], Duration::ZERO)
    }

    pub(super) fn paced(frames: Vec<String>, pace: Duration) -> Self {
        let frames = frames.into_iter().map(Bytes::from).collect();
        Self { frames, pace, first: true, waiting: None }
    }
}

impl Body for WireBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let wanted = !self.first && !self.pace.is_zero() && !self.frames.is_empty();
        if wanted && self.waiting.is_none() {
            let pace = self.pace;
            self.waiting = Some(Box::pin(clock::pause(pace)));
        }
        if let Some(waiting) = &mut self.waiting {
            if waiting.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.waiting = None;
        }
        self.first = false;
        Poll::Ready(self.frames.pop_front().map(|bytes| Ok(Frame::data(bytes))))
    }
}

pub(super) fn response(
    status: StatusCode,
    kind: &'static str,
    body: WireBody,
) -> Response<WireBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let kind = header::HeaderValue::from_static(kind);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
