//! Statements of evaluators: what reads has one encoding, and an opening never panics the verifier.
#![no_main]

use assessment::{Event, verify};
use domain::Statement as _;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(event) = Event::from_bytes(data) else { return };
    assert_eq!(event.to_bytes(), data);
    if let Event::CriteriaOpened { opening, result, .. } = &event {
        let _ = verify(&opening.commitment(), opening, &result.taken());
    }
});
