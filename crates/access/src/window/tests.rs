//! Bounds of windows.

use super::{Bounds, Window};
use crate::walk::world::instant;
use domain::Span;
use proptest::prelude::*;

fn check(longest_days: u64, planned_hours: u64, expected: Result<u64, &str>) {
    let window = Window::new(
        instant(24),
        instant(planned_hours),
        Span::days(longest_days),
        &Bounds::default(),
    );
    let got = window.map(|w| w.ends_at().since(instant(0)).as_seconds() / 3_600);
    assert_eq!(got.map_err(|refusal| refusal.code()), expected);
}

#[test]
fn a_window_ends_with_the_plan_or_after_thirty_days() {
    check(30, 2_000, Ok(24 + 720));
    check(30, 500, Ok(500));
    check(10, 500, Ok(24 + 240));
    check(10, 100, Ok(100));
}

#[test]
fn a_window_over_thirty_days_cannot_be_built() {
    check(31, 500, Err("window-too-long"));
    let over = Span::micros(Span::days(30).as_micros() + 1);
    assert_eq!(Bounds::new(over).map_err(|r| r.code()), Err("window-too-long"));
    assert_eq!(Bounds::new(Span::days(30)), Ok(Bounds::default()));
    let short = Bounds::new(Span::days(14)).expect("less is allowed");
    let window = Window::new(instant(0), instant(900), Span::days(15), &short);
    assert_eq!(window.map_err(|r| r.code()), Err("window-too-long"));
}

#[test]
fn an_empty_window_cannot_be_built() {
    check(30, 24, Err("window-empty"));
    check(30, 23, Err("window-empty"));
    check(0, 500, Err("window-empty"));
    check(30, 25, Ok(25));
}

proptest! {
    /// However often the developer moves its plan, the end stays within the span from first access.
    #[test]
    fn no_plan_moves_the_end_past_the_bound(plans in prop::collection::vec(0_u64..100_000, 1..20)) {
        let mut window =
            Window::new(instant(24), instant(500), Span::days(30), &Bounds::default())
                .expect("within bounds");
        for plan in plans {
            window = window.reanchored(instant(plan));
            prop_assert!(window.ends_at() <= instant(24 + 720));
            prop_assert!(window.ends_at() <= instant(plan));
        }
    }
}
