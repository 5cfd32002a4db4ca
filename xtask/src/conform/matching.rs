//! Inventories and expected matches: crates against cargo-audit, PyPI against `packaging`.
//!
//! A folder has `KIND_inventory*.tsv[.zst]` (name, version) and `KIND_expected*.tsv[.zst]` (heading;
//! name, version, advisory) for `crates` and `pypi`. Advisories are OSV JSON lines, from the folder
//! `../osv` beside it and from every `--advisories` folder.
//!
//! Differences that are right are explained one by one in the manual's page on matching; the run reads that page.
//! A difference that it does not explain fails, and so does an explanation of one that is none.

use super::Report;
use advisory::osv;
use anyhow::{Context, Result, bail};
use remediation::{Component, Index};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use versions::{Ecosystem, Namespace};

/// The page with a table of differences: ecosystem, name, version, advisory, who says so, why.
const EXPLAINED: &str = include_str!("../../../docs/book/src/reference/matching.md");

/// Differences that the page explains, of one ecosystem.
fn explained(ecosystem: Ecosystem) -> BTreeSet<Match> {
    let rows = EXPLAINED.lines().filter_map(|line| {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        let (kind, name) = (cells.next()?, cells.next()?);
        let (version, id, _who, _why) =
            (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
        let plain = |text: &str| text.trim_matches('`').to_owned();
        (kind == ecosystem.name()).then(|| (plain(name), plain(version), plain(id)))
    });
    rows.collect()
}

/// A match: name, version, advisory.
type Match = (String, String, String);

pub(crate) fn run(data: &Path, report: &mut Report) -> Result<()> {
    let mut records = Vec::new();
    let beside = data.join("../osv");
    let folders: Vec<_> =
        std::iter::once(beside).filter(|f| f.is_dir()).chain(report.advisories.clone()).collect();
    for folder in &folders {
        for path in files(folder, ".jsonl")? {
            for record in osv::read_lines(&bytes(&path)?) {
                match record {
                    Ok(record) => records.push(record),
                    Err(error) => report.fail(format!("{}: {error}", path.display())),
                }
            }
        }
    }
    if records.is_empty() {
        bail!("no advisories in {folders:?}; give --advisories DIR with OSV JSON lines");
    }
    let index = Index::build(&records);
    let mut suites = 0;
    for (kind, ecosystem) in [("crates", Ecosystem::CratesIo), ("pypi", Ecosystem::PyPi)] {
        let inventory = lines(data, &format!("{kind}_inventory"))?;
        let expected = lines(data, &format!("{kind}_expected"))?;
        if inventory.is_empty() {
            continue;
        }
        suites += 1;
        compare(&index, ecosystem, &inventory, &expected, report)?;
    }
    if suites == 0 {
        bail!("no `crates_inventory*.tsv` and no `pypi_inventory*.tsv` in {}", data.display());
    }
    Ok(())
}

fn compare(
    index: &Index,
    ecosystem: Ecosystem,
    inventory: &[String],
    expected: &[String],
    report: &mut Report,
) -> Result<()> {
    let mut wanted: BTreeSet<Match> = BTreeSet::new();
    for line in expected.iter().filter(|l| !l.starts_with("name\t")) {
        let mut fields = line.split('\t');
        let (Some(name), Some(version), Some(id)) = (fields.next(), fields.next(), fields.next())
        else {
            bail!("`{line}` has not three fields");
        };
        wanted.insert((ecosystem.normalise_name(name), version.to_owned(), id.to_owned()));
    }
    let mut ours: BTreeSet<Match> = BTreeSet::new();
    let mut asked: BTreeSet<(String, String)> = BTreeSet::new();
    for line in inventory.iter().filter(|l| !l.starts_with("name\tversion")) {
        let (name, version) = line.split_once('\t').context("a line without a tab")?;
        let component = Component {
            namespace: Some(Namespace::whole(ecosystem)),
            name: name.into(),
            version: Some(version.into()),
        };
        asked.insert((ecosystem.normalise_name(name), version.to_owned()));
        for record in index.look_up(&component).affected {
            let (id, _) = index.record(record).context("a record without its id")?;
            ours.insert((ecosystem.normalise_name(name), version.to_owned(), id.to_string()));
        }
    }
    let explained = explained(ecosystem);
    for one in wanted.symmetric_difference(&ours) {
        let (name, version, id) = one;
        let what = if wanted.contains(one) {
            "expected, ours does not match"
        } else {
            "not expected, ours matches"
        };
        if explained.contains(one) {
            println!("explained: {ecosystem} {name} {version} {id}: {what}");
            report.pass();
        } else {
            report.fail(format!("{ecosystem} {name} {version} {id}: {what}"));
        }
    }
    for (name, version, id) in &explained {
        let here = asked.contains(&(name.clone(), version.clone()));
        let one = &(name.clone(), version.clone(), id.clone());
        if here && wanted.contains(one) == ours.contains(one) {
            report.fail(format!("{ecosystem} {name} {version} {id}: explained, but no difference"));
        }
    }
    for _ in wanted.intersection(&ours) {
        report.pass();
    }
    Ok(())
}

/// The lines of the files whose name contains `part`.
fn lines(data: &Path, part: &str) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for path in files(data, part)? {
        let text = String::from_utf8(bytes(&path)?)?;
        let filled = text.lines().filter(|l| !l.trim().is_empty());
        lines.extend(filled.map(str::to_owned));
    }
    Ok(lines)
}

/// The files of a folder whose name contains `part`, sorted.
pub(super) fn files(folder: &Path, part: &str) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.file_name().is_some_and(|n| n.to_string_lossy().contains(part)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A file's bytes, unpacked where its name ends in `.zst`.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>> {
    let read = || {
        let bytes = std::fs::read(path)?;
        if path.extension().is_some_and(|e| e == "zst") {
            zstd::decode_all(&*bytes)
        } else {
            Ok(bytes)
        }
    };
    read().with_context(|| path.display().to_string())
}
