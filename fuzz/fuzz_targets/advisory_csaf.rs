//! CSAF documents as records: no panic.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = advisory::csaf::read(data);
    let _ = advisory::inventory::read_csaf_assets(data);
});
