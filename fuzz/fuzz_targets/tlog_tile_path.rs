//! Tile paths are read, and written as they were read.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(tile) = text.parse::<tlog::Tile>() {
        assert_eq!(tile.to_string(), text);
    }
});
