//! Keys from end to end: a party rotates, its root revokes, a party joins; the node and every home agree.

use super::{add, admit, apply, list, revoke, rotate};
use crate::act::{ActError, Ctx, Done, Readers};
use crate::draft;
use crate::home::{Home, HomeError};
use crate::testing::{World, release};
use domain::{Digest, Party, Role};
use ledger::Founders;
use std::sync::Arc;

fn world(seed: u64) -> World {
    let parties = [("lab", Role::Developer), ("gov", Role::Government), ("safe", Role::Root)];
    let world = World::with(seed, &parties);
    let path = world.folder.path().join("node/trust.toml");
    let trust = crate::home::read_trust(&path).unwrap();
    let members = trust.parties().cloned().map(|mut m| {
        m.root = (m.party.id.as_str() == "lab").then(|| "safe".parse().unwrap());
        m
    });
    let founders = Founders::new(vec!["gov".parse().unwrap(), "lab".parse().unwrap()], 2).unwrap();
    let trust = ledger::Trust::new(trust.log().clone(), members).unwrap();
    let trust = trust.with_founders(founders).unwrap();
    for folder in ["node", "lab", "gov", "safe"] {
        let path = world.folder.path().join(folder).join("trust.toml");
        crate::trust::write(&trust, &path).unwrap();
    }
    world
}

fn waiting(done: &Done) -> Digest {
    match done {
        Done::Waiting(draft) => draft.id,
        Done::Logged { .. } | Done::Carried { .. } => panic!("{done:?}"),
    }
}

async fn say(ctx: &Ctx, model: &str) -> Result<Done, ActError> {
    ctx.state(&release(model), &Readers::Public, None).await
}

#[tokio::test]
async fn a_key_is_rotated_with_the_root_and_revoked_by_it_alone() {
    let world = world(41);
    let node = world.node();
    say(&world.ctx("lab", &node), "m1").await.unwrap();

    let waits = waiting(&rotate(&world.ctx("lab", &node), Some("rotate")).await.unwrap());
    // cut short and asked again: the same keys, and until it is logged the old key signs
    say(&world.ctx("lab", &node), "m2").await.unwrap();
    draft::sign(&world.ctx("safe", &node), &waits).await.unwrap();
    draft::issue(&world.ctx("lab", &node), &waits, None).await.unwrap();
    let lab = world.ctx("lab", &node);
    say(&lab, "m3").await.unwrap();
    let keys = list(&lab, Some(lab.home.id())).await.unwrap();
    let states: Vec<_> = keys.iter().map(|k| (k.state.as_str(), k.from, k.ended_by)).collect();
    assert_eq!(states, [("replaced", 0, Some(2)), ("counts", 3, None)]);
    assert!(world.folder.path().join("lab/secret.key.1").exists());
    // what is handed to others is the key that counts; the one before stays under the place that ended it
    let card = Home::card(lab.home.folder()).unwrap();
    assert_eq!(card.keys.fingerprint(), keys[1].fingerprint);
    let earlier = std::fs::read_to_string(world.folder.path().join("lab/public.key.2")).unwrap();
    let earlier = ledger::PublicKeys::read(&earlier).unwrap();
    assert_eq!(earlier.fingerprint(), keys[0].fingerprint);
    assert_eq!(earlier, *lab.home.keys().public());

    // a home without the new key can't speak any more, and says why
    let thief = world.folder.path().join("thief");
    std::fs::create_dir(&thief).unwrap();
    for file in ["party.toml", "public.key", "secret.key", "trust.toml"] {
        std::fs::copy(world.folder.path().join("lab").join(file), thief.join(file)).unwrap();
    }
    let stolen = world.ctx("thief", &node);
    let error = say(&stolen, "m4").await.unwrap_err();
    assert!(matches!(error, ActError::Home(HomeError::NoKey(_))), "{error}");

    // the outbox keeps what can't be signed; the root ends the new key too, alone
    let safe = world.ctx("safe", &node);
    let lost = "a stolen laptop".parse().unwrap();
    let done = revoke(&safe, lab.home.id(), None, lost, None).await.unwrap();
    assert!(matches!(done, Done::Logged { .. }));
    let error = say(&world.ctx("lab", &node), "m5").await.unwrap_err();
    assert!(matches!(error, ActError::Home(HomeError::NoKey(_))), "{error}");
    assert_eq!(Home::card(lab.home.folder()).unwrap(), card, "nothing better to hand out");

    // everything that was logged goes on verifying, and the node says the same after a restart
    drop((lab, stolen, safe));
    drop(node);
    let node = world.node();
    let gov = world.ctx("gov", &node);
    let known = gov.known().await.unwrap();
    assert!(known.statements.iter().all(|s| s.signers.is_ok() && s.chain.is_none()));
    let audit = crate::audit::log(&gov.home.folder().join("log"), &gov.trust, None);
    assert!(audit.sound, "{audit:?}");
}

#[tokio::test]
async fn one_party_alone_silences_nobody() {
    let world = world(42);
    let node = world.node();
    let gov = world.ctx("gov", &node);
    let why = || "because".parse().unwrap();
    let error = revoke(&gov, &"lab".parse().unwrap(), None, why(), None).await.unwrap_err();
    assert!(error.to_string().contains("no say in it"), "{error}");
    // gov has no root: the founders must agree, gov among them
    let waits = waiting(&revoke(&gov, gov.home.id(), None, why(), None).await.unwrap());
    assert!(draft::issue(&gov, &waits, None).await.is_ok_and(|d| matches!(d, Done::Waiting(_))));
    assert_eq!(node.status().unwrap().size, 0);
}

#[tokio::test]
async fn a_party_joins_and_reads_and_speaks() {
    let world = world(43);
    let node = world.node();
    let folder = world.folder.path().join("utility");
    let party = Party {
        id: "utility".parse().unwrap(),
        name: "Example Utility".parse().unwrap(),
        roles: vec![Role::Operator],
    };
    Home::create(&folder, party, world.random.as_ref()).unwrap();
    std::fs::copy(world.folder.path().join("lab/trust.toml"), folder.join("trust.toml")).unwrap();
    std::fs::write(folder.join("joined"), "").unwrap();
    let utility = world.ctx("utility", &node);
    assert!(say(&utility, "early").await.is_err());
    let application = apply(&utility, None).await.unwrap();
    let text = serde_json::to_string(&application).unwrap();
    let application = serde_json::from_str(&text).unwrap();

    let (lab, gov) = (world.ctx("lab", &node), world.ctx("gov", &node));
    let waits = waiting(&admit(&gov, application, None).await.unwrap());
    draft::sign(&lab, &waits).await.unwrap();
    draft::issue(&gov, &waits, None).await.unwrap();
    // a statement sealed to the newcomer, by a party whose file does not name it
    let readers = Readers::Parties(["utility".parse().unwrap()].into());
    lab.known().await.unwrap();
    lab.state(&release("m1"), &readers, None).await.unwrap();
    let utility = world.ctx("utility", &Arc::clone(&node));
    let known = utility.known().await.unwrap();
    assert!(known.statements.iter().any(|s| s.content.is_ok() && s.index > 0));
}

#[tokio::test]
async fn a_key_is_added_for_a_second_machine_and_after_all_were_lost() {
    let world = world(44);
    let node = world.node();
    let (lab, safe) = (world.ctx("lab", &node), world.ctx("safe", &node));
    say(&lab, "m1").await.unwrap();
    // a second machine of the same party, with keys of its own
    let second = world.folder.path().join("second");
    Home::create(&second, lab.home.party().clone(), world.random.as_ref()).unwrap();
    std::fs::copy(world.folder.path().join("lab/trust.toml"), second.join("trust.toml")).unwrap();
    std::fs::write(second.join("joined"), "").unwrap();
    let machine = world.ctx("second", &node);
    assert!(say(&machine, "early").await.is_err());
    let application = apply(&machine, None).await.unwrap();
    let own = machine.home.keys().public().fingerprint();
    assert_eq!(application.fingerprint().unwrap(), own);
    // the party itself has a say in it, and its root too
    let gov = world.ctx("gov", &node);
    let refused = add(&gov, application.clone(), None).await.unwrap_err();
    assert!(refused.to_string().contains("no say in it"), "{refused}");
    let waits = waiting(&add(&safe, application, None).await.unwrap());
    draft::sign(&lab, &waits).await.unwrap();
    draft::issue(&safe, &waits, None).await.unwrap();
    say(&world.ctx("second", &node), "m2").await.unwrap();
    say(&world.ctx("lab", &node), "m3").await.unwrap();

    // every key is revoked; the root alone gives the party a new one
    for _ in 0..2 {
        let why = "a fire".parse().unwrap();
        revoke(&safe, lab.home.id(), None, why, None).await.unwrap();
    }
    let lab = world.ctx("lab", &node);
    assert!(say(&lab, "m4").await.is_err());
    let application = apply(&lab, None).await.unwrap();
    let done = add(&safe, application, None).await.unwrap();
    assert!(matches!(done, Done::Logged { .. }));
    say(&world.ctx("lab", &node), "m5").await.unwrap();
    let keys = list(&safe, Some(lab.home.id())).await.unwrap();
    let states: Vec<_> = keys.iter().map(|k| k.state.as_str()).collect();
    assert_eq!(states, ["revoked", "revoked", "counts"]);
    let lab = world.ctx("lab", &node);
    lab.known().await.unwrap();
    assert_eq!(Home::card(lab.home.folder()).unwrap().keys.fingerprint(), keys[2].fingerprint);
    let audit = crate::audit::log(&safe.home.folder().join("log"), &safe.trust, None);
    assert!(audit.sound, "{audit:?}");
}
