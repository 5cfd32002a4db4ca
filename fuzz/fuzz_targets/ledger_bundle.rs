//! Bundles from anywhere: what reads is written back to the byte.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(bundle) = ledger::Bundle::from_bytes(data) {
        assert_eq!(ledger::Bundle::from_bytes(&bundle.to_bytes()), Ok(bundle));
    }
});
