//! An evidence package: collected, handed over, answered by a person, sealed, released by two, verified alone.

use crate::tour::process;
use crate::tour::stage::{Tour, words};
use serde_json::{Value, json};

/// A drill: the withdrawal that was just seen, as if somebody had gone on using the model.
pub(super) fn run(tour: &mut Tour) -> anyhow::Result<Option<String>> {
    let folder = tour.arg("evidence");
    tour.act(
        "drafted",
        "clearinghouse",
        "drafts a package; nothing is ever referred by itself",
        &words(
            "referral draft --package drill-1 --title {} --summary {} --out {}",
            &[
                "A drill: use after a withdrawal was tried and refused",
                "An agent asked the model once more after the developer had withdrawn access. It was refused.",
                &folder,
            ],
        ),
    )?;
    collect(tour, &folder)?;
    let handed = words(
        "referral transfer {} --item withdrawal.json --to developer --person developer-custodian --reason {}",
        &[&folder, "the developer keeps the original"],
    );
    tour.pair(
        "custody",
        ("clearinghouse", "developer"),
        "an item changes hands; giver and receiver sign",
        &handed,
    )?;
    let seal = words("referral seal {} --person clearinghouse-analyst", &[&folder]);
    answered(tour, &folder)?;
    tour.act("sealed", "clearinghouse", "seals it", &seal)?;
    let release = |second: &str| {
        words(
            "referral release {} --person clearinghouse-head --second {} --to investigator",
            &[&folder, second],
        )
    };
    let alone = release("clearinghouse-head");
    tour.refused("alone", "clearinghouse", "tries to release it alone", &alone)?;
    let two = release("clearinghouse-counsel");
    tour.act("released", "clearinghouse", "releases it: one named person and a second", &two)?;
    verify(tour, &folder)?;
    Ok(None)
}

/// Two items: the developer's statement and the public checkpoint.
fn collect(tour: &mut Tour, folder: &str) -> anyhow::Result<()> {
    let note = "The use log shows one request after the withdrawal. It was refused; nothing was forwarded.\n";
    let note = tour.write("inputs/incident.txt", note)?;
    let shown = tour.once("shown", |tour| {
        tour.ask("developer", &words("review show --case case-1", &[]), &[])
    })?;
    let shown = tour.write("inputs/withdrawal.json", &format!("{shown:#}\n"))?;
    for (key, file, what) in [
        ("item-note", &note, "an incident note"),
        ("item-case", &shown, "the case as the developer's home shows it"),
    ] {
        tour.once(key, |tour| {
            let started = process::now();
            let verb = words(
                "referral add {} {} --description {} --collected-by clearinghouse-analyst --where {} --tool {}",
                &[folder, file, what, "this machine", "vestibule tour"],
            );
            let item = tour.run("clearinghouse", &verb)?;
            // a tour that was killed after the copy finds the item in its place
            if item.code != 0 && !item.complaint().contains("already") {
                anyhow::bail!("{}", item.complaint());
            }
            tour.show.tick(&format!("collects {what}, with two digests"), "clearinghouse", None, started.elapsed());
            Ok(Value::Null)
        })?;
    }
    Ok(())
}

/// What a person answers: what speaks for the people concerned, good faith, the elements of an offence.
fn answered(tour: &mut Tour, folder: &str) -> anyhow::Result<()> {
    let screen = operations::referral::screen()?;
    let factors: Vec<_> = screen
        .factors
        .iter()
        .map(|f| json!({ "factor": *f.id, "answer": "unknown", "basis": "it is a drill; nobody was asked" }))
        .collect();
    let offences: Vec<_> = screen
        .offences
        .iter()
        .take(1)
        .map(|o| {
            let elements: Vec<_> = o
                .elements
                .iter()
                .map(|e| json!({ "element": *e.id, "answer": "not known: it is a drill", "items": [] }))
                .collect();
            json!({ "offence": *o.id, "elements": elements })
        })
        .collect();
    let at = tour.instant("answered-at", |now| now)?;
    let answers = json!({
        "exculpatory": {
            "looked_at": "the use log, the grant and the terms",
            "found": [{ "what": "The request was made with a credential that was good a minute before; no data was given.", "items": [] }],
        },
        "good_faith": { "answers": factors, "by": "clearinghouse-analyst", "at": at },
        "offences": offences,
    });
    let answers = tour.write("inputs/answers.json", &format!("{answers:#}\n"))?;
    tour.once("answered", |tour| {
        let started = process::now();
        tour.ask("clearinghouse", &words("referral answer {} {}", &[folder, &answers]), &[])?;
        let what = "a person answers: what speaks for those concerned, good faith, elements";
        tour.show.tick(what, "clearinghouse", None, started.elapsed());
        Ok(Value::Null)
    })?;
    Ok(())
}

/// The investigator has the folder and public keys, nothing else.
fn verify(tour: &mut Tour, folder: &str) -> anyhow::Result<()> {
    let trust = tour.arg("trust.toml");
    let verify = words("referral verify {} --trust {}", &[folder, &trust]);
    let started = process::now();
    let verified = tour.plain(&verify)?.json()?;
    let checks = verified["checks"].as_array().map_or(0, Vec::len);
    tour.show.tick(
        "verifies the package offline, with public keys alone",
        "investigator",
        None,
        started.elapsed(),
    );
    tour.show.note(&format!(
        "{checks} checks good; good-faith screen: {}",
        verified["good_faith"].as_str().unwrap_or_default()
    ));
    Ok(())
}
