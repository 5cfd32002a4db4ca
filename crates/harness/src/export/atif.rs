//! The Agent Trajectory Interchange Format (ATIF, version 1.4) of the Harbor project: one JSON document a sample.

use super::{Run, Sample, body, text};
use serde_json::{Value, json};

/// The version that is written.
const VERSION: &str = "ATIF-v1.4";

/// A sample's file name and trajectory.
pub(super) fn trajectory(run: &Run, sample: &Sample) -> (String, Value) {
    let first = sample.lines.first().unwrap_or(&Value::Null);
    let last = body(sample.lines.last().unwrap_or(&Value::Null));
    let number = body(first).get("sample").and_then(Value::as_u64).unwrap_or(0);
    let mut steps = vec![json!({
        "step_id": 1, "timestamp": text(first, "at"), "source": "user", "message": text(body(first), "prompt"),
    })];
    let (mut prompt, mut completion) = (0, 0);
    for line in sample.lines.iter().skip(1) {
        match text(line, "kind") {
            "model" => {
                let usage = body(line).get("usage").unwrap_or(&Value::Null);
                let count = |key: &str| usage.get(key).and_then(Value::as_u64).unwrap_or(0);
                prompt += count("prompt_tokens");
                completion += count("completion_tokens");
                steps.push(said(
                    line,
                    steps.len() + 1,
                    &run.name,
                    (count("prompt_tokens"), count("completion_tokens")),
                ));
            }
            "tool" => came_back(&mut steps, body(line)),
            "coach" => steps.push(json!({
                "step_id": steps.len() + 1, "timestamp": text(line, "at"), "source": "user",
                "message": text(body(line), "text"),
            })),
            _ => {}
        }
    }
    let count = steps.len();
    let trajectory = json!({
        "schema_version": VERSION,
        "session_id": format!("{}-{number}", run.run),
        "agent": {"name": "vestibule", "version": env!("CARGO_PKG_VERSION"), "model_name": run.model},
        "steps": steps,
        "final_metrics": {
            "total_prompt_tokens": prompt, "total_completion_tokens": completion, "total_steps": count,
        },
        "extra": {
            "transcript": run.root, "sample": number, "outcome": text(last, "outcome"), "reason": text(last, "reason"),
            "family": text(body(first), "family"), "dial": body(first).get("dial"),
        },
    });
    (format!("{}-{number}.atif.json", run.run), trajectory)
}

fn said(line: &Value, id: usize, model: &str, (prompt, completion): (u64, u64)) -> Value {
    let message = body(line).get("message").unwrap_or(&Value::Null);
    let content = match message.get("content") {
        Some(Value::String(content)) => content.clone(),
        Some(Value::Array(parts)) => parts.iter().map(|part| text(part, "text")).collect(),
        _ => String::new(),
    };
    let mut step = json!({
        "step_id": id, "timestamp": text(line, "at"), "source": "agent", "model_name": model, "message": content,
        "metrics": {"prompt_tokens": prompt, "completion_tokens": completion},
    });
    let calls = message.get("tool_calls").and_then(Value::as_array);
    let calls: Vec<_> = calls
        .into_iter()
        .flatten()
        .map(|call| {
            let function = call.get("function").unwrap_or(&Value::Null);
            let typed = text(function, "arguments");
            let arguments = serde_json::from_str::<Value>(typed).ok().filter(Value::is_object);
            json!({
                "tool_call_id": text(call, "id"), "function_name": text(function, "name"),
                "arguments": arguments.unwrap_or_else(|| json!({"raw": typed})),
            })
        })
        .collect();
    if let (Some(fields), false) = (step.as_object_mut(), calls.is_empty()) {
        fields.insert("tool_calls".to_owned(), Value::Array(calls));
    }
    step
}

/// Puts what came back from a call with the step that made it.
fn came_back(steps: &mut [Value], result: &Value) {
    let Some(fields) = steps.last_mut().and_then(Value::as_object_mut) else { return };
    let observation = fields.entry("observation").or_insert_with(|| json!({"results": []}));
    if let Some(results) = observation.get_mut("results").and_then(Value::as_array_mut) {
        results.push(
            json!({"source_call_id": text(result, "call"), "content": text(result, "result")}),
        );
    }
}
