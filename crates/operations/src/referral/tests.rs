//! The whole path of a package: parties, persons, and somebody who has nothing but the folder.
use super::*;
use crate::act::Done;
use crate::ctx::Clock;
use crate::testing::World;
use domain::{PartyId, PersonId, Role};
use referral::{Holder, Outcome};
use std::fs;
use std::path::{Path, PathBuf};

mod custody;
mod tampering;

const PARTIES: [(&str, Role); 4] = [
    ("hospital", Role::Operator),
    ("laboratory", Role::Reporter),
    ("bureau", Role::Investigator),
    ("agency", Role::Investigator),
];
/// The drill's evidence, in this repository.
const FACTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../facts/incident");
const ITEMS: [&str; 3] = ["gateway-use.jsonl", "egress.csv", "incident-note.txt"];

fn person(name: &str) -> PersonId {
    name.parse().unwrap()
}

fn party(name: &str) -> PartyId {
    name.parse().unwrap()
}

fn holder(of: &str, name: &str) -> Holder {
    Holder { party: party(of), person: person(name) }
}

fn collected(name: &str) -> Collected {
    Collected {
        name: name.parse().unwrap(),
        description: "an extract".parse().unwrap(),
        by: person("analyst-1"),
        at: None,
        place: "the gateway's host".parse().unwrap(),
        tool: "cp (coreutils) 9.1".parse().unwrap(),
    }
}

/// A drafted package with the drill's evidence and no answers.
fn drafted(world: &World) -> PathBuf {
    let folder = world.folder.path().join("drill");
    let (title, summary) = ("A drill".parse().unwrap(), "An agent copied files.".parse().unwrap());
    let package = "drill-1".parse().unwrap();
    draft(&folder, package, party("hospital"), title, summary).unwrap();
    for name in ITEMS {
        add(&folder, &Path::new(FACTS).join(name), collected(name), world.clock.now()).unwrap();
    }
    folder
}

fn answered(world: &World, folder: &Path) {
    let answers = Path::new(FACTS).join("answers.toml");
    let answered = answer(folder, &answers, world.clock.now()).unwrap();
    assert!(answered.unanswered.is_empty() && answered.missing.is_empty(), "{answered:?}");
}

/// Hands an item over; both sign and the giver logs it.
async fn handed_over(giver: &Ctx, receiver: &Ctx, handed: &Handed, to: &str) {
    let (to, reason) = (holder(receiver.home.id().as_str(), to), "for analysis".parse().unwrap());
    let offered = transfer(giver, handed, to, reason, None).await.unwrap();
    let Done::Waiting(offer) = offered else { panic!("two parties sign") };
    crate::draft::sign(receiver, &offer.id).await.unwrap();
    crate::draft::issue(giver, &offer.id, None).await.unwrap();
}

fn two() -> (PersonId, PersonId) {
    (person("director-1"), person("counsel-1"))
}

fn code<T: std::fmt::Debug>(result: Result<T, ReferralError>) -> String {
    match result.unwrap_err() {
        ReferralError::Refused(refused) => refused.code.to_owned(),
        other => panic!("{other:?}"),
    }
}

/// A released package with one transfer in it.
async fn released(world: &World) -> PathBuf {
    let node = world.node();
    let (hospital, laboratory) = (world.ctx("hospital", &node), world.ctx("laboratory", &node));
    let folder = drafted(world);
    let item = Handed::Item { folder: folder.clone(), name: "egress.csv".parse().unwrap() };
    handed_over(&hospital, &laboratory, &item, "examiner-1").await;
    answered(world, &folder);
    seal(&hospital, &folder, person("analyst-1"), None).await.unwrap();
    release(&hospital, &folder, two(), &party("bureau"), None, None).await.unwrap();
    folder
}

#[tokio::test]
async fn a_package_needs_answers_and_two_persons_and_then_verifies_alone() {
    let world = World::with(1, &PARTIES);
    let node = world.node();
    let (hospital, laboratory) = (world.ctx("hospital", &node), world.ctx("laboratory", &node));
    let folder = drafted(&world);
    let item = Handed::Item { folder: folder.clone(), name: "egress.csv".parse().unwrap() };
    handed_over(&hospital, &laboratory, &item, "examiner-1").await;

    let analyst = || person("analyst-1");
    assert_eq!(code(seal(&hospital, &folder, analyst(), None).await), "no-exculpatory");
    let part = world.folder.path().join("part.toml");
    fs::write(&part, "[exculpatory]\nlooked_at = \"the grant\"\nfound = []\n").unwrap();
    answer(&folder, &part, world.clock.now()).unwrap();
    assert_eq!(code(seal(&hospital, &folder, analyst(), None).await), "screen-unanswered");
    answered(&world, &folder);
    let bureau = party("bureau");
    let early = release(&hospital, &folder, two(), &bureau, None, None).await;
    assert_eq!(code(early), "unknown-package");
    seal(&hospital, &folder, analyst(), Some("seal-1")).await.unwrap();
    assert_eq!(code(seal(&hospital, &folder, analyst(), None).await), "already-sealed");

    let alone = (person("counsel-1"), person("counsel-1"));
    let one = release(&hospital, &folder, alone, &bureau, None, None).await;
    assert_eq!(code(one), "one-person");
    let elsewhere = release(&hospital, &folder, two(), &party("laboratory"), None, None).await;
    assert_eq!(code(elsewhere), "not-an-investigator");
    release(&hospital, &folder, two(), &bureau, None, Some("release-1")).await.unwrap();
    let before = node.status().unwrap().size;
    release(&hospital, &folder, two(), &bureau, None, Some("release-1")).await.unwrap();
    assert_eq!(node.status().unwrap().size, before, "stated once");

    // what the recipient has: the folder and nothing else
    let given = tempfile::tempdir().unwrap();
    let package = copy_to(&folder, &given.path().join("package"));
    drop(world.folder);
    let found = verify(&package, None).unwrap();
    assert!(found.good && found.own_trust && found.shipped_questions, "{:#?}", found.checks);
    assert!(found.exculpatory[0].contains("announced"), "{:?}", found.exculpatory);
    assert_eq!(found.good_faith, "answers point both ways, or some are unknown");
    assert_eq!((found.releases.len(), &found.releases[0].to), (1, &bureau));
}

/// Copies a folder with everything below it.
fn copy_to(from: &Path, to: &Path) -> PathBuf {
    for found in folder::list(from).unwrap() {
        let path = to.join(&found.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(from.join(&found.path), path).unwrap();
    }
    to.to_owned()
}

#[tokio::test]
async fn the_recipient_verifies_then_knows_what_it_was_shown() {
    let world = World::with(2, &PARTIES);
    let folder = Box::pin(released(&world)).await;
    let node = world.node();
    let (bureau, hospital) = (world.ctx("bureau", &node), world.ctx("hospital", &node));
    let before = list(&bureau).await.unwrap();
    assert!(before.packages.is_empty() && before.announced.len() == 1, "{before:?}");
    let agency = receive(&world.ctx("agency", &node), &folder, person("agent-9"), None).await;
    assert_eq!(code(agency), "not-released");

    let package = copy_to(&folder, &world.folder.path().join("received"));
    let note = package.join("items/incident-note.txt");
    fs::write(&note, "nothing happened\n").unwrap();
    let changed = receive(&bureau, &package, person("agent-1"), None).await;
    assert_eq!(code(changed), "package-not-good");
    fs::copy(folder.join("items/incident-note.txt"), &note).unwrap();
    receive(&bureau, &package, person("agent-1"), None).await.unwrap();
    let twice = receive(&bureau, &package, person("agent-1"), None).await;
    assert_eq!(code(twice), "already-received");

    for ctx in [&bureau, &hospital] {
        let shown = show(ctx, &"drill-1".parse().unwrap()).await.unwrap();
        assert_eq!(shown.says.items.len(), 3);
        assert!(shown.view.releases[0].received_at.is_some(), "{}", ctx.home.id());
        assert!(list(ctx).await.unwrap().announced.is_empty());
    }
    // nobody else learns what it says
    for other in ["laboratory", "agency"] {
        let listing = list(&world.ctx(other, &node)).await.unwrap();
        assert!(listing.packages.is_empty() && listing.announced.is_empty(), "{listing:?}");
    }
}

#[tokio::test]
async fn a_later_revision_adds_and_each_recipient_sees_its_own_release() {
    let world = World::with(3, &PARTIES);
    let folder = Box::pin(released(&world)).await;
    let node = world.node();
    let hospital = world.ctx("hospital", &node);
    let more = world.folder.path().join("more.txt");
    fs::write(&more, "SYNTHETIC. One more line.\n").unwrap();
    add(&folder, &more, collected("later/more.txt"), world.clock.now()).unwrap();
    let agency = party("agency");
    let unsealed = release(&hospital, &folder, two(), &agency, None, None).await;
    assert_eq!(code(unsealed), "not-sealed");
    seal(&hospital, &folder, person("analyst-1"), None).await.unwrap();
    assert!(!verify(&folder, None).unwrap().good, "the bundle is of the revision before");
    release(&hospital, &folder, two(), &agency, None, None).await.unwrap();
    let found = verify(&folder, None).unwrap();
    assert!(found.good, "{:#?}", found.checks);
    assert_eq!(found.revision, Some(2));
    let to: Vec<_> = found.releases.iter().map(|r| r.to.as_str()).collect();
    assert_eq!(to, ["agency"], "who else has it is not the agency's business");
    let not = bundle(&hospital, &folder, &party("bureau")).await;
    assert_eq!(code(not), "not-released");

    // an item that was taken out again
    let mut manifest = read_manifest(&folder).unwrap();
    manifest.items.pop();
    folder::write_manifest(&folder, &manifest).unwrap();
    fs::remove_file(folder.join("items/later/more.txt")).unwrap();
    let removed = seal(&hospital, &folder, person("analyst-1"), None).await;
    assert_eq!(code(removed), "item-removed");
}

#[tokio::test]
async fn good_faith_research_is_not_released_without_a_reason() {
    let world = World::with(4, &PARTIES);
    let node = world.node();
    let hospital = world.ctx("hospital", &node);
    let folder = drafted(&world);
    answered(&world, &folder);
    let text = fs::read_to_string(Path::new(FACTS).join("answers.toml")).unwrap();
    let (head, last) = text.split_once("factor = \"extortion\"").unwrap();
    let kind = head
        .replace("answer = \"unknown\"", "answer = \"yes\"")
        .replace("answer = \"no\"", "answer = \"yes\"");
    let answers = world.folder.path().join("kind.toml");
    fs::write(&answers, format!("{kind}factor = \"extortion\"{last}")).unwrap();
    let now = answer(&folder, &answers, world.clock.now()).unwrap();
    assert_eq!(now.good_faith, referral::Verdict::GoodFaith);
    seal(&hospital, &folder, person("analyst-1"), None).await.unwrap();
    let bureau = party("bureau");
    let refused = release(&hospital, &folder, two(), &bureau, None, None).await;
    assert_eq!(code(refused), "good-faith-research");
    let why = Some("The prosecutor asked for it in writing.".parse().unwrap());
    release(&hospital, &folder, two(), &bureau, why.clone(), None).await.unwrap();
    let found = verify(&folder, None).unwrap();
    assert!(found.good, "{:#?}", found.checks);
    assert_eq!(found.releases[0].despite_good_faith, why);
}

#[tokio::test]
async fn a_killed_sealing_and_release_are_finished_by_the_same_command() {
    let world = World::with(5, &PARTIES);
    let node = world.node();
    let hospital = world.ctx("hospital", &node);
    let folder = drafted(&world);
    answered(&world, &folder);
    let unsealed = fs::read(folder.join("manifest.json")).unwrap();
    seal(&hospital, &folder, person("analyst-1"), Some("s")).await.unwrap();
    let sealed = fs::read(folder.join("manifest.json")).unwrap();
    // killed between the statement and the manifest
    fs::write(folder.join("manifest.json"), &unsealed).unwrap();
    seal(&hospital, &folder, person("analyst-1"), Some("s")).await.unwrap();
    assert_eq!(fs::read(folder.join("manifest.json")).unwrap(), sealed);

    let bureau = party("bureau");
    release(&hospital, &folder, two(), &bureau, None, Some("r")).await.unwrap();
    let whole = folder::list(&folder).unwrap();
    // killed in the middle of the bundle, with a file half-written
    fs::remove_file(folder.join("SHA256SUMS")).unwrap();
    fs::remove_file(folder.join("README.txt")).unwrap();
    fs::write(folder.join(".README.txt.77.new"), "Evid").unwrap();
    assert!(!verify(&folder, None).unwrap().good);
    release(&hospital, &folder, two(), &bureau, None, Some("r")).await.unwrap();
    assert_eq!(folder::list(&folder).unwrap(), whole);
    assert!(verify(&folder, None).unwrap().good);
}
