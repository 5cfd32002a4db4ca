//! Terms as a person writes them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = operations::review::parse_terms(text);
    }
});
