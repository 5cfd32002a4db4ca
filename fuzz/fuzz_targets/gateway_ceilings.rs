//! Files of ceilings from anywhere: they are read or refused in words, and what was read states its bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match gateway::Ceilings::read(text) {
        Ok(ceilings) => assert!(!ceilings.stated().is_empty()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
