//! The public report.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::show;
use operations::files::{self, Access};
use operations::report;
use std::path::PathBuf;

/// The public report: counts of what this party can read, small ones withheld so that they can't be recovered.
///
/// No names. Publish it rarely: yesterday's report against today's can give withheld counts away.
#[derive(Debug, clap::Args)]
pub(crate) struct Report {
    /// Also write it to a file: JSON if the name ends in `.json`, text otherwise.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Withhold counts from 1 to one less. Not below 3.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u64).range(3..))]
    withhold_below: Option<u64>,
}

impl Report {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let ctx = global.ctx()?;
        let report = report::report(&ctx, self.withhold_below).await?;
        if let Some(path) = &self.out {
            let text = if path.extension().is_some_and(|e| e == "json") {
                serde_json::to_string_pretty(&report)? + "\n"
            } else {
                report.text()
            };
            files::write(path, text.as_bytes(), Access::Shared)?;
        }
        show(global.json, &report, report::Report::text)?;
        Ok(Exit::Done)
    }
}
