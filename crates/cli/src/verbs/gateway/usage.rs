//! What grants have used.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::show;
use domain::GrantId;
use operations::files;
use operations::gate::{self, Usages};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Usage {
    /// One grant alone.
    #[arg(long)]
    grant: Option<GrantId>,
    /// Also write it as a page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl Usage {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let ctx = global.ctx()?;
        let usages = gate::usage(&ctx, self.grant.as_ref()).await?;
        if let Some(path) = &self.html {
            files::write(path, server::usage_page(&usages)?.as_bytes(), files::Access::Shared)?;
        }
        show(global.json, &usages, text)?;
        let missing = self.grant.is_some() && usages.grants.is_empty();
        Ok(if missing { Exit::No } else { Exit::Done })
    }
}

fn text(usages: &Usages) -> String {
    let mut text = String::new();
    for g in &usages.grants {
        text += &format!(
            "{} of {} at {}: {} of {} tokens in {} requests; {}\n",
            g.grant,
            g.person,
            g.party,
            g.used_tokens,
            g.budget_tokens,
            g.requests,
            g.why_not.as_ref().map_or_else(
                || format!("{} tokens left", g.left_tokens),
                |why| format!("can't be used: {why}")
            ),
        );
        if g.gateways > 1 {
            text += &format!(
                "  {} gateways serve it; each may have spent more in the last {} s that is not counted here\n",
                g.gateways, usages.stated_within_seconds
            );
        }
        for d in &g.days {
            text += &format!(
                "  {}  {:>8} requests  {:>10} tokens in  {:>10} out  {:>5} minutes\n",
                d.day, d.requests, d.tokens_in, d.tokens_out, d.minutes
            );
        }
    }
    if usages.grants.is_empty() {
        text += "no such grant is known here\n";
    }
    text + &format!("as of {}, from {} statements", usages.as_of, usages.statements)
}
