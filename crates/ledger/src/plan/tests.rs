//! Plans: complete, ordered, and refused for the right reason.

use crate::testing::{KEYS, Log, at, draft, secret, stated};
use crate::{
    AppendPlan, CheckedEntry, PlanError, Position, Receipt, Receipts, Tiles, TreeHead, plan_append,
};
use expect_test::expect;
use std::collections::BTreeMap;

fn entry(text: &str) -> CheckedEntry {
    let draft = draft(&stated("lab", text), "lab", None);
    draft.issue(Position::first(None, at(0)), secret("lab")).unwrap().checked().unwrap()
}

#[test]
fn objects_come_before_the_leaves_that_name_them() {
    let files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let (one, two) = (entry("one"), entry("two"));
    let entries = [&one, &two];
    let plan = plan_append(TreeHead::EMPTY, &Tiles(&files), &entries, &KEYS.log, at(0)).unwrap();
    let paths: Vec<_> = plan.files.iter().map(|f| f.path.as_str()).collect();
    expect![[r#"
        [
            "object/a7/a7bd56ba85ab91943285dc728072fef2f601a50b132b278db57b2af87e1f2c2c",
            "object/00/0058efdc39e30452db910c2554fa3420bc0eeb87b3a49ffcb5d564a19b1d5dad",
            "tile/entries/000.p/2",
            "tile/0/000.p/2",
            "tile384/0/000.p/2",
        ]
    "#]]
    .assert_debug_eq(&paths);
    assert_eq!(plan.to.size, 2);
    assert_eq!(plan.statements, [(one.id(), 0), (two.id(), 1)]);
    assert_eq!(KEYS.trust.log().open(&plan.checkpoint).unwrap(), plan.to);
    let again = plan_append(TreeHead::EMPTY, &Tiles(&files), &entries, &KEYS.log, at(0)).unwrap();
    // ML-DSA-87 signatures are hedged with randomness; all else is the same
    assert_eq!(AppendPlan { checkpoint: plan.checkpoint.clone(), ..again }, plan);
}

#[test]
fn the_first_checkpoint_is_of_the_empty_tree() {
    let log = Log::new();
    assert_eq!(log.files.len(), 1);
    let text = String::from_utf8(log.files["checkpoint"].clone()).unwrap();
    let (text, cnsa) = text.trim_end().rsplit_once('\n').unwrap();
    assert_eq!(
        cnsa.len(),
        "\u{2014} log.example/vestibule ".len() + (4_usize + 8 + 48 + 4627).div_ceil(3) * 4
    );
    expect![[r#"
        log.example/vestibule
        0
        47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=

        — log.example/vestibule jlg/r0aCbI+kolebqRGH+u1XgX1bva42HD45vVdSHXNQ6ixr3GAGu+oxQkLpGi/d7PO21HnWdIm5iHR18fDcoEnIBAA=
    "#]].assert_eq(&format!("{text}\n"));
}

#[test]
fn refusals() {
    let log = {
        let mut log = Log::new();
        log.state("lab", "one", None);
        log
    };
    let check =
        |head: TreeHead, entries: &[&CheckedEntry], now: i64, expected: expect_test::Expect| {
            let error =
                plan_append(head, &Tiles(&log.files), entries, &KEYS.log, at(now)).unwrap_err();
            expected.assert_eq(&error.to_string());
            error
        };
    check(log.head, &[], 0, expect!["there is nothing to append"]);
    let a = entry("a");
    let twice = [&a, &a];
    let error = plan_append(log.head, &Tiles(&log.files), &twice, &KEYS.log, at(0)).unwrap_err();
    assert!(matches!(error, PlanError::Twice(id) if id == a.id()));
    let plan = |now| plan_append(log.head, &Tiles(&log.files), &[&a], &KEYS.log, at(now));
    let Err(PlanError::Unfit { id, source }) = plan(-6) else { panic!("it is from the future") };
    assert_eq!(id, a.id());
    expect!["it was issued at 2026-12-01T09:00:00Z, but it is 2026-12-01T08:54:00Z; set the issuer's clock"]
        .assert_eq(&source.to_string());
    plan(-5).unwrap();
    let other = TreeHead { root: [7; 32], ..log.head };
    let error = check(other, &[&a], 0, expect!["the tree can't be appended to"]);
    assert!(matches!(error, PlanError::Tree(tlog::AppendError::OtherRoot { .. })));
}

#[test]
fn the_receipts_of_a_batch_are_those_made_one_by_one() {
    let mut log = Log::new();
    for n in 0..300 {
        log.state("gov", &format!("before {n}"), None);
    }
    let mut batch = Vec::new();
    for n in 0..3 {
        let entry = log.state("lab", &format!("of the batch {n}"), None);
        batch.push((entry.checked().unwrap(), 300 + n));
    }
    let receipts = Receipts::under(&log.files, &log.files["checkpoint"]).unwrap();
    for (entry, index) in &batch {
        let receipt = receipts.receipt(entry, *index).unwrap();
        assert_eq!(receipt, Receipt::build(&log.files, *index).unwrap());
        assert_eq!(receipt.verify(&KEYS.trust).unwrap().index, *index);
    }
    assert!(receipts.receipt(&batch[0].0, 303).is_err(), "there is no such leaf");
}
