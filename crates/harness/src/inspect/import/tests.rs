//! Logs of Inspect: read, refused, and written again without loss, by themselves and as Inspect itself reads them.

#![expect(clippy::cast_possible_truncation, reason = "archives of tests are small")]

use super::super::tests::{members, python, transcript};
use super::{ImportError, import, look, look_at};
use crate::inspect::{export, imported};
use crate::transcript::{check, check_from};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// An archive of these members, compressed by this method, each in two zstd frames where that is the method.
fn archive(members: &[(&str, &str)], method: u16) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in members {
        let (first, second) = text.as_bytes().split_at(text.len() / 2);
        let packed = match method {
            0 => text.as_bytes().to_vec(),
            93 => [first, second].map(|half| zstd::encode_all(half, 3).unwrap()).concat(),
            _ => b"?".to_vec(),
        };
        let mut crc = flate2::Crc::new();
        crc.update(text.as_bytes());
        let sizes = [crc.sum(), packed.len() as u32, text.len() as u32];
        let mut shared = [20, 0, method, 0, 0].map(u16::to_le_bytes).concat();
        shared.extend(sizes.map(u32::to_le_bytes).concat());
        shared.extend((name.len() as u16).to_le_bytes());
        shared.extend([0, 0]);
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(&shared);
        directory.extend([0; 10]);
        directory.extend((out.len() as u32).to_le_bytes());
        directory.extend(name.as_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&shared);
        out.extend(name.as_bytes());
        out.extend(&packed);
    }
    let at = out.len() as u32;
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([members.len() as u16; 2].map(u16::to_le_bytes).concat());
    out.extend([directory.len() as u32, at].map(u32::to_le_bytes).concat());
    out.extend([0, 0]);
    out
}

const HEADER: &str = r#"{"version": 2, "status": "success", "eval": {"created": "2026-11-28T10:00:00+00:00", "task": "t",
    "task_id": "1", "dataset": {"samples": 1}, "model": "m/m", "config": {}}, "plan": {"steps": []},
    "results": {"scores": [{"name": "s", "metrics": {"stderr": {"value": NaN}}}]}}"#;
const SAMPLE: &str = r#"{"id": "a/b", "epoch": 1, "input": "q", "target": "x", "messages": [{"role": "user", "content": "q"},
    {"role": "assistant", "content": [{"type": "text", "text": "a \"NaN\" -1"}]}], "scores": {"s": {"value": 0.5}},
    "events": [{"event": "model", "input": [], "input_refs": [[0, 1]], "t": 123456789012345678901234567890, "d": 0.30000000000000004},
    {"event": "info", "data": "attachment://0123456789abcdef0123456789abcdef"}], "total_time": 1e400, "e": 1E-7,
    "attachments": {"0123456789abcdef0123456789abcdef": "long"}, "events_data": {"messages": [{"role": "user", "content": "q"}], "calls": []},
    "model_usage": {"m/m": {"total_tokens": 7}}, "error": null}"#;

fn log() -> [(&'static str, &'static str); 4] {
    [
        ("_journal/start.json", HEADER),
        ("samples/a/b_epoch_1.json", SAMPLE),
        ("summaries.json", r#"[{"id": "a/b", "epoch": 1}]"#),
        ("header.json", HEADER),
    ]
}

#[test]
fn a_log_comes_back_as_it_was_and_decides_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for method in [0, 93] {
        let path = dir.path().join(format!("log-{method}.eval"));
        std::fs::write(&path, archive(&log(), method)).unwrap();
        let to = dir.path().join(format!("{method}.jsonl"));
        let read = import(&path, &to).unwrap();
        assert_eq!((read.samples, read.messages, read.events, read.tokens), (1, 2, 2, 7));
        assert_eq!(json!(read.scores), json!({"s": {"0.5": 1}}));
        assert_eq!(imported(&to).unwrap().0, read);
        assert!(import(&path, &to).is_err(), "nothing is overwritten");
        let refused = check(&to).unwrap_err().to_string();
        assert!(refused.contains("was not measured here"), "{refused}");
        let folder = dir.path().join(format!("out-{method}"));
        std::fs::create_dir(&folder).unwrap();
        let exported = export(&to, &folder).unwrap();
        let archive = std::fs::read(&exported.path).unwrap();
        let text = String::from_utf8(super::numbers::write(&sample_of(&exported.path))).unwrap();
        for number in ["123456789012345678901234567890", "0.30000000000000004", "1e400"] {
            assert!(text.contains(number), "{number}: {text}");
        }
        // only what all readers of JSON take can be looked at as values
        assert!(archive.windows(6).any(|w| w == b"header"));
        let again = dir.path().join(format!("{method}-again.jsonl"));
        let read_again = import(&exported.path, &again).unwrap();
        assert_eq!((read_again.scores, read_again.samples), (read.scores, 1));
        assert_eq!(lines(&to), lines(&again));
    }
}

/// The only sample, with its numbers kept.
fn sample_of(path: &Path) -> Value {
    let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
    let mut log = super::Log::open(file, path).unwrap();
    let name = log.samples().remove(0);
    log.sample(&name).unwrap()
}

/// What a transcript's lines say, without the first, which names the archive.
fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().skip(1).map(|l| serde_json::from_str::<Value>(l).unwrap());
    lines.map(|line| line["body"].clone()).collect()
}

#[test]
fn our_own_log_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.jsonl");
    transcript(&path);
    let exported = export(&path, dir.path()).unwrap();
    let read = look(&exported.path).unwrap();
    assert_eq!((read.samples, read.errors, read.messages, read.tokens), (3, 1, 18, 90));
    assert_eq!(json!(read.scores), json!({"oracle": {"C": 1, "I": 1}}));
    let to = dir.path().join("i.jsonl");
    import(&exported.path, &to).unwrap();
    let folder = dir.path().join("out");
    std::fs::create_dir(&folder).unwrap();
    let again = export(&to, &folder).unwrap();
    let sorted = |path: &Path| {
        let mut all = members(&std::fs::read(path).unwrap());
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    };
    assert_eq!(sorted(&exported.path), sorted(&again.path));
    // a log in progress stays one
    let torn = [log()[0], log()[1], ("_journal/summaries/1.json", "[{\"id\": \"a/b\"}]")];
    let path = dir.path().join("torn.eval");
    std::fs::write(&path, archive(&torn, 93)).unwrap();
    let to = dir.path().join("torn.jsonl");
    assert_eq!(import(&path, &to).unwrap().status, "started");
    let again = look(&export(&to, &folder).unwrap().path).unwrap();
    assert_eq!((again.status.as_str(), again.samples), ("started", 1));
}

#[test]
fn what_is_refused() {
    let refused = |members: &[(&str, &str)], method, with: &str| {
        let found = look_at(&archive(members, method), Path::new("l.eval")).unwrap_err();
        let mut text = found.to_string();
        if let ImportError::Archive { source, .. } = &found {
            text += &source.to_string();
        }
        assert!(text.contains(with), "{text}");
    };
    let [start, sample, summaries, header] = log();
    let with = |name: &'static str, text: &'static str| [start, (name, text), summaries, header];
    refused(&with("samples/c_epoch_1.json", SAMPLE), 93, "holds sample `a/b` of epoch 1");
    refused(&with("events/0.json", "{}"), 93, "no layout that this version knows");
    refused(&with("samples/c_epoch_1.json", "{"), 93, "is no JSON");
    refused(&[summaries, sample], 93, "are not there");
    refused(&log(), 8, "can't be unpacked");
    refused(&log(), 12, "other than deflate and zstd");
    for (was, is, why) in [
        ("[[0, 1]]", "[[0, 2]]", "outside its pool"),
        ("attachment://0", "attachment://1", "an attachment that is not there"),
        ("\"role\": \"user\"", "\"role\": \"root\"", "without a known `role`"),
        ("{\"value\": 0.5}", "{}", "without `value`"),
        ("\"q\", \"target\"", "\"vestibule:number:1\", \"target\"", "keeps for itself"),
        ("\"q\", \"target\"", "\"\\u0076estibule:number:1\", \"target\"", "keeps for itself"),
    ] {
        let changed = SAMPLE.replacen(was, is, 1);
        refused(&[start, (sample.0, &changed), summaries, header], 93, why);
    }
    let other = HEADER.replace("\"version\": 2", "\"version\": 3");
    refused(&[start, sample, summaries, ("header.json", &other)], 93, "not of version 2");
    // every cut, and every changed byte of the directory, is refused or read: never a panic
    let whole = archive(&log(), 93);
    for at in 0..whole.len() {
        assert!(look_at(&whole[..at], Path::new("l")).is_err(), "cut at {at}");
        let mut changed = whole.clone();
        changed[at] ^= 0xff;
        let _ = look_at(&changed, Path::new("l"));
    }
    assert!(check_from(&b"{}\n"[..], Path::new("t")).is_err());
}

/// Makes a log: tool calls, long texts that Inspect pools, two epochs, several scorers. Its mock model counts tokens with a table
/// from the network, for which a stub stands in.
const MAKE: &str = concat!(
    include_str!("../no-tokens.py"),
    r#"
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput, get_model
from inspect_ai.scorer import includes, match
from inspect_ai.solver import generate, system_message, use_tools
from inspect_ai.tool import ToolError, tool
@tool
def look():
    async def execute(where: str):
        """Looks.

        Args:
          where: place
        """
        if where == "there 2": raise ToolError("nothing there")
        return "seen " + where * 60
    return execute
outs = []
for i in range(9):
    outs += [ModelOutput.for_tool_call("mockllm/model", "look", {"where": f"there {i}"}),
             ModelOutput.from_content("mockllm/model", "ok " + "y" * 200)]
task = Task(dataset=[Sample(id=f"s{i}", input="What is it? " + "x" * 150, target="ok", metadata={"n": i / 7}) for i in range(2)],
    solver=[system_message("Be kind. " * 30), use_tools(look()), generate()], scorer=[includes(), match()], epochs=2)
logs = eval(task, model=get_model("mockllm/model", custom_outputs=outs), log_dir=sys.argv[1], display="none", max_samples=1)
print(logs[0].location)
"#
);

/// Compares two logs as Inspect reads them, pooled and resolved.
const COMPARE: &str = r#"
import json, sys
from inspect_ai.log import read_eval_log, read_eval_log_sample_summaries
for resolve in (False, "full"):
    a, b = (read_eval_log(p, resolve_attachments=resolve) for p in sys.argv[1:3])
    assert len(a.samples) == len(b.samples) == 4
    for x, y in zip(a.samples, b.samples):
        assert x.messages == y.messages and x.scores == y.scores and x.events == y.events
        assert json.loads(x.model_dump_json()) == json.loads(y.model_dump_json()), x.id
    for part in ("version", "status", "eval", "plan", "results", "stats", "error", "reductions"):
        x, y = getattr(a, part), getattr(b, part)
        assert x == y, part
a, b = (read_eval_log_sample_summaries(p) for p in sys.argv[1:3])
assert [json.loads(x.model_dump_json()) for x in a] == [json.loads(x.model_dump_json()) for x in b]
print(json.dumps([sum(len(s.messages) for s in read_eval_log(sys.argv[2]).samples)]))
"#;

#[test]
fn a_log_of_inspect_survives_the_round_trip() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let run = |script: &str, arguments: [&Path; 2]| {
        let ran = Command::new(&python).arg("-c").arg(script).args(arguments).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    };
    let made = run(MAKE, [dir.path(), dir.path()]);
    let log = made.lines().last().unwrap().trim().trim_start_matches("file://").to_owned();
    let to = dir.path().join("imported.jsonl");
    let read = import(Path::new(&log), &to).unwrap();
    assert_eq!((read.samples, read.errors, read.status.as_str()), (4, 0, "success"));
    assert_eq!(json!(read.scores["includes"]), json!({"C": 4}));
    let folder = dir.path().join("out");
    std::fs::create_dir(&folder).unwrap();
    let again = export(&to, &folder).unwrap();
    let messages = run(COMPARE, [Path::new(&log), &again.path]);
    assert_eq!(messages.trim(), format!("[{}]", read.messages));
}

#[test]
fn archives_of_every_kind_are_read() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/harness_eval_log");
    let read = |name: &str| look(&corpus.join(name));
    let whole = read("stored").unwrap();
    for name in ["deflated", "zstd", "comment", "zip64", "descriptor", "twice"] {
        assert_eq!(read(name).unwrap().content, whole.content, "{name}");
    }
    assert_eq!(read("progress").unwrap().status, "started");
    assert!(read("empty").is_err());
}
