//! Headers of an rpm database: no panic.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = advisory::inventory::read_rpm_headers(&[data.to_vec()]);
});
