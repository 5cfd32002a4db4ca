//! Bytes of an access statement: reading never panics, and what reads writes back.
#![no_main]

use domain::Statement;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(event) = access::Event::from_bytes(data) {
        assert_eq!(event.to_bytes(), data);
    }
});
