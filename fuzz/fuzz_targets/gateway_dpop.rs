//! Proofs of possession and public keys from strangers.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = gateway::thumbprint_of(text);
        let key = domain::Digest::of(b"key");
        if let Ok(chain) = gateway::Delegation::read(text, &key, &key) {
            let _ = chain.is_signed();
        }
        if let Ok(proof) = gateway::Proof::read(text) {
            let _ = proof.is_signed();
        }
    }
});
