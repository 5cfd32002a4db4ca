//! Receipts from anywhere: what reads is written as it was read.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(receipt) = ledger::Receipt::from_bytes(data) {
        assert_eq!(receipt.to_string().as_bytes(), data);
    }
});
