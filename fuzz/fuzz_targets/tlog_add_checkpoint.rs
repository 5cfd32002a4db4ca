//! Requests to a witness are read, and written as they were read; the decision never panics.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(request) = tlog::witness::AddCheckpoint::parse(data) {
        assert_eq!(request.to_string().as_bytes(), data);
        let origin = request.origin().to_owned();
        let watched = tlog::witness::Watched { origin, keys: Vec::new() };
        assert!(tlog::witness::decide(&request, Some(&watched), None, 1).is_err());
    }
});
