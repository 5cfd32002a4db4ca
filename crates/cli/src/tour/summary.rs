//! The end: every receipt collected and verified, the log verified, one screen to read.

use super::process;
use super::stage::{Tour, copy, succeeded, words};
use super::steps::house::PARTIES;
use super::steps::mirrors;
use crate::exit::Exit;
use anyhow::Context;
use operations::files::{self, Access};
use serde_json::{Value, json};

/// Collects, verifies, and prints the summary with the log's verification last.
pub(crate) fn show(tour: &mut Tour, json: bool) -> anyhow::Result<Exit> {
    let parties = PARTIES.map(|(party, ..)| party);
    mirrors::settle(tour, &parties)?;
    let receipts = collect(tour)?;
    let (folder, trust, log) = (tour.arg("receipts"), tour.arg("trust.toml"), tour.arg("log"));
    let verb = words("log receipt {} --trust {} --require audited", &[&folder, &trust]);
    let answer = tour.verify(&verb)?;
    let checked = answer.json()?;
    let count = |key: &str| checked[key].as_array().map_or(0, Vec::len);
    let (good, bad) = (count("verified"), count("refused"));
    let verb = words("log verify {} --trust {}", &[&log, &trust]);
    let audit = tour.verify(&verb)?.json()?;
    let sound = audit["sound"] == true;
    let whole = sound && bad == 0 && good == receipts;
    tour.show.end();
    if json {
        let steps: Vec<Value> = super::steps::STEPS
            .iter()
            .map(|s| json!({ "step": s.key, "title": s.title, "ended": tour.journal.step(s.key) }))
            .collect();
        let summary = json!({
            "folder": tour.out, "started_at": tour.journal.started_at(), "steps": steps,
            "receipts": { "verified": good, "refused": bad }, "log": audit, "sound": whole,
        });
        println!("{summary}");
    } else {
        print(tour, good, bad);
        let text = process::run(&tour.binary, &verb)?;
        tour.show.line(&format!("\n$ vestibule {}\n{}", verb.join(" "), text.stdout));
    }
    Ok(if whole { Exit::Done } else { Exit::No })
}

/// Copies every party's receipts into one folder. Returns how many there are.
fn collect(tour: &Tour) -> anyhow::Result<usize> {
    let mut found = 0;
    for (party, ..) in PARTIES {
        for path in files::list(&tour.home(party).join("receipts"), "receipt")? {
            let name = path.file_name().context("a receipt has a name")?.to_string_lossy();
            let to = tour.path(&format!("receipts/{party}.{name}"));
            copy(&path, &to, Access::Shared)?;
            found += 1;
        }
    }
    Ok(found)
}

fn print(tour: &Tour, good: usize, bad: usize) {
    let show = &tour.show;
    show.line("\nSummary");
    for step in super::steps::STEPS {
        let Some(end) = tour.journal.step(step.key) else { continue };
        let mark = if end.left_out.is_some() { "–" } else { "✓" };
        show.line(&format!("  {mark} {:<62} {:>6.1} s", step.title, f64_seconds(end.millis)));
        if let Some(why) = &end.left_out {
            show.line(&format!("    left out here: {why}"));
        }
    }
    let refused = if bad == 0 { String::new() } else { format!(", {bad} REFUSED") };
    show.line(&format!("  {good} receipts verified offline with public keys alone; all three mirrors cosigned each{refused}"));
    show.line(&format!("\nIn {}", tour.out.display()));
    for (name, what) in [
        ("log/", "everything published: checkpoint, tiles, sealed statements"),
        ("receipts/", "what proves each statement, one file each"),
        ("trust.toml", "the public keys that all of it verifies with"),
        ("evaluation/", "the transcript of the measurement"),
        ("memo.html", "the determination memo; memo.typ is its source for a PDF"),
        ("advisory/", "CSAF and OSV"),
        ("evidence/", "the package that anyone can verify"),
        ("report.json", "the public report, small counts suppressed"),
        ("worklist.html", "what to patch first, printable"),
        ("parties/", "the parties' homes, each with its own keys"),
        ("mirrors/", "the mirrors: every entry again, and keys of their own"),
    ] {
        if tour.path(name).exists() {
            show.line(&format!("  {name:<14} {what}"));
        }
    }
}

fn f64_seconds(millis: u64) -> f64 {
    std::time::Duration::from_millis(millis).as_secs_f64()
}

impl Tour {
    /// A verb that checks something; exit code 1 is an answer too.
    fn verify(&self, verb: &[String]) -> anyhow::Result<process::Answer> {
        let mut args = vec!["--json".to_owned()];
        args.extend_from_slice(verb);
        succeeded(verb, process::run(&self.binary, &args)?, &[0, 1])
    }
}
