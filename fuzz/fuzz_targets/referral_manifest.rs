//! Manifests of evidence from anywhere, CBOR or JSON: what reads can be checked and written.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(manifest) = referral::Manifest::read(data) {
        let _ = manifest.faults();
        if data.first() != Some(&b'{') && !data.first().is_some_and(u8::is_ascii_whitespace) {
            assert_eq!(manifest.to_bytes(), data);
        }
    }
});
