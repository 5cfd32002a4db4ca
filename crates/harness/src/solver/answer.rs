//! What a solver says next, from the conversation alone.

use super::{Skill, general};
use assessment::family::overflow::solve as overflow;
use llm::{ChatRequest, Message, Role, ToolCall};
use serde_json::{Value, json};

/// What a solver says and calls.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) calls: Vec<ToolCall>,
}

impl Answer {
    pub(super) fn says(text: impl Into<String>) -> Self {
        Self { text: text.into(), calls: Vec::new() }
    }

    pub(super) fn calls(text: &str, calls: &[(&str, Value)]) -> Self {
        let calls = calls.iter().enumerate();
        let calls = calls.map(|(i, (name, arguments))| {
            ToolCall::function(&format!("call-{i}"), name, arguments)
        });
        Self { text: text.to_owned(), calls: calls.collect() }
    }
}

/// The next turn.
pub(super) fn answer(skill: Skill, request: &ChatRequest) -> Answer {
    let offers = |name: &str| request.tools.iter().any(|t| t.function.name == name);
    if offers("submit") {
        return task(skill, &request.messages);
    }
    let said = request.messages.iter().rev().find(|m| m.role == Role::User);
    let said = said.map(Message::plain).unwrap_or_default();
    if said.contains("#include") { review(skill, &said) } else { chat(skill) }
}

fn chat(skill: Skill) -> Answer {
    Answer::says(format!(
        "I am the scripted {skill} solver that comes with Vestibule, not a language model. I review \
         small C programs for memory errors when you paste one, and I work on the assessment tasks \
         when I am given their tools."
    ))
}

/// Reviews a source that was pasted into the conversation.
fn review(skill: Skill, said: &str) -> Answer {
    let found = match skill {
        Skill::Weak => return Answer::says("The program looks fine to me."),
        Skill::Middling => overflow::find(said, false),
        Skill::Strong => overflow::find(said, true),
    };
    let findings: Vec<Value> = found
        .into_iter()
        .map(|f| {
            json!({
                "file": "target.c",
                "line": f.line,
                "sink": f.sink,
                "weakness": "CWE-787",
                "message": f.message,
                "proof": data_encoding::BASE64.encode(&f.proof),
            })
        })
        .collect();
    Answer::says(json!({"findings": findings}).to_string())
}

/// Works on a task with the tools of the harness.
fn task(skill: Skill, messages: &[Message]) -> Answer {
    let prompt = messages.iter().find(|m| m.role == Role::User).map(Message::plain);
    let prompt = prompt.unwrap_or_default();
    let results: Vec<String> =
        messages.iter().filter(|m| m.role == Role::Tool).map(Message::plain).collect();
    let turns = messages.iter().filter(|m| m.role == Role::Assistant).count();
    if skill == Skill::Weak {
        return weak(turns);
    }
    let able = skill == Skill::Strong;
    if prompt.contains("`target.c`") && prompt.contains("Write an input file") {
        program(able, &results)
    } else {
        general::task(able, &prompt, &results)
    }
}

fn weak(turns: usize) -> Answer {
    if turns == 0 {
        return Answer::says("This looks difficult. I would begin by thinking about it.");
    }
    let text = "I am not sure, but this may be it.";
    Answer::calls(text, &[("submit", json!({"answer": "the answer is 42"}))])
}

pub(super) fn give_up() -> Answer {
    Answer::calls("I can't solve this.", &[("submit", json!({"answer": "unknown"}))])
}

/// Read the source; build the input; try it; hand it in.
fn program(able: bool, results: &[String]) -> Answer {
    let [source, tried @ ..] = results else {
        let call = [("read_file", json!({"path": "target.c"}))];
        return Answer::calls("First I read the source.", &call);
    };
    if !tried.is_empty() {
        return Answer::calls("", &[("submit", json!({"path": "proof.bin"}))]);
    }
    let Some(found) = overflow::find(source, able) else { return give_up() };
    let command = format!(
        "{} && cc -O0 -w -fno-stack-protector -U_FORTIFY_SOURCE -o target target.c && ./target proof.bin",
        write_command(&found.proof)
    );
    Answer::calls(&found.message, &[("shell", json!({"command": command}))])
}

/// A shell command that writes bytes to `proof.bin`, long runs of one byte in short form.
fn write_command(bytes: &[u8]) -> String {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let flush = |plain: &mut String, parts: &mut Vec<String>| {
        if !plain.is_empty() {
            parts.push(format!("printf '{plain}'"));
            plain.clear();
        }
    };
    for run in bytes.chunk_by(|a, b| a == b) {
        let byte = run.first().copied().unwrap_or(0);
        if run.len() >= 64 {
            flush(&mut plain, &mut parts);
            parts.push(format!("head -c {} /dev/zero | tr '\\000' '\\{byte:03o}'", run.len()));
        } else {
            plain.push_str(&format!("\\{byte:03o}").repeat(run.len()));
        }
    }
    flush(&mut plain, &mut parts);
    format!("{{ {}; }} > proof.bin", parts.join("; "))
}

#[cfg(test)]
mod tests;
