//! The whole path of a package: two parties, two persons, and somebody who has nothing but the folder.
use super::*;
use crate::ctx::Clock;
use crate::testing::World;
use domain::Timestamp;
use referral::Outcome;
use std::fs;

const PARTIES: [(&str, Role); 3] = [
    ("clearinghouse", Role::Clearinghouse),
    ("lab", Role::Developer),
    ("investigator", Role::Investigator),
];

fn collected(name: &str) -> Collected {
    Collected {
        name: name.parse().unwrap(),
        description: "an extract of the use log".parse().unwrap(),
        by: "first-responder".parse().unwrap(),
        place: "the gateway host".parse().unwrap(),
        tool: "cp (coreutils) 9.1".parse().unwrap(),
    }
}

/// A drafted package with one item.
fn drafted(world: &World, at: Timestamp) -> PathBuf {
    let folder = world.folder.path().join("package");
    let issuer = "clearinghouse".parse().unwrap();
    let title = "A drill".parse().unwrap();
    draft(&folder, "drill-1".parse().unwrap(), issuer, title, "Nothing happened.".parse().unwrap())
        .unwrap();
    let evidence = world.folder.path().join("uses.txt");
    fs::write(&evidence, "2026-11-20 one use\n").unwrap();
    add(&folder, &evidence, collected("uses.txt"), at).unwrap();
    folder
}

/// A person answers what must be answered, in a file.
fn answered(folder: &Path, at: Timestamp) {
    let screen = screen().unwrap();
    let factor = |f: &referral::Factor| serde_json::json!({ "factor": *f.id, "answer": "unknown", "basis": "the ticket" });
    let offence = &screen.offences[0];
    let element = |e: &referral::Element| serde_json::json!({ "element": *e.id, "answer": "not known", "items": [] });
    let answers = serde_json::json!({
        "exculpatory": { "looked_at": "the ticket and the use log", "found": [] },
        "good_faith": {
            "answers": screen.factors.iter().map(factor).collect::<Vec<_>>(),
            "by": "analyst", "at": at,
        },
        "offences": [{
            "offence": *offence.id,
            "elements": offence.elements.iter().map(element).collect::<Vec<_>>(),
        }],
    });
    let file = folder.with_extension("answers.json");
    fs::write(&file, answers.to_string()).unwrap();
    answer(folder, &file).unwrap();
}

fn person(name: &str) -> PersonId {
    name.parse().unwrap()
}

#[tokio::test]
async fn a_package_needs_answers_and_two_persons_and_then_verifies_alone() {
    let world = World::with(1, &PARTIES);
    let node = world.node();
    let house = world.ctx("clearinghouse", &node);
    let now = world.clock.now();
    let folder = drafted(&world, now);
    let item: ItemName = "uses.txt".parse().unwrap();
    let to = Holder { party: "lab".parse().unwrap(), person: person("custodian") };
    let offered =
        transfer(&house, &folder, &item, to, "copied for the lab".parse().unwrap(), Some("t"))
            .await;
    let Done::Waiting(offer) = offered.unwrap() else { panic!("two parties sign") };
    let lab = world.ctx("lab", &node);
    crate::draft::sign(&lab, &offer.id).await.unwrap();
    crate::draft::issue(&house, &offer.id, None).await.unwrap();

    let investigator: PartyId = "investigator".parse().unwrap();
    let two = || (person("head-of-response"), person("counsel"));
    seal(&house, &folder, person("analyst"), None).await.unwrap();
    let unanswered = release(&house, &folder, two(), &investigator, None, None).await;
    assert!(matches!(unanswered, Err(ReferralError::Refused(_))), "{unanswered:?}");

    answered(&folder, now);
    let mut manifest = read_manifest(&folder).unwrap();
    manifest.revision = 2;
    manifest.previous =
        known(&house).await.unwrap().package(&manifest.package).map(|p| p.latest().digest());
    folder::write_manifest(&folder, &manifest).unwrap();
    seal(&house, &folder, person("analyst"), None).await.unwrap();
    let alone = (person("counsel"), person("counsel"));
    let one = release(&house, &folder, alone, &investigator, None, None).await.unwrap_err();
    assert!(matches!(&one, ReferralError::Refused(r) if r.code == "one-person"), "{one}");
    release(&house, &folder, two(), &investigator, None, Some("r")).await.unwrap();
    release(&house, &folder, two(), &investigator, None, Some("r")).await.unwrap();

    let verified = verify(&folder, None).unwrap();
    assert!(verified.good, "{:#?}", verified.checks);
    assert!(verified.exculpatory[0].contains("none found"), "{:?}", verified.exculpatory);
}

#[tokio::test]
async fn any_changed_or_missing_file_is_named() {
    let world = World::with(2, &PARTIES);
    let node = world.node();
    let house = world.ctx("clearinghouse", &node);
    let now = world.clock.now();
    let folder = drafted(&world, now);
    answered(&folder, now);
    seal(&house, &folder, person("analyst"), None).await.unwrap();
    let two = (person("head-of-response"), person("counsel"));
    release(&house, &folder, two, &"investigator".parse().unwrap(), None, None).await.unwrap();
    assert!(verify(&folder, None).unwrap().good);

    let mut checked = 0;
    for part in ["items", "statements"] {
        for entry in fs::read_dir(folder.join(part)).unwrap() {
            let path = entry.unwrap().path();
            let whole = fs::read(&path).unwrap();
            for at in (0..whole.len()).step_by((whole.len() / 12).max(1)) {
                let mut changed = whole.clone();
                changed[at] ^= 1;
                fs::write(&path, &changed).unwrap();
                let found = verify(&folder, None).unwrap();
                assert!(!found.good, "{} at {at}", path.display());
                checked += 1;
            }
            fs::remove_file(&path).unwrap();
            assert!(!verify(&folder, None).unwrap().good, "without {}", path.display());
            fs::write(&path, &whole).unwrap();
        }
    }
    assert!(checked > 30);
    fs::write(folder.join("items/stray"), "x").unwrap();
    let stray = verify(&folder, None).unwrap();
    let named = |c: &&Check| matches!(&c.outcome, Outcome::Bad(why) if why.contains("stray"));
    assert!(stray.checks.iter().any(|c| named(&c)), "{:#?}", stray.checks);
}
