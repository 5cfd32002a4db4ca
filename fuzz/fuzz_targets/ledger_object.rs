//! Objects from anywhere: what reads has one encoding.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(object) = ledger::Object::from_bytes(data) {
        assert_eq!(object.to_bytes(), data);
        if let Ok(block) = ledger::SignatureBlock::from_bytes(object.block()) {
            assert_eq!(block.to_bytes(), object.block());
        }
    }
});
