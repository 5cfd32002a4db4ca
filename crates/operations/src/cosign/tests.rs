//! The committed corpus of configuration files; keys on disk; a restored backup of a node's folder.
use crate::cosign::{config, keys};
use crate::ctx::{Clock, SeededRandom, SetClock};
use crate::node::Node;
use crate::node::cosigners::config as cosigners;
use crate::testing::World;
use std::sync::Arc;

#[test]
fn the_corpus_is_read_or_refused() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/operations_witnesses");
    let (mut read, mut refused) = (0, 0);
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let good = cosigners::parse(&text).is_ok() || config::parse(&text).is_ok();
        *if good { &mut read } else { &mut refused } += 1;
    }
    assert!(read > 0 && refused > 0, "{read} read, {refused} refused");
}

#[test]
fn keys_are_made_once_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let random = SeededRandom::new(4);
    let made = keys::make(folder.path(), "lab.example/witness", &random).unwrap();
    let read = keys::read(folder.path()).unwrap();
    assert_eq!(read.public().map(|k| k.to_string()).to_vec(), made);
    assert_eq!(format!("{read:?}"), "CosignerKeys(of lab.example/witness)");
    let again = keys::make(folder.path(), "lab.example/witness", &random).unwrap_err();
    assert!(again.to_string().contains("exists already"), "{again}");
    let path = folder.path().join("cosigner.key");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for bad in [
        String::new(),
        format!("{}\n", lines[0]),
        format!("{}\n{}\n", lines[1], lines[0]),
        text.replacen("lab.example", "gov.example", 1),
        format!("{text}\n"),
    ] {
        std::fs::write(&path, bad).unwrap();
        let error = keys::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("cosigner.key") && !error.contains(lines[0]), "{error}");
    }
    for name in ["", "a b", "a+b", &"a".repeat(256)] {
        let other = tempfile::tempdir().unwrap();
        assert!(keys::make(other.path(), name, &random).is_err(), "{name}");
    }
}

#[test]
fn a_mirror_has_a_third_key() {
    let folder = tempfile::tempdir().unwrap();
    let random = SeededRandom::new(4);
    let made = keys::make_mirror(folder.path(), "lab.example/mirror", &random).unwrap();
    let read = keys::read(folder.path()).unwrap();
    assert!(read.has_cnsa());
    assert_eq!((made.len(), read.vkeys()), (3, made));
    let path = folder.path().join("cosigner.key");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for bad in [
        format!("{text}{}\n", lines[2]),
        format!("{}\n{}\n{}\n", lines[0], lines[1], lines[0]),
        format!("{}\n{}\n{}\n", lines[0], lines[1], lines[2].replacen("lab.", "gov.", 1)),
    ] {
        std::fs::write(&path, bad).unwrap();
        assert!(keys::read(folder.path()).is_err());
    }
}

#[test]
fn watching_a_log_again_replaces_it() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(7);
    let vkey = std::fs::read_to_string(world.folder.path().join("node/log.vkey")).unwrap();
    let vkey = vec![vkey.trim().to_owned()];
    assert_eq!(config::watch(folder.path(), &vkey, None).unwrap(), "log.example/test");
    config::watch(folder.path(), &vkey, Some("http://127.0.0.1:1/log")).unwrap();
    let read = config::read(folder.path()).unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].url.as_deref(), Some("http://127.0.0.1:1/log"));
    config::watch(folder.path(), &["junk".to_owned()], None).unwrap_err();
}

/// One in the other's place: a node whose witnesses are out of reach does not start, and says what to do.
#[test]
fn a_node_without_any_witness_does_not_start_unless_ordered() {
    let world = World::new(8);
    let folder = world.folder.path().join("node");
    let made = keys::make(&world.folder.path().join("w"), "lab.example/w", &SeededRandom::new(1));
    let vkeys: Vec<String> = made.unwrap().iter().map(|v| format!("\"{v}\"")).collect();
    // nothing listens on port 1
    let text = format!(
        "[[cosigner]]\nurl = \"http://127.0.0.1:1\"\nkind = \"witness\"\nvkeys = [{}]\n",
        vkeys.join(", ")
    );
    std::fs::write(folder.join(cosigners::FILE), text).unwrap();
    let clock: Arc<dyn Clock> = Arc::<SetClock>::clone(&world.clock);
    let refused = Node::open(&folder, Arc::clone(&clock)).unwrap_err();
    let words = crate::plain(&refused);
    assert!(words.contains("no witness of a main party answered"), "{words}");
    assert!(words.contains("--without-witnesses"), "{words}");
    assert!(!folder.join("overrides.log").exists());
    let opening =
        crate::node::Opening { without: Some("the lab moves house"), ..Default::default() };
    let (node, unheard) = Node::open_with(&folder, clock, &opening).unwrap();
    assert_eq!(unheard[0].0, "lab.example/w");
    drop(node);
    let orders = std::fs::read_to_string(folder.join("overrides.log")).unwrap();
    assert!(orders.contains("at 0 statements: the lab moves house"), "{orders}");
}
