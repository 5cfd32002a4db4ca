//! House rules that a machine can hold, so that review never mentions them.

mod arrows;
mod house;
mod licences;
mod manual;
mod signatures;
mod sources;

use crate::run;
use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;

/// Prints every broken rule; true when there is none.
pub(crate) fn run() -> Result<bool> {
    let root = run::root();
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .other_options(["--locked".to_owned()])
        .exec()
        .context("`cargo metadata --locked` failed; is Cargo.lock up to date?")?;
    let mut faults = Vec::new();
    arrows::check(&metadata, &mut faults);
    licences::check(&metadata, &mut faults);
    signatures::check(&metadata, &mut faults);
    sources::check(&root, &mut faults)?;
    house::check(&root, &metadata, &mut faults)?;
    manual::check(&root, &mut faults)?;
    for fault in &faults {
        println!("tidy: {fault}");
    }
    println!("tidy: {} broken rules", faults.len());
    Ok(faults.is_empty())
}

#[cfg(test)]
mod tests;
