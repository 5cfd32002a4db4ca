//! Statements about keys, logs and shredding, as they come out of a log: what reads is written as it was read.
#![no_main]

use domain::Statement;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(event) = ledger::Event::from_bytes(data) {
        assert_eq!(event.to_bytes(), data);
        assert!(event.needed().is_none_or(|needed| needed <= usize::from(u8::MAX)));
    }
});
