//! A developer's own plans around its windows.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = operations::review::parse_plans(text);
    }
});
