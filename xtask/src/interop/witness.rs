//! Debian's `litewitness` and our log: it cosigns, its line counts in receipts, and it stops a restored backup.

use super::world::{PEER, World, output};
use anyhow::{Result, bail, ensure};
use std::fs;
use std::path::Path;

const GOOD: &[&str] = &["log", "receipt", "--trust", "trust.toml", "--require", "full"];

/// A growing log is cosigned again and again, and the lab's receipts get litewitness's line.
pub(crate) fn cosigns(world: &mut World) -> Result<String> {
    for _ in 0..3 {
        world.receipts(&[PEER, "witness.example/witness"])?;
        world.state(2)?;
    }
    let receipts = world.receipts(&[PEER])?;
    Ok(format!("{} receipts carry its line", receipts.len()))
}

/// `log receipt --require full` says yes, and no once litewitness's line is taken out.
pub(crate) fn counts(world: &mut World) -> Result<String> {
    let receipts = world.receipts(&[PEER])?;
    output(world.ours().args(GOOD).args(&receipts))?;
    let Some(receipt) = receipts.first() else { bail!("the lab has no receipt") };
    let whole = fs::read_to_string(receipt)?;
    let its = format!("\u{2014} {PEER} ");
    let without: String =
        whole.split_inclusive('\n').filter(|line| !line.starts_with(&its)).collect();
    ensure!(without.len() < whole.len(), "{} has no line of {PEER}", receipt.display());
    fs::write(world.at("without.receipt"), without)?;
    let done = world.ours().args(GOOD).arg("without.receipt").output()?;
    ensure!(done.status.code() == Some(1), "without its line the answer is {}", done.status);
    Ok(format!("{} receipts are full, and not without its line", receipts.len()))
}

/// A node's folder from before litewitness's latest signature is not started from.
pub(crate) fn stops_a_backup(world: &mut World) -> Result<String> {
    world.receipts(&[PEER])?;
    world.stop();
    copy(&world.at("node"), &world.at("backup"))?;
    world.serve()?;
    world.state(2)?;
    world.receipts(&[PEER])?;
    world.stop();
    // our own witness is left out, so that it is litewitness that says what it knows
    fs::write(world.at("backup/witnesses.toml"), world.peer_table()?)?;
    fs::rename(world.at("node"), world.at("newest"))?;
    fs::rename(world.at("backup"), world.at("node"))?;
    let refused = world.serve();
    world.stop();
    fs::rename(world.at("node"), world.at("backup"))?;
    fs::rename(world.at("newest"), world.at("node"))?;
    world.serve()?;
    let Err(refused) = refused else { bail!("the backup was started") };
    let said = format!("{refused:#}");
    ensure!(said.contains(PEER), "the refusal does not name {PEER}: {said}");
    world.state(1)?;
    world.receipts(&[PEER])?;
    Ok("the node named it and did not start; the newest folder did".to_owned())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let into = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &into)?;
        } else {
            fs::copy(entry.path(), into)?;
        }
    }
    Ok(())
}
