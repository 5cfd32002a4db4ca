//! Dates and instants at their edges.
use super::*;

#[test]
fn dates() {
    for good in ["2026-06-02", "2024-02-29", "2000-02-29", "0001-01-01"] {
        assert!(is_date(good), "{good}");
    }
    for bad in
        ["2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-1-01", "2026-01-32", ""]
    {
        assert!(!is_date(bad), "{bad}");
    }
}

#[test]
fn instants() {
    for good in ["2026-06-02T00:00:00Z", "2021-07-16T01:31:34.136788Z", "2016-12-31T23:59:60Z"] {
        assert!(is_utc_instant(good) && is_instant(good), "{good}");
    }
    for offset in ["2026-06-02T00:00:00+00:00", "2026-06-02T00:00:00.5-05:30"] {
        assert!(!is_utc_instant(offset) && is_instant(offset), "{offset}");
    }
    for bad in [
        "2026-06-02",
        "2026-06-02T24:00:00Z",
        "2026-06-02T00:00:00",
        "2026-06-02T00:00:00.Z",
        "2026-06-02t00:00:00z",
        "é",
    ] {
        assert!(!is_utc_instant(bad) && !is_instant(bad), "{bad}");
    }
}
