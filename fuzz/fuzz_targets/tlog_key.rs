//! Verifier keys are read, and written as they were read.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(key) = text.parse::<tlog::VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
});
