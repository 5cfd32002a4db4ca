//! Sound folders, at rest, at work and after a kill; then one thing wrong at a time.

use super::{NodeAudit, NodeAuditError, Watch};
use crate::act::{Ctx, Done, Readers};
use crate::node::Node;
use crate::reveal::{self, Commit};
use crate::testing::World;
use domain::Role;
use ledger::LogFiles as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn audit(path: &Path, trust: &Path, watch: Watch<'_>) -> Result<NodeAudit, NodeAuditError> {
    super::node(path, trust, &store::ObjectCredentials::default(), watch)
}

const PARTIES: [(&str, Role); 2] = [("lab", Role::Developer), ("gov", Role::Government)];

fn decline(case: &str) -> access::Event {
    access::Event::RequestDeclined(access::Decline {
        case: case.parse().unwrap(),
        developer: "lab".parse().unwrap(),
        reason: None,
    })
}

async fn state(ctx: &Ctx, case: &str) -> u64 {
    let readers = Readers::Parties(["gov".parse().unwrap()].into());
    match ctx.state(&decline(case), &readers, None).await.unwrap() {
        Done::Logged { index, .. } => index,
        Done::Waiting(_) | Done::Carried { .. } => panic!("one signature is enough"),
    }
}

/// Three statements, one of them shredded by a fourth, and a draft that waits.
async fn filled(world: &World, node: &Arc<Node>) {
    let lab = world.ctx("lab", node);
    for case in ["a", "b", "c"] {
        state(&lab, case).await;
    }
    let why = ("Records Officer".parse().unwrap(), "three years".parse().unwrap());
    crate::shred::shred(&lab, "1", why, None, None).await.unwrap();
    let asked = Commit {
        set: "threshold".parse().unwrap(),
        slot: (1, 1),
        schema: "pick/v1".parse().unwrap(),
        reveal_by: "2026-12-24T12:00:00Z".parse().unwrap(),
        notary: "gov".parse().unwrap(),
        value: b"seven".to_vec(),
    };
    assert!(matches!(reveal::commit(&lab, asked, None).await.unwrap(), Done::Waiting(_)));
}

fn look(world: &World, folder: &Path) -> NodeAudit {
    let watch = Watch { total: &|_| {}, tick: &|| {}, wait: &mut || false };
    audit(folder, &world.folder.path().join("lab/trust.toml"), watch).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}

/// The folder of a node at rest, with what [`filled`] put there.
async fn rested(seed: u64) -> (World, PathBuf) {
    let world = World::with(seed, &PARTIES);
    filled(&world, &world.node()).await;
    let folder = world.folder.path().join("node");
    (world, folder)
}

/// The codes of what is found with the named file.
fn codes(found: &NodeAudit, file: &str) -> Vec<&'static str> {
    found.faults.iter().filter(|f| f.file == file).map(|f| f.code).collect()
}

#[tokio::test]
async fn a_node_at_rest_at_work_and_killed_is_sound() {
    let world = World::with(21, &PARTIES);
    let node = world.node();
    filled(&world, &node).await;
    let (folder, killed) = (world.folder.path().join("node"), world.folder.path().join("killed"));
    copy(&folder, &killed);
    for folder in [&folder, &killed] {
        let found = look(&world, folder);
        assert!(found.sound, "{:?}", found.faults);
        assert_eq!((found.log.statements, found.log.objects, found.log.shredded), (4, 4, 1));
        assert_eq!((found.index.statements, found.index.drafts), (4, 1));
        assert_eq!(found.unvouched.iter().map(|u| u.file.as_str()).collect::<Vec<_>>(), ["lock"]);
    }
    drop(node);
    let found = look(&world, &folder);
    assert!(found.sound && found.pending.is_empty(), "{found:?}");
}

#[tokio::test]
async fn what_is_published_may_lie_elsewhere() {
    let (world, folder) = rested(27).await;
    let elsewhere = world.folder.path().join("published");
    fs::rename(folder.join("log"), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, folder.join("log")).unwrap();
    let found = look(&world, &folder);
    assert!(found.sound, "{:?}", found.faults);
    let object = crate::folder::Folder::new(&elsewhere).list().unwrap();
    let object = object.iter().find(|path| path.starts_with("object/")).unwrap();
    fs::remove_file(elsewhere.join(object)).unwrap();
    assert!(!look(&world, &folder).sound);
}

#[test]
fn a_node_that_goes_on_during_the_audit_is_sound() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = World::with(22, &PARTIES);
    let node = world.node();
    let lab = world.ctx("lab", &node);
    runtime.block_on(state(&lab, "before"));
    let done = std::cell::Cell::new(0_u32);
    let more = || {
        if done.get() < 3 {
            done.set(done.get() + 1);
            runtime.block_on(state(&lab, &format!("during-{}", done.get())));
        }
    };
    let watch = Watch { total: &|_| more(), tick: &more, wait: &mut || false };
    let trust = world.folder.path().join("lab/trust.toml");
    let found = audit(&world.folder.path().join("node"), &trust, watch).unwrap();
    assert_eq!((found.faults.clone(), done.get()), (Vec::new(), 3));
    assert_eq!((found.log.statements, found.index.statements), (1, 4));
}

#[tokio::test]
async fn a_flip_in_any_file_is_found_and_the_file_named() {
    let (world, folder) = rested(23).await;
    let mut tried = 0;
    let files = ledger::LogFiles::list(&crate::folder::Folder::new(&folder)).unwrap();
    for file in files.iter().filter(|file| *file != "lock") {
        let path = folder.join(file);
        let good = fs::read(&path).unwrap();
        let some = (0..good.len()).step_by(good.len() / 3 + 1).chain(good.len().checked_sub(1));
        for at in some {
            let mut bad = good.clone();
            bad[at] ^= 0x04;
            fs::write(&path, &bad).unwrap();
            let found = look(&world, &folder);
            assert!(
                !found.sound && !codes(&found, file).is_empty(),
                "{file}, byte {at}: {found:?}"
            );
            tried += 1;
        }
        fs::write(&path, &good).unwrap();
    }
    assert!(tried > 40, "{tried}");
    assert!(look(&world, &folder).sound);
}

#[tokio::test]
async fn what_does_not_belong_is_named() {
    let (world, folder) = rested(24).await;
    for file in ["notes.txt", "log/notes.txt", "log/object/ab/notes"] {
        fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
        fs::write(folder.join(file), b"mine").unwrap();
        assert_eq!(codes(&look(&world, &folder), file), ["unexpected"]);
        fs::remove_file(folder.join(file)).unwrap();
    }
    fs::write(folder.join("stage/5-aa"), b"junk").unwrap();
    assert_eq!(codes(&look(&world, &folder), "stage/5-aa"), ["stage"]);
}

#[tokio::test]
async fn each_line_under_the_cosigned_checkpoint_is_checked() {
    let (world, folder) = rested(29).await;
    let name = tlog::KeyName::new("lab.example/witness").unwrap();
    let witness = tlog::Ed25519Cosigner::from_seed(name, &[7; 32]).unwrap();
    let committed = fs::read(folder.join("log/checkpoint")).unwrap();
    let signed = tlog::SignedCheckpoint::parse(&committed).unwrap();
    let line = witness.cosign(signed.checkpoint(), 1_790_000_000).unwrap();
    let note = signed.note().clone().with(vec![line]).unwrap().to_string().into_bytes();
    let path = folder.join("log/witnessed");
    fs::write(&path, &note).unwrap();
    assert_eq!(codes(&look(&world, &folder), "log/witnessed"), ["unknown-cosigner"]);
    let vkey = witness.verifier_key();
    let toml = format!(
        "[[cosigner]]\nurl = \"http://127.0.0.1:1\"\nkind = \"witness\"\nvkeys = [\"{vkey}\"]\n"
    );
    fs::write(folder.join("witnesses.toml"), toml).unwrap();
    assert!(look(&world, &folder).sound, "{:?}", look(&world, &folder).faults);
    let last = note.iter().rposition(|byte| *byte == b' ').unwrap() - 24;
    for at in (0..last).step_by(97).chain(last..note.len()) {
        let mut bad = note.clone();
        bad[at] ^= 1;
        fs::write(&path, &bad).unwrap();
        assert!(!codes(&look(&world, &folder), "log/witnessed").is_empty(), "byte {at}");
    }
}

#[tokio::test]
async fn what_is_gone_is_named() {
    let (world, folder) = rested(28).await;
    let files = ledger::LogFiles::list(&crate::folder::Folder::new(&folder)).unwrap();
    // an empty write-ahead log and the lock hold nothing, and a copy may be audited without the secret key
    let needed = |file: &&String| !["lock", "log.key", "node.db-wal"].contains(&file.as_str());
    for file in files.iter().filter(needed) {
        let path = folder.join(file);
        let good = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let watch = Watch { total: &|_| {}, tick: &|| {}, wait: &mut || false };
        match audit(&folder, &world.folder.path().join("lab/trust.toml"), watch) {
            Ok(found) => assert!(!codes(&found, file).is_empty(), "{file}: {found:?}"),
            Err(error) => assert!(error.to_string().contains(file), "{file}: {error}"),
        }
        fs::write(&path, &good).unwrap();
    }
}

#[tokio::test]
async fn an_index_of_another_moment_or_another_log_is_found() {
    let world = World::with(25, &PARTIES);
    let node = world.node();
    filled(&world, &node).await;
    drop(node);
    let folder = world.folder.path().join("node");
    let older = world.folder.path().join("older");
    copy(&folder, &older);
    state(&world.ctx("lab", &world.node()), "later").await;
    let database = ["node.db", "node.db-wal", "node.db.sums"];
    for file in database {
        fs::copy(older.join(file), folder.join(file)).unwrap();
    }
    let found = look(&world, &folder);
    assert!(codes(&found, "node.db").contains(&"behind"), "{found:?}");
    assert!(codes(&found, "node.db").contains(&"row-missing"), "{found:?}");

    let (_other, strange) = rested(26).await;
    for file in database {
        fs::copy(strange.join(file), older.join(file)).unwrap();
    }
    let found = look(&world, &older);
    assert!(codes(&found, "node.db").contains(&"checkpoint-differs"), "{found:?}");
    assert_eq!(codes(&found, "node.db").iter().filter(|code| **code == "id").count(), 4);
    assert!(codes(&found, "node.db").contains(&"draft"), "signed by strangers: {found:?}");
}

#[tokio::test]
async fn a_copy_of_a_log_is_no_node() {
    let (world, folder) = rested(27).await;
    let watch = Watch { total: &|_| {}, tick: &|| {}, wait: &mut || false };
    let refused = audit(&folder.join("log"), &world.folder.path().join("lab/trust.toml"), watch);
    let said = refused.unwrap_err().to_string();
    assert!(said.contains("log verify"), "{said}");
}
