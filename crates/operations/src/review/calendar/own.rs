//! A developer's own plans around its windows: red-teaming before, stages of the rollout after. A file of its home, which
//! nobody signs and nobody else reads.
//!
//! ```toml
//! version = 1
//!
//! [[plan]]
//! case = "case-1"
//! red-team-days = 14          # before the window
//! window-days = 30            # before the planned partner release, which is the case's
//! [[plan.stage]]
//! name = "ten percent"
//! days = 7                    # after the planned partner release
//! ```

use domain::{CaseId, Line};
use serde::Deserialize;

/// Most bytes of a file of plans.
pub const PLANS_LIMIT: u64 = 64 << 10;
/// Most plans in a file, and most stages of one.
const MOST: usize = 256;
/// Most days of anything: ten years.
const DAYS: u64 = 3_660;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlansFile {
    version: u64,
    #[serde(default)]
    plan: Vec<Own>,
}

/// What goes before and after one case's window.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Own {
    /// The case.
    pub case: CaseId,
    /// Days of red-teaming before the window.
    #[serde(default)]
    pub red_team_days: u64,
    /// Days of the window before the planned partner release.
    #[serde(default = "longest")]
    pub window_days: u64,
    /// Stages of the rollout after it.
    #[serde(default, rename = "stage")]
    pub stages: Vec<Stage>,
}

/// A stage of the rollout.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// What people call it.
    pub name: Line,
    /// Days after the planned partner release.
    pub days: u64,
}

const fn longest() -> u64 {
    super::LONGEST
}

/// Reads a file of plans.
///
/// # Errors
/// What is wrong, and where.
pub fn parse_plans(text: &str) -> Result<Vec<Own>, String> {
    let file: PlansFile = toml::from_str(text).map_err(|error| error.to_string())?;
    if file.version != 1 {
        return Err(format!("version {} is not known here; write `version = 1`", file.version));
    }
    if file.plan.len() > MOST {
        return Err(format!("{} plans; at most {MOST} fit in one file", file.plan.len()));
    }
    let mut seen = std::collections::BTreeSet::new();
    for plan in &file.plan {
        let case = &plan.case;
        if !seen.insert(case) {
            return Err(format!("there are two plans for `{case}`; one is enough"));
        }
        if plan.stages.len() > MOST {
            return Err(format!("the plan for `{case}` has more than {MOST} stages"));
        }
        if plan.window_days > super::LONGEST {
            let (given, most) = (plan.window_days, super::LONGEST);
            return Err(format!(
                "the plan for `{case}` has a window of {given} days; the order allows {most}"
            ));
        }
        let days = plan.stages.iter().map(|stage| stage.days).chain([plan.red_team_days]);
        if let Some(given) = days.into_iter().find(|days| *days > DAYS) {
            return Err(format!(
                "the plan for `{case}` has {given} days; at most {DAYS} are taken"
            ));
        }
    }
    Ok(file.plan)
}
