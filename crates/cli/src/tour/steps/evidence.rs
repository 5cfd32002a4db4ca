//! An evidence package about two requests that the gateway refused.

use crate::tour::inputs::ANSWERS;
use crate::tour::process;
use crate::tour::stage::{Tour, copy, words};
use anyhow::{Context, bail};
use operations::ctx::{Clock, SystemClock};
use operations::files::Access;
use serde_json::Value;

/// The package's folder.
const FOLDER: &str = "evidence";
/// The manifest as it was before anything was stated about it.
const BEFORE: &str = "run/evidence-manifest.json";

/// From draft to what an investigator verifies with the package alone.
pub(super) fn run(tour: &mut Tour) -> anyhow::Result<Option<String>> {
    tour.once("drafted", draft)?;
    let folder = tour.arg(FOLDER);
    if tour.journal.act(&tour.key("custody-offered")).is_none() {
        // an offer that was cut short has changed the manifest already
        copy(&tour.path(BEFORE), &tour.path(FOLDER).join("manifest.json"), Access::Private)?;
    }
    tour.pair(
        "custody",
        ("developer", "clearinghouse"),
        "an item is handed over; both holders sign",
        &words(
            "referral transfer {} --item refused.txt --to clearinghouse \
             --person clearinghouse-coordinator-1 --reason {}",
            &[&folder, "to compare with other reports"],
        ),
    )?;
    tour.act(
        "sealed",
        "developer",
        "seals the package: items, hashes, custody, what speaks for them",
        &words("referral seal {} --person developer-security-lead", &[&folder]),
    )?;
    tour.refused(
        "alone",
        "developer",
        "tries to release it with one person alone",
        &words(
            "referral release {} --person developer-counsel --second developer-counsel \
             --to investigator",
            &[&folder],
        ),
    )?;
    tour.act(
        "released",
        "developer",
        "releases it: a named person, and a second",
        &words(
            "referral release {} --person developer-counsel --second developer-security-lead \
             --to investigator",
            &[&folder],
        ),
    )?;
    tour.act(
        "received",
        "investigator",
        "has it",
        &words("referral receive {} --person investigator-1", &[&folder]),
    )?;
    tour.once("verified", verify)?;
    Ok(None)
}

/// Collects the evidence; begins anew when it was cut short, since nothing is stated yet.
fn draft(tour: &mut Tour) -> anyhow::Result<Value> {
    let started = process::now();
    let folder = tour.path(FOLDER);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    let (stranger, late) = (tour.earlier("use-stranger")?, tour.earlier("withdrawal-refused")?);
    let said = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let refused = format!("{}\n{}\n", said(stranger), said(late));
    let refused = tour.write("run/refused.txt", &refused)?;
    let (shown, uses) = (tour.arg(FOLDER), tour.home("developer").join("uses.log"));
    let summary = "A credential that nobody granted, and one whose grant had ended, were tried at the gateway.";
    tour.ask(
        "developer",
        &words(
            "referral draft --package package-1 --title {} --summary {} --out {}",
            &["Two refused requests", summary, &shown],
        ),
        &[],
    )?;
    for (file, name, what) in [
        (uses.display().to_string(), "uses.log", "the gateway's record of uses"),
        (refused, "refused.txt", "what the gateway answered to the two requests"),
    ] {
        tour.ask(
            "developer",
            &words(
                "referral add {} {} --name {} --description {} --collected-by \
                 developer-security-lead --where {} --tool {}",
                &[&shown, &file, name, what, "the gateway's host", "vestibule"],
            ),
            &[],
        )?;
    }
    let answers = ANSWERS.replace("{now}", &SystemClock.now().to_string());
    let answers = tour.write("inputs/answers.json", &answers)?;
    tour.ask("developer", &words("referral answer {} {}", &[&shown, &answers]), &[])?;
    copy(&folder.join("manifest.json"), &tour.path(BEFORE), Access::Private)?;
    let what = "collects evidence; a person answers what speaks for those concerned";
    tour.show.tick(what, "developer", None, started.elapsed());
    Ok(Value::Null)
}

fn verify(tour: &mut Tour) -> anyhow::Result<Value> {
    let started = process::now();
    // no home and no node: the package and public keys
    let (folder, trust) = (tour.arg(FOLDER), tour.arg("trust.toml"));
    let answer = tour.plain(&words("referral verify {} --trust {}", &[&folder, &trust]))?;
    let found = answer.json()?;
    if found["good"] != true {
        bail!("the package does not verify: {}", found["checks"]);
    }
    let checks = found["checks"].as_array().map_or(0, Vec::len);
    let what = format!("verifies the package offline: {checks} checks");
    tour.show.tick(&what, "investigator", None, started.elapsed());
    for line in found["exculpatory"].as_array().into_iter().flatten().take(3) {
        tour.show.note(line.as_str().unwrap_or_default());
    }
    tour.show.note(&format!("screen: {}", found["good_faith"].as_str().unwrap_or_default()));
    Ok(checks.into())
}
