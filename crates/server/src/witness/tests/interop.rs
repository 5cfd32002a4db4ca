//! Programs of others: Debian's witness cosigns our log through our client, and PyPI's `tlog-scales` verifies what our
//! log and our witness sign, and drives our witness. `cargo xtask interop` installs both, where that is allowed.
use super::*;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Ends a process that the test started, by its handle.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A program that was installed for these tests; `None`, said aloud, when it was not.
fn peer(path: &str) -> Option<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/interop");
    let program = Path::new(folder).join(path);
    if program.exists() {
        return Some(program);
    }
    println!("skipped: {path} is not installed (cargo xtask interop)");
    None
}

fn run(command: &mut Command) -> String {
    let done = command.stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{command:?}: {text}{}", String::from_utf8_lossy(&done.stderr));
    text
}

/// Waits until a file has a line with this in it, at most ten seconds.
async fn line(path: &Path, has: &str) -> String {
    for _ in 0..100 {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        if let Some(line) = text.lines().find(|l| l.contains(has)) {
            return line.to_owned();
        }
        #[expect(clippy::disallowed_methods, reason = "a test waits for a program of others")]
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{}: no `{has}` in ten seconds", path.display());
}

/// A real node's folder with releases in it.
async fn node(folder: &Path) -> (PathBuf, PathBuf) {
    let (node, lab) = (folder.join("node"), folder.join("lab"));
    operations::node::create(&node, ORIGIN, &SystemRandom).unwrap();
    let party = operations::home::party("lab", "Example lab", &["developer".into()]).unwrap();
    operations::home::Home::create(&lab, party, &SystemRandom).unwrap();
    let trust = operations::trust::assemble(&node.join("log.vkey"), std::slice::from_ref(&lab));
    for at in [&node, &lab] {
        operations::trust::write(trust.as_ref().unwrap(), &at.join("trust.toml")).unwrap();
    }
    grow(&node, &lab, 3).await;
    (node, lab)
}

async fn grow(node: &Path, lab: &Path, releases: u64) -> SignedCheckpoint {
    let clock: Arc<dyn operations::ctx::Clock> = Arc::new(SystemClock);
    let open = Arc::new(operations::node::Node::open(node, clock).unwrap());
    let mut last = None;
    for n in 0..releases {
        last = Some(release(lab, &open, &format!("model-{n}")).await);
    }
    last.unwrap()
}

fn published(node: &Path) -> SignedCheckpoint {
    SignedCheckpoint::parse(&std::fs::read(node.join("log/checkpoint")).unwrap()).unwrap()
}

/// An agent that holds keys for a witness, once its socket is there.
async fn agent(at: &Path) -> Running {
    let agent = Command::new("ssh-agent")
        .current_dir(at)
        .args(["-D", "-a", "agent"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let agent = Running(agent);
    for _ in 0..50 {
        if at.join("agent").exists() {
            break;
        }
        #[expect(clippy::disallowed_methods, reason = "a test waits for a program of others")]
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    agent
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_independent_witness_cosigns_our_log() {
    let (Some(litewitness), Some(witnessctl)) =
        (peer("torchwood/usr/bin/litewitness"), peer("torchwood/usr/bin/witnessctl"))
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let (node, lab) = node(at).await;
    let vkey = std::fs::read_to_string(node.join("log.vkey")).unwrap();
    let vkey = vkey.lines().next().unwrap().to_owned();
    run(Command::new(&witnessctl)
        .current_dir(at)
        .args(["add-log", "-db", "w.db", "-origin", ORIGIN]));
    let add_key = ["add-key", "-db", "w.db", "-origin", ORIGIN, "-key", &vkey];
    run(Command::new(&witnessctl).current_dir(at).args(add_key));
    run(Command::new("ssh-keygen")
        .current_dir(at)
        .args(["-q", "-t", "ed25519", "-N", "", "-f", "key"]));
    let print = run(Command::new("ssh-keygen").current_dir(at).args(["-lf", "key.pub"]));
    let print = print.split_whitespace().nth(1).unwrap().to_owned();
    let _agent = agent(at).await;
    run(Command::new("ssh-add").current_dir(at).arg("key").env("SSH_AUTH_SOCK", at.join("agent")));
    // it does not say which port it got for 0, so a free one is looked for
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let said = std::fs::File::create(at.join("said")).unwrap();
    let witness = Command::new(&litewitness)
        .current_dir(at)
        .args(["-db", "w.db", "-key", &print, "-name", "example.com/witness"])
        .args(["-ssh-agent", "agent", "-listen", &free.to_string()])
        .stdout(said.try_clone().unwrap())
        .stderr(said)
        .spawn()
        .unwrap();
    let _witness = Running(witness);
    let key = line(&at.join("said"), "vkey=").await;
    let key = key.split("vkey=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    line(&at.join("said"), "listening").await;

    let text =
        format!("[[cosigner]]\nurl = \"http://{free}\"\nkind = \"witness\"\nvkeys = [\"{key}\"]\n");
    let verifier: tlog::VerifierKey = vkey.parse().unwrap();
    let client = HttpCosigners::new(&verifier, parse(&text).unwrap()).unwrap();
    let ten = domain::Span::seconds(10);
    for more in [3, 5] {
        let committed = published(&node);
        let growth = Arc::new(FilesGrowth(store::LogFolder::new(node.join("log"))));
        let round = client.round(&committed, growth, ten).await;
        assert!(round.is_complete(), "{round:?}");
        let keys: Vec<tlog::VerifierKey> =
            [&vkey, &key].iter().map(|k| k.parse().unwrap()).collect();
        let note = committed.note().clone().with(round.lines).unwrap();
        assert!(note.verify(&keys).unwrap().len() >= 2);
        let said = client.latest(&committed, ten).await;
        assert_eq!(said[0].answer.as_ref().unwrap().size, committed.checkpoint().size());
        grow(&node, &lab, more).await;
    }
    // a client that remembers nothing is told the size, and goes on
    let fresh = HttpCosigners::new(&verifier, parse(&text).unwrap()).unwrap();
    let growth = Arc::new(FilesGrowth(store::LogFolder::new(node.join("log"))));
    assert!(fresh.round(&published(&node), growth, ten).await.is_complete());
    println!("ran: litewitness cosigned {} statements", published(&node).checkpoint().size());
}

/// Reads our log with its own code, proves consistency with its own code, asks our witness, verifies what it signed.
const SCALES: &str = r#"
import sys, urllib.request
from pathlib import Path
from tlog_scales import backend, reader, signing, tlog, utils
log, url, old, log_vkey, *witness_vkeys = sys.argv[1:]
old = int(old)
tiles = reader.TilesReader(backend.LocalBackend(Path(log)))
checkpoint = tiles.get_checkpoint()
checkpoint.verify(signing.Vkey.from_string(log_vkey))
assert tiles.mth(0, checkpoint.size) == checkpoint.root_hash
proof = [] if old == 0 else tiles.get_consistency_proof(old, checkpoint.size).__dict__
if proof:
    proof = next(v for v in proof.values() if isinstance(v, list))
body = f"old {old}\n" + "".join(utils.b64enc(h) + "\n" for h in proof) + "\n" + checkpoint.serialize()
answer = urllib.request.urlopen(urllib.request.Request(url + "/add-checkpoint", body.encode()), timeout=10)
lines = answer.read().decode().splitlines()
keys = signing.VkeySet(*[signing.Vkey.from_string(v) for v in witness_vkeys])
good = keys.verify([signing.NoteSignature.from_line(l) for l in lines], checkpoint)
assert len(good) == len(witness_vkeys) == 2, good
print(checkpoint.size)
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_independent_client_verifies_our_log_and_drives_our_witness() {
    let Some(python) = peer("scales/bin/python") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (node, lab) = node(folder.path()).await;
    let vkey = std::fs::read_to_string(node.join("log.vkey")).unwrap();
    let vkey = vkey.lines().next().unwrap().to_owned();
    let own = tempfile::tempdir().unwrap();
    let vkeys = keys::make(own.path(), "lab.example/witness", &SystemRandom).unwrap();
    config::watch(own.path(), std::slice::from_ref(&vkey), None).unwrap();
    let host = host(own).await;
    let log = node.join("log").display().to_string();
    let mut old = "0".to_owned();
    for _ in 0..2 {
        let mut command = Command::new(&python);
        command.args(["-c", SCALES, &log, &host.url, &old, &vkey]).args(&vkeys);
        let size = tokio::task::spawn_blocking(move || run(&mut command)).await.unwrap();
        old = size.trim().to_owned();
        grow(&node, &lab, 4).await;
    }
    assert_eq!(old, "7");
    println!("ran: tlog-scales verified our log and our witness at {old} statements");
    stop(host).await;
}
