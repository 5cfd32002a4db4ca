//! Trajectories and spans of a run, and that spans tell nothing that was said.

use super::{span_requests, spans, trajectories};
use crate::inspect::tests::transcript;
use serde_json::{Value, json};

#[test]
fn trajectories_hold_each_step() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.jsonl");
    let root = transcript(&path);
    let written = trajectories(&path, dir.path()).unwrap();
    assert_eq!((written.files.len(), written.transcript), (3, root));
    assert!(trajectories(&path, dir.path()).is_err(), "nothing is overwritten");
    let text = std::fs::read(&written.files[2]).unwrap();
    let read: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(read["schema_version"], "ATIF-v1.4");
    let sources: Vec<_> = read["steps"].as_array().unwrap().iter().map(|s| &s["source"]).collect();
    assert_eq!(json!(sources), json!(["user", "agent", "agent"]));
    let ids: Vec<_> = read["steps"].as_array().unwrap().iter().map(|s| &s["step_id"]).collect();
    assert_eq!(json!(ids), json!([1, 2, 3]));
    let call = &read["steps"][1]["tool_calls"][0];
    assert_eq!(
        call,
        &json!({"tool_call_id": "call-0", "function_name": "shell", "arguments": {"command": "ls"}})
    );
    let results = &read["steps"][1]["observation"]["results"];
    assert_eq!(results[0]["source_call_id"], "call-0");
    assert_eq!(read["final_metrics"]["total_prompt_tokens"], 10);
    assert_eq!(
        (&read["extra"]["outcome"], &read["extra"]["transcript"]),
        (&json!("invalid"), &json!(root))
    );
}

#[test]
fn spans_hold_no_content() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.jsonl");
    transcript(&path);
    let written = spans(&path, dir.path()).unwrap();
    let text = std::fs::read_to_string(&written.files[0]).unwrap();
    for said in ["Find the", "I look", "ls\"", "[0m", "\"42\""] {
        assert!(!text.contains(said), "{said}");
    }
    assert_eq!(text.lines().count(), 3);
    let requests = span_requests(&path).unwrap();
    let first: Value = serde_json::from_slice(&requests[0]).unwrap();
    let all = first["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap();
    let names: Vec<_> = all.iter().map(|span| &span["name"]).collect();
    assert_eq!(
        json!(names),
        json!(["invoke_agent vestibule", "chat m", "execute_tool shell", "chat m"])
    );
    assert!(all[1..].iter().all(|span| span["parentSpanId"] == all[0]["spanId"]));
    assert_eq!(all[0]["startTimeUnixNano"], "1790000000000000000");
    assert_eq!(all[0]["events"][0]["name"], "gen_ai.evaluation.result");
    assert_eq!(all[1]["attributes"][3]["value"], json!({"intValue": "10"}));
    assert_eq!(
        (all[0]["traceId"].as_str().unwrap().len(), all[1]["spanId"].as_str().unwrap().len()),
        (32, 16)
    );
}
