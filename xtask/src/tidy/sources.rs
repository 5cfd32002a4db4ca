//! Rules about source files: heads, sizes, leftovers, thin handlers.

use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// Longest source file, in lines; the aim is 250.
const CAP: usize = 600;
/// Longest function that answers an HTTP request, in lines.
const HANDLER_CAP: usize = 25;

pub(super) fn check(root: &Path, faults: &mut Vec<String>) -> Result<()> {
    let mut files = Vec::new();
    for folder in ["crates", "xtask", "fuzz"] {
        walk(&root.join(folder), &mut files)?;
    }
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "rs")) {
        let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let shown = file.strip_prefix(root).unwrap_or(file).display().to_string();
        faults.extend(source(&shown, &text));
    }
    Ok(())
}

/// What is wrong with one source file.
pub(super) fn source(shown: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if !text.starts_with("//!") {
        faults.push(format!("{shown}:1: a file opens with `//!` and says what it is for"));
    }
    let lines = text.lines().count();
    if lines > CAP {
        faults.push(format!("{shown}: {lines} lines; {CAP} is the cap, 250 the aim: split it"));
    }
    if shown.ends_with("/mod.rs") {
        faults.push(format!("{shown}: name the file after the module, not `mod.rs`"));
    }
    for (number, line) in text.lines().enumerate() {
        // spelled apart so that this file passes its own rule
        if line.contains(concat!("TO", "DO")) || line.contains(concat!("FIX", "ME")) {
            faults
                .push(format!("{shown}:{}: a leftover note: do it, or write an issue", number + 1));
        }
    }
    if shown.starts_with("crates/server/src/api") || shown.starts_with("crates/server/src/pages") {
        faults.extend(handlers(shown, text));
    }
    if !shown.starts_with("crates/sandbox/")
        && !shown.starts_with("xtask/")
        && !shown.contains("/tests")
        // benches measure themselves and their peers in processes of their own
        && !shown.contains("/examples/")
        && text.contains("process::Command")
    {
        faults.push(format!("{shown}: only `sandbox` starts processes"));
    }
    faults.extend(super::signatures::source(shown, text));
    faults
}

/// Handlers are parse, call, render.
fn handlers(shown: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    for (number, line) in text.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        if line.trim_start().contains("async fn ") && open.is_none() {
            open = Some((number, indent));
        } else if let Some((start, at)) = open
            && indent == at
            && line.trim_start().starts_with('}')
        {
            let length = number - start + 1;
            if length > HANDLER_CAP {
                faults.push(format!(
                    "{shown}:{}: a handler of {length} lines; {HANDLER_CAP} is the cap: move work to operations",
                    start + 1
                ));
            }
            open = None;
        }
    }
    faults
}

fn walk(folder: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            if !path.ends_with("target") && !path.ends_with("corpus") {
                walk(&path, into)?;
            }
        } else {
            into.push(path);
        }
    }
    into.sort();
    Ok(())
}
