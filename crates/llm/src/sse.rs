//! Server-sent events (WHATWG HTML §9.2.6), read incrementally in bounded memory.
//!
//! Bytes may be split anywhere, inside a line end or a character too. Lines end in LF, CRLF or CR.
//! An event is dispatched at its blank line; what is incomplete at the end of a stream is dropped,
//! as the standard says, and [`SseParser::is_idle`] tells whether anything was.

/// One dispatched event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// The `event` field; empty when there was none.
    pub kind: String,
    /// The `data` lines, joined by line feeds. Bytes that are not UTF-8 were replaced by U+FFFD.
    pub data: String,
}

impl Event {
    /// Whether this is the `[DONE]` with which chat-completion streams end.
    pub fn is_done(&self) -> bool {
        self.data.trim() == "[DONE]"
    }
}

/// Why a stream was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SseError {
    /// One event, its unfinished line included, outgrew the parser's bound.
    #[error("an event that begins at byte {at} of the stream is longer than {bound} bytes")]
    TooLong {
        /// The offset of the event's first byte in the stream.
        at: u64,
        /// The bound, in bytes.
        bound: usize,
    },
}

/// An incremental parser. After an error it stays at that error.
#[derive(Debug, Clone)]
pub struct SseParser {
    bound: usize,
    line: Vec<u8>,
    kind: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    /// The last byte was CR, so an LF right after it belongs to the same line end.
    after_cr: bool,
    first_line: bool,
    /// Bytes of the event so far, comments and other fields included.
    event_bytes: usize,
    offset: u64,
    event_at: u64,
    failed: Option<SseError>,
}

impl SseParser {
    /// A parser that keeps at most `bound` bytes of one event.
    pub fn new(bound: usize) -> Self {
        Self {
            bound,
            line: Vec::new(),
            kind: Vec::new(),
            data: Vec::new(),
            has_data: false,
            after_cr: false,
            first_line: true,
            event_bytes: 0,
            offset: 0,
            event_at: 0,
            failed: None,
        }
    }

    /// Reads the next bytes of the stream and gives the events they complete.
    ///
    /// # Errors
    /// [`SseError::TooLong`]; events completed before it are lost with it, so the caller ends the
    /// stream. Later calls give the same error.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Event>, SseError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let mut events = Vec::new();
        for &byte in bytes {
            self.offset += 1;
            let after_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
            match byte {
                b'\n' if after_cr => {}
                b'\n' | b'\r' => self.end_line(&mut events),
                _ => self.take(byte)?,
            }
        }
        Ok(events)
    }

    /// Whether no event has begun: a stream that ends here lost nothing.
    pub fn is_idle(&self) -> bool {
        self.line.is_empty() && self.kind.is_empty() && !self.has_data
    }

    fn take(&mut self, byte: u8) -> Result<(), SseError> {
        if self.event_bytes == 0 {
            self.event_at = self.offset - 1;
        }
        self.event_bytes += 1;
        if self.event_bytes > self.bound {
            let error = SseError::TooLong { at: self.event_at, bound: self.bound };
            self.failed = Some(error);
            return Err(error);
        }
        self.line.push(byte);
        Ok(())
    }

    fn end_line(&mut self, events: &mut Vec<Event>) {
        let taken = std::mem::take(&mut self.line);
        let mut line = taken.as_slice();
        if std::mem::take(&mut self.first_line) {
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        if line.is_empty() {
            self.dispatch(events);
        } else {
            self.field(line);
        }
    }

    fn field(&mut self, line: &[u8]) {
        let colon = line.iter().position(|b| *b == b':');
        let (name, value) = match colon {
            Some(at) => {
                let (name, rest) = line.split_at(at);
                let value = rest.get(1..).unwrap_or_default();
                (name, value.strip_prefix(b" ").unwrap_or(value))
            }
            None => (line, &[] as &[u8]),
        };
        match name {
            b"data" => {
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.data.extend_from_slice(value);
                self.has_data = true;
            }
            b"event" => self.kind = value.to_vec(),
            // a comment (empty name), `id`, `retry`, or a field nobody knows
            _ => {}
        }
    }

    fn dispatch(&mut self, events: &mut Vec<Event>) {
        let (kind, data) = (std::mem::take(&mut self.kind), std::mem::take(&mut self.data));
        self.event_bytes = 0;
        if std::mem::take(&mut self.has_data) {
            events.push(Event { kind: lossy(&kind), data: lossy(&data) });
        }
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Writes one event with this data, as a server sends it. Line ends in `data` begin a new line of it.
pub fn event_text(data: &str) -> String {
    let mut out = String::with_capacity(data.len() + 8);
    for line in data.split('\n') {
        out.push_str("data: ");
        out.push_str(line.trim_end_matches('\r'));
        out.push('\n');
    }
    out.push('\n');
    out
}

/// As [`event_text`], with the `event` field that some clients look at first. `kind` is one line.
pub fn named_event_text(kind: &str, data: &str) -> String {
    format!("event: {kind}\n{}", event_text(data))
}

#[cfg(test)]
mod tests;
