//! Plans: complete, ordered, and refused for the right reason.

use crate::testing::{KEYS, Log, at, draft, secret, stated};
use crate::{Entry, PlanError, Position, Tiles, TreeHead, plan_append};
use expect_test::expect;
use std::collections::BTreeMap;

fn entry(text: &str) -> Entry {
    let draft = draft(&stated("lab", text), "lab", None);
    draft.issue(Position::first(None, at(0)), secret("lab")).unwrap()
}

#[test]
fn objects_come_before_the_leaves_that_name_them() {
    let files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let entries = [entry("one"), entry("two")];
    let plan = plan_append(TreeHead::EMPTY, &Tiles(&files), &entries, &KEYS.log, at(0)).unwrap();
    let paths: Vec<_> = plan.files.iter().map(|f| f.path.as_str()).collect();
    expect![[r#"
        [
            "object/e6/e68df59fc03d20ca9c29f722dbdfdb16deacca5fc40805c9c22ed9906dae5807",
            "object/a5/a57ee4b8a4e8160528ae22e9a7a4105dcecee1c2c1d897ad8583c047d650dd7b",
            "tile/entries/000.p/2",
            "tile/0/000.p/2",
        ]
    "#]]
    .assert_debug_eq(&paths);
    assert_eq!(plan.to.size, 2);
    assert_eq!(plan.statements, [(entries[0].id, 0), (entries[1].id, 1)]);
    assert_eq!(KEYS.trust.log().open(&plan.checkpoint).unwrap(), plan.to);
    let again = plan_append(TreeHead::EMPTY, &Tiles(&files), &entries, &KEYS.log, at(0));
    assert_eq!(again.unwrap(), plan);
}

#[test]
fn the_first_checkpoint_is_of_the_empty_tree() {
    let log = Log::new();
    assert_eq!(log.files.len(), 1);
    let text = String::from_utf8(log.files["checkpoint"].clone()).unwrap();
    expect![[r#"
        log.example/vestibule
        0
        47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=

        — log.example/vestibule jlg/r0aCbI+kolebqRGH+u1XgX1bva42HD45vVdSHXNQ6ixr3GAGu+oxQkLpGi/d7PO21HnWdIm5iHR18fDcoEnIBAA=
    "#]].assert_eq(&text);
}

#[test]
fn refusals() {
    let log = {
        let mut log = Log::new();
        log.state("lab", "one", None);
        log
    };
    let check = |head: TreeHead, entries: &[Entry], now: i64, expected: expect_test::Expect| {
        let error = plan_append(head, &Tiles(&log.files), entries, &KEYS.log, at(now)).unwrap_err();
        expected.assert_eq(&error.to_string());
        error
    };
    check(log.head, &[], 0, expect!["there is nothing to append"]);
    check(
        log.head,
        &[entry("a"), entry("a")],
        0,
        expect![
            "statement 7a1cc010fab4548e711dcef4348d4dec8b7db12f91f471a19a47ac2239520995 is in the batch twice"
        ],
    );
    check(
        log.head,
        &[entry("a")],
        -6,
        expect![
            "entry 0 of the batch was issued at 2026-12-01T09:00:00Z, but it is 2026-12-01T08:54:00Z; set the issuer's clock"
        ],
    );
    let mut bad = entry("a");
    bad.object.push(0);
    check(log.head, &[entry("b"), bad], 0, expect!["entry 1 of the batch is not sound"]);
    let other = TreeHead { root: [7; 32], ..log.head };
    let error = check(other, &[entry("a")], 0, expect!["the tree can't be appended to"]);
    assert!(matches!(error, PlanError::Tree(tlog::AppendError::OtherRoot { .. })));
}
