//! A run as an Inspect log: what is in the archive, and that Inspect itself reads it.
#![expect(clippy::disallowed_methods, reason = "tests find their Python by environment")]

use super::export;
use crate::transcript::Writer;
use domain::{Digest, Timestamp};
use serde_json::{Value, json};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The version that the test reads with.
const INSPECT: &str = "inspect-ai==0.3.285";

/// A transcript with a sample that passes, one that fails, and one that is INVALID.
pub(crate) fn transcript(path: &Path) -> Digest {
    let mut writer = Writer::create(path).unwrap();
    let mut write = |kind: &str, body: Value| {
        writer.write(kind, Timestamp::from_micros(1_790_000_000_000_000).unwrap(), body).unwrap();
    };
    let commitment = Digest::of(b"criteria");
    write(
        "run-started",
        json!({"run": "run-1", "model": "model-1", "commitment": commitment,
        "endpoint": "http://127.0.0.1:1/v1", "name": "m", "sandbox": {"tier": "namespaces"}}),
    );
    for (index, outcome) in ["pass", "fail", "invalid"].iter().enumerate() {
        write(
            "sample-started",
            json!({"sample": index, "cell": 0, "family": "weak-rsa", "dial": 2,
            "instance": Digest::of(b"i"), "prompt": "Find the \"secret\" \u{1F511}."}),
        );
        let call = json!({"id": "call-0", "type": "function",
            "function": {"name": "shell", "arguments": "{\"command\":\"ls\"}"}});
        write(
            "model",
            json!({"sample": index, "turn": 1,
            "message": {"role": "assistant", "content": "I look.", "tool_calls": [call]},
            "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}}),
        );
        write(
            "tool",
            json!({"sample": index, "call": "call-0", "name": "shell", "result": "a\u{1b}[0m\nb"}),
        );
        write(
            "model",
            json!({"sample": index, "turn": 2, "message": {"role": "assistant", "content": "hm"}}),
        );
        write("submission", json!({"sample": index, "answer": "42"}));
        write(
            "sample-ended",
            json!({"sample": index, "outcome": outcome, "reason": "why", "cell": 0,
            "ended": "submitted", "spent": {"turns": 2, "tokens": 30, "millis": 1500}}),
        );
    }
    write("run-ended", json!({"verdict": "UNDETERMINED", "stop": "cap"}));
    writer.close().unwrap()
}

/// Members by the local headers, which must agree with the directory's number of them.
pub(super) fn members(archive: &[u8]) -> Vec<(String, Value)> {
    let number = |at: usize, n: usize| {
        archive[at..at + n].iter().rev().fold(0_usize, |all, b| all << 8 | usize::from(*b))
    };
    let mut found = Vec::new();
    let mut at = 0;
    while archive[at..].starts_with(b"PK\x03\x04") {
        let (crc, packed, name) = (number(at + 14, 4), number(at + 18, 4), number(at + 26, 2));
        let body = at + 30 + name;
        let mut text = Vec::new();
        let packed_bytes = &archive[body..body + packed];
        flate2::read::DeflateDecoder::new(packed_bytes).read_to_end(&mut text).unwrap();
        let mut sum = flate2::Crc::new();
        sum.update(&text);
        assert_eq!(sum.sum() as usize, crc);
        assert_eq!(text.len(), number(at + 22, 4));
        let name = String::from_utf8(archive[at + 30..body].to_vec()).unwrap();
        found.push((name, serde_json::from_slice(&text).unwrap()));
        at = body + packed;
    }
    let end = archive.len() - 22;
    assert!(archive[end..].starts_with(b"PK\x05\x06"));
    assert_eq!((number(end + 10, 2), number(end + 16, 4)), (found.len(), at));
    found
}

#[test]
fn what_is_in_the_archive() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.jsonl");
    let root = transcript(&path);
    let exported = export(&path, dir.path()).unwrap();
    assert_eq!((exported.transcript, exported.samples, exported.ended), (root, 3, true));
    assert!(export(&path, dir.path()).is_err(), "nothing is overwritten");
    let members = members(&std::fs::read(&exported.path).unwrap());
    let names: Vec<_> = members.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        "_journal/start.json",
        "samples/weak-rsa-2-0_epoch_1.json",
        "samples/weak-rsa-2-1_epoch_1.json",
        "samples/weak-rsa-2-2_epoch_1.json",
        "summaries.json",
        "header.json",
    ];
    assert_eq!(names, expected);
    let header = &members[5].1;
    assert_eq!(header["eval"]["metadata"]["transcript"], json!(root));
    assert_eq!(header["results"]["scores"][0]["metrics"]["accuracy"]["value"], json!(0.5));
    // a failure of the measurement is no failure of the model
    assert_eq!(members[3].1["scores"], json!({}));
    assert_eq!(members[3].1["error"]["message"], "why");
    // a torn transcript has no log
    std::fs::write(&path, "").unwrap();
    assert!(export(&path, dir.path()).is_err());
}

/// A Python that has Inspect: named by `VESTIBULE_INSPECT_PYTHON`, or installed when `VESTIBULE_INSTALL=1` allows it.
pub(super) fn python() -> Option<PathBuf> {
    if let Ok(named) = std::env::var("VESTIBULE_INSPECT_PYTHON") {
        return Some(named.into());
    }
    if std::env::var("VESTIBULE_INSTALL").as_deref() != Ok("1") {
        println!(
            "skipped: Inspect AI reads the log (VESTIBULE_INSTALL=1 lets this test install {INSPECT} in a virtual \
             environment; VESTIBULE_INSPECT_PYTHON names a Python that has it)"
        );
        return None;
    }
    let place = std::env::temp_dir().join("vestibule-inspect-0.3.285");
    let python = place.join("bin/python");
    let ran = |command: &mut Command| command.status().is_ok_and(|status| status.success());
    let whole = place.join("installed");
    if !whole.exists() {
        let made = ran(Command::new("python3").arg("-m").arg("venv").arg(&place))
            && ran(Command::new(&python).args(["-m", "pip", "install", "--quiet", INSPECT]));
        if !made {
            println!("skipped: Inspect AI can't be installed here");
            return None;
        }
        std::fs::write(whole, INSPECT).unwrap();
    }
    Some(python)
}

const READ: &str = r#"
import json, sys
from inspect_ai.log import read_eval_log, read_eval_log_sample_summaries, list_eval_logs
log = read_eval_log(sys.argv[1])
summaries = read_eval_log_sample_summaries(sys.argv[1])
listed = list_eval_logs(sys.argv[2])
print(json.dumps({
    "status": log.status, "task": log.eval.task, "model": log.eval.model,
    "commitment": log.eval.metadata["commitment"], "listed": [l.task for l in listed],
    "accuracy": log.results.scores[0].metrics["accuracy"].value,
    "samples": [[s.id, s.input, len(s.messages), [e.event for e in s.events],
        s.scores["oracle"].value if s.scores else None,
        s.error.message if s.error else None] for s in log.samples],
    "calls": [c.arguments for m in log.samples[0].messages if m.role == "assistant" for c in (m.tool_calls or [])],
    "summaries": [[s.id, s.message_count, s.completed] for s in summaries],
}))
"#;

/// The same samples as practice, which has neither criteria nor an order of samples.
fn practised(from: &Path, to: &Path) {
    let text = std::fs::read_to_string(from).unwrap();
    let mut writer = Writer::create(to).unwrap();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let (kind, body) = match line["kind"].as_str().unwrap() {
            "run-started" => (
                "practice-started",
                json!({"endpoint": "http://127.0.0.1:1/v1", "name": "m", "note": "decides nothing"}),
            ),
            "run-ended" => ("practice-ended", json!({"left": 0})),
            other => (other, line["body"].clone()),
        };
        writer.write(kind, line["at"].as_str().unwrap().parse().unwrap(), body).unwrap();
    }
    writer.close().unwrap();
}

#[test]
fn practice_is_written_too() {
    let dir = tempfile::tempdir().unwrap();
    let (run, path) = (dir.path().join("t.jsonl"), dir.path().join("p.jsonl"));
    transcript(&run);
    practised(&run, &path);
    let exported = export(&path, dir.path()).unwrap();
    assert_eq!((exported.samples, exported.ended), (3, true));
    let members = members(&std::fs::read(&exported.path).unwrap());
    let header = &members.last().unwrap().1;
    assert_eq!(header["eval"]["metadata"]["commitment"], Value::Null);
    assert_eq!(header["eval"]["metadata"]["note"], "decides nothing");
    assert_eq!(header["eval"]["model"], "vestibule/m");
    // a line that was changed
    let text = std::fs::read_to_string(&path).unwrap().replace("I look.", "I book.");
    std::fs::write(&path, text).unwrap();
    assert!(export(&path, dir.path()).unwrap_err().to_string().contains("hash of the line before"));
}

#[test]
fn inspect_reads_it() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.jsonl");
    transcript(&path);
    let exported = export(&path, dir.path()).unwrap();
    let read =
        Command::new(&python).arg("-c").arg(READ).arg(&exported.path).arg(dir.path()).output();
    let read = read.unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let seen: Value = serde_json::from_slice(&read.stdout).unwrap();
    assert_eq!(seen["status"], "success");
    assert_eq!((&seen["task"], &seen["model"]), (&json!("vestibule"), &json!("vestibule/model-1")));
    assert_eq!(seen["listed"], json!(["vestibule"]));
    assert_eq!(seen["accuracy"], json!(0.5));
    assert_eq!(seen["calls"], json!([{"command": "ls"}]));
    let prompt = "Find the \"secret\" \u{1F511}.";
    let events = json!(["model", "tool", "model", "score"]);
    assert_eq!(seen["samples"][0], json!(["weak-rsa-2-0", prompt, 6, events, "C", null]));
    assert_eq!(seen["samples"][1][4], "I");
    assert_eq!(
        seen["samples"][2],
        json!(["weak-rsa-2-2", prompt, 6, ["model", "tool", "model"], null, "why"])
    );
    assert_eq!(seen["summaries"][2], json!(["weak-rsa-2-2", 6, true]));

    let (own, practice) = (dir.path().join("own"), dir.path().join("p.jsonl"));
    std::fs::create_dir(&own).unwrap();
    practised(&path, &practice);
    let exported = export(&practice, &own).unwrap();
    let read = Command::new(&python).arg("-c").arg(READ).arg(&exported.path).arg(&own).output();
    let read = read.unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let seen: Value = serde_json::from_slice(&read.stdout).unwrap();
    assert_eq!((&seen["status"], &seen["model"]), (&json!("success"), &json!("vestibule/m")));
    assert_eq!((&seen["commitment"], &seen["accuracy"]), (&Value::Null, &json!(0.5)));
}
