//! Tables of runs, of items and of attempts, and policies of memos: what reads is written and read again alike.
#![no_main]

use measurement::{
    items_text, read_attempts, read_items, read_policies, read_records, records_text,
};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(rows) = read_records(text) {
        assert_eq!(read_records(&records_text(rows.iter())).as_ref(), Ok(&rows));
    }
    if let Ok(items) = read_items(text) {
        assert_eq!(read_items(&items_text(&items)).as_ref(), Ok(&items));
    }
    if let Ok(rows) = read_attempts(text) {
        assert!(rows.iter().all(|row| row.attempt.reached <= row.attempt.steps));
    }
    let _refused = read_policies(text);
});
