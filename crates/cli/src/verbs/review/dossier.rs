//! Dossiers: everything of a case that a party can read, and checking one.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::show;
use domain::CaseId;
use operations::act::Ctx;
use operations::{audit, home, review};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Make {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// The folder to write; it must not be there yet. It opens what was sealed to this party.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Make {
    pub(super) async fn run(self, global: &Global, ctx: &Ctx) -> anyhow::Result<Exit> {
        let dossier = review::dossier(ctx, &self.case).await?;
        let page = server::dossier_page(&dossier)?;
        let written = dossier.write(&page, &self.out)?;
        show(global.json, &written, |w| {
            format!(
                "{}: {} statements; {} about some review can't be read here and are left out\n  manifest  {}\n  check     vestibule review check-dossier {} --trust trust.toml",
                w.folder.join("index.html").display(),
                w.statements,
                w.left_out,
                w.manifest,
                w.folder.display()
            )
        })?;
        Ok(Exit::Done)
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// The dossier's folder.
    folder: PathBuf,
    /// The roots of trust.
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
    /// A copy of the log: who joined through it, and what it says of keys, counts.
    #[arg(long, value_name = "DIR")]
    log: Option<PathBuf>,
}

impl Check {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let mut trust = home::read_trust(&self.trust)?;
        if let Some(log) = &self.log {
            trust = audit::learn(&trust, log)?;
        }
        let checked = review::check_dossier(&self.folder, &trust)?;
        show(global.json, &checked, |c| {
            let mut text = String::new();
            for fault in &c.faults {
                text += &format!("wrong: {fault}\n");
            }
            let grade = c.grade.as_deref().unwrap_or("none");
            let verdict = if c.sound { "sound" } else { "not sound" };
            text + &format!(
                "{verdict}: case {} as {} can read it; {} statements verified, grade {grade}; {} left out; {} uses one by one\n  manifest  {}",
                c.case, c.party, c.verified, c.left_out, c.uses, c.manifest
            )
        })?;
        Ok(if checked.sound { Exit::Done } else { Exit::No })
    }
}
