//! The files that name cosigners and watched logs are read or refused, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = operations::node::cosigners::config::parse(text);
        let _ = operations::cosign::config::parse(text);
    }
});
