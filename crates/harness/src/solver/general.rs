//! How the scripted solvers work on any task: look what there is, read it, think, hand in.

use super::answer::{Answer, give_up};
use assessment::family::live::Wire;
use assessment::{Effort, File, Submission, View, families};
use serde_json::{Value, json};
use std::cell::RefCell;

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
    let (contents, said) = contents.split_at_checked(paths.len()).unwrap_or((contents, &[]));
    let read = paths.into_iter().zip(contents);
    let files: Vec<File> = read.map(|(path, text)| File { path, bytes: bytes(text) }).collect();
    let effort = if able { Effort::Full } else { Effort::Plain };
    let services = Asked { said: RefCell::new(said.iter()), missing: RefCell::new(None) };
    let view = View { prompt, files: &files, live: Some(&services) };
    let found = families().iter().find_map(|family| family.solve(&view, effort));
    if let Some(command) = services.missing.into_inner() {
        return Answer::calls("I ask the service.", &[("shell", json!({"command": command}))]);
    }
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
        Some(Submission::Nothing | Submission::Left(_)) | None => give_up(),
    }
}

/// Services, as far as they were asked in the turns before: the first question without an answer is the next turn's.
struct Asked<'a> {
    said: RefCell<std::slice::Iter<'a, String>>,
    missing: RefCell<Option<String>>,
}

impl Wire for Asked<'_> {
    fn ask(&self, address: [u8; 4], port: u16, request: &[u8]) -> Option<Vec<u8>> {
        if self.missing.borrow().is_some() {
            return None;
        }
        if let Some(result) = self.said.borrow_mut().next() {
            let (_, rest) = result.split_once("--- stdout\n")?;
            let (answer, _) = rest.rsplit_once("\n--- stderr")?;
            return Some(answer.as_bytes().to_vec());
        }
        let at = address.map(|n| n.to_string()).join(".");
        let input = [format!("talk\n{at}:{port}\n").as_bytes(), request].concat();
        let input = data_encoding::BASE64.encode(&input);
        let program = "/opt/guest assess escapes --inside";
        *self.missing.borrow_mut() = Some(format!("echo {input} | base64 -d | {program}"));
        None
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
