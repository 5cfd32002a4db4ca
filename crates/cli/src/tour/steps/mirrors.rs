//! The mirrors of both main parties and of the inspector: each a process with its own keys that holds every entry and signs
//! for both trees, and the receipts that rest on them.

use crate::tour::process::{self, Service};
use crate::tour::stage::{Tour, words};
use anyhow::Context;
use serde_json::Value;
use std::time::Duration;

/// Whose, how the roots of trust name it, and how the node does.
const MIRRORS: [(&str, &str, &str); 3] = [
    ("developer", "--witness", "main"),
    ("government", "--witness", "main"),
    ("inspector", "--inspector-witness", "inspector"),
];
/// Longest wait until every receipt is cosigned by all of them.
const PATIENCE: Duration = Duration::from_secs(60);

/// Makes the mirrors' folders; each mirrors the tour's log, both of its trees.
pub(super) fn make(tour: &mut Tour) -> anyhow::Result<Value> {
    let started = process::now();
    let log = std::fs::read_to_string(tour.path("node/log.vkey"))?;
    for (party, ..) in MIRRORS {
        let folder = tour.arg(&format!("mirrors/{party}"));
        if tour.path(&format!("mirrors/{party}/logs.toml")).exists() {
            continue;
        }
        if tour.path(&format!("mirrors/{party}")).exists() {
            // cut short while it was made; nobody has its keys yet
            std::fs::remove_dir_all(&folder).with_context(|| folder.clone())?;
        }
        let name = format!("{party}.example/mirror");
        tour.plain(&words("log mirror {} --make {}", &[&folder, &name]))?;
        let mut verb = words("log mirror {}", &[&folder]);
        verb.extend(log.lines().flat_map(|key| words("--watch {}", &[key])));
        tour.plain(&verb)?;
    }
    let what = "three mirrors, each with keys of its own";
    tour.show.tick(what, "main parties, inspector", None, started.elapsed());
    Ok(MIRRORS.len().into())
}

/// The words of `trust assemble` that name them.
pub(super) fn named(tour: &Tour) -> Vec<String> {
    let option = |(party, option, _): (&str, &str, &str)| {
        let file = tour.arg(&format!("mirrors/{party}/cosigner.vkey"));
        [option.to_owned(), format!("{party}={file}")]
    };
    MIRRORS.into_iter().flat_map(option).collect()
}

/// Starts them, unless they run, and tells the node where they listen.
pub(super) fn start(tour: &mut Tour) -> anyhow::Result<()> {
    if !tour.mirrors.is_empty() {
        return Ok(());
    }
    let mut text = String::new();
    for (party, _, standing) in MIRRORS {
        let folder = tour.arg(&format!("mirrors/{party}"));
        let args = words("log mirror {} --listen 127.0.0.1:0", &[&folder]);
        let name = format!("mirror-{party}");
        let service = Service::start(&tour.binary, &name, &args, &tour.path("run"))?;
        let keys = std::fs::read_to_string(tour.path(&format!("mirrors/{party}/cosigner.vkey")))?;
        let keys: Vec<_> = keys.lines().map(|key| format!("\"{key}\"")).collect();
        text += &format!(
            "[[cosigner]]\nurl = \"{}\"\nkind = \"mirror\"\nstanding = \"{standing}\"\nvkeys = [{}]\n\n",
            service.url,
            keys.join(", ")
        );
        tour.mirrors.push(service);
    }
    tour.write("node/witnesses.toml", &text)?;
    Ok(())
}

/// Brings the receipts of these parties up to the best grade, and waits until none could be better.
pub(crate) fn settle(tour: &Tour, parties: &[&str]) -> anyhow::Result<()> {
    let started = process::now();
    for party in parties {
        loop {
            let came = tour.ask(party, &words("log receipt --refresh", &[]), &[])?;
            let waiting = came["waiting"].as_array().map_or(0, Vec::len);
            if waiting == 0 {
                break;
            }
            if started.elapsed() > PATIENCE {
                anyhow::bail!(
                    "{waiting} receipts of {party} are not cosigned by every mirror after {} s",
                    PATIENCE.as_secs()
                );
            }
            process::pause(Duration::from_millis(200));
        }
    }
    Ok(())
}
