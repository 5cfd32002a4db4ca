//! Roots of trust from anywhere: what reads survives being written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(trust) = ledger::Trust::read(text) {
        assert_eq!(ledger::Trust::read(&trust.to_text()), Ok(trust));
    }
});
