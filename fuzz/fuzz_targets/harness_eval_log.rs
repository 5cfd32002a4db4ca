//! Logs of Inspect: archive, members and their shape.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = harness::inspect::look_at(data, std::path::Path::new("l.eval"));
});
