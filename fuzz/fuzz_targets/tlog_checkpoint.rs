//! Checkpoint texts are read, and written as they were read.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(checkpoint) = tlog::Checkpoint::parse(text) {
        assert_eq!(checkpoint.to_string(), text);
    }
});
