//! Lead times of a wave.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::show;
use anyhow::Context;
use operations::files::{self, Access};
use operations::notice::{LeadModel, LeadRing, Leads};
use std::path::PathBuf;

/// How long before everybody each ring should know.
///
/// Exposure spared by patching early is held against the risk that one of the early readers talks. All numbers are
/// assumptions of whoever gives them; change them and look where the answer turns.
#[derive(Debug, clap::Args)]
pub(crate) struct Plan {
    /// A ring: `NAME:READERS:SYSTEMS:HALF-LIFE-DAYS:SHARE`. The share is its part of the longest lead, 0 for those told
    /// with everybody.
    #[arg(long = "ring", value_name = "RING", value_parser = ring, default_values = [
        "maintainer:5:0:7:1", "distributors:40:0:7:0.7", "exposed critical:300:2000:7:0.3", "everybody:0:20000:43:0",
    ])]
    rings: Vec<LeadRing>,
    /// Probability that one reader leaks on one day.
    #[arg(long, default_value_t = 0.0002)]
    leak: f64,
    /// Days from the public hour, or from a leak, until attackers use the flaw.
    #[arg(long, default_value_t = 1.0)]
    weapon: f64,
    /// Days until a leak is noticed, and everybody is told.
    #[arg(long, default_value_t = 2.0)]
    noticed: f64,
    /// Days from the public hour up to which exposure counts.
    #[arg(long, default_value_t = 180.0)]
    horizon: f64,
    /// The longest lead that is tried, in days.
    #[arg(long, default_value_t = 30)]
    most: u32,
    /// Also draw it.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl Plan {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let Self { rings, leak, weapon, noticed, horizon, most, svg } = self;
        let leads = LeadModel { rings, leak, weapon, noticed, horizon }.leads(most)?;
        if let Some(path) = &svg {
            files::write(path, leads.svg().as_bytes(), Access::Shared)?;
        }
        show(global.json, &leads, Leads::text)?;
        Ok(Exit::Done)
    }
}

fn ring(text: &str) -> anyhow::Result<LeadRing> {
    let parts: Vec<_> = text.split(':').collect();
    let [name, readers, systems, half_life, share] = parts.as_slice() else {
        anyhow::bail!("`{text}`: write NAME:READERS:SYSTEMS:HALF-LIFE-DAYS:SHARE");
    };
    let wrong = |what: &str| format!("`{text}`: the {what} is no number");
    Ok(LeadRing {
        name: (*name).to_owned(),
        readers: readers.parse().with_context(|| wrong("count of readers"))?,
        systems: systems.parse().with_context(|| wrong("count of systems"))?,
        half_life: half_life.parse().with_context(|| wrong("half-life"))?,
        share: share.parse().with_context(|| wrong("share"))?,
    })
}
