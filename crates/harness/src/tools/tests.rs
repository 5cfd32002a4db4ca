//! The tools, in a real sandbox.

use super::{Called, call};
use assessment::Submission;
use llm::ToolCall;
use sandbox::{Policy, Session, probe};
use serde_json::{Value, json};
use std::time::Duration;

fn run(session: &Session, name: &str, arguments: &Value) -> Called {
    let call_ = ToolCall::function("c", name, arguments);
    call(session, &call_, Duration::from_secs(20))
}

fn check(session: &Session, name: &str, arguments: &Value, expected: &str) {
    let Called::Result(text) = run(session, name, arguments) else { panic!("{name}: no result") };
    assert!(text.starts_with(expected), "{name} {arguments}: {text}");
}

#[test]
fn tools() {
    if let Err(why) = probe() {
        println!("skipped: execution in a sandbox ({why})");
        return;
    }
    let s = Session::start(Policy::default()).expect("a sandbox");
    check(&s, "write_file", &json!({"path": "a/b.txt", "content": "hello"}), "wrote 5 bytes");
    check(&s, "write_file", &json!({"path": "bin", "base64": "AP8="}), "wrote 2 bytes");
    check(&s, "read_file", &json!({"path": "a/b.txt"}), "hello");
    check(&s, "read_file", &json!({"path": "bin"}), "base64: AP8=");
    check(
        &s,
        "shell",
        &json!({"command": "cat a/b.txt; exit 3"}),
        "exit code 3\n--- stdout\nhello\n",
    );
    check(&s, "shell", &json!({"command": "kill -SEGV $$"}), "ended by signal 11");
    check(&s, "shell", &json!({"command": "yes | head -c 100000"}), "exit code 0\n--- stdout\ny\n");
    check(
        &s,
        "shell",
        &json!({"cmd": "ls"}),
        "error: the arguments can't be read: unknown field `cmd`",
    );
    check(&s, "shell", &json!({"command": "a\0b"}), "error: ");
    check(&s, "read_file", &json!({"path": "../../etc/passwd"}), "error: path `../../etc/passwd`");
    check(&s, "read_file", &json!({"path": "missing"}), "error: `missing` in the workspace");
    check(&s, "write_file", &json!({"path": "x"}), "error: give either");
    check(&s, "write_file", &json!({"path": "x", "base64": "?"}), "error: `base64` can't be read");
    check(&s, "submit", &json!({"path": "missing"}), "error: `missing`");
    check(&s, "submit", &json!({}), "error: give either");
    check(&s, "sudo", &json!({}), "error: there is no tool `sudo`");
    let text = Called::Submitted(Submission::Answer("x".to_owned()));
    let file = Called::Submitted(Submission::File(vec![0, 0xFF]));
    for (arguments, expected) in [(json!({"answer": "x"}), text), (json!({"path": "bin"}), file)] {
        let (Called::Submitted(got), Called::Submitted(expected)) =
            (run(&s, "submit", &arguments), expected)
        else {
            panic!("submits")
        };
        assert_eq!(got, expected);
    }
}
