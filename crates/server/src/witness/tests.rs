//! A witness over a real listener: the specification's statuses, a race, and the log's own client.
use super::*;
use http::Method;
use operations::cosign::{config, keys};
use operations::ctx::{SystemClock, SystemRandom};
use operations::http::{Http, Raw};
use operations::node::cosigners::config::{Configured, parse};
use operations::node::cosigners::http::HttpCosigners;
use operations::node::cosigners::{Answer, Cosigners, FilesGrowth, Silence};
use std::collections::BTreeMap;
use tlog::merkle::{self, MemoryTree};
use tlog::witness::{AddCheckpoint, SIZE_CONTENT_TYPE, origin_hash, parse_signatures};
use tlog::{
    Checkpoint, Ed25519Signer, Hash, KeyName, NoteSigner, SignedCheckpoint, append, leaf_hash,
};

const ORIGIN: &str = "log.example/test";

struct Host {
    folder: tempfile::TempDir,
    url: String,
    http: Http,
    stop: tokio::sync::oneshot::Sender<()>,
    done: tokio::task::JoinHandle<std::io::Result<()>>,
}

fn log() -> Ed25519Signer {
    Ed25519Signer::from_seed(KeyName::new(ORIGIN).unwrap(), &[1; 32]).unwrap()
}

/// Starts the witness of a folder, made if need be.
async fn host(folder: tempfile::TempDir) -> Host {
    if !folder.path().join("cosigner.key").exists() {
        keys::make(folder.path(), "lab.example/witness", &SystemRandom).unwrap();
        config::watch(folder.path(), &[log().verifier_key().to_string()], None).unwrap();
    }
    let witness = Arc::new(Witness::open(folder.path(), Arc::new(SystemClock)).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let until = async {
        let _ = stopped.await;
    };
    #[expect(clippy::disallowed_methods, reason = "a test's own server")]
    let done = tokio::spawn(serve_witness(listener, witness, until));
    Host { folder, http: Http::new(&url).unwrap(), url, stop, done }
}

async fn stop(host: Host) -> tempfile::TempDir {
    let Host { folder, http, stop, done, .. } = host;
    drop(http);
    stop.send(()).unwrap();
    done.await.unwrap().unwrap();
    folder
}

fn tree(size: u64) -> MemoryTree {
    (0..size).map(|i| leaf_hash(format!("entry {i}").as_bytes())).collect()
}

fn signed(size: u64) -> SignedCheckpoint {
    let root = merkle::root(&tree(size), size).unwrap();
    Checkpoint::new(ORIGIN, size, root).unwrap().sign(&[&log()]).unwrap()
}

fn body(old: u64, size: u64) -> String {
    let proof = match old {
        0 => Vec::new(),
        _ => merkle::consistency_proof(&tree(size), old, size).unwrap(),
    };
    AddCheckpoint::new(old, proof, signed(size).note().clone()).unwrap().to_string()
}

async fn post(host: &Host, body: String) -> Raw {
    host.http.ask(Method::POST, "/add-checkpoint", body.into(), 1 << 20).await.unwrap()
}

async fn get(host: &Host, path: &str) -> Raw {
    host.http.ask(Method::GET, path, Bytes::new(), 1 << 20).await.unwrap()
}

#[tokio::test]
async fn a_witness_answers_as_the_specification_says_and_remembers() {
    let first = host(tempfile::tempdir().unwrap()).await;
    let shown = format!("/{}/checkpoint", origin_hash(ORIGIN));
    assert_eq!(get(&first, &shown).await.status, 404);
    assert_eq!(get(&first, "/abc/checkpoint").await.status, 404);
    assert_eq!(post(&first, "junk".to_owned()).await.status, 400);
    assert_eq!(post(&first, body(0, 3).replace(ORIGIN, "log.example/b")).await.status, 404);
    assert_eq!(post(&first, body(0, 3).replacen("\n3\n", "\n4\n", 1)).await.status, 403);
    let good = post(&first, body(0, 3)).await;
    assert_eq!(good.status, 200, "{}", good.shown());
    let lines = parse_signatures(&good.body).unwrap();
    let vkeys = std::fs::read_to_string(first.folder.path().join("cosigner.vkey")).unwrap();
    let keys: Vec<_> = vkeys.lines().map(|v| v.parse().unwrap()).collect();
    let note = signed(3).note().clone().with(lines).unwrap();
    assert_eq!(note.verify(&keys).unwrap().len(), 2);
    assert_eq!(get(&first, &shown).await.body, note.to_string());
    assert_eq!(post(&first, "x".repeat(2 << 20)).await.status, 413);

    let second = host(stop(first).await).await;
    let conflict = post(&second, body(0, 5)).await;
    assert_eq!((conflict.status, conflict.content_type.as_str()), (409, SIZE_CONTENT_TYPE));
    assert_eq!(conflict.body, "3\n");
    assert_eq!(post(&second, body(3, 5)).await.status, 200);
    let wrong = body(5, 8).replacen('\n', &format!("\n{}\n", Hash::EMPTY_ROOT), 1);
    assert_eq!(post(&second, wrong).await.status, 422);
    // a checkpoint that the log signed and that is another history is kept as proof
    let forged = Checkpoint::new(ORIGIN, 5, Hash::from_bytes([9; 32])).unwrap();
    let forged = forged.sign(&[&log()]).unwrap();
    let forged = AddCheckpoint::new(5, vec![], forged.note().clone()).unwrap().to_string();
    assert_eq!(post(&second, forged).await.status, 422);
    let folder = stop(second).await;
    let witness = Witness::open(folder.path(), Arc::new(SystemClock)).unwrap();
    let evidence = witness.evidence().unwrap();
    let shows: Vec<_> = evidence.iter().map(|e| (e.shows, e.against.is_some())).collect();
    assert_eq!(shows, [("suspected", true), ("proven", true)]);
}

#[tokio::test]
async fn subtrees_are_signed_for_checkpoints_that_it_signed() {
    let host = host(tempfile::tempdir().unwrap()).await;
    let lines = parse_signatures(&post(&host, body(0, 14)).await.body).unwrap();
    let note = tlog::Note::new(signed(14).note().text().to_owned(), lines).unwrap();
    let proof = merkle::subtree_consistency_proof(&tree(14), 8, 13, 14).unwrap();
    let hash = merkle::subtree_root(&tree(14), 8, 13).unwrap();
    let proof: String = proof.iter().map(|h| format!("{h}\n")).collect();
    let ask = async |note: &tlog::Note| {
        let body = format!("subtree 8 13\n{hash}\n{proof}\n{note}");
        host.http.ask(Method::POST, "/sign-subtree", body.into(), 1 << 20).await.unwrap()
    };
    let answer = ask(&note).await;
    assert_eq!(answer.status, 200, "{}", answer.shown());
    let line = parse_signatures(&answer.body).unwrap().remove(0);
    let vkeys = std::fs::read_to_string(host.folder.path().join("cosigner.vkey")).unwrap();
    let key: tlog::VerifierKey = vkeys.lines().next().unwrap().parse().unwrap();
    assert_eq!(key.verify_subtree(ORIGIN, (8, 13), &hash, &line.signature), Some(0));
    assert_eq!(ask(signed(14).note()).await.status, 403);
}

/// Many at once: whatever was answered with a signature was recorded, and the record only grew.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_race_is_decided_by_the_record() {
    let host = Arc::new(host(tempfile::tempdir().unwrap()).await);
    let mut tasks = tokio::task::JoinSet::new();
    for size in 1..=40_u64 {
        let host = Arc::clone(&host);
        tasks.spawn(async move {
            let mut old = 0;
            for _ in 0..60 {
                let answer = post(&host, body(old, size)).await;
                match answer.status {
                    200 => return Some(size),
                    409 => old = tlog::witness::parse_size(&answer.body).unwrap(),
                    other => panic!("{other}: {}", answer.shown()),
                }
                if old > size {
                    return None;
                }
            }
            panic!("never decided");
        });
    }
    let signed: Vec<u64> = tasks.join_all().await.into_iter().flatten().collect();
    assert!(signed.contains(&40), "{signed:?}");
    let shown = get(&host, &format!("/{}/checkpoint", origin_hash(ORIGIN))).await;
    assert_eq!(SignedCheckpoint::parse(&shown.body).unwrap().checkpoint().size(), 40);
}

fn configured(host: &Host) -> Vec<Configured> {
    let vkeys = std::fs::read_to_string(host.folder.path().join("cosigner.vkey")).unwrap();
    let vkeys: Vec<String> = vkeys.lines().map(|v| format!("\"{v}\"")).collect();
    let text = format!(
        "[[cosigner]]\nurl = \"{}\"\nkind = \"witness\"\nvkeys = [{}]\n",
        host.url,
        vkeys.join(", ")
    );
    parse(&text).unwrap()
}

/// The log's own client against the log's own witness: rounds, a wrong guess, silence, and a second history.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rounds_reach_a_witness() {
    let host = host(tempfile::tempdir().unwrap()).await;
    let verifier = log().verifier_key().clone();
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let entries: Vec<String> = (0..700).map(|i| format!("entry {i}")).collect();
    for write in append(&files.clone(), 0, &Hash::EMPTY_ROOT, &entries).unwrap().writes {
        files.insert(write.tile.to_string(), write.bytes);
    }
    let seven_hundred = signed(700).note().to_string().into_bytes();
    files.insert("checkpoint".to_owned(), seven_hundred);
    let growth = Arc::new(FilesGrowth(files));
    let second = domain::Span::seconds(5);

    let client = HttpCosigners::new(&verifier, configured(&host)).unwrap();
    for size in [3, 300, 700] {
        let round =
            client.round(&signed(size), Arc::<FilesGrowth<_>>::clone(&growth), second).await;
        assert!(round.is_complete(), "{round:?}");
        assert_eq!(round.lines.len(), 2);
    }
    // a client that knows nothing of the witness learns from its answer
    let fresh = HttpCosigners::new(&verifier, configured(&host)).unwrap();
    let said = fresh.latest(&signed(700), second).await;
    let known = said[0].answer.as_ref().unwrap();
    assert_eq!((known.size, known.other_root, known.shown.unwrap().size), (700, false, 700));
    let said = fresh.latest(&signed(300), second).await;
    assert_eq!(said[0].answer.as_ref().unwrap().size, 700);
    let back = fresh.round(&signed(300), Arc::<FilesGrowth<_>>::clone(&growth), second).await;
    assert_eq!(back.conflict().map(|(_, size, _)| size), Some(700), "{back:?}");

    stop(host).await;
    let gone = fresh.round(&signed(700), growth, second).await;
    assert!(matches!(gone.answers[0].1, Answer::Silent(Silence::Unreachable(_))), "{gone:?}");
}

/// A party's release, stated at the node; returns the node's committed checkpoint.
async fn release(
    lab: &std::path::Path,
    node: &Arc<operations::node::Node>,
    model: &str,
) -> SignedCheckpoint {
    let home = operations::home::Home::open(lab).unwrap();
    let trust = home.trust().unwrap();
    let reach = operations::reach::Reach::Local(Arc::clone(node));
    let clock = Arc::new(SystemClock);
    let now = operations::ctx::Clock::now(clock.as_ref());
    let release = access::Release {
        developer: home.id().clone(),
        model: model.parse().unwrap(),
        audience: access::Audience::Public,
        released_at: now,
        case: None,
    };
    let ctx = operations::act::Ctx { home, trust, reach, clock, random: Arc::new(SystemRandom) };
    let event = access::Event::ModelReleased(release);
    operations::review::state(&ctx, &event, None).await.unwrap();
    let note = node.file("checkpoint").unwrap().unwrap();
    SignedCheckpoint::parse(&note).unwrap()
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// A node's folder is copied, the log goes on and is witnessed, and then the copy is put back: it does not start.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_restored_backup_refuses_to_sign() {
    let folder = tempfile::tempdir().unwrap();
    let (node, lab) = (folder.path().join("node"), folder.path().join("lab"));
    operations::node::create(&node, ORIGIN, &SystemRandom).unwrap();
    let party = operations::home::party("lab", "Example lab", &["developer".into()]).unwrap();
    operations::home::Home::create(&lab, party, &SystemRandom).unwrap();
    let trust =
        operations::trust::assemble(&node.join("log.vkey"), std::slice::from_ref(&lab)).unwrap();
    for at in [&node, &lab] {
        operations::trust::write(&trust, &at.join("trust.toml")).unwrap();
    }
    let own = tempfile::tempdir().unwrap();
    keys::make(own.path(), "lab.example/witness", &SystemRandom).unwrap();
    let vkey = std::fs::read_to_string(node.join("log.vkey")).unwrap();
    config::watch(own.path(), &[vkey.trim().to_owned()], None).unwrap();
    let host = host(own).await;
    let vkeys = std::fs::read_to_string(host.folder.path().join("cosigner.vkey")).unwrap();
    let vkeys: Vec<String> = vkeys.lines().map(|v| format!("\"{v}\"")).collect();
    let witnesses = format!(
        "[[cosigner]]\nurl = \"{}\"\nkind = \"witness\"\nvkeys = [{}]\n",
        host.url,
        vkeys.join(", ")
    );
    std::fs::write(node.join("witnesses.toml"), &witnesses).unwrap();
    let clock: Arc<dyn operations::ctx::Clock> = Arc::new(SystemClock);
    let open = || operations::node::Node::open(&node, Arc::clone(&clock));

    let first = Arc::new(open().unwrap());
    release(&lab, &first, "model-1").await;
    drop(first);
    let backup = folder.path().join("backup");
    copy(&node, &backup);

    let second = Arc::new(open().unwrap());
    let committed = release(&lab, &second, "model-2").await;
    let verifier: tlog::VerifierKey = vkey.lines().next().unwrap().parse().unwrap();
    let client = HttpCosigners::new(&verifier, parse(&witnesses).unwrap()).unwrap();
    let growth = Arc::new(FilesGrowth(store::LogFolder::new(node.join("log"))));
    let round = client.round(&committed, growth, domain::Span::seconds(10)).await;
    assert!(round.is_complete(), "{round:?}");
    drop(second);
    open().expect("the newest copy starts");

    std::fs::remove_dir_all(&node).unwrap();
    copy(&backup, &node);
    let refused = operations::plain(&open().unwrap_err());
    for words in ["restored from an older copy", "Restore the newest copy", "nothing was signed"] {
        assert!(refused.contains(words), "{refused}");
    }
    // an order does not help, and nothing was written by the attempt
    let ordered = {
        let opening = operations::node::Opening { without: Some("hurry"), ..Default::default() };
        operations::node::Node::open_with(&node, Arc::clone(&clock), &opening)
    };
    assert!(operations::plain(&ordered.unwrap_err()).contains("older copy"));
    assert!(!node.join("overrides.log").exists());
    let kept = std::fs::read(node.join("log/checkpoint")).unwrap();
    assert_eq!(kept, std::fs::read(backup.join("log/checkpoint")).unwrap());
    drop(client);
    stop(host).await;
}
