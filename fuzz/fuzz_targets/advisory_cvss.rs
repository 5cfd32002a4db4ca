//! CVSS vectors of anybody's records: a score lies between 0 and 10.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(base) = advisory::cvss::base_score(text) {
        assert!((0.0..=10.0).contains(&base.score));
    }
    let _ = (advisory::cve::is_id(text), advisory::cve::is_cwe(text));
});
