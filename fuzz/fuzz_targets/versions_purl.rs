//! Package URLs: no panic, and the canonical form reads back as the same.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = versions::Purl::parse(text);
        if let Ok(purl) = versions::Purl::parse_lenient(text) {
            assert_eq!(versions::Purl::parse_lenient(&purl.to_string()), Ok(purl));
        }
    }
});
