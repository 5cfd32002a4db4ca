//! Rungs as they are typed.

use super::read_rung;
use assessment::ladder::Kind;

#[test]
fn rungs_as_typed() {
    let rung = read_rung("coached mid-episode=scaffold=run-2").unwrap();
    assert_eq!((rung.name.as_str(), rung.kind), ("coached mid-episode", Some(Kind::Scaffold)));
    assert_eq!(rung.run.as_str(), "run-2");
    let rung = read_rung("coached = run-2").unwrap();
    assert_eq!((rung.name.as_str(), rung.kind, rung.run.as_str()), ("coached", None, "run-2"));
    for wrong in ["", "a", "a=", "a=none=run-1", "=bare=run-1", "a=bare=not an id"] {
        let why = read_rung(wrong).unwrap_err();
        assert!(why.contains("helpful-only"), "{why}");
    }
}
