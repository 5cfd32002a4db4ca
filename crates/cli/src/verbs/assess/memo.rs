//! The determination memo in its forms.

use super::pdf;
use crate::context::Global;
use crate::output::{done, show};
use anyhow::bail;
use domain::{Line, RunId};
use measurement::{AskMemo, Memo};
use operations::files::{self, Access};
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
    /// Write it as PDF (0600), with the program `typst` (0.13 or later) of this machine.
    #[arg(long, value_name = "FILE")]
    pdf: Option<PathBuf>,
    /// Write what the sandbox attested (0600), to be attached to a determination.
    #[arg(long, value_name = "FILE")]
    containment: Option<PathBuf>,
}

impl Options {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<()> {
        let asked = AskMemo {
            run: self.run.clone(),
            transcript: self.transcript.clone(),
            audience: self.audience.clone(),
            policy: self.policy.clone(),
        };
        let memo = measurement::memo(&global.ctx()?, &asked).await?;
        if let Some(path) = &self.html {
            files::create(path, server::memo_page(&memo)?.as_bytes(), Access::Private)?;
        }
        if let Some(path) = &self.typst {
            files::create(path, server::memo_typst(&memo).as_bytes(), Access::Private)?;
        }
        if let Some(path) = &self.pdf {
            pdf::compile(&server::memo_typst(&memo), path).await?;
        }
        if let Some(path) = &self.containment {
            if memo.containment.is_none() {
                bail!("the containment is withheld from `{}`, or was not attested", memo.audience);
            }
            let bytes = measurement::attestation(&self.transcript)?.unwrap_or_default();
            files::create(path, &bytes, Access::Private)?;
        }
        show(global.json, &memo, |memo| text(memo) + &self.written())
    }

    /// Which files were written, and what to do with them.
    fn written(&self) -> String {
        let mut text = String::new();
        let named = [
            ("page", &self.html),
            ("pdf", &self.pdf),
            ("typst", &self.typst),
            ("containment", &self.containment),
        ];
        for (name, path) in named {
            if let Some(path) = path {
                text += &format!("{name:<12} {}\n", path.display());
            }
        }
        if let Some(path) = self.typst.as_ref().filter(|_| self.pdf.is_none()) {
            text += &format!("for the PDF: typst compile {}\n", path.display());
        }
        text
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Mark {
    /// The run.
    #[arg(long)]
    run: RunId,
    /// A sample, counted from 1, and why; repeat.
    #[arg(long = "sample", value_name = "SAMPLE=REASON", required = true, value_parser = measurement::read_mark)]
    samples: Vec<(u32, Line)>,
}

impl Mark {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<()> {
        let marks = self.samples.into_iter().collect();
        let stated = measurement::mark(&global.ctx()?, &self.run, marks, global.request()).await?;
        done(global.json, &stated)
    }
}

fn text(memo: &Memo) -> String {
    let mut text =
        format!("{}\n{}\nThis is evidence; a person determines.\n", memo.verdict, memo.claim);
    for ledger in memo.ledgers.iter().flatten() {
        let (ability, low, high) = ledger.ability;
        text += &format!(
            "  {:<28} {:<12} {} solved, {} failed, {} marked; ability {ability:.2} ({low:.2} to {high:.2})\n",
            ledger.name, ledger.verdict, ledger.passed, ledger.failed, ledger.marked
        );
    }
    for sign in memo.signs.iter().flatten() {
        text += &super::import::sign(sign);
    }
    if !memo.withheld.is_empty() {
        text += &format!("withheld from `{}`: {}\n", memo.audience, memo.withheld.join(", "));
    }
    text
}
