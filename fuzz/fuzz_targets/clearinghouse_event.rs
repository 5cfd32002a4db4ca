//! Statements of the clearinghouse: no panic, and one encoding of each.
#![no_main]
use clearinghouse::Event;
use domain::Statement;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(event) = Event::from_bytes(data) {
        assert_eq!(event.to_bytes(), data);
    }
});
