//! What is written is read back by our readers.
use super::*;
use crate::worklist::tests::{assets, build_with, vocabulary};

fn list() -> Worklist {
    build_with(&assets(), |all| {
        let said = r#"{"@context":"https://openvex.dev/ns/v0.2.0","statements":[{"vulnerability":"CVE-2026-1003",
            "products":["pkg:cargo/lowly@1.0.0"],"status":"not_affected","justification":"component_not_present"}]}"#;
        let read = advisory::vex::read(said.as_bytes()).unwrap();
        assert_eq!(all.add(&"own.vex.json".parse().unwrap(), &read), 0);
    })
}

#[test]
fn suppressed_with_its_reason() {
    let list = list();
    assert_eq!(list.suppressed.len(), 1, "{:?}", list.suppressed);
    assert!(list.items.iter().all(|action| &*action.package != "lowly"));
    let text = list.view(&vocabulary()).text(&vocabulary());
    assert!(text.contains("lowly 1.0.0, CVE-2026-1003: component not present"), "{text}");
}

#[test]
fn sarif_reads_back() {
    let list = list();
    let places = [("mail".parse().unwrap(), "Cargo.lock".to_owned())].into();
    let log = list.sarif(&places).unwrap();
    let runs = advisory::sarif::read(log.as_bytes()).unwrap();
    let targets = list.items.iter().chain(&list.notices).map(|a| a.targets.len()).sum::<usize>();
    assert_eq!(runs[0].results.len(), targets + 1);
    assert_eq!(runs[0].results.iter().filter(|one| one.suppressed).count(), 1);
    assert!(runs[0].results.iter().any(|one| one.locations[0].uri == "Cargo.lock"));
}

#[test]
fn openvex_reads_back() {
    let text = list().openvex("somebody").unwrap();
    let read = advisory::vex::read(text.as_bytes()).unwrap();
    let not_affected = read.iter().filter(|one| one.status == advisory::vex::Status::NotAffected);
    let not_affected: Vec<_> = not_affected.collect();
    assert_eq!(not_affected.len(), 1);
    assert!(not_affected[0].reason.as_ref().unwrap().contains("component not present"));
    assert!(read.iter().all(|one| one.products.len() == 1));
}

#[test]
fn every_dated_action_is_an_event() {
    let list = list();
    let text = list.calendar(&list.view(&vocabulary()));
    let dated = list.items.iter().filter(|action| action.plan_by.is_some()).count();
    assert!(dated > 0);
    assert_eq!(text.matches("BEGIN:VEVENT\r\n").count(), dated, "{text}");
    let ids: std::collections::BTreeSet<_> =
        text.lines().filter(|l| l.starts_with("UID:")).collect();
    assert_eq!(ids.len(), dated, "each its own: {ids:?}");
}
