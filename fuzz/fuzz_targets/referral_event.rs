//! Statements about evidence from anywhere: what reads has one encoding.
#![no_main]

use domain::Statement;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(event) = referral::Event::from_bytes(data) {
        assert_eq!(event.to_bytes(), data);
    }
});
