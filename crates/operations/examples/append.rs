//! Statements a second that a node on files takes, beside signature verification alone, in one run.
#![expect(clippy::print_stdout, reason = "a bench prints its result")]
#![expect(clippy::disallowed_methods, reason = "a bench times itself")]

use domain::{Party, PartyId, Role};
use ledger::{Audience, Chains, Content, Draft, Entry, SecretKeys};
use operations::ctx::{Clock, Random, SeededRandom, SystemClock, SystemRandom};
use operations::home::Home;
use operations::node::{self, Node};
use operations::wire;
use std::sync::Arc;
use std::time::Instant;

/// How many statements.
const COUNT: u64 = 300;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let (host, lab) = (folder.path().join("node"), folder.path().join("lab"));
    node::create(&host, "log.example/bench", &SystemRandom)?;
    let party = Party { id: "lab".parse()?, name: "lab".parse()?, roles: vec![Role::Developer] };
    let home = Home::create(&lab, party, &SystemRandom)?;
    let trust = operations::trust::assemble(&host.join("log.vkey"), &[lab])?;
    operations::trust::write(&trust, &host.join("trust.toml"))?;
    let node = Node::open(&host, Arc::new(SystemClock))?;
    let entries = entries(&trust, home.id(), home.keys())?;

    let started = Instant::now();
    for entry in &entries {
        entry.verify(&trust)?;
    }
    let limit = rate(started);
    let started = Instant::now();
    for entry in &entries {
        node.submit(&wire::entry_bytes(entry))?;
    }
    let ours = rate(started);
    println!(
        "{{\"name\":\"append-per-second\",\"ours\":{ours:.0},\"limit\":{limit:.0},\"ratio\":{:.3}}}",
        ours / limit
    );
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred")]
fn rate(started: Instant) -> f64 {
    COUNT as f64 / started.elapsed().as_secs_f64()
}

/// A chain of signed releases.
fn entries(
    trust: &ledger::Trust,
    lab: &PartyId,
    keys: &SecretKeys,
) -> Result<Vec<Entry>, Box<dyn std::error::Error>> {
    let random = SeededRandom::new(1);
    let mut chains = Chains::default();
    let mut entries = Vec::new();
    for n in 0..COUNT {
        let now = SystemClock.now();
        let event = access::Event::ModelReleased(access::Release {
            developer: lab.clone(),
            model: format!("model-{n}").parse()?,
            audience: access::Audience::Public,
            released_at: now,
            case: None,
        });
        let mut fill = |into: &mut [u8]| random.fill(into);
        let content = Content::of(&event)?;
        let draft = Draft::start(trust.log(), content, lab, Audience::Public, &mut fill, now)?;
        let entry = draft.issue(chains.next(lab, None, now), keys)?;
        let leaf = ledger::Leaf::from_bytes(&entry.leaf)?;
        let hash = domain::Digest::from_bytes(*tlog::leaf_hash(&entry.leaf).as_bytes());
        chains.admit(&leaf, hash, n);
        entries.push(entry);
    }
    Ok(entries)
}
