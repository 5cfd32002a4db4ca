//! Who may depend on whom. The table is the map of ARCHITECTURE.md; a new arrow means editing it and
//! writing a decision record.

use cargo_metadata::{DependencyKind, Metadata};

const SPECS: &[&str] = &["advisory", "llm", "timestamp", "tlog", "versions"];
const RULES: &[&str] = &[
    "access",
    "assessment",
    "clearinghouse",
    "directives",
    "ledger",
    "referral",
    "remediation",
    "signals",
];

/// Each crate with the crates of ours that it may use.
fn allowed(name: &str) -> Option<Vec<&'static str>> {
    let with_domain = |more: &[&'static str]| [&["domain"], more].concat();
    Some(match name {
        "crypto" | "llm" | "timestamp" | "versions" => vec![],
        // every hash and verification goes through one door
        "tlog" | "domain" => vec!["crypto"],
        "advisory" => vec!["versions"],
        // rules see specs and nouns, never each other
        "ledger" => [&["crypto", "domain"], SPECS].concat(),
        rule if RULES.contains(&rule) => with_domain(SPECS),
        // what a stranger verifies: no clock, no I/O
        "verifier" => with_domain(&["ledger", "tlog"]),
        "verifier-wasm" => vec!["verifier"],
        "store" => with_domain(&["ledger", "tlog"]),
        "sandbox" => vec![],
        "harness" => with_domain(&["assessment", "llm", "sandbox"]),
        "gateway" => with_domain(&["access", "crypto", "llm", "signals"]),
        "operations" => {
            let edges = ["gateway", "harness", "sandbox", "store"];
            [&["domain", "verifier"], SPECS, RULES, &edges].concat()
        }
        "measurement" => [&["domain", "harness", "operations", "sandbox"], SPECS, RULES].concat(),
        "server" => [&["domain", "measurement", "operations", "store"], SPECS, RULES].concat(),
        "cli" => {
            let front = ["measurement", "operations", "server"];
            let edges = ["gateway", "harness", "sandbox", "store"];
            [&["domain"], SPECS, RULES, &edges[..], &front[..]].concat()
        }
        // tests and chores only
        "simulation" => [&["domain", "gateway", "operations", "store"], SPECS, RULES].concat(),
        "replay" => {
            let rest =
                ["gateway", "harness", "measurement", "operations", "sandbox", "store", "verifier"];
            [&["domain"], SPECS, RULES, &rest[..]].concat()
        }
        "xtask" => {
            let rest = ["operations", "sandbox", "server", "simulation", "store", "verifier"];
            [&["domain"], SPECS, RULES, &rest[..]].concat()
        }
        _ => return None,
    })
}

/// Arrows for tests, examples and benches alone.
const ASIDE: &[(&str, &str)] = &[
    // its benches have the allocator that ships, which erases what is freed
    ("gateway", "sandbox"),
];

/// Libraries that only one of our crates may use, with the reason.
const KEPT: &[(&str, &[&str], &str)] = &[
    ("rusqlite", &["store"], "only `store` speaks SQL"),
    ("axum", &["server"], "only `server` speaks our HTTP API"),
    ("askama", &["server"], "only `server` makes HTML"),
    ("utoipa", &["server"], "only `server` makes our JSON"),
    ("seccompiler", &["sandbox"], "only `sandbox` starts processes"),
    ("anyhow", &["cli", "xtask"], "libraries return their own errors"),
];

pub(super) fn check(metadata: &Metadata, faults: &mut Vec<String>) {
    let ours: Vec<_> = metadata.workspace_packages().iter().map(|p| p.name.to_string()).collect();
    for package in metadata.workspace_packages() {
        let name = package.name.as_str();
        let Some(may) = allowed(name) else {
            faults.push(format!("crate `{name}` is not on the map: add it to the arrow table"));
            continue;
        };
        for dependency in &package.dependencies {
            let used = dependency.name.as_str();
            let test_only = dependency.kind == DependencyKind::Development;
            let aside = test_only && ASIDE.contains(&(name, used));
            if ours.iter().any(|o| o == used) && !may.contains(&used) && !aside {
                faults.push(format!("`{name}` must not use `{used}`: the map has no such arrow"));
            }
            for (library, keepers, why) in KEPT {
                if used == *library && !keepers.contains(&name) && !test_only {
                    faults.push(format!("`{name}` must not use `{library}`: {why}"));
                }
            }
        }
        if !package.features.is_empty() {
            faults
                .push(format!("crate `{name}` has features: tested and shipped code would differ"));
        }
    }
}
