//! Notices to operators.

mod plan;

use crate::context::Global;
use crate::exit::Exit;
use crate::output::{done, show};
use anyhow::Context;
use domain::{AdvisoryId, Line, NoticeId, PartyId, Timestamp};
use operations::feeds;
use operations::notice::{self, Content, Manner, NoticeView, RingPlan, Silent, Taken};
use std::path::PathBuf;

/// Notices that named recipients can read from their hour on.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Clearinghouse: seal a notice for its recipients and state it. Writes one sealed file to hand on.
    Issue {
        /// A new id.
        #[arg(long)]
        notice: NoticeId,
        /// What it says, a text file: what, is it mine, do this, how to check, whom to ring.
        #[arg(long, value_name = "FILE")]
        text: PathBuf,
        /// An advisory that closing is judged by; repeat.
        #[arg(long = "advisory", required_unless_present = "early")]
        advisories: Vec<AdvisoryId>,
        /// What the ring of recipients is called.
        #[arg(long, default_value = "operators")]
        ring: Line,
        /// A recipient; repeat.
        #[arg(long = "to", required = true)]
        to: Vec<PartyId>,
        /// From when they may read: a full hour, such as `2026-12-01T15:00:00Z`.
        #[arg(long, value_name = "TIME")]
        opens: Timestamp,
        /// By when operators should have acted.
        #[arg(long, value_name = "TIME")]
        act_by: Option<Timestamp>,
        /// Give each recipient a sealed copy of their own, with a mark in its text that the log knows.
        #[arg(long)]
        apart: bool,
        /// There is no fix yet: only a time to keep free. Refused when it names the flaw.
        #[arg(long)]
        early: bool,
        /// Where to write the sealed file.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Clearinghouse: state a ring's key once its hour has come.
    Open {
        /// The notice.
        #[arg(long)]
        notice: NoticeId,
        /// Which ring, from 0.
        #[arg(long, default_value_t = 0)]
        ring: u8,
    },
    /// Operator: read a sealed notice, if its hour has come.
    Read {
        /// The notice.
        #[arg(long)]
        notice: NoticeId,
        /// The sealed file.
        file: PathBuf,
    },
    /// Operator: say that you have read it.
    Acknowledge {
        /// The notice.
        #[arg(long)]
        notice: NoticeId,
    },
    /// Operator: close it by a newer inventory that no longer matches. Only digests are stated.
    Close {
        /// The notice.
        #[arg(long)]
        notice: NoticeId,
        /// The sealed file.
        file: PathBuf,
        /// The inventory that matched, and when it was taken: `FILE@TIME`.
        #[arg(long)]
        before: String,
        /// The newer inventory, and when it was taken: `FILE@TIME`.
        #[arg(long)]
        after: String,
        /// A folder with advisories; the shipped facts if not given.
        #[arg(long, value_name = "DIR")]
        feeds: Option<PathBuf>,
    },
    /// Clearinghouse: whom to ask by a second way, such as the telephone: who could read it and at half of the time to
    /// act has not said so.
    Silent {
        /// The notice.
        #[arg(long)]
        notice: NoticeId,
    },
    /// Coordinator: how long before everybody each ring should know, with a picture. Needs no home.
    Plan(plan::Plan),
    /// List notices with their counts. Names never go upstream.
    List,
}

impl Verb {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        if let Self::Plan(plan) = self {
            return plan.run(global);
        }
        let ctx = global.ctx()?;
        let request = global.request();
        match self {
            Self::Issue {
                notice,
                text,
                advisories,
                ring,
                to,
                opens,
                act_by,
                apart,
                early,
                out,
            } => {
                let text = operations::files::read_text(&text, 512 << 10)?;
                let content =
                    Content { notice, text, advisories: advisories.into_iter().collect() };
                let audience = to.into_iter().collect();
                let plan = RingPlan { name: ring, audience, opens_at: opens };
                let plans = (vec![plan], Manner { apart, early });
                let stated = notice::issue(&ctx, &content, plans, act_by, &out, request).await?;
                done(global.json, &stated)?;
            }
            Self::Open { notice, ring } => {
                done(global.json, &notice::open(&ctx, &notice, ring, request).await?)?;
            }
            Self::Read { notice, file } => {
                let content = notice::read(&ctx, &notice, &file).await?;
                show(global.json, &content, |c| c.text.clone())?;
            }
            Self::Acknowledge { notice } => {
                done(global.json, &notice::acknowledge(&ctx, &notice, request).await?)?;
            }
            Self::Close { notice, file, before, after, feeds } => {
                let content = notice::read(&ctx, &notice, &file).await?;
                let feeds = match feeds {
                    Some(folder) => feeds::read(&folder)?,
                    None => feeds::shipped()?,
                };
                let inventories = (&taken(&before)?, &taken(&after)?);
                let stated = notice::close(&ctx, &content, &feeds, inventories, request).await?;
                done(global.json, &stated)?;
            }
            Self::Silent { notice } => {
                let silent = notice::silent(&ctx, &notice).await?;
                show(global.json, &silent, to_ask)?;
            }
            // done above, without a home
            Self::Plan(_) => {}
            Self::List => {
                let views = notice::list(&ctx).await?;
                show(global.json, &views, |views| counts(views))?;
            }
        }
        Ok(Exit::Done)
    }
}

/// Whom to ask by a second way, in words.
fn to_ask(silent: &Silent) -> String {
    let by = silent.act_by.map_or_else(String::new, |at| format!(", act by {at}"));
    let mut text = format!("{}{by}: {} to ask\n", silent.notice, silent.ask.len());
    for party in &silent.ask {
        text += &format!("  {party}\n");
    }
    text
}

/// Every notice with its counts, in words.
fn counts(views: &[NoticeView]) -> String {
    let mut text = String::new();
    for v in views {
        let c = &v.counts;
        text += &format!(
            "{:<20} told {}, could read {}, read {}, closed {}, silent {}\n",
            v.notice, c.told, c.opened, c.acknowledged, c.closed, v.silent
        );
    }
    text + &format!("{} notices", views.len())
}

/// `FILE@TIME`.
fn taken(text: &str) -> anyhow::Result<Taken> {
    let (path, at) = text
        .rsplit_once('@')
        .with_context(|| format!("`{text}`: write the file and when it was taken, as FILE@TIME"))?;
    Ok(Taken { path: PathBuf::from(path), taken_at: at.parse()? })
}
