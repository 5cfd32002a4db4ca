//! Applying what is new comes to the same as folding everything, and where it would not, it isn't done.

use super::{Folded, NEWS, apply, whole};
use crate::act::{Ctx, Readers};
use crate::testing::{World, release};
use access::{AccessRequest, Event};

async fn request(ctx: &Ctx, case: &str) {
    let event = Event::AccessRequested(AccessRequest {
        case: case.parse().unwrap(),
        government: "gov".parse().unwrap(),
        developer: "lab".parse().unwrap(),
        reason: "a reason".parse().unwrap(),
    });
    let readers = Readers::Parties(["lab".parse().unwrap()].into());
    ctx.state(&event, &readers, None).await.unwrap();
}

#[tokio::test]
async fn applying_what_is_new_comes_to_the_same_as_folding_all() {
    let world = World::new(7);
    let node = world.node();
    let (lab, gov) = (world.ctx("lab", &node), world.ctx("gov", &node));
    let mut known = None;
    request(&gov, "case-1").await;
    let (first, _) = lab.follow(&mut known).await.unwrap();
    let (mut reviews, mut folded) = (whole(first), Folded::of(first));
    for n in 0..3 {
        request(&gov, &format!("more-{n}")).await;
        lab.state(&release(&format!("model-{n}")), &Readers::Public, None).await.unwrap();
        let (now, grown) = lab.follow(&mut known).await.unwrap();
        assert!(grown);
        let news = folded.news(now).expect("little is new");
        assert_eq!(news.len(), 2);
        apply(&mut reviews, &news);
        folded = Folded::of(now);
        assert!(reviews.same_record(&whole(now)), "{n}");
    }

    let now = known.as_mut().unwrap();
    assert!(folded.news(now).is_some_and(|news| news.is_empty()));
    // much is not waited for
    let before = now.statements.len();
    let last = now.statements.last().unwrap().clone();
    now.statements.extend(vec![last; NEWS + 1]);
    assert!(folded.news(now).is_none());
    now.statements.truncate(before);
    // when somebody's keys changed, everything was folded otherwise
    let other = World::new(8);
    let theirs = other.ctx("lab", &other.node()).trust;
    let ours = std::mem::replace(&mut now.trust, theirs);
    assert!(folded.news(now).is_none());
    now.trust = ours;
    // and so was a statement that can't be read any more
    assert!(folded.news(now).is_some());
    now.statements[0].content = Err(ledger::OpenError::Shredded);
    assert!(folded.news(now).is_none());
}
