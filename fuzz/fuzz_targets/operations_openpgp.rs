//! OpenPGP keys and signatures from anywhere: nothing panics, and no key that was not pinned vouches for anything.
#![no_main]

use libfuzzer_sys::fuzz_target;
use operations::feeds::PinnedKeys;

fuzz_target!(|data: &[u8]| {
    let mut keys = PinnedKeys::default();
    assert!(keys.verify(b"a document", data, 1_795_910_400).is_err());
    if keys.add(data, None).is_ok() {
        assert!(keys.fingerprints().all(|print| print.len() == 40));
        let first = keys.fingerprints().next().unwrap_or_default().to_owned();
        assert!(PinnedKeys::default().add(data, Some(&first)).is_ok());
    }
    let _ = keys.verify(b"a document", data, 1_795_910_400);
});
