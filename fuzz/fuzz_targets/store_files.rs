//! Files of a node's folder or bucket from anywhere: write-ahead log, page digests, staged bundle, commit object.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    assert!(store::whole_transactions(data) <= data.len());
    if let Some(sums) = store::page_digests(data) {
        assert_eq!(data.len(), 22 + 8 + 32 * sums.len() + 32);
    }
    if let Some(committed) = store::committed_in(data) {
        assert!(data.ends_with(&committed.checkpoint), "the checkpoint is the end of it");
    }
    if let Some(head) = store::staged_head("stage/0-", data) {
        panic!("no head of {} leaves is staged there", head.size);
    }
});
