//! Many parties, a node's folder, two witnesses; and the statements, signed before they are timed.
//!
//! The parties' keys follow from a seed, so that the node's process has the same ones.

use crate::{Outcome, leaf_hash};
use domain::{Party, PartyId, Role};
use ledger::{
    Audience, CheckedEntry, Content, Draft, Heads, LogSigner, Member, SecretKeys, SignatureBlock,
    Trust, Witness, WitnessRole,
};
use operations::cosign;
use operations::ctx::{Clock, Random, SeededRandom, SystemClock, SystemRandom};
use operations::node::{self, Node};
use operations::wire;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use store::FileLog;

/// Bytes of a statement's payload.
const PAYLOAD: usize = 1_024;
/// Threads that verify for the limit.
pub(crate) const CORES: usize = 2;

/// What the parties' keys follow from.
const SEED: u64 = 14409;

/// Everybody, and the node's folder.
pub(crate) struct Scene {
    root: PathBuf,
    trust: Trust,
    parties: Vec<(PartyId, SecretKeys)>,
}

/// What is measured on.
pub(crate) struct Setting {
    _root: tempfile::TempDir,
    scene: Scene,
    heads: Heads,
    logged: u64,
}

/// One party's part: requests as they go over the wire, and the entries in them.
pub(crate) struct Stream {
    pub(crate) requests: Arc<[Vec<u8>]>,
    entries: Vec<CheckedEntry>,
}

fn fill(into: &mut [u8]) {
    SystemRandom.fill(into);
}

impl Scene {
    /// The log in this folder, whose key and witnesses are there, for so many parties.
    pub(crate) fn at(root: &Path, parties: usize) -> Outcome<Self> {
        let seeded = SeededRandom::new(SEED);
        let (mut members, mut keys) = (Vec::new(), Vec::new());
        for n in 0..parties {
            let id: PartyId = format!("party-{n}").parse()?;
            let secret = SecretKeys::generate(&mut |into: &mut [u8]| seeded.fill(into))?;
            let party =
                Party { id: id.clone(), name: "bench".parse()?, roles: vec![Role::Developer] };
            members.push(Member { party, keys: secret.public().clone(), root: None });
            keys.push((id, secret));
        }
        let mut witnesses = Vec::new();
        for n in 0..2 {
            let [vkey, _] = cosign::keys::read(&root.join(format!("witness-{n}")))?.public();
            let party = format!("party-{n}").parse()?;
            witnesses.push(Witness::new(party, WitnessRole::Main, vkey, None)?);
        }
        let signer = LogSigner::read(&std::fs::read_to_string(root.join("node/log.key"))?)?;
        let trust = Trust::new(signer.verifier(), members)?.with_witnesses(witnesses)?;
        Ok(Self { root: root.to_owned(), trust, parties: keys })
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.root.join("node")
    }

    /// The node on its files. A roots of trust file has no room for so many parties, so they are given as they are.
    pub(crate) fn node(&self) -> Outcome<Node> {
        let signer = LogSigner::read(&std::fs::read_to_string(self.folder().join("log.key"))?)?;
        let log = Box::new(FileLog::open(&self.folder())?);
        Ok(Node::over(log, signer, self.trust.clone(), Arc::new(SystemClock))?)
    }
}

impl Setting {
    /// A log for so many parties.
    pub(crate) fn new(parties: usize) -> Outcome<Self> {
        let root = tempfile::tempdir()?;
        let node = root.path().join("node");
        node::create(&node, "log.example/bench", &SystemRandom)?;
        let signer = LogSigner::read(&std::fs::read_to_string(node.join("log.key"))?)?;
        for n in 0..2 {
            let folder = root.path().join(format!("witness-{n}"));
            std::fs::create_dir(&folder)?;
            cosign::keys::make(&folder, &format!("witness-{n}.example"), &SystemRandom)?;
            cosign::config::watch(&folder, &[signer.verifier().vkey()], None)?;
        }
        let scene = Scene::at(root.path(), parties)?;
        Ok(Self { _root: root, scene, heads: Heads::default(), logged: 0 })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.scene.root
    }

    pub(crate) fn witnesses(&self) -> Outcome<Vec<cosign::Witness>> {
        let open = |n| {
            let folder = self.scene.root.join(format!("witness-{n}"));
            Ok(cosign::Witness::open(&folder, Arc::new(SystemClock))?)
        };
        (0..2).map(open).collect()
    }

    /// Writes the node's `witnesses.toml`.
    pub(crate) fn name_witnesses(&self, urls: &[String]) -> Outcome<()> {
        let mut text = String::new();
        for (n, url) in urls.iter().enumerate() {
            let keys = cosign::keys::read(&self.scene.root.join(format!("witness-{n}")))?;
            let vkeys = keys.public().map(|key| format!("\"{key}\"")).join(", ");
            writeln!(text, "[[cosigner]]\nurl = \"{url}\"\nkind = \"witness\"\nvkeys = [{vkeys}]")?;
        }
        Ok(std::fs::write(self.scene.folder().join("witnesses.toml"), text)?)
    }

    /// The next part of every party's statements, signed by both of its keys.
    pub(crate) fn part(&mut self, each: usize) -> Outcome<Vec<Stream>> {
        let mut streams = Vec::with_capacity(self.scene.parties.len());
        for (id, keys) in &self.scene.parties {
            let (mut requests, mut entries) = (Vec::new(), Vec::new());
            for _ in 0..each {
                let now = SystemClock.now();
                let content = Content {
                    schema: "bench/v1".parse()?,
                    kind: "stated".parse()?,
                    signers: [id.clone()].into(),
                    needed: None,
                    payload: vec![7; PAYLOAD],
                };
                let log = self.scene.trust.log();
                let draft = Draft::start(log, content, id, Audience::Public, &mut fill, now)?;
                let entry = draft.issue(self.heads.next(id, None, now), keys)?;
                let body = wire::entry_bytes(&entry);
                let entry = entry.checked()?;
                self.heads.admit(entry.leaf(), leaf_hash(&entry.entry().leaf), self.logged);
                self.logged += 1;
                let mut request = format!(
                    "POST /api/v1/statements HTTP/1.1\r\nhost: node\r\ncontent-type: application/octet-stream\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                )
                .into_bytes();
                request.extend(body);
                requests.push(request);
                entries.push(entry);
            }
            streams.push(Stream { requests: requests.into(), entries });
        }
        Ok(streams)
    }

    /// Statements a second whose signatures all cores together verify, Ed25519 and ML-DSA-87 each.
    pub(crate) fn verify(&self, streams: &[Stream]) -> Outcome<f64> {
        let half = streams.len().div_ceil(CORES);
        let count: usize = streams.iter().map(|stream| stream.entries.len()).sum();
        let started = Instant::now();
        let good = std::thread::scope(|scope| {
            let some = |streams: &[Stream]| {
                let mut entries = streams.iter().flat_map(|stream| &stream.entries);
                entries.all(|entry| entry.verify(&self.scene.trust).is_ok())
            };
            let threads: Vec<_> =
                streams.chunks(half).map(|chunk| scope.spawn(move || some(chunk))).collect();
            threads.into_iter().all(|thread| thread.join().unwrap_or(false))
        });
        if !good {
            return Err("a statement does not verify".into());
        }
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        Ok(count as f64 / started.elapsed().as_secs_f64())
    }

    /// Seconds that one core takes to verify one of these statements' ML-DSA-87 signatures.
    pub(crate) fn mldsa(&self, streams: &[Stream]) -> Outcome<f64> {
        let mut signed = Vec::new();
        for (stream, (_, keys)) in streams.iter().zip(&self.scene.parties) {
            let Some(entry) = stream.entries.first() else { continue };
            let block = SignatureBlock::from_bytes(entry.object().block())?;
            let pair = data_encoding::HEXLOWER.decode(block.issuer.to_hex().as_bytes())?;
            let message = ledger::pae("vestibule/issue/v1", &entry.leaf().issued_bytes());
            let signature = pair.get(64..).ok_or("no second signature")?.to_vec();
            signed.push((keys.public().ml_dsa_87().to_vec(), message, signature));
        }
        let started = Instant::now();
        let good = signed.iter().all(|(key, message, s)| tlog::verify_mldsa87(key, message, s));
        let taken = started.elapsed();
        #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
        let each = taken.as_secs_f64() / signed.len() as f64;
        if good { Ok(each) } else { Err("an ML-DSA-87 signature does not verify".into()) }
    }

    /// Statements that were signed so far.
    pub(crate) const fn logged(&self) -> u64 {
        self.logged
    }
}
