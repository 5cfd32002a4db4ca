//! Vulnrichment lines of both forms: no panic.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    advisory::vulnrichment::read_lines(data).for_each(drop);
    let _ = advisory::vulnrichment::read_record(data);
});
