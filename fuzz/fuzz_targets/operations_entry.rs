//! A complete statement as a node receives it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(entry) = operations::wire::entry(data) {
        assert_eq!(operations::wire::entry_bytes(&entry), data);
        let _ = entry.check();
    }
});
