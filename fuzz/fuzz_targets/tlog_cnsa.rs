//! Checkpoints with a `ledger-cnsa-v1` line: opening one never panics, and what a known key says is what it signed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static SIGNER: LazyLock<tlog::CnsaSigner> = LazyLock::new(|| {
    let name = tlog::KeyName::new("log.example/a").expect("a name");
    tlog::CnsaSigner::from_seed(name, &[7; 32]).expect("a key")
});

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(key) = text.parse::<tlog::CnsaVerifier>()
    {
        assert_eq!(key.to_string(), text);
    }
    let Ok(signed) = tlog::SignedCheckpoint::parse(data) else { return };
    if let Ok(head) = SIGNER.verifier().open(&signed) {
        assert_eq!(head.size, signed.checkpoint().size());
        assert_eq!(head.root, signed.checkpoint().root());
    }
});
