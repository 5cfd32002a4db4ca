//! SARIF logs: no panic, and what was read has printable paths.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    for run in advisory::sarif::read(data).unwrap_or_default() {
        for location in run.results.iter().flat_map(|result| &result.locations) {
            let _ = location.path();
        }
    }
});
