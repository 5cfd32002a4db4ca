//! Every verb of the binary has its place in the manual.
//!
//! Verbs are read from the command line's own enums, so that a new one without a page is found; whether the page
//! is right is for its reader.

use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// Where the verbs are.
const VERBS: &str = "crates/cli/src/verbs.rs";
/// Where the manual names each of them.
const PAGES: &str = "docs/book/src/reference";
/// Where the manual's chapters are listed.
const BOOK: &str = "docs/book/src";

pub(super) fn check(root: &Path, faults: &mut Vec<String>) -> Result<()> {
    let source = |path: &Path| fs::read_to_string(path).with_context(|| path.display().to_string());
    let folder = root.join("crates/cli/src/verbs");
    let verbs = verbs(&source(&root.join(VERBS))?, &|module| {
        source(&folder.join(format!("{module}.rs"))).unwrap_or_default()
    });
    let mut pages = String::new();
    for path in chapters(&root.join(PAGES))? {
        pages += &source(&path)?;
    }
    faults.extend(unnamed(&verbs, &pages));
    let summary = source(&root.join(BOOK).join("SUMMARY.md"))?;
    for path in chapters(&root.join(BOOK))? {
        let name = path.strip_prefix(root.join(BOOK)).unwrap_or(&path).display().to_string();
        if name != "SUMMARY.md" && !summary.contains(&format!("({name})")) {
            faults.push(format!("{BOOK}/SUMMARY.md does not list {name}"));
        }
    }
    Ok(())
}

/// A fault for each verb that the pages do not name in full, such as `vestibule draft sign`.
pub(super) fn unnamed(verbs: &[String], pages: &str) -> Vec<String> {
    let missing = |verb: &&String| !pages.contains(&format!("vestibule {verb}"));
    let fault = |verb: &String| format!("{PAGES} does not name `vestibule {verb}`");
    verbs.iter().filter(missing).map(fault).collect()
}

/// Every verb and verb of a group, in words, from the source of the top enum and that of its modules.
pub(super) fn verbs(top: &str, module: &dyn Fn(&str) -> String) -> Vec<String> {
    let mut verbs = Vec::new();
    for (name, holds) in variants(top, "Verb") {
        verbs.push(name.clone());
        let path = holds.trim_start_matches("Box<").trim_end_matches('>');
        if let Some((file, kind)) = path.split_once("::") {
            let inner = variants(&module(file), kind);
            verbs.extend(inner.into_iter().map(|(verb, _)| format!("{name} {verb}")));
        }
    }
    verbs
}

/// The variants of an enum, in kebab case, each with what it holds; one that is flattened stands for those of the enum that it
/// holds. The source is as rustfmt leaves it.
fn variants(source: &str, name: &str) -> Vec<(String, String)> {
    let head = format!("enum {name} {{");
    let body = source.lines().skip_while(|line| !line.ends_with(&head)).skip(1);
    let (mut found, mut flatten) = (Vec::new(), false);
    for line in body.take_while(|line| *line != "}") {
        let Some(text) = line.strip_prefix("    ") else { continue };
        if !text.starts_with(|c: char| c.is_ascii_uppercase()) {
            flatten |= text == "#[command(flatten)]";
            continue;
        }
        let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
        let (ident, rest) = text.split_at(end);
        let holds = rest.trim_start_matches('(').trim_end_matches(',').trim_end_matches(')');
        if std::mem::take(&mut flatten) {
            found.extend(variants(source, holds));
        } else {
            found.push((kebab(ident), holds.to_owned()));
        }
    }
    found
}

/// `OpenWindow` as `open-window`.
fn kebab(ident: &str) -> String {
    let mut name = String::new();
    for c in ident.chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

/// Every Markdown file below a folder.
fn chapters(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(chapters(&path)?);
        } else if path.extension().is_some_and(|e| e == "md") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
