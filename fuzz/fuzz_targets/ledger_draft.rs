//! Drafts from anywhere: what reads has one encoding.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(draft) = ledger::Draft::from_bytes(data) {
        assert_eq!(draft.to_bytes(), data);
    }
});
