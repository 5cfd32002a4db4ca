//! The KEV catalogue: every `*.json[.zst]` below the folder but the schema reads, and its entries
//! are as many as it announces.

use super::{Report, input};
use advisory::kev;
use anyhow::{Result, bail};
use std::path::Path;

pub(crate) fn run(data: &Path, report: &mut Report) -> Result<()> {
    let mut suites = 0;
    for path in input::files(data)? {
        let name = input::name(&path);
        if !name.ends_with(".json") || name.ends_with("schema.json") {
            continue;
        }
        suites += 1;
        match kev::read(&input::bytes(&path)?) {
            Ok(catalogue) => catalogue.vulnerabilities.iter().for_each(|_| report.pass()),
            Err(error) => report.fail(format!("{}: {error}", input::shown(&path, data))),
        }
    }
    if suites == 0 {
        bail!("no catalogue `*.json` in {}", data.display());
    }
    Ok(())
}
