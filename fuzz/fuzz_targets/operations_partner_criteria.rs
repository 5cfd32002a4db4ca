//! Criteria for partners and defenders, as somebody hands them over.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = operations::review::Criteria::read(text);
    }
});
