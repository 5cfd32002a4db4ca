//! Obligations with deadlines.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::{done, show};
use directives::{ClockId, Directives, Obligation, ObligationId};
use domain::{Digest, Line, Timestamp};
use operations::ctx::{Clock, SystemClock};
use operations::directive;
use std::path::PathBuf;

/// Obligations with deadlines, from cited rule packs.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// List obligations, most pressing first. Without a home, the rules alone.
    List {
        /// As of when; now if not given.
        #[arg(long, value_name = "TIME")]
        as_of: Option<Timestamp>,
        /// Only this pack: order-14409, bod-26-04, disclosure, eu, circia, forensic-triage.
        #[arg(long)]
        pack: Option<String>,
    },
    /// Explain one: rule, citation, start, arithmetic.
    Why {
        /// The obligation's id as listed.
        id: ObligationId,
        /// As of when; now if not given.
        #[arg(long, value_name = "TIME")]
        as_of: Option<Timestamp>,
    },
    /// State that something happened from which rules of a pack run.
    Start {
        /// A new id for the clock: one incident, one vulnerability on one system.
        #[arg(long)]
        clock: ClockId,
        /// The pack.
        #[arg(long)]
        pack: Line,
        /// Which start of the pack.
        #[arg(long)]
        start: Line,
        /// When it happened.
        #[arg(long, value_name = "TIME")]
        at: Timestamp,
        /// What it is about.
        #[arg(long)]
        subject: Line,
    },
    /// State that this party met an obligation. The evidence stays here; its SHA-256 is stated.
    Met {
        /// The obligation.
        id: ObligationId,
        /// When it was met; now if not given.
        #[arg(long, value_name = "TIME")]
        at: Option<Timestamp>,
        /// The evidence.
        #[arg(long, value_name = "FILE")]
        evidence: PathBuf,
        /// What the evidence is.
        #[arg(long)]
        note: Line,
    },
}

impl Verb {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        match self {
            Self::List { as_of, pack } => list(global, as_of, pack.as_deref()).await,
            Self::Why { id, as_of } => why(global, &id, as_of).await,
            Self::Start { clock, pack, start, at, subject } => {
                let ctx = global.ctx()?;
                let by = ctx.home.id().clone();
                let make = |d: &Directives, now| {
                    d.start_clock((by, clock), (pack, start), at, subject, now)
                };
                done(global.json, &directive::state(&ctx, make, global.request()).await?)?;
                Ok(Exit::Done)
            }
            Self::Met { id, at, evidence, note } => {
                let ctx = global.ctx()?;
                let by = ctx.home.id().clone();
                let digest = Digest::of(&operations::files::read(&evidence, 256 << 20)?);
                let at = at.unwrap_or_else(|| ctx.clock.now());
                let make = |d: &Directives, now| d.meet(id, by, at, (digest, note), now);
                done(global.json, &directive::state(&ctx, make, global.request()).await?)?;
                Ok(Exit::Done)
            }
        }
    }
}

/// The rules alone where there is no home; else with what this party can read.
async fn known(global: &Global) -> anyhow::Result<(Directives, Option<domain::PartyId>)> {
    if global.folder().join("party.toml").exists() {
        let ctx = global.ctx()?;
        return Ok((directive::known(&ctx).await?, Some(ctx.home.id().clone())));
    }
    Ok((directive::rules_alone()?, None))
}

async fn list(
    global: &Global,
    as_of: Option<Timestamp>,
    pack: Option<&str>,
) -> anyhow::Result<Exit> {
    let now = as_of.unwrap_or_else(|| SystemClock.now());
    let (directives, party) = known(global).await?;
    let mut all = directive::list(&directives, party.as_ref(), now);
    all.retain(|o| pack.is_none_or(|p| o.id.rule.pack() == p));
    let words = operations::rules::vocabulary("en")?;
    show(global.json, &all, |all| {
        let mut text = String::new();
        for o in all {
            let due = o.due.map_or_else(|| "no date".to_owned(), |d| format!("due {}", d.date()));
            let standing = words.word(o.standing.word());
            text += &format!("{:<34} {:<16} {:<16} {}\n", o.id.to_string(), due, standing, o.duty);
        }
        text + &format!("{} obligations as of {}", all.len(), now.date())
    })?;
    let overdue = |o: &Obligation| o.standing == directives::Standing::Overdue;
    Ok(if party.is_some() && all.iter().any(overdue) { Exit::No } else { Exit::Done })
}

async fn why(global: &Global, id: &ObligationId, as_of: Option<Timestamp>) -> anyhow::Result<Exit> {
    let now = as_of.unwrap_or_else(|| SystemClock.now());
    let (directives, party) = known(global).await?;
    let why = directive::why(&directives, id, party.as_ref(), now)?;
    show(global.json, &why, |why| why.to_string())?;
    Ok(Exit::Done)
}
