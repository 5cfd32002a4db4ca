//! What CSAF providers list: no panic.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = advisory::provider::read_metadata(data);
    let _ = advisory::provider::read_changes(data);
    let _ = advisory::provider::read_index(data);
    let _ = advisory::provider::read_rolie(data);
});
