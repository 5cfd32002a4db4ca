//! Transcripts as a verifier reads them.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = harness::transcript::check_from(data, std::path::Path::new("t"));
});
