//! Findings from report to advisory.

mod intake;
mod run;

use crate::context::Global;
use crate::exit::Exit;
use crate::output::{done, show};
use anyhow::bail;
use domain::{FindingId, Line, PartyId, PersonId, Timestamp};
use operations::act::Ctx;
use operations::finding::{act, shared};
use std::path::PathBuf;

/// Findings: report, validate on two builds, draft, send, answer, fix, publish.
///
/// The software drafts; a named person sends. A finding is believed when its proof runs on the
/// vulnerable build and not on the fixed one, and a benign input works on both.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Report findings: our JSON, or results of a SARIF 2.1.0 log.
    Report(Box<intake::Report>),
    /// Clearinghouse: say that a finding arrived.
    Receive(Id),
    /// Clearinghouse: run the proof on two builds in the sandbox, and state the verdict.
    ///
    /// Files named `*.c` are built with `cc` inside the sandbox; others are programs. The program gets its
    /// input as a file: `@@` in its arguments is the file's path, as with AFL; without `@@` the input
    /// comes on standard input. A crash signal is the effect; the benign control must end with code 0.
    /// Exit code 1 when the finding is not confirmed.
    Validate(run::Validate),
    /// List the findings that this party can read, and what it has heard of others.
    List,
    /// Show one finding.
    Show {
        /// The finding.
        #[arg(long)]
        finding: FindingId,
    },
    /// Clearinghouse: list pairs that share a digest, or confirm that two findings are one flaw.
    Duplicate {
        /// One finding.
        #[arg(long, requires = "of")]
        finding: Option<FindingId>,
        /// The other.
        #[arg(long, requires = "finding")]
        of: Option<FindingId>,
        /// Who compared them, when they share no digest.
        #[arg(long, requires = "why")]
        person: Option<PersonId>,
        /// Why they are one flaw.
        #[arg(long, requires = "person")]
        why: Option<Line>,
    },
    /// Clearinghouse: write a draft to the maintainer. Nothing is sent.
    Draft {
        /// The finding.
        #[arg(long)]
        finding: FindingId,
        /// The maintainer.
        #[arg(long)]
        maintainer: PartyId,
        /// Where to write the draft.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Clearinghouse: a named person says that they sent the latest draft.
    Sent {
        /// The finding.
        #[arg(long)]
        finding: FindingId,
        /// Who sent it.
        #[arg(long)]
        person: PersonId,
        /// Over which channel.
        #[arg(long, default_value = "encrypted mail")]
        channel: Line,
        /// What was sent; compared with the latest draft, byte for byte.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// When; now if not given.
        #[arg(long, value_name = "TIME")]
        at: Option<Timestamp>,
    },
    /// Maintainer, or the clearinghouse that has the answer: the maintainer answered.
    Acknowledge {
        #[command(flatten)]
        id: Id,
        /// A party that may read this too, such as the finder; repeat.
        #[arg(long = "copy", value_name = "PARTY")]
        copied: Vec<PartyId>,
    },
    /// Maintainer, or the clearinghouse that saw it: a fix can be had.
    Fixed {
        #[command(flatten)]
        id: Id,
        /// The commit's id, as its repository writes it. Its SHA-256 is stated.
        #[arg(long)]
        commit: String,
        /// The first fixed version.
        #[arg(long)]
        version: Line,
        /// A party that may read this too, such as the finder; repeat.
        #[arg(long = "copy", value_name = "PARTY")]
        copied: Vec<PartyId>,
    },
    /// Maintainer: say how many reports you take in any seven days. 0: none for now.
    Pace {
        /// How many.
        #[arg(long, value_name = "N")]
        per_week: u32,
    },
    /// Clearinghouse: write the advisory as CSAF 2.0 and OSV, and state both digests to everyone.
    Publish(Box<run::Publish>),
    /// Clearinghouse: say that a flaw is being exploited.
    Exploited {
        #[command(flatten)]
        id: Id,
        /// How it is known.
        #[arg(long)]
        source: Line,
    },
    /// Clearinghouse: say that a coordinator was brought in, because the maintainer is silent.
    Engage {
        #[command(flatten)]
        id: Id,
        /// Which coordinator.
        #[arg(long)]
        coordinator: Line,
    },
    /// Clearinghouse: extend the disclosure date, once.
    Extend {
        /// The finding.
        #[arg(long)]
        finding: FindingId,
        /// Why.
        #[arg(long)]
        reason: Line,
    },
    /// Reporter: take a finding back that was not sent yet.
    Withdraw {
        /// The finding.
        #[arg(long)]
        finding: FindingId,
        /// Why.
        #[arg(long)]
        reason: Line,
    },
}

/// A finding, and when something happened to it.
#[derive(Debug, clap::Args)]
pub(crate) struct Id {
    /// The finding.
    #[arg(long)]
    finding: FindingId,
    /// When; now if not given.
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

impl Verb {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let ctx = global.ctx()?;
        let request = global.request();
        let stated = match self {
            Self::Report(verb) => return verb.run(global, &ctx).await,
            Self::Validate(verb) => return verb.run(global, &ctx).await,
            Self::Publish(verb) => return verb.run(global, &ctx).await,
            Self::List => return list(global, &ctx).await,
            Self::Show { finding } => {
                let view = operations::finding::show(&ctx, &finding).await?;
                show(global.json, &view, operations::finding::FindingView::text)?;
                return Ok(Exit::Done);
            }
            Self::Duplicate { finding: Some(finding), of: Some(of), person, why } => {
                act::duplicate(&ctx, finding, of, person.zip(why), request).await?
            }
            Self::Duplicate { person: Some(_), .. } => {
                bail!("name the two findings with --finding and --of")
            }
            Self::Duplicate { .. } => return candidates(global, &ctx).await,
            Self::Receive(id) => act::receive(&ctx, id.finding, id.at, request).await?,
            Self::Draft { finding, maintainer, out } => {
                let stated = act::draft(&ctx, finding, maintainer, &out, request).await?;
                if !global.json {
                    show(false, &out, |out| {
                        let out = out.display();
                        format!("drafted: {out}. Nothing was sent: a person reads it and sends it.")
                    })?;
                }
                stated
            }
            Self::Sent { finding, person, channel, file, at } => {
                let sent = act::Sent { finding, person, channel, at };
                act::sent(&ctx, sent, file.as_deref(), request).await?
            }
            Self::Acknowledge { id, copied } => {
                let copied = copied.into_iter().collect();
                act::acknowledge(&ctx, id.finding, id.at, &copied, request).await?
            }
            Self::Fixed { id, commit, version, copied } => {
                let fixed = act::Fixed { finding: id.finding, commit, version, at: id.at };
                act::fixed(&ctx, fixed, &copied.into_iter().collect(), request).await?
            }
            Self::Pace { per_week } => act::pace(&ctx, per_week, request).await?,
            Self::Exploited { id, source } => {
                act::exploited(&ctx, id.finding, source, id.at, request).await?
            }
            Self::Engage { id, coordinator } => {
                act::engage(&ctx, id.finding, coordinator, id.at, request).await?
            }
            Self::Extend { finding, reason } => act::extend(&ctx, finding, reason, request).await?,
            Self::Withdraw { finding, reason } => {
                act::withdraw(&ctx, finding, reason, request).await?
            }
        };
        done(global.json, &stated)?;
        Ok(Exit::Done)
    }
}

async fn list(global: &Global, ctx: &Ctx) -> anyhow::Result<Exit> {
    let (findings, heard) = operations::finding::list(ctx).await?;
    let json = serde_json::json!({ "findings": findings, "heard": heard });
    show(global.json, &json, |_| {
        let mut text = String::new();
        for f in &findings {
            let believed = if f.believed { "believed" } else { "" };
            text += &format!("{:<22} {:<15} {:<8} {}\n", f.finding, f.stage, believed, f.title);
        }
        for h in &heard {
            let finding = h.finding.as_ref().map_or("", FindingId::as_str);
            let advisory = h.advisory.as_deref().unwrap_or("");
            text += &format!("{finding:<22} heard from {}: {} {advisory}\n", h.by, h.kind);
        }
        text + &format!("{} findings", findings.len())
    })?;
    Ok(Exit::Done)
}

async fn candidates(global: &Global, ctx: &Ctx) -> anyhow::Result<Exit> {
    let candidates = act::candidates(ctx).await?;
    let json: Vec<_> = candidates
        .iter()
        .map(|c| serde_json::json!({ "finding": c.finding, "of": c.of, "share": shared(c) }))
        .collect();
    show(global.json, &json, |_| {
        let mut text = String::new();
        for c in &candidates {
            text += &format!("{} may be {}: they have {}\n", c.finding, c.of, shared(c));
        }
        text + &format!("{} pairs share a digest", candidates.len())
    })?;
    Ok(Exit::Done)
}
