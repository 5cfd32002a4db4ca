//! Key files from anywhere: what reads is written as it was read.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(keys) = ledger::PublicKeys::read(text) {
        assert_eq!(keys.to_text(), text);
    }
    if let Ok(keys) = ledger::SecretKeys::read(text) {
        assert_eq!(*keys.to_text(), text);
    }
    if let Ok(log) = ledger::LogSigner::read(text) {
        assert_eq!(log.to_text().trim_end(), text.trim_end());
    }
    if let Ok(log) = ledger::LogVerifier::read(text) {
        assert_eq!(log.to_text(), text);
    }
});
