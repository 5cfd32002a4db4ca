//! Leaves from anywhere: what reads has one encoding.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(leaf) = ledger::Leaf::from_bytes(data) {
        assert_eq!(leaf.to_bytes(), data);
    }
});
