//! Every kind of call, and refusals in the dialect of whoever asked. The upstream is the one that the
//! official clients are run against.

use super::world::{Answer, Setup, World};
use crate::permits::TOKEN;
use access::Endpoint;
use bytes::Bytes;
use gateway::Outcome;
use http::{Request, header};
use http_body_util::Full;
use serde_json::{Value, json};

#[path = "../../examples/clients/script.rs"]
mod script;
#[expect(clippy::disallowed_methods, reason = "a mock serves from tasks of its own")]
#[path = "../../examples/clients/upstream.rs"]
mod upstream;

async fn world() -> World {
    let behind = upstream::start().await.expect("loopback");
    let key = Some(upstream::KEY);
    World::with(Setup { upstream: Some(behind), provider_key: key, ..Setup::default() }).await
}

pub(crate) async fn post(world: &World, path: &str, body: &Value) -> Answer {
    let mut request = Request::post(path).header(header::HOST, "gateway");
    request = if path.starts_with("/v1/messages") {
        request.header("x-api-key", TOKEN).header("anthropic-version", "2023-06-01")
    } else {
        request.header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
    };
    let request = request.body(Full::new(Bytes::from(body.to_string()))).expect("a request");
    let mut client = world.connect().await;
    let answer = client.send(request).await;
    answer.with(client)
}

pub(crate) fn body(path: &str, stream: bool) -> Value {
    let mut body = json!({"model": "model-1", "stream": stream});
    match path {
        "/v1/responses" => body["input"] = json!("Say hello."),
        "/v1/embeddings" => body["input"] = json!(["one", "two"]),
        _ => {
            body["messages"] = json!([{"role": "user", "content": "Say hello."}]);
            body["max_tokens"] = json!(50);
        }
    }
    body
}

#[tokio::test]
async fn every_kind_of_call_is_forwarded_charged_and_recorded() {
    let world = world().await;
    let calls = [
        ("/v1/chat/completions", true, Endpoint::ChatCompletions, 12),
        ("/v1/chat/completions", false, Endpoint::ChatCompletions, 12),
        ("/v1/responses", true, Endpoint::Responses, 12),
        ("/v1/responses", false, Endpoint::Responses, 12),
        ("/v1/messages", true, Endpoint::Messages, 12),
        ("/v1/messages", false, Endpoint::Messages, 12),
        ("/v1/messages/count_tokens", false, Endpoint::CountTokens, 0),
        ("/v1/embeddings", false, Endpoint::Embeddings, 2),
    ];
    for (path, stream, ..) in calls {
        let asked = body(path, stream);
        let answer = post(&world, path, &asked).await;
        assert_eq!(answer.status, 200, "{path}");
        let expected: String = match script::say(path, &asked) {
            script::Said::Whole(value) => value.to_string(),
            script::Said::Events(events) => events.iter().map(script::Event::text).collect(),
            script::Said::Refused(..) => panic!("{path}"),
        };
        assert_eq!(answer.text().await, expected, "{path}");
    }
    let records = world.records(calls.len()).await;
    let seen: Vec<_> = records.iter().map(|r| (r.endpoint, r.charged)).collect();
    assert_eq!(seen, calls.map(|(_, _, endpoint, charged)| (endpoint, charged)));
    assert!(records.iter().all(|r| r.outcome == Outcome::Completed));
}

#[tokio::test]
async fn refusals_speak_the_dialect_of_whoever_asked() {
    let world = world().await;
    world.withdraw();
    for path in ["/v1/chat/completions", "/v1/responses", "/v1/embeddings"] {
        let (status, _, code) = post(&world, path, &body(path, false)).await.refusal().await;
        assert_eq!((status, code.as_str()), (403, "case-withdrawn"), "{path}");
    }
    let path = "/v1/messages";
    let answer = post(&world, path, &body(path, false)).await;
    assert_eq!(answer.status, 403);
    let said: Value = serde_json::from_str(&answer.text().await).expect("JSON");
    assert_eq!(said["type"], "error");
    assert_eq!(said["error"]["type"], "permission_error");
    assert_eq!(said["error"]["code"], "case-withdrawn");
}

/// Calls as clients make them: pictures, tools, and fields that nobody here knows.
fn rich() -> Vec<(&'static str, Value)> {
    let picture = "data:image/png;base64,iVBORw0KGgo=";
    let schema = json!({"type": "object", "properties": {"at": {"type": "string"}}});
    vec![
        (
            "/v1/chat/completions",
            json!({"model": "model-1", "max_completion_tokens": 20, "parallel_tool_calls": false, "reasoning_effort": "low",
                "messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"},
                    {"type": "image_url", "image_url": {"url": picture, "detail": "low"}}]},
                    {"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function",
                        "function": {"name": "look", "arguments": "{\"at\":\"it\"}"}}]},
                    {"role": "tool", "tool_call_id": "c1", "content": "seen"}],
                "tools": [{"type": "function", "function": {"name": "look", "strict": true, "parameters": schema}}],
                "tool_choice": "auto", "of_tomorrow": {"a": [1.50, null]}}),
        ),
        (
            "/v1/responses",
            json!({"model": "model-1", "max_output_tokens": 20, "store": false, "reasoning": {"effort": "low"},
                "input": [{"role": "user", "content": [{"type": "input_text", "text": "What is it?"},
                    {"type": "input_image", "image_url": picture}]}],
                "tools": [{"type": "function", "name": "look", "parameters": schema}], "of_tomorrow": [true]}),
        ),
        (
            "/v1/messages",
            json!({"model": "model-1", "max_tokens": 20, "thinking": {"type": "disabled"},
                "system": [{"type": "text", "text": "Be short.", "cache_control": {"type": "ephemeral"}}],
                "messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "base64",
                    "media_type": "image/png", "data": "iVBORw0KGgo="}}, {"type": "text", "text": "What is it?"}]}],
                "tools": [{"name": "look", "input_schema": schema, "of_tomorrow": 1}]}),
        ),
        (
            "/v1/messages/count_tokens",
            json!({"model": "model-1", "messages": [{"role": "user", "content": "one two"}], "of_tomorrow": 1}),
        ),
        (
            "/v1/embeddings",
            json!({"model": "model-1", "input": ["one", "two"], "dimensions": 8, "of_tomorrow": {}}),
        ),
    ]
}

#[tokio::test]
async fn pictures_tools_and_unknown_fields_pass_untouched_in_every_dialect() {
    // the other upstream notes what it was sent
    let world = World::start().await;
    for (n, (path, asked)) in rich().into_iter().enumerate() {
        // spacing is the client's
        let sent = serde_json::to_string_pretty(&asked).expect("JSON");
        let request = Request::post(path)
            .header(header::HOST, "gateway")
            .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
            .header("anthropic-version", "2023-06-01")
            .header("anthropic-beta", "of-tomorrow-1")
            .header("x-of-the-client", "stays here")
            .body(Full::new(Bytes::from(sent.clone())))
            .expect("a request");
        drop(world.connect().await.send(request).await);
        let seen = world.upstream.seen.requests.lock().expect("no panic");
        let (headers, body) = seen.get(n).expect("it was forwarded");
        assert_eq!(*body, sent, "{path}");
        assert!(!headers.contains_key("x-of-the-client"), "{path}");
        let anthropic = path.starts_with("/v1/messages");
        for (name, value) in
            [("anthropic-version", "2023-06-01"), ("anthropic-beta", "of-tomorrow-1")]
        {
            assert_eq!(headers.get(name).is_some_and(|v| v == value), anthropic, "{path}: {name}");
        }
    }
}
