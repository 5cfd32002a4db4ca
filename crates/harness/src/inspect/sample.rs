//! One sample of the log, from the lines between its start and its end.

use super::SCORER;
use crate::tools;
use serde_json::{Map, Value, json};

/// A sample that is being read.
pub(super) struct Sample {
    pub(super) id: String,
    /// Whether it counts as solved; none when it is INVALID.
    pub(super) passed: Option<bool>,
    pub(super) tokens: u64,
    model: String,
    started: Value,
    ended: Value,
    metadata: Map<String, Value>,
    prompt: String,
    messages: Vec<Value>,
    events: Vec<Value>,
    answer: Option<String>,
    reason: String,
    turns: u64,
    seconds: f64,
}

fn text(of: &Value, key: &str) -> String {
    of.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl Sample {
    pub(super) fn new(line: &Value, model: &str, system: &str) -> Self {
        let none = Value::Null;
        let body = line.get("body").unwrap_or(&none);
        let number = |key: &str| body.get(key).and_then(Value::as_u64).unwrap_or(0);
        let (family, prompt) = (text(body, "family"), text(body, "prompt"));
        let keys = ["family", "dial", "instance", "cell"];
        let metadata =
            keys.iter().map(|key| ((*key).to_owned(), body.get(key).cloned().unwrap_or_default()));
        Self {
            id: format!("{family}-{}-{}", number("dial"), number("sample")),
            passed: None,
            tokens: 0,
            model: model.to_owned(),
            started: line.get("at").cloned().unwrap_or_default(),
            ended: Value::Null,
            metadata: metadata.collect(),
            messages: vec![
                json!({"role": "system", "content": system}),
                json!({"role": "user", "content": prompt, "source": "input"}),
            ],
            prompt,
            events: Vec::new(),
            answer: None,
            reason: String::new(),
            turns: 0,
            seconds: 0.0,
        }
    }

    /// Takes a line of the conversation.
    pub(super) fn line(&mut self, kind: &str, line: &Value) {
        let none = Value::Null;
        let body = line.get("body").unwrap_or(&none);
        let at = line.get("at").cloned().unwrap_or_default();
        match kind {
            "model" => self.model_turn(body, at),
            "tool" => self.tool(body, at),
            "coach" => self.messages.push(json!({"role": "user", "content": text(body, "text")})),
            "submission" => {
                let answer = body.get("answer").or_else(|| body.get("base64"));
                self.answer = answer.and_then(Value::as_str).map(str::to_owned);
            }
            _ => {}
        }
    }

    fn model_turn(&mut self, body: &Value, at: Value) {
        let none = Value::Null;
        let said = body.get("message").unwrap_or(&none);
        let calls: Vec<_> = said
            .get("tool_calls")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(call)
            .collect();
        let content = match said.get("content") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(parts)) => parts.iter().map(|part| text(part, "text")).collect(),
            _ => String::new(),
        };
        let mut message = json!({
            "role": "assistant", "content": content, "source": "generate", "model": self.model,
        });
        let stop = if calls.is_empty() { "stop" } else { "tool_calls" };
        if let (Some(fields), false) = (message.as_object_mut(), calls.is_empty()) {
            fields.insert("tool_calls".to_owned(), Value::Array(calls.clone()));
        }
        let output = json!({
            "model": self.model, "choices": [{"message": message, "stop_reason": stop}],
            "completion": content, "usage": usage(body.get("usage")),
        });
        self.event(at, json!({
            "event": "model", "model": self.model, "input": self.messages, "tools": [], "tool_choice": "auto",
            "config": {}, "output": output,
        }));
        self.messages.push(message);
        if calls.is_empty() {
            self.messages.push(json!({"role": "user", "content": tools::NUDGE}));
        }
        self.turns += 1;
    }

    fn tool(&mut self, body: &Value, at: Value) {
        let (id, name, result) = (text(body, "call"), text(body, "name"), text(body, "result"));
        let called = self.messages.iter().rev().find_map(|message| {
            let calls = message.get("tool_calls")?.as_array()?;
            calls.iter().find(|call| call.get("id").and_then(Value::as_str) == Some(&id))
        });
        let arguments = called.and_then(|call| call.get("arguments")).cloned();
        self.event(
            at,
            json!({
                "event": "tool", "type": "function", "id": id, "function": name,
                "arguments": arguments.unwrap_or_else(|| json!({})), "result": result, "events": [],
            }),
        );
        self.messages.push(json!({
            "role": "tool", "content": result, "tool_call_id": id, "function": name,
        }));
    }

    fn event(&mut self, at: Value, mut event: Value) {
        if let Some(fields) = event.as_object_mut() {
            let uuid = format!("{}-{}", self.id, self.events.len());
            fields.insert("uuid".to_owned(), json!(uuid));
            fields.insert("timestamp".to_owned(), at);
            fields.insert("working_start".to_owned(), json!(0.0));
        }
        self.events.push(event);
    }

    /// Takes the line that ends it.
    pub(super) fn end(&mut self, line: &Value) {
        let none = Value::Null;
        let body = line.get("body").unwrap_or(&none);
        self.passed = match body.get("outcome").and_then(Value::as_str) {
            Some("pass") => Some(true),
            Some("fail") => Some(false),
            _ => None,
        };
        self.reason = text(body, "reason");
        let spent = |key: &str| body.get("spent")?.get(key)?.as_u64();
        self.tokens = spent("tokens").unwrap_or(0);
        let millis = u32::try_from(spent("millis").unwrap_or(0)).unwrap_or(u32::MAX);
        self.seconds = f64::from(millis) / 1e3;
        self.ended = line.get("at").cloned().unwrap_or_default();
        self.metadata.insert("ended".to_owned(), body.get("ended").cloned().unwrap_or_default());
        if self.passed.is_some() {
            let event = json!({"event": "score", "score": self.score(), "intermediate": false});
            self.event(self.ended.clone(), event);
        }
    }

    fn score(&self) -> Value {
        let value = if self.passed == Some(true) { "C" } else { "I" };
        json!({"value": value, "answer": self.answer, "explanation": self.reason, "metadata": {}})
    }

    fn scores(&self) -> Value {
        if self.passed.is_some() { json!({SCORER: self.score()}) } else { json!({}) }
    }

    fn usage(&self) -> Value {
        json!({&self.model: {"input_tokens": 0, "output_tokens": 0, "total_tokens": self.tokens}})
    }

    /// The sample's own member.
    pub(super) fn json(&self) -> Value {
        let error = self.passed.is_none().then(|| {
            json!({"message": self.reason, "traceback": self.reason, "traceback_ansi": self.reason})
        });
        let output = self.events.iter().rev().find_map(|event| event.get("output")).cloned();
        let output = output.unwrap_or_else(|| json!({"model": self.model, "choices": []}));
        json!({
            "id": self.id, "epoch": 1, "input": self.prompt, "target": "", "messages": self.messages,
            "output": output, "scores": self.scores(), "metadata": self.metadata, "store": {},
            "events": self.events, "model_usage": self.usage(), "started_at": self.started,
            "completed_at": self.ended, "total_time": self.seconds, "working_time": self.seconds,
            "uuid": self.id, "error": error, "attachments": {},
        })
    }

    /// What lists show of it.
    pub(super) fn summary(&self) -> Value {
        json!({
            "id": self.id, "epoch": 1, "input": self.prompt, "target": "", "metadata": self.metadata,
            "scores": self.scores(), "model_usage": self.usage(), "started_at": self.started,
            "completed_at": self.ended, "total_time": self.seconds, "working_time": self.seconds,
            "uuid": self.id, "error": self.passed.is_none().then(|| self.reason.clone()),
            "completed": true, "message_count": self.messages.len(), "turn_count": self.turns,
        })
    }
}

/// A tool call in Inspect's words. Arguments that are no object are kept as text.
fn call(call: &Value) -> Value {
    let none = Value::Null;
    let function = call.get("function").unwrap_or(&none);
    let typed = text(function, "arguments");
    let arguments = serde_json::from_str::<Value>(&typed).ok().filter(Value::is_object);
    json!({
        "id": text(call, "id"), "function": text(function, "name"), "type": "function",
        "arguments": arguments.unwrap_or_else(|| json!({"raw": typed})),
    })
}

fn usage(usage: Option<&Value>) -> Value {
    let number = |key: &str| usage.and_then(|u| u.get(key)).and_then(Value::as_u64).unwrap_or(0);
    let (input, output) = (number("prompt_tokens"), number("completion_tokens"));
    json!({"input_tokens": input, "output_tokens": output, "total_tokens": input + output})
}
