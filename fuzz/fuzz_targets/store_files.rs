//! Files of a node's folder from anywhere: write-ahead log, page digests, staged bundle.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    assert!(store::whole_transactions(data) <= data.len());
    if let Some(sums) = store::page_digests(data) {
        assert_eq!(data.len(), 22 + 8 + 32 * sums.len() + 32);
    }
    if let Some(head) = store::staged_head("stage/0-", data) {
        panic!("no head of {} leaves is staged there", head.size);
    }
});
