//! The file that names a node's bucket is read or refused, never a panic, and what is read is written and read the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use operations::node::place::{parse, text};

fuzz_target!(|data: &[u8]| {
    if let Ok(given) = std::str::from_utf8(data)
        && let Ok(place) = parse(given)
    {
        let written = text(&place).expect("what was read is good");
        assert_eq!(parse(&written), Ok(place));
    }
});
