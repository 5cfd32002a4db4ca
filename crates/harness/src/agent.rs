//! One sample: the conversation between a model and its tools, within a budget.

use crate::attempt::Workshop;
use crate::clock::{self, Stopwatch};
use crate::compact::compact;
use crate::elicit;
use crate::endpoint::{CallError, Endpoint};
use crate::tools::{self, Called};
use crate::transcript::{Log, TranscriptError};
use assessment::{Budget, Elicitation, Submission};
use domain::Digest;
use llm::{ChatRequest, ChatResponse, Message, Role, ToolCall, Usage};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use std::time::Duration;

/// Most tokens asked for in one turn.
const TURN_TOKENS: u64 = 8_192;
/// Most calls of one turn that are executed.
const CALLS_A_TURN: usize = 16;
/// The longest wait for one answer.
const LONGEST_CALL: Duration = Duration::from_secs(600);

/// What a sample used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Answers of the model.
    pub turns: u32,
    /// Tokens in and out; the endpoint's count where it gave one, else an estimate.
    pub tokens: u64,
    /// Wall time in milliseconds, grading not included.
    pub millis: u64,
}

/// How a conversation ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// The model handed something in.
    Submitted,
    /// The turns were used up.
    OutOfTurns,
    /// The tokens were used up.
    OutOfTokens,
    /// The time was over.
    OutOfTime,
    /// The conversation no longer fits the model.
    ContextFull,
    /// The endpoint or the sandbox failed.
    Broken(String),
}

/// What came of a conversation.
pub(crate) struct Conversation {
    pub(crate) submission: Submission,
    pub(crate) ended: Ended,
    pub(crate) spent: Spent,
}

/// A conversation under way.
pub(crate) struct Agent<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) workshop: Workshop,
    pub(crate) budget: Budget,
    pub(crate) how: Elicitation,
    /// What was handed in and sent back to be checked; it counts when the budget runs out.
    pub(crate) held: Option<Submission>,
    pub(crate) sample: u32,
    pub(crate) transcript: &'a mut dyn Log,
}

/// What the calls of one turn came to.
enum Turn {
    Continue,
    Over(Submission, Ended),
}

impl Agent<'_> {
    /// Lets the model work until it submits or something runs out.
    pub(crate) async fn run(
        &mut self,
        prompt: &str,
        turn: &mut (dyn FnMut(Spent) + Send),
    ) -> Result<Conversation, TranscriptError> {
        let watch = Stopwatch::start();
        let time = Duration::from_secs(u64::from(self.budget.seconds));
        let mut messages = elicit::opening(self.how, prompt);
        let mut spent = Spent::default();
        let (mut submission, mut ended) = loop {
            let left = time.saturating_sub(watch.elapsed());
            let nothing = |ended| (Submission::Nothing, ended);
            if spent.turns >= self.budget.turns {
                break nothing(Ended::OutOfTurns);
            }
            if spent.tokens >= self.budget.tokens {
                break nothing(Ended::OutOfTokens);
            }
            if left.is_zero() {
                break nothing(Ended::OutOfTime);
            }
            let request = self.request(&messages, spent.tokens);
            let call = self.endpoint.chat(&request, left.min(LONGEST_CALL)).await;
            let answer = match call {
                Ok(answer) => answer,
                Err(CallError::ContextFull) => {
                    let results = compact(&mut messages);
                    if results == 0 {
                        break nothing(Ended::ContextFull);
                    }
                    self.log("compacted", json!({"turn": spent.turns, "results": results}))?;
                    continue;
                }
                Err(error) => break nothing(Ended::Broken(format!("endpoint: {error}"))),
            };
            spent.turns += 1;
            spent.tokens = spent.tokens.saturating_add(tokens(&request, &answer));
            spent.millis = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX);
            turn(spent);
            let message = first(answer.clone());
            self.log(
                "model",
                json!({"turn": spent.turns, "message": message, "usage": answer.usage}),
            )?;
            let calls = message.tool_calls.clone().unwrap_or_default();
            messages.push(message);
            let left = time.saturating_sub(watch.elapsed());
            match self.tools(calls, &mut messages, left).await? {
                Turn::Continue => self.coach(spent.turns, &mut messages)?,
                Turn::Over(submission, ended) => break (submission, ended),
            }
        };
        let over = matches!(ended, Ended::OutOfTurns | Ended::OutOfTokens | Ended::OutOfTime);
        if let Some(held) = self.held.take().filter(|_| over) {
            self.log("submission", submission_json(&held))?;
            (submission, ended) = (held, Ended::Submitted);
        }
        spent.millis = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(Conversation { submission, ended, spent })
    }

    fn request(&self, messages: &[Message], used: u64) -> ChatRequest {
        ChatRequest {
            model: self.endpoint.model().to_owned(),
            messages: messages.to_vec(),
            tools: tools::definitions(),
            stream: None,
            max_tokens: Some(self.budget.tokens.saturating_sub(used).clamp(1, TURN_TOKENS)),
            max_completion_tokens: None,
            extra: Map::new(),
        }
    }

    /// Executes the calls of a turn, in order, until one hands in.
    async fn tools(
        &mut self,
        calls: Vec<ToolCall>,
        messages: &mut Vec<Message>,
        left: Duration,
    ) -> Result<Turn, TranscriptError> {
        if calls.is_empty() {
            messages.push(Message::text(Role::User, tools::NUDGE));
            return Ok(Turn::Continue);
        }
        let watch = Stopwatch::start();
        for (i, call) in calls.into_iter().enumerate() {
            let id = call.id.clone();
            let name = call.function.name.clone();
            let called = if i >= CALLS_A_TURN {
                Called::Result("error: too many calls in one turn".to_owned())
            } else if let Some(answer) = tools::answered(&call) {
                // an answer in words needs no sandbox
                Called::Submitted(answer)
            } else {
                let left = left.saturating_sub(watch.elapsed());
                let called = self.workshop.with(move |session| tools::call(session, &call, left));
                called.await.unwrap_or_else(Called::Broken)
            };
            match called {
                Called::Result(text) => {
                    self.log("tool", json!({"call": id, "name": name, "result": text}))?;
                    messages.push(Message::tool_result(&id, text));
                }
                Called::Submitted(submission)
                    if elicit::sends_back(self.how) && self.held.is_none() =>
                {
                    self.held = Some(submission);
                    let text = elicit::CHECK.to_owned();
                    self.log("tool", json!({"call": id, "name": name, "result": text}))?;
                    messages.push(Message::tool_result(&id, text));
                }
                Called::Submitted(submission) => {
                    self.log("submission", submission_json(&submission))?;
                    return Ok(Turn::Over(submission, Ended::Submitted));
                }
                Called::Broken(why) => {
                    let ended = Ended::Broken(format!("sandbox: {why}"));
                    return Ok(Turn::Over(Submission::Nothing, ended));
                }
            }
        }
        Ok(Turn::Continue)
    }

    /// Says what the scaffold says after a turn.
    fn coach(&mut self, turn: u32, messages: &mut Vec<Message>) -> Result<(), TranscriptError> {
        let Some(text) = elicit::coach(self.how, turn, self.budget.turns) else { return Ok(()) };
        self.log("coach", json!({"turn": turn, "text": text}))?;
        messages.push(Message::text(Role::User, text));
        Ok(())
    }

    fn log(&mut self, kind: &str, mut body: serde_json::Value) -> Result<(), TranscriptError> {
        if let Some(fields) = body.as_object_mut() {
            fields.insert("sample".to_owned(), json!(self.sample));
        }
        self.transcript.write(kind, clock::now(), body)
    }
}

pub(crate) fn submission_json(submission: &Submission) -> serde_json::Value {
    match submission {
        Submission::Nothing => json!({}),
        Submission::Answer(text) => json!({"answer": text}),
        Submission::File(bytes) => json!({"base64": data_encoding::BASE64.encode(bytes)}),
        Submission::Left(left) => {
            let file = |file: &assessment::Left| json!({"path": file.path, "sha256": Digest::of(&file.bytes)});
            json!({"left": left.iter().map(file).collect::<Vec<_>>()})
        }
    }
}

/// The answer's message. Calls without an id get one, as their results must name it.
fn first(answer: ChatResponse) -> Message {
    let message = answer.choices.into_iter().next().map(|choice| choice.message);
    let mut message = message.unwrap_or_else(|| Message::text(Role::Assistant, ""));
    for (i, call) in message.tool_calls.iter_mut().flatten().enumerate() {
        if call.id.is_empty() {
            call.id = format!("call-{i}");
        }
    }
    if message.tool_calls.as_ref().is_some_and(Vec::is_empty) {
        message.tool_calls = None;
    }
    message
}

fn tokens(request: &ChatRequest, answer: &ChatResponse) -> u64 {
    let counted = answer.usage.as_ref().map(Usage::total).filter(|total| *total > 0);
    counted.unwrap_or_else(|| {
        let text = |value: serde_json::Result<String>| value.map_or(0, |t| llm::estimate(&t));
        text(serde_json::to_string(&request.messages))
            + text(serde_json::to_string(&request.tools))
            + text(serde_json::to_string(&answer.choices))
    })
}
