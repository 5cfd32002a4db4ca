//! Reporting.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::show;
use domain::{ClaimId, FindingId, GrantId, Line, Timestamp};
use operations::act::{Ctx, Done};
use operations::finding::AiUse;
use operations::finding::intake::{self, Intake};
use std::path::PathBuf;

/// The part a model had.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum AiUseArg {
    None,
    Assisted,
    Autonomous,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Report {
    /// A finding as JSON (`vestibule-finding/1`), or a SARIF 2.1.0 log.
    file: PathBuf,
    /// Which result of a SARIF log, counted from 1; repeat. Each becomes a finding.
    #[arg(long = "sarif", value_name = "N")]
    results: Vec<usize>,
    /// The proof of vulnerability. It stays here; its SHA-256 is stated.
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,
    /// A benign input that must work on both builds. It stays here; its SHA-256 is stated.
    #[arg(long, value_name = "FILE")]
    control: Option<PathBuf>,
    /// For SARIF: what it is about, a package URL without version, or a name.
    #[arg(long)]
    target: Option<Line>,
    /// Which revision was looked at.
    #[arg(long)]
    revision: Option<Line>,
    /// An affected version or `vers:` range; repeat. When nobody names one, all count as affected.
    #[arg(long)]
    affected: Vec<Line>,
    /// For SARIF: how the finder wants to be named; this party's name if not given.
    #[arg(long)]
    credit: Option<Line>,
    /// For SARIF: the part a model had; none if not given.
    #[arg(long)]
    ai_use: Option<AiUseArg>,
    /// For SARIF: when it was discovered; now if not given.
    #[arg(long, value_name = "TIME")]
    discovered: Option<Timestamp>,
    /// A new id; derived from this party and the report if not given.
    #[arg(long)]
    finding: Option<FindingId>,
    /// The scan claim it came from.
    #[arg(long)]
    claim: Option<ClaimId>,
    /// The grant under which a model was used.
    #[arg(long)]
    grant: Option<GrantId>,
}

impl Report {
    pub(super) async fn run(self, global: &Global, ctx: &Ctx) -> anyhow::Result<Exit> {
        let intake = Intake {
            path: self.file,
            results: self.results,
            target: self.target,
            affected: self.affected,
            credit: self.credit,
            ai_use: self.ai_use.map(|used| match used {
                AiUseArg::None => AiUse::None,
                AiUseArg::Assisted => AiUse::Assisted,
                AiUseArg::Autonomous => AiUse::Autonomous,
            }),
            discovered_at: self.discovered,
            revision: self.revision,
            proof: self.proof,
            control: self.control,
            finding: self.finding,
            claim: self.claim,
            grant: self.grant,
        };
        let reported = intake::report(ctx, &intake, global.request()).await?;
        show(global.json, &reported, |all| {
            let mut text = String::new();
            for r in all {
                let place = match &r.done {
                    Done::Logged { index, .. } => format!("statement {index}"),
                    Done::Waiting(_) => "waits".to_owned(),
                    Done::Carried { file, .. } => format!("signed in {}", file.display()),
                };
                text += &format!("reported: {}, {place}\n", r.finding);
                for (of, what) in &r.same {
                    text += &format!("  {of} has {what}; the clearinghouse will compare them\n");
                }
            }
            text
        })?;
        Ok(Exit::Done)
    }
}
