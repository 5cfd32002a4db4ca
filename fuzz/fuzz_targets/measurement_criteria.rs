//! A file of criteria with its salts.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = measurement::read_criteria(data);
});
