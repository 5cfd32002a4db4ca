//! The determination memo in its forms.

use crate::context::Global;
use crate::output::{done, show};
use domain::{Line, RunId};
use operations::files::{self, Access};
use operations::measure::{self, AskMemo, Memo};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The run. It must be opened to this party, and it must verify.
    #[arg(long)]
    run: RunId,
    /// The transcript, `evaluation.jsonl`.
    #[arg(long, value_name = "FILE")]
    transcript: PathBuf,
    /// Who reads it: a name in the policy, which says what is left out.
    #[arg(long = "for", value_name = "AUDIENCE", default_value = "authority")]
    audience: String,
    /// A policy of audiences in place of the shipped one (`rules/memo.toml`).
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Write the memo as one HTML page (0600).
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write it as Typst source (0600): `typst compile FILE` makes the PDF.
    #[arg(long, value_name = "FILE")]
    typst: Option<PathBuf>,
}

impl Options {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<()> {
        let asked = AskMemo {
            run: self.run,
            transcript: self.transcript,
            audience: self.audience,
            policy: self.policy,
        };
        let memo = measure::memo(&global.ctx()?, &asked).await?;
        if let Some(path) = &self.html {
            files::create(path, server::memo_page(&memo)?.as_bytes(), Access::Private)?;
        }
        if let Some(path) = &self.typst {
            files::create(path, server::memo_typst(&memo).as_bytes(), Access::Private)?;
        }
        show(global.json, &memo, |memo| text(memo, self.html.as_ref(), self.typst.as_ref()))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Mark {
    /// The run.
    #[arg(long)]
    run: RunId,
    /// A sample, counted from 1, and why; repeat.
    #[arg(long = "sample", value_name = "SAMPLE=REASON", required = true, value_parser = measure::read_mark)]
    samples: Vec<(u32, Line)>,
}

impl Mark {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<()> {
        let marks = self.samples.into_iter().collect();
        let stated = measure::mark(&global.ctx()?, &self.run, marks, global.request()).await?;
        done(global.json, &stated)
    }
}

fn text(memo: &Memo, html: Option<&PathBuf>, typst: Option<&PathBuf>) -> String {
    let mut text =
        format!("{}\n{}\nThis is evidence; a person determines.\n", memo.verdict, memo.claim);
    for ledger in memo.ledgers.iter().flatten() {
        let (ability, low, high) = ledger.ability;
        text += &format!(
            "  {:<28} {:<12} {} solved, {} failed, {} marked; ability {ability:.2} ({low:.2} to {high:.2})\n",
            ledger.name, ledger.verdict, ledger.passed, ledger.failed, ledger.marked
        );
    }
    if !memo.withheld.is_empty() {
        text += &format!("withheld from `{}`: {}\n", memo.audience, memo.withheld.join(", "));
    }
    if let Some(path) = html {
        text += &format!("page   {}\n", path.display());
    }
    if let Some(path) = typst {
        text += &format!("typst  {0}; for the PDF: typst compile {0}\n", path.display());
    }
    text
}
