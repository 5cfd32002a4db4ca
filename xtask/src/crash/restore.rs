//! A folder restored from a copy, with a witness that knows better: the node must not start.

use super::Trials;
use super::serve::{Connection, address, now, pause, start};
use anyhow::{Context, Result, bail, ensure};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The longest that anything here is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// One trial, in folders of its own.
pub(super) fn trial(trials: &mut Trials, trial: u64) -> Result<()> {
    let root = trials.root.join(format!("restore-{trial}"));
    let (node, backup, own) = (root.join("node"), root.join("backup"), root.join("witness"));
    trials.scene.lay(&node)?;
    let witness = witness(trials, &node, &own)?;
    let before = usize::try_from(trials.draw.below(6))? + 1;
    let after = usize::try_from(trials.draw.below(6))? + 1;
    hand_in(trials, &node, 0, before)?;
    crate::scene::copy(&node, &backup)?;
    hand_in(trials, &node, before, before + after)?;
    std::fs::remove_dir_all(&node)?;
    crate::scene::copy(&backup, &node)?;
    refused(trials, &node, &backup)?;
    drop(witness);
    std::fs::remove_dir_all(&root)?;
    Ok(())
}

/// A witness of its own process, named in the node's `witnesses.toml`.
fn witness(trials: &Trials, node: &Path, own: &Path) -> Result<super::serve::Served> {
    let verb = |arguments: &[&str]| -> Result<()> {
        let mut command = Command::new(trials.binary.path());
        let done = command.args(["log", "witness"]).arg(own).args(arguments).output()?;
        ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        Ok(())
    };
    verb(&["--make", "lab.example/witness"])?;
    let vkeys = std::fs::read_to_string(node.join("log.vkey"))?;
    verb(&vkeys.lines().flat_map(|vkey| ["--watch", vkey]).collect::<Vec<_>>())?;
    let ready = own.with_extension("ready");
    let mut command = Command::new(trials.binary.path());
    command.args(["log", "witness"]).arg(own).args(["--listen", "127.0.0.1:0", "--ready"]);
    let quiet =
        command.arg(&ready).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let served = super::serve::Served(quiet.spawn()?);
    let address = address(&ready, PATIENCE).context("the witness is ready")?;
    let vkeys = std::fs::read_to_string(own.join("cosigner.vkey"))?;
    let vkeys: Vec<_> = vkeys.lines().map(|vkey| format!("\"{vkey}\"")).collect();
    let toml = format!(
        "[[cosigner]]\nurl = \"http://{address}\"\nkind = \"witness\"\nvkeys = [{}]\n",
        vkeys.join(", ")
    );
    std::fs::write(node.join("witnesses.toml"), toml)?;
    Ok(served)
}

/// Serves, hands in some statements of the first party, waits until the last is cosigned, and kills the server.
fn hand_in(trials: &mut Trials, node: &Path, from: usize, to: usize) -> Result<()> {
    let ready = trials.root.join("ready");
    let served = start(trials, node, &ready)?;
    let address = address(&ready, PATIENCE).context("the node is ready")?;
    let mut connection = Connection::open(&address)?;
    let chain = trials.chains.first().context("a chain")?;
    for signed in chain.iter().skip(from).take(to - from) {
        let (status, answer) = connection.ask("POST", "/api/v1/statements", &signed.bytes)?;
        ensure!(status < 300, "{status}: {}", String::from_utf8_lossy(&answer));
        trials.totals.acknowledged += 1;
    }
    let started = now();
    while started.elapsed() < PATIENCE {
        let (_, note) = connection.ask("GET", "/log/checkpoint", &[])?;
        if String::from_utf8_lossy(&note).contains("— lab.example/witness ") {
            drop(served);
            return Ok(());
        }
        pause(Duration::from_millis(20));
    }
    bail!("the witness did not cosign")
}

/// The start is refused, with the reason, and the folder is as the copy was.
fn refused(trials: &mut Trials, node: &Path, backup: &Path) -> Result<()> {
    let ready = trials.root.join("ready");
    let mut served = start(trials, node, &ready)?;
    let started = now();
    let status = loop {
        match served.0.try_wait()? {
            Some(status) => break Some(status),
            None if started.elapsed() > PATIENCE => break None,
            None => pause(Duration::from_millis(5)),
        }
    };
    let mut said = String::new();
    if let Some(mut stderr) = served.0.stderr.take().filter(|_| status.is_some()) {
        std::io::Read::read_to_string(&mut stderr, &mut said)?;
    }
    let same = |file: &str| -> Result<bool> {
        Ok(std::fs::read(node.join(file))? == std::fs::read(backup.join(file))?)
    };
    if status.is_none_or(|status| status.success()) || !said.contains("older copy") {
        trials.totals.forks += 1;
        trials.violation(node, &format!("a restored copy was not refused: {said}"));
    } else if !same("log/checkpoint")? {
        trials.totals.forks += 1;
        trials.violation(node, "a restored copy was refused after it signed");
    }
    Ok(())
}
