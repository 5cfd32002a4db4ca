//! Proofs that travel alone are read, and written as they were read.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(proof) = tlog::TlogProof::parse(data) {
        assert_eq!(proof.to_string().as_bytes(), data);
    }
});
