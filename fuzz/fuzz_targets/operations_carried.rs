//! A file of complete statements as somebody hands it in.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(entries) = operations::wire::entries(data) {
        let again: Vec<u8> = entries.iter().flat_map(operations::wire::entry_bytes).collect();
        assert_eq!(again, data);
    }
    if let Ok(found) = operations::carry::statements(data) {
        assert!(!found.is_empty());
    }
});
