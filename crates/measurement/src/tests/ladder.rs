//! A whole ladder: rungs sealed together under one name, asked in different ways, and climbed by that name.

use super::{Town, isolated, plan, trial};
use crate::{LadderAsked, MeasureError, Plan, RungAsked, ladder, open, run, seal};
use assessment::ladder::Kind;
use assessment::{Elicitation, Incentive, Rule, RungOf, Scaffold, TwoKeys};
use domain::{Digest, RunId};
use harness::Silent;
use harness::solver::{Skill, serve};
use tokio::net::TcpListener;

fn id(name: &str) -> RunId {
    name.parse().unwrap()
}

/// A rung of the ladder `july` with half of alpha.
fn rung(name: &str, elicitation: Elicitation) -> Plan {
    let keys = TwoKeys { delta: 1_000, floor: 5, alpha: 25_000, ..TwoKeys::at(-500) };
    Plan {
        run: id(name),
        rule: Rule::TwoKeys(keys),
        elicitation,
        ladder: Some(RungOf { ladder: "july".parse().unwrap(), rungs: 3 }),
        ..plan(&["keystream-recovery=1-5"])
    }
}

async fn climbed_by(town: &Town, name: &str, skill: Skill) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let (ctx, id) = (town.ctx("meter"), id(name));
    let mut silent = Silent;
    tokio::select! {
        _ = serve(listener, skill) => panic!("serves for ever"),
        ran = run(&ctx, &id, trial(&base), &mut silent, None) => { ran.unwrap(); }
    }
    open(&town.ctx("meter"), &id, true, None).await.unwrap();
}

#[tokio::test]
async fn the_best_rung_decides_and_none_is_left_out() {
    if !isolated() {
        return;
    }
    let town = Town::new(31).await;
    let meter = town.ctx("meter");
    let bare = Elicitation::BARE;
    let coached = Elicitation { kind: Kind::Scaffold, scaffold: Scaffold::Coached, ..bare };
    seal(&meter, rung("run-bare", bare), None, None).await.unwrap();
    seal(&meter, rung("run-coached", coached), None, None).await.unwrap();
    // a rung must change what it says, and another checkpoint must be named
    let nothing = Elicitation { kind: Kind::Incentive, ..bare };
    let refused = seal(&meter, rung("run-x", nothing), None, None).await.unwrap_err();
    assert!(refused.to_string().contains("an incentive rung needs an incentive"), "{refused}");
    let tuned = Elicitation { kind: Kind::FineTune, ..bare };
    let refused = seal(&meter, rung("run-x", tuned), None, None).await.unwrap_err();
    assert!(refused.to_string().contains("named by its digest"), "{refused}");

    climbed_by(&town, "run-bare", Skill::Weak).await;
    let judge = town.ctx("judge");
    let named = LadderAsked::Named("july".parse().unwrap());
    let early = ladder(&judge, &named, 50_000).await.unwrap_err();
    assert!(early.to_string().contains("run-coached"), "a rung without a result: {early}");
    // no rung is added once another was measured
    let late = Elicitation { kind: Kind::Incentive, incentive: Incentive::Stakes, ..bare };
    let plan = Plan { model_digest: Some(Digest::of(b"m")), ..rung("run-late", late) };
    let refused = seal(&meter, plan, None, None).await.unwrap_err();
    let MeasureError::Refused(refused) = refused else { panic!("{refused}") };
    assert_eq!(refused.code, "ladder");

    climbed_by(&town, "run-coached", Skill::Strong).await;
    let found = ladder(&judge, &named, 50_000).await.unwrap();
    assert_eq!((found.verdict.as_str(), found.best.as_str()), ("ABOVE", "run-coached"));
    assert!((found.errors.0 - 0.05).abs() < 1e-9, "alpha was split");
    assert!(found.gap.unwrap().interval.0 > 0.0, "the gap is seen");
    let kinds: Vec<_> = found.rungs.iter().map(|r| (r.name.as_str(), r.kind)).collect();
    assert_eq!(kinds, [("run-bare", "bare"), ("run-coached", "scaffold")]);
    let sealed = found.rungs[1].sealed.as_deref().unwrap();
    assert!(sealed.contains("scaffold coached"), "{sealed}");
    assert_eq!(found.notes, ["2 of the ladder's 3 rungs were sealed"]);
    assert_eq!(found.capability.len(), 1, "one budget, no plateau");

    // what a rung was sealed as can't be said otherwise afterwards
    let said = |kind| RungAsked { name: "b".parse().unwrap(), kind, run: id("run-coached") };
    let bare = RungAsked { name: "a".parse().unwrap(), kind: None, run: id("run-bare") };
    let wrong = LadderAsked::Rungs(vec![bare.clone(), said(Some(Kind::Prompt))]);
    let error = ladder(&judge, &wrong, 50_000).await.unwrap_err();
    assert!(error.to_string().contains("sealed as a rung of the kind `scaffold`"), "{error}");
    let right = LadderAsked::Rungs(vec![bare, said(None)]);
    assert_eq!(ladder(&judge, &right, 50_000).await.unwrap().verdict, "ABOVE");
}
