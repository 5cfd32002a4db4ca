//! Making room in a conversation that no longer fits its model: the oldest results of tools give way to a note.
//!
//! It is a rule and no model's summary, so that what the model was given can be recomputed from the transcript.

use llm::{Content, Message, Role};

/// Results of so many last calls stay as they are.
const KEPT: usize = 2;
/// A result of so few bytes stays: a note would save nothing.
const SHORT: usize = 512;
/// Bytes of a result's beginning that stay.
const HEAD: usize = 160;

/// Cuts the older half of the results that can be cut, the oldest first, and says how many were. None are left when it says 0.
pub(crate) fn compact(messages: &mut [Message]) -> usize {
    let tools = messages.iter_mut().filter(|message| message.role == Role::Tool);
    let mut results: Vec<&mut Message> = tools.collect();
    let older = results.len().saturating_sub(KEPT);
    results.truncate(older);
    results.retain(|message| message.plain().len() > SHORT);
    let cut = results.len().div_ceil(2);
    for message in results.into_iter().take(cut) {
        let text = message.plain();
        let head = text.get(..text.floor_char_boundary(HEAD)).unwrap_or_default();
        message.content = Some(Content::Text(format!(
            "{head}\n[the rest of this result, {} bytes, was removed to save space; make the call again if you need it]",
            text.len().saturating_sub(head.len())
        )));
    }
    cut
}

#[cfg(test)]
mod tests;
