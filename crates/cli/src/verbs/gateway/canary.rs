//! Canaries for grants, and marks for copies of a text.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::show;
use domain::{GrantId, PartyId};
use operations::files;
use operations::gate;
use std::path::PathBuf;

/// Largest text that is marked.
const TEXT: u64 = 16 << 20;

#[derive(Debug, clap::Args)]
pub(super) struct Canary {
    /// Whose canaries.
    #[arg(long)]
    grant: GrantId,
}

#[derive(Debug, clap::Args)]
pub(super) struct Mark {
    /// The text, UTF-8.
    file: PathBuf,
    /// A recipient; repeat.
    #[arg(long = "to", required = true)]
    to: Vec<PartyId>,
    /// A folder for one copy for each recipient.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct Whose {
    /// The copy that turned up.
    file: PathBuf,
    /// A party it may have been for; repeat. Everyone in the roots of trust if not given.
    #[arg(long = "to")]
    to: Vec<PartyId>,
}

impl Canary {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let canaries = gate::canaries(&global.ctx()?, &self.grant)?;
        show(global.json, &canaries, |canaries| {
            canaries.iter().map(|c| c.text.as_str()).collect::<Vec<_>>().join("\n")
        })?;
        Ok(Exit::Done)
    }
}

impl Mark {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let ctx = global.ctx()?;
        let text = files::read_text(&self.file, TEXT)?;
        let name = self.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut marked = Vec::new();
        for to in &self.to {
            let copy = gate::mark(&ctx, &text, to)?;
            let path = self.out.join(format!("{to}-{name}"));
            files::write(&path, copy.text.as_bytes(), files::Access::Shared)?;
            marked.push(copy);
        }
        show(global.json, &marked, |marked| {
            let lines = marked.iter().map(|copy| format!("{}: {}", copy.to, copy.mark));
            lines.collect::<Vec<_>>().join("\n")
        })?;
        Ok(Exit::Done)
    }
}

impl Whose {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let ctx = global.ctx()?;
        let text = files::read_text(&self.file, TEXT)?;
        let known = || ctx.trust.parties().map(|p| p.party.id.clone()).collect();
        let parties: Vec<_> = if self.to.is_empty() { known() } else { self.to };
        let found = gate::whose(&ctx, &text, &parties)?;
        show(global.json, &found, |found| match found {
            Some(party) => format!("the copy of {party}"),
            None => "no mark of theirs: it is nobody's copy, or the text was changed".to_owned(),
        })?;
        Ok(if found.is_some() { Exit::Done } else { Exit::No })
    }
}
