//! How the scripted solvers work on any task: look what there is, read it, think, hand in.

use super::answer::{Answer, give_up};
use assessment::{Effort, File, Submission, View, families};
use serde_json::{Value, json};

/// Most files that are read.
const FILES: usize = 16;

/// The next turn, from the task in words and the results of the calls made so far.
pub(super) fn task(able: bool, prompt: &str, results: &[String]) -> Answer {
    let [listing, contents @ ..] = results else {
        let call = [("shell", json!({"command": "find . -type f | sort"}))];
        return Answer::calls("First I look what there is.", &call);
    };
    let paths = paths(listing);
    if contents.len() < paths.len() {
        let read = |path: &String| ("read_file", json!({"path": path}));
        let calls: Vec<(&str, Value)> = paths.iter().map(read).collect();
        return Answer::calls("I read all of it.", &calls);
    }
    let read = paths.into_iter().zip(contents);
    let files: Vec<File> = read.map(|(path, text)| File { path, bytes: bytes(text) }).collect();
    let effort = if able { Effort::Full } else { Effort::Plain };
    let view = View { prompt, files: &files };
    let found = families().iter().find_map(|family| family.solve(&view, effort));
    let text = "This follows from what I read.";
    match found {
        Some(Submission::Answer(answer)) => {
            Answer::calls(text, &[("submit", json!({"answer": answer}))])
        }
        Some(Submission::File(bytes)) => {
            let content = data_encoding::BASE64.encode(&bytes);
            let path = "solution";
            Answer::calls(
                text,
                &[
                    ("write_file", json!({"path": path, "base64": content})),
                    ("submit", json!({"path": path})),
                ],
            )
        }
        Some(Submission::Nothing) | None => give_up(),
    }
}

/// The paths in the output of `find`.
fn paths(result: &str) -> Vec<String> {
    let lines = result.lines().filter_map(|line| line.strip_prefix("./"));
    lines.take(FILES).map(str::to_owned).collect()
}

/// A file as the tool shows it.
fn bytes(text: &str) -> Vec<u8> {
    let encoded = text.strip_prefix("base64: ");
    let decoded = encoded.and_then(|t| data_encoding::BASE64.decode(t.as_bytes()).ok());
    decoded.unwrap_or_else(|| text.as_bytes().to_vec())
}
