//! Rules about the repository around the code: decisions, the map, fuzz corpora.

use anyhow::{Context, Result};
use cargo_metadata::Metadata;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

pub(super) fn check(root: &Path, metadata: &Metadata, faults: &mut Vec<String>) -> Result<()> {
    decisions(root, faults)?;
    dependencies(root, metadata, faults)?;
    fuzz(root, faults)?;
    let map = read(&root.join("ARCHITECTURE.md"))?;
    if map.lines().count() > 300 {
        faults.push("ARCHITECTURE.md is over 300 lines: a map must fit in the hand".to_owned());
    }
    for package in metadata.workspace_packages() {
        if !map.contains(package.name.as_str()) {
            faults.push(format!("ARCHITECTURE.md does not name the crate `{}`", package.name));
        }
    }
    Ok(())
}

/// Records are numbered without gaps, and the index names each.
fn decisions(root: &Path, faults: &mut Vec<String>) -> Result<()> {
    let folder = root.join("docs/decisions");
    let index = read(&folder.join("README.md"))?;
    let names = names(&folder)?;
    let records: Vec<_> = names.iter().filter(|n| n.as_str() != "README.md").collect();
    for (i, name) in records.iter().enumerate() {
        if !name.starts_with(&format!("{:04}-", i + 1)) {
            faults.push(format!("docs/decisions/{name}: expected number {:04}", i + 1));
        }
        if !index.contains(name.as_str()) {
            faults.push(format!("docs/decisions/README.md does not list {name}"));
        }
    }
    Ok(())
}

/// Each outside dependency has a line in the record.
fn dependencies(root: &Path, metadata: &Metadata, faults: &mut Vec<String>) -> Result<()> {
    let record = read(&root.join("docs/decisions/0002-dependencies.md"))?;
    let ours: BTreeSet<_> =
        metadata.workspace_packages().iter().map(|p| p.name.to_string()).collect();
    let mut used = BTreeSet::new();
    for package in metadata.workspace_packages() {
        used.extend(package.dependencies.iter().map(|d| d.name.clone()));
    }
    for name in used.difference(&ours) {
        if !record.contains(&format!("`{name}`")) {
            faults.push(format!("docs/decisions/0002-dependencies.md has no line for `{name}`"));
        }
    }
    Ok(())
}

/// Every fuzz target is built, has a corpus, and is replayed over it by the tests; every corpus has a target.
fn fuzz(root: &Path, faults: &mut Vec<String>) -> Result<()> {
    let manifest = read(&root.join("fuzz/Cargo.toml"))?;
    let replay = read(&root.join("crates/replay/src/lib.rs"))?;
    let (_, replayed) = replay.split_once("replays! {").unwrap_or_default();
    let replayed: Vec<_> = replayed.split_whitespace().collect();
    for name in names(&root.join("fuzz/fuzz_targets"))? {
        let target = name.trim_end_matches(".rs");
        if !manifest.contains(&format!("\"{target}\"")) {
            faults.push(format!("fuzz/Cargo.toml does not name the target `{target}`"));
        }
        let corpus = root.join("fuzz/corpus").join(target);
        if names(&corpus).map_or(0, |n| n.len()) == 0 {
            faults.push(format!("fuzz/corpus/{target} is missing or empty"));
        }
        if !replayed.contains(&target) {
            faults.push(format!("crates/replay/src/lib.rs does not replay the target `{target}`"));
        }
    }
    for corpus in names(&root.join("fuzz/corpus"))? {
        if !root.join("fuzz/fuzz_targets").join(&corpus).with_extension("rs").exists() {
            faults.push(format!("fuzz/corpus/{corpus} has no target"));
        }
    }
    Ok(())
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))
}
