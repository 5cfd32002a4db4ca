//! Disclosures from anywhere: what reads has one encoding.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(disclosure) = ledger::Disclosure::from_bytes(data) {
        assert_eq!(disclosure.to_bytes(), data);
        // no header commits to what is not a disclosure of it
        let leaf = include_bytes!("../corpus/ledger_leaf/public");
        if let Ok(leaf) = ledger::Leaf::from_bytes(leaf) {
            assert!(
                disclosure.verify(leaf.header()).is_err() || disclosure.statement() == &leaf.id()
            );
        }
    }
});
