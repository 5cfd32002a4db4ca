//! Statements that wait for signatures.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::{done, show};
use domain::Digest;
use operations::act::Done;
use operations::draft::{self, Listed};

/// Statements that wait for signatures.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// List what waits at the node; with a home, also what its rules refuse by now.
    List,
    /// Read one, as far as this party may.
    Show {
        /// Its id.
        id: Digest,
    },
    /// Sign one that another party offered. It is read and judged by this party's own rules first.
    Sign {
        /// Its id.
        id: Digest,
    },
    /// Log one of this party's own that all others have signed.
    Issue {
        /// Its id.
        id: Digest,
    },
}

impl Verb {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        match self {
            Self::List => show(global.json, &listed(global).await?, |drafts| list(drafts))?,
            Self::Show { id } => {
                let view = draft::read(&global.ctx()?, &id).await?;
                show(global.json, &view, |v| {
                    let mut text = format!("{} by {}\n", v.draft.kind, v.draft.issuer);
                    for field in &v.says {
                        text += &format!("  {:<26} {}\n", field.name, field.value);
                    }
                    for (name, words) in &v.about {
                        text += &format!("    {name:<24} {words}\n");
                    }
                    text + &v.verdict
                })?;
            }
            Self::Sign { id } => done(global.json, &draft::sign(&global.ctx()?, &id).await?)?,
            Self::Issue { id } => {
                let issued = draft::issue(&global.ctx()?, &id, global.request()).await?;
                done(global.json, &issued)?;
                if matches!(issued, Done::Waiting(_)) {
                    return Ok(Exit::No);
                }
            }
        }
        Ok(Exit::Done)
    }
}

/// What waits; who has no home has no rules to ask.
async fn listed(global: &Global) -> anyhow::Result<Vec<Listed>> {
    if global.folder().exists() {
        return Ok(draft::list(&global.ctx()?).await?);
    }
    let drafts = global.reach()?.drafts().await?;
    Ok(drafts.into_iter().map(|draft| Listed { draft, refused: None }).collect())
}

fn list(drafts: &[Listed]) -> String {
    let mut text = String::new();
    for Listed { draft: d, refused } in drafts {
        let waits = d.waits_for();
        text += &format!("{}  {:<18} by {:<16} waits for {waits}\n", d.id, d.kind, d.issuer);
        if let Some(why) = refused {
            text += &format!("    the rules refuse it: {why}\n");
        }
    }
    let refused = drafts.iter().filter(|listed| listed.refused.is_some()).count();
    match (drafts.len(), refused) {
        (all, 0) => text + &format!("{all} drafts wait"),
        (all, refused) => {
            text + &format!(
                "{all} drafts wait, {refused} of which the rules refuse as things stand: nobody needs to sign those"
            )
        }
    }
}
