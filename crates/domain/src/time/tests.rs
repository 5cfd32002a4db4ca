//! Parsing, printing and arithmetic of instants.
use super::*;

#[test]
fn reads_and_prints() {
    for (text, printed) in [
        ("2026-06-02T00:00:00Z", "2026-06-02T00:00:00Z"),
        ("2026-06-02", "2026-06-02T00:00:00Z"),
        ("2026-06-02T02:00:00.5+02:00", "2026-06-02T00:00:00.5Z"),
    ] {
        assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), printed);
    }
    for bad in ["", "2026", "2026-13-01", "1969-12-31T23:59:59Z", "tomorrow", "2026-06-02T00:00:00"]
    {
        assert!(bad.parse::<Timestamp>().is_err(), "{bad}");
    }
}

#[test]
fn arithmetic_stays_in_range() {
    let t: Timestamp = "2026-12-07T13:45:10Z".parse().unwrap();
    assert_eq!(t.after(Span::days(30)).since(t), Span::days(30));
    assert_eq!(t.since(t.after(Span::seconds(1))), Span::ZERO);
    assert_eq!(Timestamp::MAX.after(Span::days(1)), Timestamp::MAX);
    assert_eq!(Timestamp::EPOCH.before(Span::days(1)), Timestamp::EPOCH);
    assert_eq!(t.after(Span::micros(u64::MAX)), Timestamp::MAX);
    assert_eq!(t.day().to_string(), "2026-12-07T00:00:00Z");
    assert_eq!(t.minute().to_string(), "2026-12-07T13:45:00Z");
    assert_eq!(t.date(), "2026-12-07");
    for end in [Timestamp::EPOCH, Timestamp::MAX] {
        assert_eq!(end.to_string().parse(), Ok(end));
    }
}
