//! Small counts never get out.

use super::*;
use crate::testing::World;
use clearinghouse::{Method, ScanClaim, Target};
use domain::{Role, Span};
use expect_test::expect;
use proptest::prelude::proptest;

/// Every number that a report shows as a count.
fn shown(text: &str) -> Vec<u64> {
    let rows = text.lines().filter(|line| line.starts_with("  "));
    rows.filter_map(|row| row.split_whitespace().last()?.parse().ok()).collect()
}

fn of(counts: BTreeMap<String, u64>, below: u64) -> Report {
    let counts = suppressed(&counts, below);
    let tables = vec![Table { name: "t", title: "T", counts }];
    Report { as_of: "2026-11-20".to_owned(), withheld_below: below, tables, note: NOTE }
}

proptest! {
    #[test]
    fn no_small_count_is_shown(
        counts in proptest::collection::btree_map("[a-z]{1,8}", 0_u64..30, 0..12),
        below in 3_u64..12,
    ) {
        let report = of(counts, below);
        for n in shown(&report.text()) {
            assert!(n == 0 || n >= below, "{}", report.text());
        }
        let json = serde_json::to_value(&report).unwrap();
        let cells = json["tables"][0]["cells"].as_object().unwrap().values();
        for n in cells.chain([&json["tables"][0]["total"]]).filter_map(|c| c["count"].as_u64()) {
            assert!(n == 0 || n >= below, "{json}");
        }
    }
}

#[tokio::test]
async fn a_flaw_that_two_found_counts_once() {
    let parties = [("house", Role::Clearinghouse), ("a", Role::Reporter), ("b", Role::Reporter)];
    let world = World::with(32, &parties);
    let node = world.node();
    let house = world.ctx("house", &node);
    let mut ids = Vec::new();
    for (party, id) in [("a", "f-1"), ("b", "f-2")] {
        ids.push(finding::tests::reported(&world, &world.ctx(party, &node), id).await);
    }
    let reported = async || stages(&finding::known(&house).await.unwrap().house)["reported"];
    assert_eq!(reported().await, 2);
    let pair = (ids.remove(1), ids.remove(0));
    finding::act::duplicate(&house, pair.0, pair.1, None, None).await.unwrap();
    assert_eq!(reported().await, 1);
}

#[tokio::test]
async fn a_report_from_a_partys_own_fold() {
    let parties =
        [("house", Role::Clearinghouse), ("finder", Role::Reporter), ("watch", Role::Inspector)];
    let world = World::with(31, &parties);
    let node = world.node();
    let [house, finder] = ["house", "finder"].map(|p| world.ctx(p, &node));
    for n in 0..6 {
        let claim = ScanClaim {
            claim: format!("c-{n}").parse().unwrap(),
            by: "finder".parse().unwrap(),
            target: Target { name: format!("pkg:cargo/p{n}").parse().unwrap(), revision: None },
            method: Method::Review,
            scope: "public source".parse().unwrap(),
            until: finder.clock.now().after(Span::days(5)),
        };
        finding::claims::claim(&finder, claim, None).await.unwrap();
    }
    let note = || "done".parse().unwrap();
    finding::claims::release(&finder, "c-0".parse().unwrap(), note(), None).await.unwrap();
    let made = report(&house, None).await.unwrap();
    let claims = made.tables.iter().find(|t| t.name == "scan-claims").unwrap();
    assert_eq!(claims.counts.cells["given back"], Cell::Suppressed, "one claim");
    assert_eq!(claims.counts.cells["held"], Cell::Suppressed, "five would give it away");
    let watch = report(&world.ctx("watch", &node), None).await.unwrap();
    assert_eq!(watch.text(), made.text(), "an inspector counts the same");
    expect![[r#"
        Public report as of 2026-11-20. Counts from 1 to 4 are withheld, and what would give them away.

        Flaws by stage; duplicates count once
          acknowledged                    0
          drafted                         0
          fix-available                   0
          not-reproduced                  0
          published                       0
          reported                        0
          sent                            0
          validated                       0
          withdrawn                       0
          total                           0

        Scan claims
          expired                         0
          given back               withheld
          held                     withheld
          total                           6

        Reviews of models, by state
          total                           0

        Determinations, by what was determined
          covered                         0
          no longer standing              0
          not covered                     0
          undetermined                    0
          total                           0

        Windows of access
          live                            0
          not live                        0
          total                           0

        Grants to named persons
          not usable                      0
          usable                          0
          total                           0

        Recipients of notices, by how far they are
          closed                          0
          not yet readable                0
          read                            0
          readable                        0
          total                           0

        Counted by one party from the statements it can read. Withheld counts can't be computed from the rest. Nothing here is a licence, a preclearance or a permit.
    "#]]
    .assert_eq(&made.text());
}
