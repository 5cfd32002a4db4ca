//! Requests for subtree cosignatures are read, and written as they were read.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(request) = tlog::witness::SignSubtree::parse(data) {
        assert_eq!(request.to_string().as_bytes(), data);
        assert!(tlog::witness::check_subtree(&request, true, &[]).is_err());
    }
});
