//! Days end with the day, months clamp, hours run.
use super::*;

#[track_caller]
fn check(length: Length, start: &str, due: &str) {
    assert_eq!(length.due(start.parse().unwrap()).to_string(), due);
}

#[test]
fn due_instants() {
    check(Length::Days(30), "2026-06-02", "2026-07-02T23:59:59.999999Z");
    check(Length::Days(60), "2026-06-02T18:30:00Z", "2026-08-01T23:59:59.999999Z");
    check(Length::Days(0), "2026-06-10", "2026-06-10T23:59:59.999999Z");
    // the start is 31 December in Washington and 1 January in UTC: UTC decides
    check(Length::Days(3), "2026-12-31T20:00:00-05:00", "2027-01-04T23:59:59.999999Z");
    check(Length::Hours(72), "2026-12-01T09:15:00Z", "2026-12-04T09:15:00Z");
    check(Length::Months(1), "2026-01-31T10:00:00Z", "2026-02-28T23:59:59.999999Z");
    check(Length::Months(1), "2028-01-31", "2028-02-29T23:59:59.999999Z");
    check(Length::Months(12), "2026-09-11", "2027-09-11T23:59:59.999999Z");
    let start = "2026-09-11".parse().unwrap();
    assert_eq!(Length::Months(u32::MAX).due(start), Timestamp::MAX);
    assert_eq!(Length::Days(u32::MAX).due(start), Timestamp::MAX);
}

#[test]
fn says_its_length() {
    assert_eq!(Length::Days(1).to_string(), "1 calendar day");
    assert_eq!(Length::Hours(24).to_string(), "24 hours");
}

proptest::proptest! {
    #[test]
    fn later_starts_and_longer_clocks_never_end_earlier(
        start in 0i64..4_000_000_000_000_000, later in 0i64..1_000_000_000_000, n in 0u32..400, more in 0u32..400,
    ) {
        let a = Timestamp::from_micros(start).unwrap();
        let b = Timestamp::from_micros(start + later).unwrap();
        for make in [Length::Hours, Length::Days, Length::Months] {
            proptest::prop_assert!(make(n).due(a) >= a);
            proptest::prop_assert!(make(n).due(a) <= make(n).due(b));
            proptest::prop_assert!(make(n).due(a) <= make(n + more).due(a));
        }
    }
}
