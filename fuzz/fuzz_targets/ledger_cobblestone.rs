//! Ciphertexts from anywhere: what opens is sealed again to the same bytes, and at most one way.
#![no_main]

use ledger::cobblestone::{open, seal};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let (Ok(message), Some(salt)) = (open(&[0; 32], b"", data), data.first_chunk()) {
        assert_eq!(seal(&[0; 32], salt, b"", &message).as_deref(), Ok(data));
    }
    // and every input is a message
    let sealed = seal(&[0; 32], &[1; 24], b"", data);
    if let Ok(sealed) = sealed {
        assert_eq!(open(&[0; 32], b"", &sealed).as_ref().map(|m| m.as_slice()), Ok(data));
    }
});
