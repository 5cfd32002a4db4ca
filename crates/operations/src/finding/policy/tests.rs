//! The shipped files give the numbers that they state.
use super::*;

#[test]
fn the_shipped_files_give_rules() {
    let rules = rules().unwrap();
    expect_test::expect![[r#"
        Rules {
            disclosure: DisclosureClock {
                standard: Term {
                    days: 90,
                    extension_days: 14,
                },
                exploited: Term {
                    days: 7,
                    extension_days: 7,
                },
                silent_days: 30,
                unresponsive_days: 45,
                details_days: 45,
            },
            default_pace: 5,
            longest_lease: Span(
                2592000000000,
            ),
        }
    "#]]
    .assert_debug_eq(&rules);
    assert_eq!(suppress_below().unwrap(), 5);
}

#[test]
fn a_pack_without_a_clock_is_named() {
    let text = rules::DISCLOSURE.replace("id = \"silent-maintainer\"", "id = \"other\"");
    let error = disclosure(&text).unwrap_err();
    assert_eq!(
        error.to_string(),
        "rules/disclosure.toml has no rule `silent-maintainer` with a clock in days"
    );
    let text = rules::DISCLOSURE.replace(
        "clock = { from = \"patched\", days = 45 }",
        "clock = { from = \"patched\", hours = 45 }",
    );
    assert!(matches!(disclosure(&text), Err(PolicyError::Clock("details-after-patch"))));
}
