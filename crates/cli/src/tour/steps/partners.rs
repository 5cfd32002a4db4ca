//! A trusted partner and a defender.

use crate::tour::stage::{Tour, words};
use anyhow::Context;
use domain::{Span, Timestamp};

/// What the utility fills in.
const APPLICATION: &str = r#"case = "case-1"
developer = "developer"
organisation = "Example Rural Water Utility"
sector = "water"
size = "10-49"
handed-in-by = "itself"
tier = "supervised"
owns = ["treatment plant portal"]
reason = "one person looks after the portal beside everything else"
"#;

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
        &words(
            "review nominate --case case-1 --nomination partner-1 --nominee partner \
             --model example-model-2 --criteria {} --reason {} --expires {}",
            &[&criteria, "maintains software that public bodies run", expires],
        ),
    )?;
    tour.pair(
        "selected",
        ("government", "developer"),
        "the partner is selected by both sides",
        &words("review select --case case-1 --nomination partner-1", &[]),
    )?;
    Ok(())
}

fn defender(tour: &mut Tour, plan: Timestamp, expires: &str) -> anyhow::Result<()> {
    let form = tour.write("inputs/application.toml", APPLICATION)?;
    tour.act(
        "applied",
        "defender",
        "a water utility applies for access to defend its own systems",
        &words("defender apply {} --application defender-1", &[&form]),
    )?;
    tour.act(
        "verified",
        "government",
        "somebody rang the utility by the number in a public register",
        &words(
            "defender verify --case case-1 --application defender-1 --method call-back \
             --person government-access-officer",
            &[],
        ),
    )?;
    tour.pair(
        "admitted",
        ("government", "developer"),
        "the defender is admitted by both sides, at a tier",
        &words("defender admit --case case-1 --application defender-1 --expires {}", &[expires]),
    )?;
    // the defender can't read the case; the terms' digest comes from those who can
    let case = tour.ask("developer", &words("review show --case case-1", &[]), &[])?;
    let terms = case["terms"]["digest"].as_str().context("the case has terms")?.to_owned();
    let person = "defender-operator-1";
    tour.act(
        "acknowledged",
        "defender",
        "defender-operator-1 has read the terms and keeps them",
        &words("review acknowledge --case case-1 --person {} --terms {}", &[person, &terms]),
    )?;
    let (starts, ends) = (plan.to_string(), plan.after(Span::days(30)).to_string());
    let credential = tour.home("defender").join("credential").display().to_string();
    tour.act(
        "requested",
        "defender",
        "asks for a grant from the partner release on",
        &words(
            "review request-grant --case case-1 --grant grant-2 \
             --basis defender:defender-1 --model example-model-2 --person {} \
             --requested-by defender-manager --credential {} --tokens 100000 --starts \
             {} --ends {} --purpose {} --terms {}",
            &[person, &credential, &starts, &ends, "defend the treatment plant portal", &terms],
        ),
    )?;
    tour.pair(
        "issued",
        ("developer", "government"),
        "the defender's grant is issued; it begins with the plan",
        &words(
            "review issue-grant --case case-1 --grant grant-2 \
             --developer-approver developer-security-lead \
             --government-approver government-access-officer",
            &[],
        ),
    )?;
    Ok(())
}
