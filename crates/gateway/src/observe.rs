//! Watching an answer go by: tokens, the server's own count, and where events end.
//!
//! The bytes that are forwarded are never rebuilt from what is read here.

mod count;
mod shapes;

pub(crate) use shapes::Reported;

use llm::{Call, SseParser};

/// Reads a copy of an event stream.
#[derive(Debug)]
pub(crate) struct StreamObserver {
    call: Call,
    parser: SseParser,
    counted: u64,
    tokens_in: Option<u64>,
    reported: Option<Reported>,
    done: bool,
    failed: bool,
}

impl StreamObserver {
    /// An observer of the stream that answers a call. Its events have at most `bound` bytes.
    pub(crate) fn new(call: Call, bound: usize) -> Self {
        Self {
            call,
            parser: SseParser::new(bound),
            counted: 0,
            tokens_in: None,
            reported: None,
            done: false,
            failed: false,
        }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// What is wrong, when the stream is not one that answers the call.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), String> {
        for event in self.parser.push(bytes).map_err(|e| e.to_string())? {
            if event.is_done() {
                self.done = true;
                continue;
            }
            let seen = shapes::event(self.call, &event.data)
                .map_err(|e| misread("an event is not a chunk", &e))?;
            self.counted = self.counted.saturating_add(seen.tokens);
            self.tokens_in = seen.tokens_in.or(self.tokens_in);
            if let Some(said) = seen.reported {
                // messages say what the prompt took when they begin, and most not again
                let tokens_in = said.tokens_in.max(self.tokens_in.unwrap_or(0));
                self.reported = Some(Reported { tokens_in, ..said });
            }
            self.failed |= seen.failed;
            self.done |= seen.last;
        }
        Ok(())
    }

    /// Tokens of answer so far: the server's count where it gave one, else ours.
    pub(crate) fn tokens_out(&self) -> u64 {
        self.reported.map_or(self.counted, |r| r.tokens_out)
    }

    /// Tokens of the prompt, where the server said so before the answer.
    pub(crate) fn tokens_in(&self) -> Option<u64> {
        self.tokens_in
    }

    /// The server's own count, once the answer is out.
    pub(crate) fn reported(&self) -> Option<Reported> {
        self.reported
    }

    /// Whether the stream's last event was seen.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }

    /// Whether the server said within the stream that it failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed
    }

    /// Whether the last byte taken ended an event.
    pub(crate) fn is_between_events(&self) -> bool {
        self.parser.is_idle()
    }
}

/// Tokens of an answer that doesn't stream: as reported (then `true`), else as estimated over its text.
///
/// # Errors
/// What is wrong, when the body is not an answer.
pub(crate) fn whole_answer(call: Call, body: &[u8]) -> Result<(Option<Reported>, u64), String> {
    let seen = shapes::whole(call, body).map_err(|e| misread("the answer is not one", &e))?;
    if !seen.last {
        return Err("the answer lacks the field that answers the call".to_owned());
    }
    Ok((seen.reported, seen.reported.map_or(seen.tokens, |r| r.tokens_out)))
}

/// Says where reading failed, but not on what: the text is the model's, and this goes to a log.
fn misread(what: &str, error: &serde_json::Error) -> String {
    format!("{what} (line {}, column {})", error.line(), error.column())
}

/// Where the last whole event ends in `bytes`, which follow bytes that ended inside an event or
/// between two: the index after its blank line; `None` when no event ends there.
pub(crate) fn last_event_end(bytes: &[u8]) -> Option<usize> {
    let mut end = bytes.len();
    while let Some(last) = end.checked_sub(1) {
        let is_end = match (last.checked_sub(1).and_then(|i| bytes.get(i)), bytes.get(last)) {
            (Some(b'\n'), Some(b'\n')) | (Some(b'\r'), Some(b'\r')) => true,
            (Some(b'\r'), Some(b'\n')) => {
                matches!(last.checked_sub(2).and_then(|i| bytes.get(i)), Some(b'\n'))
            }
            _ => false,
        };
        if is_end {
            return Some(end);
        }
        end = last;
    }
    None
}

#[cfg(test)]
mod tests;
