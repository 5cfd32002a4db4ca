//! The clocks of all cases in one list, and what a plan would add. Nothing in it is a condition for a release.

mod own;

pub use own::{Own, PLANS_LIMIT, parse_plans};

use super::{ReviewError, reviews, view_of};
use crate::act::Ctx;
use crate::files;
use access::{Basis, CaseView, GrantView, Refusal};
use advisory::icalendar::{Calendar, instant};
use domain::{CaseId, Digest, Line, Span, Timestamp};
use serde::Serialize;
use std::fmt::Write as _;

/// The longest span of a window, in days (EO 14409 §3(b)(ii)).
const LONGEST: u64 = 30;

/// One clock.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// The case.
    pub case: CaseId,
    /// What happens then.
    pub what: String,
    /// Why it is there.
    pub rests_on: RestsOn,
    /// It lies behind.
    pub passed: bool,
}

/// What an entry rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestsOn {
    /// What is signed and in the log.
    Signed,
    /// The developer's own plan, which nobody signed.
    OwnPlan,
    /// A plan that is being tried.
    WhatIf,
}

/// A plan to try: when the developer would release to partners, and what goes before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The case it is about.
    pub case: CaseId,
    /// The planned release to other trusted partners.
    pub partner_release: Timestamp,
    /// Days of the window before it.
    pub window_days: u64,
    /// Days of red-teaming before the window.
    pub red_team_days: u64,
    /// Stages after it, with days from the partner release.
    pub stages: Vec<(Line, u64)>,
}

/// Every clock of the views, of the developer's own plans and of one to try, soonest first; and what the plans would surprise
/// their maker with.
fn entries(
    views: &[CaseView],
    owns: &[Own],
    plan: Option<&Plan>,
    now: Timestamp,
) -> (Vec<Entry>, Vec<String>) {
    let mut all = Vec::new();
    let mut add = |case: &CaseId, at: Timestamp, what: String, rests_on| {
        all.push(Entry { at, case: case.clone(), what, rests_on, passed: at <= now });
    };
    for view in views {
        clocks(view, &mut |at, what| add(&view.case, at, what, RestsOn::Signed));
    }
    let mut remarks = Vec::new();
    if let Some(plan) = plan {
        let (tested_from, window_from) = plan.begins();
        let mut suppose = |at, what: String| add(&plan.case, at, what, RestsOn::WhatIf);
        if plan.red_team_days > 0 {
            suppose(tested_from, "red-teaming begins".to_owned());
        }
        suppose(window_from, "first access of government".to_owned());
        suppose(plan.partner_release, "window ends; release to partners".to_owned());
        for (stage, days) in &plan.stages {
            let at = plan.partner_release.after(Span::days(*days));
            suppose(at, format!("rollout: {stage}"));
        }
        let view = views.iter().find(|view| view.case == plan.case);
        remarks = remarks_of(plan, view, (tested_from, window_from), now);
    }
    let tried = |own: &&Own| plan.is_none_or(|plan| plan.case != own.case);
    for own in owns.iter().filter(tried) {
        match views.iter().find(|view| view.case == own.case) {
            Some(view) => planned(own, view, now, &mut all, &mut remarks),
            None => remarks
                .push(format!("{}: there is a plan, and this party knows no such case", own.case)),
        }
    }
    all.sort();
    (all, remarks)
}

impl Plan {
    /// When red-teaming begins, and when the window does.
    fn begins(&self) -> (Timestamp, Timestamp) {
        let window_from = self.partner_release.before(Span::days(self.window_days));
        (window_from.before(Span::days(self.red_team_days)), window_from)
    }
}

/// The developer's own plan around the partner release that the case has. Where no window is open yet, it is told what would
/// be too late.
fn planned(
    own: &Own,
    view: &CaseView,
    now: Timestamp,
    all: &mut Vec<Entry>,
    remarks: &mut Vec<String>,
) {
    let plan = Plan {
        case: own.case.clone(),
        partner_release: view.planned_partner_release_at,
        window_days: own.window_days,
        red_team_days: own.red_team_days,
        stages: own.stages.iter().map(|stage| (stage.name.clone(), stage.days)).collect(),
    };
    let (mut tested_from, window_from) = plan.begins();
    if let Some(first) = view.windows.iter().map(|window| window.first_access_at).min() {
        tested_from = first.before(Span::days(own.red_team_days));
    }
    let mut add = |at, what: String| {
        let (case, rests_on) = (own.case.clone(), RestsOn::OwnPlan);
        all.push(Entry { at, case, what, rests_on, passed: at <= now });
    };
    if own.red_team_days > 0 {
        add(tested_from, "red-teaming begins".to_owned());
    }
    if view.windows.is_empty() {
        add(window_from, "first access of government".to_owned());
        let told = remarks_of(&plan, Some(view), (tested_from, window_from), now);
        remarks.extend(told.into_iter().map(|remark| format!("{}: {remark}", own.case)));
    }
    for (stage, days) in &plan.stages {
        add(plan.partner_release.after(Span::days(*days)), format!("rollout: {stage}"));
    }
}

fn clocks(view: &CaseView, add: &mut dyn FnMut(Timestamp, String)) {
    add(view.planned_partner_release_at, "planned release to partners".to_owned());
    if view.state == "withdrawn" {
        return; // nothing of it ends any more: it has ended
    }
    let goes_on = |window: &&access::WindowView| window.closed.is_none() && !window.withdrawn;
    for window in view.windows.iter().filter(goes_on) {
        add(window.first_access_at, format!("window {} begins", window.window));
        add(window.ends_at, format!("window {} ends", window.window));
    }
    for standing in view.standings.iter().filter(|standing| stands(view, standing)) {
        if let Some(until) = standing.until {
            add(until, format!("standing of {} expires", standing.party));
        }
    }
    for grant in view.grants.iter().filter(|grant| is_issued(grant)) {
        let basis = match &grant.basis {
            Basis::Window(_) => "evaluator",
            Basis::Partner(_) => "partner",
            Basis::Defender(_) => "defender",
        };
        add(
            grant.ends_at,
            format!("grant {} of a person of {} ({basis}) ends", grant.grant, grant.party),
        );
    }
}

fn is_issued(grant: &GrantView) -> bool {
    let over = grant.stopped.as_ref().is_some_and(Refusal::is_for_ever);
    grant.approvers.is_some() && !over
}

/// Nobody ended a standing, nor all access of its organisation.
fn stands(view: &CaseView, standing: &access::AdmissionView) -> bool {
    standing.revoked_by.is_none() && !view.removed.contains(&standing.party)
}

fn remarks_of(
    plan: &Plan,
    view: Option<&CaseView>,
    (tested_from, window_from): (Timestamp, Timestamp),
    now: Timestamp,
) -> Vec<String> {
    let mut remarks = Vec::new();
    if plan.window_days > LONGEST {
        remarks.push(format!(
            "a window of {} days is longer than the {LONGEST} that the order allows; it can't be opened",
            plan.window_days
        ));
    }
    if window_from < now {
        let left = plan.partner_release.since(now).as_days();
        remarks.push(format!("the window would have begun already: {left} days of it are left"));
    } else if plan.red_team_days > 0 && tested_from < now {
        let left = window_from.since(now).as_days();
        remarks.push(format!("red-teaming would have begun already: {left} days of it are left"));
    }
    let Some(view) = view else {
        remarks.push("this party knows no such case; what follows is the plan alone".to_owned());
        return remarks;
    };
    if view.terms.is_none() {
        remarks.push("no terms are signed yet, and a window needs terms".to_owned());
    }
    for window in
        view.windows.iter().filter(|w| w.closed.is_none() && !w.withdrawn && w.ends_at > now)
    {
        let (end, plan) = (window.ends_at, plan.partner_release);
        if plan < end {
            let days = end.since(plan).as_days();
            let id = &window.window;
            remarks.push(format!("window {id} would end with this plan, {days} days earlier"));
        }
    }
    for standing in view.standings.iter().filter(|standing| stands(view, standing)) {
        if let Some(until) = standing.until
            && until <= plan.partner_release
        {
            let party = &standing.party;
            remarks.push(format!("the standing of {party} expires before the partner release"));
        }
    }
    remarks
}

/// The clocks of one case that lie ahead, soonest first.
pub(super) fn clocks_of(view: &CaseView, owns: &[Own], now: Timestamp) -> Vec<Entry> {
    let (mut entries, _) = entries(std::slice::from_ref(view), owns, None, now);
    entries.retain(|entry| !entry.passed);
    entries
}

/// The clocks of every case that this party can read.
///
/// # Errors
/// The log can't be brought up to date.
pub async fn calendar(
    ctx: &Ctx,
    plan: Option<&Plan>,
) -> Result<(Vec<Entry>, Vec<String>), ReviewError> {
    let known = ctx.known().await?;
    let (reviews, _) = reviews(&known, &known.trust);
    let now = ctx.clock.now();
    let views: Vec<_> =
        reviews.cases().filter_map(|case| view_of(&reviews, case.id(), now).ok()).collect();
    Ok(entries(&views, &own_plans(ctx)?, plan, now))
}

/// The plans of this home's file `plans.toml`, if it has one.
pub(super) fn own_plans(ctx: &Ctx) -> Result<Vec<Own>, ReviewError> {
    let path = ctx.home.folder().join("plans.toml");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = files::read_text(&path, PLANS_LIMIT)?;
    parse_plans(&text).map_err(|reason| ReviewError::Plans { path, reason })
}

/// The clocks that end or begin within so many days from now, soonest first. What lies behind is not told again.
///
/// # Errors
/// The log can't be brought up to date.
pub async fn near(ctx: &Ctx, days: u64) -> Result<Vec<Entry>, ReviewError> {
    let (entries, _) = calendar(ctx, None).await?;
    Ok(within(entries, days, ctx.clock.now()))
}

fn within(entries: Vec<Entry>, days: u64, now: Timestamp) -> Vec<Entry> {
    let until = now.after(Span::days(days));
    entries.into_iter().filter(|entry| !entry.passed && entry.at <= until).collect()
}

/// The notice as people read it, in a mail or on a terminal.
pub fn near_text(entries: &[Entry], days: u64, now: Timestamp) -> String {
    if entries.is_empty() {
        return format!("no clock of a review ends or begins within {days} days");
    }
    let mut text = String::new();
    for entry in entries {
        let left = entry.at.since(now);
        let left = match left.as_days() {
            0 => format!("in {} h", left.as_micros() / 3_600_000_000),
            left => format!("in {left} d"),
        };
        let Entry { at, case, what, .. } = entry;
        let _ = writeln!(text, "{left:>8}  {at}  {case}: {what}");
    }
    text + "A notice, not a gate: nothing here waits for anybody."
}

/// The clocks that lie ahead as an iCalendar file (RFC 5545). One event keeps its id while its time moves.
pub fn ics(entries: &[Entry], now: Timestamp) -> String {
    let mut out = Calendar::begin("-//Vestibule//review//EN");
    for entry in entries.iter().filter(|entry| !entry.passed) {
        let id = Digest::of(format!("{} {}", entry.case, entry.what).as_bytes());
        let doubt = match entry.rests_on {
            RestsOn::WhatIf => " (what if)",
            RestsOn::OwnPlan => " (own plan)",
            RestsOn::Signed => "",
        };
        out.line("BEGIN", "VEVENT")
            .line("UID", &format!("{id}@review"))
            .line("DTSTAMP", &instant(&now))
            .line("DTSTART", &instant(&entry.at))
            .text("SUMMARY", &format!("{}: {}{doubt}", entry.case, entry.what))
            .line("TRANSP", "TRANSPARENT");
        for trigger in ["-P7D", "-P1D"] {
            out.line("BEGIN", "VALARM")
                .line("ACTION", "DISPLAY")
                .line("TRIGGER", trigger)
                .line("DESCRIPTION", "a clock of a review nears")
                .line("END", "VALARM");
        }
        out.line("END", "VEVENT");
    }
    out.end()
}

/// The list as people read it.
pub fn calendar_text(entries: &[Entry], remarks: &[String], now: Timestamp) -> String {
    let mut text = String::new();
    for entry in entries {
        let mark = match entry.rests_on {
            RestsOn::WhatIf => "?",
            RestsOn::OwnPlan => "~",
            RestsOn::Signed => " ",
        };
        let distance = if entry.passed {
            "passed".to_owned()
        } else {
            format!("in {} d", entry.at.since(now).as_days())
        };
        let Entry { at, case, what, .. } = entry;
        let _ = writeln!(text, "{mark} {} {distance:>8}  {case:<16} {what}", at.date());
    }
    for remark in remarks {
        let _ = writeln!(text, "! {remark}");
    }
    text + "A calendar, not a gate: release when you choose; a window ends with your plan."
}

#[cfg(test)]
mod tests;
