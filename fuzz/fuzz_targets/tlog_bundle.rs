//! Entry bundles: the first byte is the width, the rest the bundle.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((width, bundle)) = data.split_first() else { return };
    let Ok(entries) = tlog::tile::parse_bundle(bundle, u16::from(*width)) else { return };
    let mut again = Vec::new();
    for entry in entries {
        tlog::tile::push_entry(&mut again, entry).expect("it came from a bundle");
    }
    assert_eq!(again, bundle);
});
