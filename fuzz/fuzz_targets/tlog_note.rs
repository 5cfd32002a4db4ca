//! Signed notes are read, and written as they were read.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(note) = tlog::Note::parse(data) {
        assert_eq!(note.to_string().as_bytes(), data);
    }
});
