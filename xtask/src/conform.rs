//! Conformance: vectors of others, run over our code.
//!
//! `cargo xtask conform SUITE [--data DIR]` reads a folder in the format that the suite has, prints one
//! line a disagreement and ends with `N passed, N failed`. A missing folder is said and is no failure:
//! a checkout alone must pass.

mod epss;
mod input;
mod kev;
mod matching;
mod osv;
mod purl;
mod sarif;
mod sbom;
mod ssvc;
mod tlog;
mod vers;
mod version_order;

use crate::run;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

/// Counts and prints.
#[derive(Debug, Default)]
pub(crate) struct Report {
    passed: u64,
    failed: u64,
    /// Further folders of advisories.
    pub(crate) advisories: Vec<PathBuf>,
}

impl Report {
    /// One vector agreed.
    pub(crate) fn pass(&mut self) {
        self.passed += 1;
    }

    /// One vector disagreed; `line` says which, what was expected and what came.
    pub(crate) fn fail(&mut self, line: impl std::fmt::Display) {
        self.failed += 1;
        println!("disagrees: {line}");
    }
}

type Suite = fn(&Path, &mut Report) -> Result<()>;

/// Every suite: its name, which is also its folder in the test data, and its runner.
const SUITES: &[(&str, Suite)] = &[
    ("epss", epss::run),
    ("kev", kev::run),
    ("matching", matching::run),
    ("osv", osv::run),
    ("purl", purl::run),
    ("sarif", sarif::run),
    ("sbom", sbom::run),
    ("ssvc", ssvc::run),
    ("tlog", tlog::run),
    ("vers", vers::run),
    ("version-order", version_order::run),
];

/// Runs one suite; `list` prints the names.
pub(crate) fn run(suite: &str, data: Option<PathBuf>, advisories: Vec<PathBuf>) -> Result<bool> {
    if suite == "list" {
        for (name, _) in SUITES {
            println!("{name}");
        }
        return Ok(true);
    }
    let Some((name, runner)) = SUITES.iter().find(|(name, _)| *name == suite) else {
        let names: Vec<_> = SUITES.iter().map(|(n, _)| *n).collect();
        bail!("`{suite}` is not a suite; one of: {}", names.join(", "));
    };
    let folder = match data {
        Some(folder) if !folder.is_dir() => bail!("{} is not a folder", folder.display()),
        Some(folder) => folder,
        None => match run::data().map(|d| d.join(name)).filter(|d| d.is_dir()) {
            Some(folder) => folder,
            None => {
                println!(
                    "skipped: conform {name} (no test data; set VESTIBULE_DATA or give --data)"
                );
                println!("0 passed, 0 failed");
                return Ok(true);
            }
        },
    };
    let mut report = Report { advisories, ..Report::default() };
    runner(&folder, &mut report)?;
    println!("{} passed, {} failed", report.passed, report.failed);
    Ok(report.failed == 0)
}

/// Runs every suite over the test data.
pub(crate) fn all() -> Result<bool> {
    // Our own vectors lie in the repository, so these run in any checkout.
    println!("── conform tlog, published");
    let mut good = run("tlog", Some(run::root().join("crates/tlog/vectors")), Vec::new())?;
    for (name, _) in SUITES {
        println!("── conform {name}");
        good &= run(name, None, Vec::new())?;
    }
    Ok(good)
}
