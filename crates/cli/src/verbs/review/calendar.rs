//! The release calendar of a lab, with what-if.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::show;
use anyhow::Context;
use domain::{CaseId, Line, Timestamp};
use operations::act::Ctx;
use operations::files::{self, Access};
use operations::review::{self, Plan};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Calendar {
    /// Try a plan in this case; nothing is stated.
    #[arg(long, value_name = "CASE", requires = "partner_release")]
    what_if: Option<CaseId>,
    /// The planned release to other trusted partners, in that plan.
    #[arg(long, value_name = "TIME", requires = "what_if")]
    partner_release: Option<Timestamp>,
    /// Days of the window before it, at most 30.
    #[arg(long, default_value_t = 30)]
    window_days: u64,
    /// Days of red-teaming before the window.
    #[arg(long, default_value_t = 0)]
    red_team_days: u64,
    /// A stage of the rollout and its days after the partner release, such as `ten percent=7`; repeat.
    #[arg(long = "stage", value_name = "NAME=DAYS", value_parser = stage)]
    stages: Vec<(Line, u64)>,
    /// Also write what lies ahead as an iCalendar file, with alarms a week and a day before.
    #[arg(long, value_name = "FILE")]
    ics: Option<PathBuf>,
}

impl Calendar {
    pub(super) async fn run(self, global: &Global, ctx: &Ctx) -> anyhow::Result<Exit> {
        let plan = match (self.what_if, self.partner_release) {
            (Some(case), Some(partner_release)) => Some(Plan {
                case,
                partner_release,
                window_days: self.window_days,
                red_team_days: self.red_team_days,
                stages: self.stages,
            }),
            _ => None,
        };
        let now = ctx.clock.now();
        let (entries, remarks) = review::calendar(ctx, plan.as_ref()).await?;
        if let Some(path) = &self.ics {
            let text = review::ics(&entries, now);
            files::write(path, text.as_bytes(), Access::Shared)
                .with_context(|| format!("writing `{}`", path.display()))?;
        }
        let json = serde_json::json!({ "clocks": entries, "remarks": remarks });
        show(global.json, &json, |_| review::calendar_text(&entries, &remarks, now))?;
        Ok(Exit::Done)
    }
}

/// What begins or ends soon.
pub(super) async fn due(global: &Global, ctx: &Ctx, days: u64) -> anyhow::Result<Exit> {
    let entries = review::near(ctx, days).await?;
    let now = ctx.clock.now();
    show(global.json, &entries, |entries| review::near_text(entries, days, now))?;
    Ok(if entries.is_empty() { Exit::Done } else { Exit::No })
}

fn stage(text: &str) -> Result<(Line, u64), String> {
    let (name, days) = text.split_once('=').ok_or("write `NAME=DAYS`, such as `all=30`")?;
    let days = days.parse().map_err(|_| format!("`{days}` is not a number of days"))?;
    Ok((name.parse::<Line>().map_err(|e| e.to_string())?, days))
}
