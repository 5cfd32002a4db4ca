//! Tables that people write: no panic.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = advisory::inventory::read_spreadsheet(data);
    let _ = advisory::inventory::read_systems(data);
});
