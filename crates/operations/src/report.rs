//! The public report: counts from a party's own fold, small ones withheld so that they can't be recovered.
//!
//! No name is in it, and no finding. Each fact is counted in one table only, since tables that cut the same
//! facts differently can give withheld counts away; for the same reason, publish rarely.

use crate::act::Ctx;
use crate::finding::{self, FindingError};
use crate::notice::{self, NoticeError};
use crate::review::{self, ReviewError};
use clearinghouse::{Cell, Finding, Stage, SuppressedTable, suppressed};
use domain::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Findings.
    #[error(transparent)]
    Finding(#[from] FindingError),
    /// Reviews.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// Notices.
    #[error(transparent)]
    Notice(#[from] NoticeError),
}

/// One table.
#[derive(Debug, Clone, Serialize)]
pub struct Table {
    /// A stable name.
    pub name: &'static str,
    /// What is counted.
    pub title: &'static str,
    /// The counts that may be published.
    #[serde(flatten)]
    pub counts: SuppressedTable<String>,
}

/// The report.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The day it speaks of.
    pub as_of: String,
    /// Counts from 1 to one less are withheld.
    pub withheld_below: u64,
    /// The tables.
    pub tables: Vec<Table>,
    /// How to read it.
    pub note: &'static str,
}

const NOTE: &str = "Counted by one party from the statements it can read. Withheld counts can't be computed \
                    from the rest. Nothing here is a licence, a preclearance or a permit.";

/// Makes the report. `below` replaces the shipped threshold; less than 3 counts as 3.
///
/// # Errors
/// The log can't be brought up to date, or a rule file.
pub async fn report(ctx: &Ctx, below: Option<u64>) -> Result<Report, ReportError> {
    let shipped = finding::policy::suppress_below().map_err(FindingError::from)?;
    let below = below.unwrap_or(shipped).max(3);
    let now = ctx.clock.now();
    let findings = finding::known(ctx).await?;
    let mut tables = vec![
        Table {
            name: "findings",
            title: "Flaws by stage; duplicates count once",
            counts: suppressed(&stages(&findings.house), below),
        },
        Table {
            name: "scan-claims",
            title: "Scan claims",
            counts: suppressed(&claims(&findings.house, now), below),
        },
    ];
    tables.extend(reviews(&review::list(ctx).await?, below));
    let notices = notice::list(ctx).await?;
    tables.push(Table {
        name: "notices",
        title: "Recipients of notices, by how far they are",
        counts: suppressed(&recipients(&notices), below),
    });
    Ok(Report { as_of: now.date(), withheld_below: below, tables, note: NOTE })
}

/// Every key with zero, so that an empty row is seen to be empty.
fn zeros<'a>(keys: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, u64> {
    keys.into_iter().map(|key| (key.to_owned(), 0)).collect()
}

fn count(counts: &mut BTreeMap<String, u64>, key: &str) {
    *counts.entry(key.to_owned()).or_default() += 1;
}

fn stages(house: &clearinghouse::Clearinghouse) -> BTreeMap<String, u64> {
    let mut counts = zeros(Stage::ALL.iter().map(|(_, name)| *name));
    let speaks = |f: &&Finding| house.head(&f.report.finding) == &f.report.finding;
    house.findings().filter(speaks).for_each(|f| count(&mut counts, &f.stage.to_string()));
    counts
}

fn claims(house: &clearinghouse::Clearinghouse, now: Timestamp) -> BTreeMap<String, u64> {
    let mut counts = zeros(["held", "given back", "expired"]);
    for claim in house.claims() {
        let key = match (claim.holds(now), &claim.released) {
            (true, _) => "held",
            (false, Some(_)) => "given back",
            (false, None) => "expired",
        };
        count(&mut counts, key);
    }
    counts
}

fn reviews(views: &[access::CaseView], below: u64) -> [Table; 4] {
    let mut cases = BTreeMap::new();
    let mut determinations =
        zeros(["covered", "not covered", "undetermined", "no longer standing"]);
    let mut windows = zeros(["live", "not live"]);
    let mut grants = zeros(["usable", "not usable"]);
    for view in views {
        count(&mut cases, view.state);
        for d in view.models.iter().flat_map(|m| &m.determinations) {
            let standing = d.superseded_by.is_none() && !d.withdrawn;
            let key = match d.outcome {
                _ if !standing => "no longer standing",
                access::Outcome::Covered => "covered",
                access::Outcome::NotCovered => "not covered",
                access::Outcome::Undetermined => "undetermined",
            };
            count(&mut determinations, key);
        }
        for w in &view.windows {
            count(&mut windows, if w.live { "live" } else { "not live" });
        }
        for g in &view.grants {
            count(&mut grants, if g.stopped.is_none() { "usable" } else { "not usable" });
        }
    }
    let table = |name, title, counts: &BTreeMap<String, u64>| Table {
        name,
        title,
        counts: suppressed(counts, below),
    };
    [
        table("reviews", "Reviews of models, by state", &cases),
        table("determinations", "Determinations, by what was determined", &determinations),
        table("windows", "Windows of access", &windows),
        table("grants", "Grants to named persons", &grants),
    ]
}

fn recipients(notices: &[notice::NoticeView]) -> BTreeMap<String, u64> {
    let mut counts = zeros(["not yet readable", "readable", "read", "closed"]);
    let mut add = |key: &str, n: usize| {
        let n = u64::try_from(n).unwrap_or(u64::MAX);
        let cell = counts.entry(key.to_owned()).or_default();
        *cell = cell.saturating_add(n);
    };
    for c in notices.iter().map(|n| &n.counts) {
        add("not yet readable", c.told.saturating_sub(c.opened));
        add("readable", c.opened.saturating_sub(c.acknowledged.max(c.closed)));
        add("read", c.acknowledged.saturating_sub(c.closed));
        add("closed", c.closed);
    }
    counts
}

impl Report {
    /// The report for a terminal or a text file.
    pub fn text(&self) -> String {
        let cell = |c: &Cell| match c {
            Cell::Count(n) => n.to_string(),
            Cell::Suppressed => "withheld".to_owned(),
        };
        let mut text = format!(
            "Public report as of {}. Counts from 1 to {} are withheld, and what would give them away.\n",
            self.as_of,
            self.withheld_below - 1
        );
        for table in &self.tables {
            text += &format!("\n{}\n", table.title);
            for (key, n) in &table.counts.cells {
                text += &format!("  {key:<22} {:>10}\n", cell(n));
            }
            text += &format!("  {:<22} {:>10}\n", "total", cell(&table.counts.total));
        }
        text + &format!("\n{}\n", self.note)
    }
}

#[cfg(test)]
mod tests;
