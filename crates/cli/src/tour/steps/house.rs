//! Homes, roots of trust, the node.

use super::mirrors;
use crate::tour::inputs;
use crate::tour::process::{self, Service};
use crate::tour::stage::{Tour, copy, words};
use anyhow::Context;
use operations::files::Access;
use serde_json::Value;

/// The log's name.
const ORIGIN: &str = "log.example/vestibule-tour";

/// Every party: id, name, roles. Each is invented.
pub(crate) const PARTIES: [(&str, &str, &[&str]); 11] = [
    ("developer", "Example Developer", &["developer"]),
    ("government", "Example Government Office", &["government"]),
    ("determiner", "Example Determining Office", &["determiner"]),
    ("evaluator", "Example Evaluation Institute", &["evaluator", "reporter"]),
    ("clearinghouse", "Example Clearinghouse", &["clearinghouse"]),
    ("partner", "Example Trusted Partner", &["partner", "reporter"]),
    ("maintainer", "Example Maintainer", &["maintainer"]),
    ("operator", "Example County Hospital", &["operator"]),
    ("defender", "Example Rural Water Utility", &["defender", "operator"]),
    ("inspector", "Example Inspector", &["inspector"]),
    ("investigator", "Example Investigator", &["investigator"]),
];

/// Makes everything and starts the node.
pub(super) fn run(tour: &mut Tour) -> anyhow::Result<Option<String>> {
    tour.once("inputs", |tour| inputs::write(tour).map(|()| Value::Null))?;
    tour.once("homes", homes)?;
    tour.once("node", node)?;
    tour.once("mirrors", mirrors::make)?;
    tour.once("trust", trust)?;
    let started = process::now();
    start_node(tour)?;
    tour.show.tick(
        "the node serves the log, and feeds its mirrors",
        "node",
        None,
        started.elapsed(),
    );
    Ok(None)
}

fn homes(tour: &mut Tour) -> anyhow::Result<Value> {
    let started = process::now();
    for (id, name, roles) in PARTIES {
        let home = tour.home(id);
        if home.join("party.toml").exists() {
            continue;
        }
        if home.exists() {
            // cut short while it was made; nobody knows its keys yet
            std::fs::remove_dir_all(&home).with_context(|| home.display().to_string())?;
        }
        let mut verb =
            words("init --party {} --name {} --use-node {}", &[id, name, &tour.arg("node")]);
        verb.extend(roles.iter().flat_map(|&role| words("--role {}", &[role])));
        tour.ask(id, &verb, &[])?;
    }
    let what = format!("{} homes, each with fresh keys of its own", PARTIES.len());
    tour.show.tick(&what, "each party", None, started.elapsed());
    Ok(PARTIES.len().into())
}

/// The node's folder; what it publishes lies in the tour's `log/`, apart from its key and database.
fn node(tour: &mut Tour) -> anyhow::Result<Value> {
    let folder = tour.path("node");
    if !folder.join("log.vkey").exists() {
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
        }
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        std::fs::create_dir_all(tour.path("log"))?;
        std::os::unix::fs::symlink("../log", folder.join("log"))?;
        tour.plain(&words("node init {} --origin {}", &[&tour.arg("node"), ORIGIN]))?;
    }
    Ok(ORIGIN.into())
}

/// Puts the roots of trust together and hands them to everyone, as people would by hand.
fn trust(tour: &mut Tour) -> anyhow::Result<Value> {
    let started = process::now();
    let (log, out) = (tour.arg("node/log.vkey"), tour.arg("trust.toml"));
    let mut verb = words("trust assemble --log {} --out {}", &[&log, &out]);
    for (id, ..) in PARTIES {
        verb.extend(words("--party {}", &[&tour.home(id).display().to_string()]));
    }
    verb.extend(mirrors::named(tour));
    tour.plain(&verb)?;
    let file = tour.path("trust.toml");
    for (id, ..) in PARTIES {
        tour.ask(id, &words("trust sign {}", &[&out]), &[])?;
    }
    let view = tour.plain(&words("trust check {}", &[&out]))?.json()?;
    for (id, ..) in PARTIES {
        copy(&file, &tour.home(id).join("trust.toml"), Access::Shared)?;
    }
    copy(&file, &tour.path("node/trust.toml"), Access::Shared)?;
    tour.show.tick("roots of trust signed by everyone", "by hand", None, started.elapsed());
    Ok(view)
}

/// Starts the mirrors and the node, unless they run.
pub(crate) fn start_node(tour: &mut Tour) -> anyhow::Result<()> {
    mirrors::start(tour)?;
    if tour.node.is_none() {
        let folder = tour.arg("node");
        let args = words("serve --folder {} --listen 127.0.0.1:0", &[&folder]);
        let node = Service::start(&tour.binary, "node", &args, &tour.path("run"))?;
        tour.node = Some(node);
    }
    Ok(())
}

impl Tour {
    /// Ends what runs, in good order.
    pub(crate) fn stop(&mut self) -> anyhow::Result<()> {
        let first = [self.gateway.take(), self.solver.take(), self.node.take()];
        for service in first.into_iter().flatten().chain(self.mirrors.drain(..)) {
            service.stop()?;
        }
        Ok(())
    }
}
