//! Programs of others that read what we sign: PyPI's `tlog-scales`, and torchwood's `spicy`.

use super::install;
use super::world::{World, output};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use tlog::{Policy, TlogProof, leaf_hash};

const SCRIPT: &str = include_str!("scales.py");

/// Runs one part of the script in the environment that has `tlog-scales`.
fn scales(world: &World, part: &str, args: &[&str]) -> Result<String> {
    let python = install::peer("scales/bin/python").context("tlog-scales is not there")?;
    let said = output(world.command(&python).args(["-c", SCRIPT, part]).args(args))?;
    Ok(said.trim().to_owned())
}

/// It reads our tiles, computes the root itself, and verifies the log's signature.
pub(crate) fn checkpoint(world: &mut World) -> Result<String> {
    scales(world, "checkpoint", &["node/log", &world.vkey()?])
}

/// It verifies receipts: the path to the root, the log's line, and both of our witness's.
pub(crate) fn receipts(world: &mut World) -> Result<String> {
    let mut keys = vec![world.vkey()?];
    keys.extend(world.read("witness/cosigner.vkey")?.lines().map(str::to_owned));
    let mut names = vec!["witness.example/witness"];
    if world.peer.is_some() {
        keys.push(world.read("peer.vkey")?.trim().to_owned());
        names.push(super::world::PEER);
    }
    let receipts = world.receipts(&names)?;
    let keys = keys.join("\n");
    let paths: Vec<_> = receipts.iter().map(|p| p.display().to_string()).collect();
    let mut args = vec!["node/log", &keys];
    args.extend(paths.iter().map(String::as_str));
    scales(world, "receipts", &args)
}

/// It asks a fresh witness of ours to cosign, with consistency proofs of its own making, while the log grows.
pub(crate) fn client(world: &mut World) -> Result<String> {
    let url = world.witness("fresh")?;
    let (mut old, mut sizes) = ("0".to_owned(), Vec::new());
    for _ in 0..3 {
        let vkeys = world.read("fresh/cosigner.vkey")?;
        old = scales(world, "client", &["node/log", &url, &old, vkeys.trim()])?;
        sizes.push(old.clone());
        world.state(2)?;
    }
    Ok(format!("cosigned at sizes {}", sizes.join(", ")))
}

/// The proofs that it makes are accepted by our strict reader under our policy.
pub(crate) fn proofs(world: &mut World) -> Result<String> {
    let program = install::peer("scales/bin/tlog-tiles").context("tlog-scales is not there")?;
    let asked = ["trust", "policy", "trust.toml", "--grade", "provisional"];
    let policy = output(world.ours().args(asked))?;
    let policy = Policy::parse(policy.as_bytes())?;
    let mut size = 0;
    for index in ["0", "1", "-1"] {
        let log = format!("file://{}", world.at("node/log").display());
        let proof = output(world.command(&program).args(["gen-proof", &log, "--", index]))?;
        let checked = ["get-leaf", "-c", &log, "--", index];
        let leaf = world.command(&program).args(checked).output()?;
        let proof = TlogProof::parse(proof.as_bytes())?;
        proof.verify(&leaf_hash(&leaf.stdout), &policy)?;
        size = proof.checkpoint.checkpoint().size();
    }
    Ok(format!("3 proofs in a log of {size}"))
}

/// `spicy`, written in Go, verifies our receipts once they are in the form that it writes itself: no header, no extra
/// data.
pub(crate) fn spicy(world: &mut World) -> Result<String> {
    let program =
        install::peer("torchwood/usr/bin/spicy-torchwood").context("spicy is not there")?;
    let key = world.vkey()?;
    let receipts = world.receipts(&[])?;
    for receipt in &receipts {
        let text = fs::read_to_string(receipt)?;
        let kept = |line: &&str| !line.starts_with("c2sp.org/") && !line.starts_with("extra ");
        let proof: String = text.split_inclusive('\n').filter(kept).collect();
        let index = text.lines().find_map(|l| l.strip_prefix("index ")).context("no index")?;
        let leaf = install::peer("scales/bin/tlog-tiles").map(|p| leaf(world, p, index));
        let leaf = leaf.context("tlog-scales, which reads the leaf, is not there")??;
        fs::write(world.at("leaf"), &leaf)?;
        fs::write(world.at("leaf.spicy"), proof)?;
        output(world.command(&program).args(["-verify", &key, "leaf"]))?;
    }
    fs::write(world.at("leaf"), b"another leaf")?;
    let refused = world.command(&program).args(["-verify", &key, "leaf"]).output()?;
    ensure!(!refused.status.success(), "it verifies another leaf too");
    Ok(format!("{} receipts, and not for another leaf", receipts.len()))
}

fn leaf(world: &World, program: PathBuf, index: &str) -> Result<Vec<u8>> {
    let mut command: Command = world.command(program);
    let log = format!("file://{}", world.at("node/log").display());
    let done = command.args(["get-leaf", &log, "--", index]).output()?;
    ensure!(done.status.success(), "no leaf {index}");
    Ok(done.stdout)
}
