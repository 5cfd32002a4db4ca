//! OSV records: no panic, and what was read answers for versions.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(record) = advisory::osv::read(data) {
        for affected in &record.affected {
            let _ = affected.version_set().map(|set| set.contains("1.0.0"));
        }
    }
});
