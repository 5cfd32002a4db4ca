//! Benches: each prints one JSON line with ours, the peer or the limit in the same run, and the ratio.
//!
//! Machines are noisy, so the ratio is the figure to quote.

mod decision;
mod insider;
mod peers;

use crate::run;
use anyhow::Result;
use std::path::PathBuf;

/// Examples that measure: crate, example.
const BENCHES: &[(&str, &str)] = &[
    ("sandbox", "startup"),
    ("gateway", "passthrough"),
    ("gateway", "cost"),
    ("gateway", "drill"),
    ("gateway", "grants"),
    ("gateway", "open"),
    ("gateway", "hour"),
    ("gateway", "faults"),
    ("server", "append"),
    ("ledger", "receipt"),
    ("harness", "outcomes"),
    ("harness", "range"),
    ("remediation", "packed"),
    ("remediation", "fleet"),
    ("remediation", "audit"),
    ("advisory", "sbom"),
    ("remediation", "curves"),
];

/// Runs those whose name contains `filter`. `replicates` and `prototype` are for the decision alone.
pub(crate) fn run(
    filter: Option<&str>,
    replicates: Option<u32>,
    prototype: Option<PathBuf>,
) -> Result<bool> {
    let mut good = true;
    for (package, example) in BENCHES {
        let name = format!("{package}-{example}");
        if filter.is_some_and(|f| !name.contains(f)) {
            continue;
        }
        // measured as a process, too
        if *example == "audit" {
            good &= run::cargo(&["build", "--quiet", "--release", "--locked"]).status()?.success();
        }
        let args = ["run", "--quiet", "--release", "--locked", "-p", package, "--example", example];
        good &= run::cargo(&args).status()?.success();
    }
    if filter.is_none_or(|f| "signals-insider".contains(f)) {
        good &= insider::run(insider::WEEKS)?;
    }
    if filter.is_none_or(|f| "gateway-peers".contains(f)) {
        good &= peers::run()?;
    }
    if filter.is_none_or(|f| "assessment-decision".contains(f)) {
        good &= decision::run(replicates, prototype)?;
    }
    Ok(good)
}
