//! What a witness or a mirror answers is read, and written as it was read.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(info) = text.parse::<tlog::mirror::Info>()
    {
        assert_eq!(info.to_string(), text);
    }
    if let Ok(size) = tlog::witness::parse_size(data) {
        assert_eq!(tlog::witness::write_size(size).as_bytes(), data);
    }
    if let Ok(lines) = tlog::witness::parse_signatures(data) {
        assert_eq!(tlog::witness::write_signatures(&lines).as_bytes(), data);
    }
});
