//! Signals of misuse, for those who decide about them.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::show;
use domain::GrantId;
use operations::files;
use operations::gate::{self, Asked, Looked};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Signals {
    /// One grant alone.
    #[arg(long)]
    grant: Option<GrantId>,
    /// Your own thresholds in place of the shipped `rules/insider.toml`.
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Where networks are, when people work, what grants are for, as you know it. Default: `places.toml` of the home.
    #[arg(long, value_name = "FILE")]
    places: Option<PathBuf>,
    /// Write one file of evidence for each signal here; `review act-on-signal --evidence` takes it.
    #[arg(long, value_name = "FOLDER")]
    evidence: Option<PathBuf>,
    /// Also write it as a page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl Signals {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let Self { grant, rules, places, evidence, html } = self;
        let ctx = global.ctx()?;
        let looked = gate::look(&ctx, &Asked { rules, places, grant, evidence }).await?;
        if let Some(path) = &html {
            files::write(path, server::signals_page(&looked)?.as_bytes(), files::Access::Private)?;
        }
        show(global.json, &looked, text)?;
        Ok(if looked.report.signals.is_empty() { Exit::Done } else { Exit::No })
    }
}

fn text(looked: &Looked) -> String {
    let report = &looked.report;
    let mut text = String::new();
    for (signal, about) in report.signals.iter().zip(&looked.about) {
        text += &format!(
            "{}: {} of {} at {} ({})\n  {}\n  from {} to {}\n",
            signal.rule.name(),
            signal.grant,
            signal.person,
            signal.party,
            about.purpose,
            signal.says,
            signal.from,
            signal.to
        );
        for figure in &signal.figures {
            text += &format!("  {}: {} (bound {})\n", figure.what, figure.is, figure.bound);
        }
        let first: Vec<_> = signal.some_records.iter().take(3).map(ToString::to_string).collect();
        text += &format!(
            "  {} records, the first {}\n  digest of all {}\n  it may be {}\n",
            signal.records,
            first.join(", "),
            signal.records_digest,
            signal.innocent
        );
        for (rule, step) in &about.held {
            text += &format!("  held: {step} (over {rule})\n");
        }
        if let Some(path) = &about.evidence {
            text += &format!("  evidence in {}\n", path.display());
        }
    }
    if report.signals.is_empty() {
        text += "no signals\n";
    }
    for unasked in &report.undetermined {
        text +=
            &format!("not asked: {} of {}: {}\n", unasked.rule.name(), unasked.grant, unasked.why);
    }
    text + &format!("as of {}, from {} uses, rules {}", report.as_of, report.uses, report.rules)
}
