//! A commitment that is kept raises nothing, one that is not is found, by anyone who reads the log.

use super::watch;
use crate::act::{Ctx, Done, Readers};
use crate::reveal::{Commit, commit, reveal};
use crate::testing::World;
use crate::{draft, reveal};
use domain::Role;

fn asked(slot: u16, value: &str) -> Commit {
    Commit {
        set: "set".parse().unwrap(),
        slot: (slot, 2),
        schema: "pick/v1".parse().unwrap(),
        reveal_by: "2026-11-21T10:00:00Z".parse().unwrap(),
        notary: "gov".parse().unwrap(),
        value: value.as_bytes().to_vec(),
    }
}

async fn committed(lab: &Ctx, gov: &Ctx, slot: u16, value: &str) {
    let Done::Waiting(view) = commit(lab, asked(slot, value), None).await.unwrap() else {
        panic!("the notary has not signed")
    };
    draft::sign(gov, &view.id).await.unwrap();
    draft::issue(lab, &view.id, None).await.unwrap();
}

async fn codes(ctx: &Ctx) -> Vec<&'static str> {
    let known = ctx.known().await.unwrap();
    let watched = watch(&ctx.home, &ctx.trust, &known, ctx.clock.now());
    let faults = watched.concerns.iter().any(|c| c.fault);
    assert_eq!(watched.sound, !faults);
    watched.concerns.iter().map(|c| c.code).collect()
}

#[tokio::test]
async fn many_are_committed_and_only_the_best_is_revealed() {
    let world = World::with(21, &[("lab", Role::Developer), ("gov", Role::Government)]);
    let node = world.node();
    let (lab, gov) = (world.ctx("lab", &node), world.ctx("gov", &node));
    committed(&lab, &gov, 1, "bad").await;
    committed(&lab, &gov, 2, "good").await;
    assert_eq!(codes(&gov).await, [""; 0]);
    let taken = commit(&lab, asked(1, "other"), None).await.unwrap_err();
    assert!(matches!(taken, reveal::RevealError::Taken { .. }), "{taken}");

    let set = || "set".parse().unwrap();
    reveal(&lab, set(), 2, &Readers::Public, None).await.unwrap();
    assert_eq!(codes(&gov).await, ["reordered"]);
    world.at("2026-11-21T10:00:01Z");
    assert_eq!(codes(&gov).await, ["reordered", "missing"]);
    reveal(&lab, set(), 1, &Readers::Parties([].into()), None).await.unwrap();
    assert_eq!(codes(&lab).await, ["reordered", "late"]);
    assert_eq!(codes(&gov).await, ["reordered", "unseen"], "it was sealed to others");
}
