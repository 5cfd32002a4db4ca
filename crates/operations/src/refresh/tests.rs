//! A receipt gets better by itself once the witnesses have cosigned, and never worse.

use super::refresh;
use crate::act::{Ctx, Done, Readers};
use crate::files::{self, Access};
use crate::testing::World;
use access::{Audience, Event, Release};
use ledger::{CHECKPOINT_PATH, Grade, Receipt, Trust, WITNESSED_PATH, Witness, WitnessRole};
use std::path::{Path, PathBuf};
use tlog::{Ed25519Cosigner, KeyName, SignedCheckpoint};

fn cosigner(party: &str) -> Ed25519Cosigner {
    let seed = domain::Digest::of(party.as_bytes());
    let name = KeyName::new(&format!("{party}.example/witness")).unwrap();
    Ed25519Cosigner::from_seed(name, seed.as_bytes()).unwrap()
}

/// Names a witness for each party in everybody's roots of trust.
fn with_witnesses(world: &World) {
    let path = world.folder.path().join("node/trust.toml");
    let trust = Trust::read(&files::read_text(&path, 1 << 20).unwrap()).unwrap();
    let witness = |party: &str| {
        let vkey = cosigner(party).verifier_key().clone();
        Witness::new(party.parse().unwrap(), WitnessRole::Main, vkey, None).unwrap()
    };
    let trust = trust.with_witnesses(vec![witness("lab"), witness("gov")]).unwrap();
    for folder in ["node", "lab", "gov"] {
        let path = world.folder.path().join(folder).join("trust.toml");
        crate::trust::write(&trust, &path).unwrap();
    }
}

/// Publishes the newest checkpoint with the cosignatures of these parties' witnesses.
fn cosign(world: &World, by: &[&str]) {
    cosign_as(world, by, WITNESSED_PATH);
}

fn cosign_as(world: &World, by: &[&str], path: &str) {
    let log = world.folder.path().join("node/log");
    let note = files::read(&log.join(CHECKPOINT_PATH), 1 << 20).unwrap();
    let signed = SignedCheckpoint::parse(&note).unwrap();
    let line = |party: &&str| cosigner(party).cosign(signed.checkpoint(), 1_796_000_000).unwrap();
    let note = signed.note().clone().with(by.iter().map(line).collect()).unwrap();
    files::write(&log.join(path), note.to_string().as_bytes(), Access::Shared).unwrap();
}

async fn state(ctx: &Ctx, model: &str) -> PathBuf {
    let release = Event::ModelReleased(Release {
        developer: "lab".parse().unwrap(),
        model: model.parse().unwrap(),
        audience: Audience::Public,
        released_at: "2026-11-20T09:00:00Z".parse().unwrap(),
        case: None,
    });
    match ctx.state(&release, &Readers::Public, None).await.unwrap() {
        Done::Logged { receipt, .. } => receipt,
        other @ (Done::Waiting(_) | Done::Carried { .. }) => panic!("{other:?}"),
    }
}

fn grade(ctx: &Ctx, path: &Path) -> Grade {
    let bytes = files::read(path, 1 << 20).unwrap();
    Receipt::from_bytes(&bytes).unwrap().verify(&ctx.trust).unwrap().grade
}

#[tokio::test]
async fn receipts_get_better_by_themselves() {
    let world = World::new(31);
    with_witnesses(&world);
    let node = world.node();
    let lab = world.ctx("lab", &node);
    let first = state(&lab, "m1").await;
    assert_eq!(grade(&lab, &first), Grade::Provisional);
    assert!(first.with_extension("provisional").exists());

    // one witness is not both
    cosign(&world, &["lab"]);
    lab.known().await.unwrap();
    assert_eq!(grade(&lab, &first), Grade::Provisional);
    let done = refresh(&lab).await.unwrap();
    assert_eq!((done.better.len(), done.waiting.len()), (0, 1));

    cosign(&world, &["lab", "gov"]);
    // the log grows meanwhile, so the cosigned checkpoint is an older one
    let second = state(&lab, "m2").await;
    lab.known().await.unwrap();
    assert_eq!(grade(&lab, &first), Grade::Full);
    assert!(!first.with_extension("provisional").exists());
    assert_eq!(grade(&lab, &second), Grade::Provisional);

    cosign(&world, &["lab", "gov"]);
    let done = refresh(&lab).await.unwrap();
    assert_eq!((done.better, done.waiting.len()), (vec![second.clone()], 0));
    assert_eq!(grade(&lab, &second), Grade::Full);
    let audit = crate::audit::log(&lab.home.folder().join("log"), &lab.trust, None);
    assert!(audit.sound, "{audit:?}");
    let least = crate::audit::receipt(&second, &lab.trust, Grade::Audited, None).unwrap_err();
    let least = crate::plain(&least);
    assert!(least.contains("a full receipt, and audited was required"), "{least}");
}

/// The copy has the checkpoint already when its cosignatures are published with it.
#[tokio::test]
async fn the_same_checkpoint_is_taken_again_once_it_is_cosigned() {
    let world = World::new(33);
    with_witnesses(&world);
    let node = world.node();
    let lab = world.ctx("lab", &node);
    let first = state(&lab, "m1").await;
    lab.known().await.unwrap();
    cosign_as(&world, &["lab", "gov"], CHECKPOINT_PATH);
    refresh(&lab).await.unwrap();
    assert_eq!(grade(&lab, &first), Grade::Full);
}

/// A cosigned checkpoint that is no beginning of the log's tree is evidence, not a reason to go on.
#[tokio::test]
async fn a_cosigned_fork_is_kept() {
    let (world, other) = (World::new(32), World::new(32));
    for world in [&world, &other] {
        with_witnesses(world);
    }
    let (node, elsewhere) = (world.node(), other.node());
    let lab = world.ctx("lab", &node);
    state(&lab, "m1").await;
    state(&other.ctx("lab", &elsewhere), "m2").await;
    cosign(&other, &["lab", "gov"]);
    let stray = other.folder.path().join("node/log").join(WITNESSED_PATH);
    std::fs::copy(stray, world.folder.path().join("node/log").join(WITNESSED_PATH)).unwrap();
    let error = lab.known().await.unwrap_err();
    assert!(crate::plain(&error).contains("keep both checkpoints as evidence"), "{error}");
    assert!(lab.home.folder().join("conflict.checkpoint").exists());
}
