//! A file of criteria with its salts.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = operations::measure::read_criteria(data);
});
