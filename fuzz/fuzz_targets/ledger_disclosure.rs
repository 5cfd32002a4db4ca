//! Disclosures from anywhere: what reads has one encoding.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(disclosure) = ledger::Disclosure::from_bytes(data) {
        assert_eq!(disclosure.to_bytes(), data);
    }
});
