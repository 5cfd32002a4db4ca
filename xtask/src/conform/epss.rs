//! EPSS scores: every row of every `*.csv[.zst]` below the folder reads.

use super::{Report, input};
use advisory::epss;
use anyhow::{Result, bail};
use std::path::Path;

pub(crate) fn run(data: &Path, report: &mut Report) -> Result<()> {
    let mut suites = 0;
    for path in input::files(data)? {
        if !input::name(&path).ends_with(".csv") {
            continue;
        }
        suites += 1;
        match epss::read(&input::bytes(&path)?) {
            Ok(scores) => scores.rows.iter().for_each(|_| report.pass()),
            Err(error) => report.fail(format!("{}: {error}", input::shown(&path, data))),
        }
    }
    if suites == 0 {
        bail!("no `*.csv` in {}", data.display());
    }
    Ok(())
}
