//! Claims, duplicates, pace, repetition, audiences: without running anything.

use super::super::claims;
use super::*;
use clearinghouse::{Method, ScanClaim, Target};
use domain::Span;

fn scan(by: &str, claim: &str, days: u64, world: &World) -> ScanClaim {
    ScanClaim {
        claim: claim.parse().unwrap(),
        by: by.parse().unwrap(),
        target: Target { name: "pkg:cargo/smallvec".parse().unwrap(), revision: None },
        method: Method::Fuzzing,
        scope: "public source, own machines".parse().unwrap(),
        until: crate::ctx::Clock::now(world.clock.as_ref()).after(Span::days(days)),
    }
}

#[tokio::test]
async fn an_overlap_is_told_and_blocks_nothing() {
    let world = World::with(21, &PARTIES);
    let node = world.node();
    let [finder, other, bystander] = ["finder", "other", "bystander"].map(|p| world.ctx(p, &node));
    let first = claims::claim(&finder, scan("finder", "c-1", 7, &world), None).await.unwrap();
    assert!(first.overlaps.is_empty());
    let second = claims::claim(&other, scan("other", "c-2", 7, &world), None).await.unwrap();
    assert!(matches!(second.done, Done::Logged { .. }));
    assert_eq!(second.overlaps[0].by.as_str(), "finder");
    refused_with(
        claims::claim(&other, scan("other", "c-3", 31, &world), None).await,
        "lease-too-long",
    );
    let until = "2026-12-01".parse().unwrap();
    let renewed = claims::renew(&other, "c-1".parse().unwrap(), until, None).await;
    refused_with(renewed, "not-claimant");
    let note = "nothing found".parse().unwrap();
    claims::release(&finder, "c-1".parse().unwrap(), note, None).await.unwrap();
    let held = claims::list(&other, false).await.unwrap();
    assert_eq!(held.len(), 1);
    assert!(held[0].overlaps.is_empty(), "a claim that was given back is in nobody's way");
    assert_eq!(claims::list(&other, true).await.unwrap().len(), 2);
    assert!(claims::list(&bystander, true).await.unwrap().is_empty(), "no matter of an operator");
}

#[tokio::test]
async fn duplicates_join_and_every_finder_stays() {
    let world = World::with(22, &PARTIES);
    let node = world.node();
    let [house, finder, other] = ["house", "finder", "other"].map(|p| world.ctx(p, &node));
    let first = reported(&world, &finder, "f-1").await;
    let second = reported(&world, &other, "f-2").await;
    let candidates = act::candidates(&house).await.unwrap();
    assert_eq!(candidates.len(), 1);
    assert_eq!(shared(&candidates[0]), "the same proof");
    act::duplicate(&house, second.clone(), first.clone(), None, None).await.unwrap();
    assert!(act::candidates(&house).await.unwrap().is_empty());
    validated(&house, &first).await;
    let view = show(&house, &second).await.unwrap();
    assert_eq!(view.head, first);
    assert!(view.believed, "one flaw");
    let finders: Vec<_> = view.finders.iter().map(PartyId::as_str).collect();
    assert_eq!(finders, ["finder", "other"]);
    let to: PartyId = "upstream".parse().unwrap();
    let path = world.folder.path().join("letter.txt");
    refused_with(act::draft(&house, second, to.clone(), &path, None).await, "is-duplicate");
    act::draft(&house, first, to, &path, None).await.unwrap();
    let letter = std::fs::read_to_string(&path).unwrap();
    assert!(letter.contains("--copy finder --copy other"), "{letter}");
    let heard = list(&other).await.unwrap().1;
    let heard: Vec<_> = heard.iter().map(|h| h.kind).collect();
    assert_eq!(heard, ["duplicate-confirmed", "validated", "report-drafted"]);
}

#[tokio::test]
async fn findings_that_share_nothing_need_a_person() {
    let world = World::with(23, &PARTIES);
    let node = world.node();
    let [house, finder] = ["house", "finder"].map(|p| world.ctx(p, &node));
    let mut ids = Vec::new();
    for name in ["f-1", "f-2"] {
        let path = report_file(&world, name);
        let intake = Intake { path, finding: Some(id(name)), ..Intake::default() };
        ids.push(intake::report(&finder, &intake, None).await.unwrap().remove(0).finding);
    }
    let pair = || (ids[1].clone(), ids[0].clone());
    let (a, b) = pair();
    refused_with(act::duplicate(&house, a, b, None, None).await, "basis-not-met");
    let judged = ("officer-1".parse().unwrap(), "one root cause".parse().unwrap());
    let (a, b) = pair();
    act::duplicate(&house, a, b, Some(judged), None).await.unwrap();
}

#[tokio::test]
async fn a_maintainer_sets_the_pace() {
    let world = World::with(24, &PARTIES);
    let node = world.node();
    let [house, finder, upstream] = ["house", "finder", "upstream"].map(|p| world.ctx(p, &node));
    refused_with(act::pace(&house, 100, None).await, "role-missing");
    act::pace(&upstream, 1, None).await.unwrap();
    let to: PartyId = "upstream".parse().unwrap();
    for (n, name) in ["f-1", "f-2"].into_iter().enumerate() {
        let intake = Intake {
            path: report_file(&world, name),
            finding: Some(id(name)),
            ..Intake::default()
        };
        let finding = intake::report(&finder, &intake, None).await.unwrap().remove(0).finding;
        validated(&house, &finding).await;
        let path = world.folder.path().join(format!("{name}.txt"));
        act::draft(&house, finding.clone(), to.clone(), &path, None).await.unwrap();
        let sent = act::sent(&house, send(&finding), None, None).await;
        if n == 0 {
            sent.unwrap();
        } else {
            refused_with(sent, "pace-exceeded");
            world.at("2026-11-27T10:00:00Z");
            act::sent(&house, send(&finding), None, None).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_repeated_draft_gives_the_same_bytes_and_never_replaces_others() {
    let world = World::with(25, &PARTIES);
    let node = world.node();
    let [house, finder] = ["house", "finder"].map(|p| world.ctx(p, &node));
    let finding = reported(&world, &finder, "f-1").await;
    validated(&house, &finding).await;
    let to: PartyId = "upstream".parse().unwrap();
    let path = world.folder.path().join("letter.txt");
    for key in ["d-1", "d-1", "d-2"] {
        act::draft(&house, finding.clone(), to.clone(), &path, Some(key)).await.unwrap();
        world.at("2026-11-21T10:00:00Z");
    }
    assert_eq!(node.status().unwrap().size, 4, "report, verdict, and two drafts");
    std::fs::write(&path, "someone's notes").unwrap();
    let drafted = act::draft(&house, finding, to, &path, Some("d-3")).await;
    assert!(matches!(drafted, Err(FindingError::File(FileError::Exists(_)))), "{drafted:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "someone's notes");
}

#[tokio::test]
async fn who_may_not_speak_is_refused() {
    let world = World::with(26, &PARTIES);
    let node = world.node();
    let [house, finder, upstream] = ["house", "finder", "upstream"].map(|p| world.ctx(p, &node));
    let finding = reported(&world, &finder, "f-1").await;
    refused_with(act::receive(&finder, finding.clone(), None, None).await, "role-missing");
    let nothing = BTreeSet::new();
    let heard = act::acknowledge(&upstream, finding.clone(), None, &nothing, None).await;
    refused_with(heard, "unknown-finding");
    let reason = || "a mistake of mine".parse().unwrap();
    refused_with(act::withdraw(&house, finding.clone(), reason(), None).await, "not-reporter");
    act::withdraw(&finder, finding.clone(), reason(), None).await.unwrap();
    assert_eq!(show(&house, &finding).await.unwrap().stage, "withdrawn");
    let unknown = show(&world.ctx("other", &node), &finding).await;
    assert!(matches!(unknown, Err(FindingError::Unknown(_))), "{unknown:?}");
}

#[tokio::test]
async fn an_advisory_needs_a_package_with_a_version_order() {
    let world = World::with(27, &PARTIES);
    let node = world.node();
    let [house, finder] = ["house", "finder"].map(|p| world.ctx(p, &node));
    let finding = reported(&world, &finder, "f-1").await;
    validated(&house, &finding).await;
    for package in ["card-reader", "pkg:generic/card-reader"] {
        let plan =
            Publication { package: Some(package.to_owned()), ..publication(&world, &finding) };
        let published = publish::publish(&house, &plan, None).await;
        assert!(matches!(published, Err(FindingError::NoPackage(_))), "{published:?}");
    }
}
