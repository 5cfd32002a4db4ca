//! A trusted partner and a defender.

use super::{CASE, MODEL};
use crate::tour::stage::Tour;
use anyhow::Context;
use domain::{Span, Timestamp};

/// Selects a partner, admits a defender and gives it a grant.
pub(super) fn run(tour: &mut Tour) -> anyhow::Result<Option<String>> {
    let plan: Timestamp = serde_json::from_value(tour.earlier("inquiry-plan")?.clone())?;
    let expires = plan.after(Span::days(90)).to_string();
    partner(tour, &expires)?;
    defender(tour, plan, &expires)?;
    Ok(None)
}

fn partner(tour: &mut Tour, expires: &str) -> anyhow::Result<()> {
    let criteria = tour.arg("inputs/partner-criteria.txt");
    tour.act(
        "nominated",
        "government",
        "nominates a trusted partner by neutral criteria",
        &[
            "review",
            "nominate",
            "--case",
            CASE,
            "--nomination",
            "partner-1",
            "--nominee",
            "partner",
            "--model",
            MODEL,
            "--criteria",
            &criteria,
            "--reason",
            "maintains software that public bodies run",
            "--expires",
            expires,
        ],
    )?;
    tour.pair(
        "selected",
        ("government", "developer"),
        "the partner is selected by both sides",
        &["review", "select", "--case", CASE, "--nomination", "partner-1"],
    )?;
    Ok(())
}

fn defender(tour: &mut Tour, plan: Timestamp, expires: &str) -> anyhow::Result<()> {
    tour.act(
        "applied",
        "defender",
        "a water utility applies for access to defend its own systems",
        &[
            "review",
            "apply",
            "--case",
            CASE,
            "--application",
            "defender-1",
            "--organisation",
            "Example Rural Water Utility",
            "--sector",
            "water",
            "--system",
            "treatment plant portal",
            "--model",
            MODEL,
            "--developer",
            "developer",
        ],
    )?;
    tour.pair(
        "admitted",
        ("government", "developer"),
        "the defender is admitted by both sides",
        &["review", "admit", "--case", CASE, "--application", "defender-1", "--expires", expires],
    )?;
    // the defender can't read the case; the terms' digest comes from those who can
    let case = tour.ask("developer", &["review", "show", "--case", CASE], &[])?;
    let terms = case["terms"]["digest"].as_str().context("the case has terms")?.to_owned();
    let person = "defender-operator-1";
    tour.act(
        "acknowledged",
        "defender",
        "defender-operator-1 has read the terms and keeps them",
        &["review", "acknowledge", "--case", CASE, "--person", person, "--terms", &terms],
    )?;
    let (starts, ends) = (plan.to_string(), plan.after(Span::days(30)).to_string());
    let credential = tour.home("defender").join("credential").display().to_string();
    tour.act(
        "requested",
        "defender",
        "asks for a grant from the partner release on",
        &[
            "review",
            "request-grant",
            "--case",
            CASE,
            "--grant",
            "grant-2",
            "--basis",
            "defender:defender-1",
            "--model",
            MODEL,
            "--person",
            person,
            "--requested-by",
            "defender-manager",
            "--credential",
            &credential,
            "--tokens",
            "100000",
            "--starts",
            &starts,
            "--ends",
            &ends,
            "--purpose",
            "defend the treatment plant portal",
            "--terms",
            &terms,
        ],
    )?;
    tour.pair(
        "issued",
        ("developer", "government"),
        "the defender's grant is issued; it begins with the plan",
        &[
            "review",
            "issue-grant",
            "--case",
            CASE,
            "--grant",
            "grant-2",
            "--developer-approver",
            "developer-security-lead",
            "--government-approver",
            "government-access-officer",
        ],
    )?;
    Ok(())
}
