//! Due dates of one finding as it moves on.

use crate::tests::{
    acknowledged, day, drafted, engaged, exploited, extended, finding, fixed, fold, published,
    report, reported, sent, validated,
};
use crate::{EmbargoTerms, Event, FindingReport};
use expect_test::{Expect, expect};

fn sent_on_day_5() -> Vec<(u64, Event)> {
    vec![
        (2, reported("f", "lab")),
        (3, validated("f", day(3))),
        (4, drafted("f", "upstream")),
        (5, sent("f", day(5))),
    ]
}

fn check(log: &[(u64, Event)], expected: &Expect) {
    let dues: Vec<_> = fold(log)
        .due_dates(&finding("f"))
        .iter()
        .map(|d| format!("{} {:?} {}\n", d.at.date(), d.kind, d.because))
        .collect();
    expected.assert_eq(&dues.concat());
}

#[test]
fn due_dates() {
    // No clock before the maintainer has it.
    check(&sent_on_day_5()[..3], &expect![""]);
    check(
        &sent_on_day_5(),
        &expect![[r#"
        2026-07-06 Coordinator silent-maintainer
        2026-07-21 MayDisclose unresponsive-vendor
        2026-09-04 Disclose standard
    "#]],
    );
    let with = |more: &[(u64, Event)]| [sent_on_day_5().as_slice(), more].concat();
    check(
        &with(&[(6, acknowledged("f", "upstream", day(6)))]),
        &expect![[r#"
        2026-09-04 Disclose standard
    "#]],
    );
    check(
        &with(&[(6, acknowledged("f", "upstream", day(6))), (9, extended("f"))]),
        &expect![[r#"
        2026-09-18 Disclose standard
    "#]],
    );
    // Exploitation shortens from when it is known.
    check(
        &with(&[(20, exploited("f", day(20)))]),
        &expect![[r#"
        2026-06-28 Disclose exploited-critical
        2026-07-06 Coordinator silent-maintainer
        2026-07-21 MayDisclose unresponsive-vendor
    "#]],
    );
    check(
        &with(&[(20, exploited("f", day(20))), (21, extended("f"))]),
        &expect![[r#"
        2026-07-05 Disclose exploited-critical
        2026-07-06 Coordinator silent-maintainer
        2026-07-21 MayDisclose unresponsive-vendor
    "#]],
    );
    // And never lengthens: it was known late.
    check(
        &with(&[(94, exploited("f", day(94)))]),
        &expect![[r#"
        2026-07-06 Coordinator silent-maintainer
        2026-07-21 MayDisclose unresponsive-vendor
        2026-09-04 Disclose standard
    "#]],
    );
    check(
        &with(&[(35, engaged("f", day(35)))]),
        &expect![[r#"
        2026-07-21 MayDisclose unresponsive-vendor
        2026-09-04 Disclose standard
    "#]],
    );
    check(
        &with(&[(40, fixed("f", "upstream", day(39)))]),
        &expect![[r#"
        2026-08-24 Details details-after-patch
        2026-09-04 Disclose standard
    "#]],
    );
    check(
        &with(&[(40, fixed("f", "hub", day(39))), (41, published("f", day(41)))]),
        &expect![[r#"
        2026-08-24 Details details-after-patch
    "#]],
    );
}

#[test]
fn the_reporters_terms() {
    let terms = |embargo| {
        let report = Event::FindingReported(FindingReport { embargo, ..report("f", "lab") });
        let mut log = sent_on_day_5();
        log[0] = (2, report);
        log
    };
    check(
        &terms(EmbargoTerms::Until(day(60))),
        &expect![[r#"
        2026-07-06 Coordinator silent-maintainer
        2026-07-21 MayDisclose unresponsive-vendor
        2026-07-31 Disclose reporter
    "#]],
    );
    check(
        &terms(EmbargoTerms::Until(day(300))),
        &expect![[r#"
        2026-07-06 Coordinator silent-maintainer
        2026-07-21 MayDisclose unresponsive-vendor
        2026-09-04 Disclose standard
    "#]],
    );
    check(
        &terms(EmbargoTerms::Public),
        &expect![[r#"
        2026-06-03 Disclose public
        2026-07-06 Coordinator silent-maintainer
        2026-07-21 MayDisclose unresponsive-vendor
    "#]],
    );
}
