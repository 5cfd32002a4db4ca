//! Same, derivative, unrelated, not bound.
use super::*;

fn snapshot(name: &str, stage: Stage, from: Option<&str>) -> Snapshot {
    Snapshot {
        case: "case-1".parse().unwrap(),
        developer: "lab".parse().unwrap(),
        model: "model-1".parse().unwrap(),
        digest: Digest::of(name.as_bytes()),
        stage,
        variant: "full safeguards".parse().unwrap(),
        derived_from: from.map(|name| Digest::of(name.as_bytes())),
    }
}

#[test]
fn what_was_released_is_told_beside_what_was_measured() {
    let a = || snapshot("a", Stage::Evaluated, None);
    let b = |stage| snapshot("b", stage, Some("a"));
    let c = || snapshot("c", Stage::Released, Some("b"));
    let rows = [
        (vec![a(), b(Stage::Accessed), c()], (Kin::Derivative, Kin::Derivative)),
        (vec![a(), snapshot("a", Stage::Released, None)], (Kin::Same, Kin::NotBound)),
        (vec![a(), snapshot("x", Stage::Released, None)], (Kin::Unrelated, Kin::NotBound)),
        (vec![a(), b(Stage::Accessed), b(Stage::Released)], (Kin::Derivative, Kin::Same)),
    ];
    for (all, expected) in rows {
        let released = all.iter().find(|s| s.stage == Stage::Released).unwrap();
        let from = ancestors(&all, released);
        let beside = |stage| kin(&all, released, &from, stage);
        assert_eq!((beside(Stage::Evaluated), beside(Stage::Accessed)), expected, "{all:?}");
    }
}
