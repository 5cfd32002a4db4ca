//! The text that was asked last, for whoever may read it.

use super::{Call, Skim};
use serde_json::Value;

impl Skim {
    /// The text of the last thing that the user said: not what was said before, which conversations send again each time,
    /// and nothing that is no text. Inputs of an embedding are one text. Empty when there is none.
    pub fn last_said(&self, call: Call) -> String {
        let list = match call {
            Call::Chat | Call::Messages | Call::CountTokens => self.fields.get("messages"),
            Call::Responses | Call::Embeddings => self.fields.get("input"),
        };
        let mut text = String::new();
        match (list, call) {
            (Some(Value::String(whole)), _) => text.push_str(whole),
            (Some(Value::Array(inputs)), Call::Embeddings) => {
                inputs.iter().for_each(|input| add(&mut text, input));
            }
            (Some(Value::Array(messages)), _) => {
                let user =
                    |message: &&Value| message.get("role").is_some_and(|role| role == "user");
                if let Some(content) = messages.iter().rfind(user).and_then(|m| m.get("content")) {
                    match content {
                        Value::Array(parts) => parts.iter().for_each(|part| add(&mut text, part)),
                        whole => add(&mut text, whole),
                    }
                }
            }
            _ => {}
        }
        text
    }
}

/// Adds a text, or the text of a part.
fn add(text: &mut String, part: &Value) {
    if let Some(more) = part.as_str().or_else(|| part.get("text").and_then(Value::as_str)) {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(more);
    }
}
