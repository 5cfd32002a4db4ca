//! What the scripted model says: a greeting; the call of a tool, when one is offered; a sentence, once
//! the tool has answered. A field that the gateway doesn't know comes back as `echo`.

use serde_json::{Value, json};

/// An answer.
pub(crate) enum Said {
    Whole(Value),
    Events(Vec<Event>),
    Refused(u16, Value),
}

/// An event of a stream.
pub(crate) struct Event(Option<&'static str>, String);

impl Event {
    pub(crate) fn text(&self) -> String {
        match self.0 {
            Some(kind) => format!("event: {kind}\ndata: {}\n\n", self.1),
            None => format!("data: {}\n\n", self.1),
        }
    }
}

const GREETING: [&str; 3] = ["Hello", ", ", "world."];
const WEATHER: [&str; 3] = ["It is ", "21 ", "degrees."];
const ARGUMENTS: [&str; 2] = ["{\"city\":", "\"Oslo\"}"];

/// Answers a request to this path.
pub(crate) fn say(path: &str, asked: &Value) -> Said {
    if asked.to_string().contains("please refuse") {
        let error = json!({"type": "invalid_request_error", "message": "refused by script"});
        return Said::Refused(400, json!({"type": "error", "error": error}));
    }
    let streams = asked["stream"] == true;
    match path {
        "/v1/chat/completions" => chat(asked, streams),
        "/v1/responses" => responses(asked, streams),
        "/v1/messages" => messages(asked, streams),
        "/v1/messages/count_tokens" => Said::Whole(json!({"input_tokens": 11})),
        "/v1/embeddings" => Said::Whole(embeddings(asked)),
        _ => Said::Refused(404, json!({"error": {"message": "not here"}})),
    }
}

/// The text to say, or nothing when a tool is to be called.
fn text(asked: &Value, list: &str) -> Option<[&'static str; 3]> {
    let said = asked[list].to_string();
    let answered = ["\"tool\"", "\"tool_result\"", "\"function_call_output\""];
    if answered.iter().any(|mark| said.contains(mark)) {
        Some(WEATHER)
    } else {
        asked["tools"].as_array().is_none_or(Vec::is_empty).then_some(GREETING)
    }
}

fn chat(asked: &Value, streams: bool) -> Said {
    let usage = json!({"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12});
    let head = |object: &str, choices: Value, usage: Value| {
        json!({"id": "chatcmpl-1", "object": object, "created": 1, "model": "model-1",
            "choices": choices, "usage": usage, "echo": asked["unknown_field"]})
    };
    let call = |arguments: &str| {
        json!([{"index": 0, "id": "call_1", "type": "function",
            "function": {"name": "get_weather", "arguments": arguments}}])
    };
    let (said, reason) = (text(asked, "messages"), "stop");
    if !streams {
        let (message, reason) = match said {
            Some(text) => (json!({"role": "assistant", "content": text.concat()}), reason),
            None => (
                json!({"role": "assistant", "content": null, "tool_calls": call(&ARGUMENTS.concat())}),
                "tool_calls",
            ),
        };
        let choices = json!([{"index": 0, "message": message, "finish_reason": reason}]);
        return Said::Whole(head("chat.completion", choices, usage));
    }
    let mut deltas = vec![json!({"role": "assistant", "content": ""})];
    match said {
        Some(text) => deltas.extend(text.iter().map(|t| json!({"content": t}))),
        None => {
            deltas.push(json!({"tool_calls": call("")}));
            deltas.extend(
                ARGUMENTS
                    .map(|a| json!({"tool_calls": [{"index": 0, "function": {"arguments": a}}]})),
            );
        }
    }
    let reason = if said.is_some() { "stop" } else { "tool_calls" };
    let chunk = |choices: Value, usage: Value| {
        Event(None, head("chat.completion.chunk", choices, usage).to_string())
    };
    let choice = |delta: Value, reason: Value| json!([{"index": 0, "delta": delta, "finish_reason": reason}]);
    let mut events: Vec<_> =
        deltas.into_iter().map(|d| chunk(choice(d, Value::Null), Value::Null)).collect();
    events.push(chunk(choice(json!({}), json!(reason)), Value::Null));
    events.push(chunk(json!([]), usage));
    events.push(Event(None, "[DONE]".to_owned()));
    Said::Events(events)
}

fn responses(asked: &Value, streams: bool) -> Said {
    let said = text(asked, "input");
    let part = |text: &str| json!({"type": "output_text", "text": text, "annotations": []});
    let item = |status: &str, done: bool| match said {
        Some(text) => {
            json!({"id": "msg_1", "type": "message", "role": "assistant", "status": status,
            "content": if done { json!([part(&text.concat())]) } else { json!([]) }})
        }
        None => {
            json!({"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "get_weather",
            "status": status, "arguments": if done { ARGUMENTS.concat() } else { String::new() }})
        }
    };
    let state = |status: &str, output: Value, usage: Value| {
        json!({"id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": "model-1",
            "output": output, "parallel_tool_calls": true, "tool_choice": "auto", "tools": asked["tools"],
            "usage": usage, "echo": asked["unknown_field"]})
    };
    let usage = json!({"input_tokens": 9, "output_tokens": 3, "total_tokens": 12,
        "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}});
    let whole = state("completed", json!([item("completed", true)]), usage);
    if !streams {
        return Said::Whole(whole);
    }
    let started = state("in_progress", json!([]), Value::Null);
    let at = json!({"output_index": 0, "content_index": 0, "item_id": "msg_1"});
    let with = |base: &Value, more: Value| {
        let mut all = base.clone();
        if let (Value::Object(all), Value::Object(more)) = (&mut all, more) {
            all.extend(more);
        }
        all
    };
    let mut events = vec![
        ("response.created", json!({"response": started})),
        (
            "response.output_item.added",
            json!({"output_index": 0, "item": item("in_progress", false)}),
        ),
    ];
    if let Some(text) = said {
        events.push(("response.content_part.added", with(&at, json!({"part": part("")}))));
        events.extend(text.map(|t| {
            ("response.output_text.delta", with(&at, json!({"delta": t, "logprobs": []})))
        }));
        let done = with(&at, json!({"text": text.concat(), "logprobs": []}));
        events.push(("response.output_text.done", done));
        let done = with(&at, json!({"part": part(&text.concat())}));
        events.push(("response.content_part.done", done));
    } else {
        let call = json!({"output_index": 0, "item_id": "fc_1"});
        events.extend(
            ARGUMENTS.map(|a| {
                ("response.function_call_arguments.delta", with(&call, json!({"delta": a})))
            }),
        );
        let done = json!({"arguments": ARGUMENTS.concat(), "name": "get_weather"});
        events.push(("response.function_call_arguments.done", with(&call, done)));
    }
    events.push((
        "response.output_item.done",
        json!({"output_index": 0, "item": item("completed", true)}),
    ));
    events.push(("response.completed", json!({"response": whole})));
    let numbered = events.into_iter().enumerate().map(|(n, (kind, event))| {
        let data = with(&event, json!({"type": kind, "sequence_number": n}));
        Event(Some(kind), data.to_string())
    });
    Said::Events(numbered.collect())
}

fn messages(asked: &Value, streams: bool) -> Said {
    let said = text(asked, "messages");
    let reason = if said.is_some() { "end_turn" } else { "tool_use" };
    let content = match said {
        Some(text) => json!({"type": "text", "text": text.concat()}),
        None => json!({"type": "tool_use", "id": "toolu_1", "name": "get_weather",
            "input": {"city": "Oslo"}}),
    };
    let message = |content: Value, reason: Value, output: u64| {
        json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "model-1",
            "content": content, "stop_reason": reason, "stop_sequence": null,
            "usage": {"input_tokens": 9, "output_tokens": output}, "echo": asked["unknown_field"]})
    };
    if !streams {
        return Said::Whole(message(json!([content]), json!(reason), 3));
    }
    let (begun, deltas): (Value, Vec<Value>) = match said {
        Some(text) => (
            json!({"type": "text", "text": ""}),
            text.map(|t| json!({"type": "text_delta", "text": t})).into(),
        ),
        None => (
            json!({"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}),
            ARGUMENTS.map(|a| json!({"type": "input_json_delta", "partial_json": a})).into(),
        ),
    };
    let mut events = vec![
        ("message_start", json!({"message": message(json!([]), Value::Null, 1)})),
        ("content_block_start", json!({"index": 0, "content_block": begun})),
        ("ping", json!({})),
    ];
    events.extend(
        deltas.into_iter().map(|d| ("content_block_delta", json!({"index": 0, "delta": d}))),
    );
    events.push(("content_block_stop", json!({"index": 0})));
    let end = json!({"stop_reason": reason, "stop_sequence": null});
    events.push(("message_delta", json!({"delta": end, "usage": {"output_tokens": 3}})));
    events.push(("message_stop", json!({})));
    let named = events.into_iter().map(|(kind, mut event)| {
        event["type"] = json!(kind);
        Event(Some(kind), event.to_string())
    });
    Said::Events(named.collect())
}

/// Two numbers for each input, as the client wants them encoded.
fn embeddings(asked: &Value) -> Value {
    let n = asked["input"].as_array().map_or(1, Vec::len);
    let vector = if asked["encoding_format"] == "base64" {
        // 0.5 and -1.0, four bytes each, little end first
        json!("AAAAPwAAgL8=")
    } else {
        json!([0.5, -1.0])
    };
    let data: Vec<_> =
        (0..n).map(|i| json!({"object": "embedding", "index": i, "embedding": vector})).collect();
    json!({"object": "list", "model": "model-1", "data": data,
        "usage": {"prompt_tokens": 2, "total_tokens": 2}})
}
