//! The worklist for other programs: SARIF for code hosts, OpenVEX for whoever asks, iCalendar for the day's plan.

mod calendar;

use super::{Action, Remedy, Target, Worklist};
use crate::suppress::Suppressed;
use advisory::AffectedPackage;
use domain::{AssetId, Digest};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use versions::Ecosystem;

/// Why a worklist can't be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// JSON could not be written.
    #[error("the document can't be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// The package URL of a version.
fn purl(ecosystem: &str, package: &str, version: &str) -> Option<String> {
    let ecosystem = Ecosystem::from_osv(ecosystem)?;
    let package = AffectedPackage { ecosystem, name: package.to_owned(), ranges: Vec::new() };
    package.purl(Some(version)).map(|purl| purl.to_string())
}

/// What to do, as one English sentence; these documents are for programs and their readers everywhere.
fn act(action: &Action) -> String {
    match &action.remedy {
        Remedy::Upgrade { to } => format!("Upgrade {} to {to}.", action.package),
        Remedy::NoFix => {
            format!(
                "No fixed version of {} is known: replace it or take it off the network.",
                action.package
            )
        }
    }
}

impl Worklist {
    /// A SARIF 2.1.0 log: one result a flaw and package, at the inventory in which it was found. What suppliers
    /// say is no work is there as suppressed, with their reason.
    ///
    /// # Errors
    /// Never for what a worklist holds.
    pub fn sarif(&self, places: &BTreeMap<AssetId, String>) -> Result<String, ExportError> {
        let mut rules: BTreeMap<&str, Value> = BTreeMap::new();
        let note = |flaw: &crate::Flaw| {
            let summary = flaw.summary.as_ref().map_or(flaw.id.as_str(), |line| line.as_str());
            json!({ "id": flaw.id, "shortDescription": { "text": summary },
                "properties": { "tags": ["security"], "aliases": flaw.ids } })
        };
        let all = || {
            self.items
                .iter()
                .chain(&self.notices)
                .flat_map(|a| a.targets.iter().map(move |t| (a, t)))
        };
        for flaw in
            all().map(|(_, t)| &*t.ruling.flaw).chain(self.suppressed.iter().map(|s| &s.flaw))
        {
            rules.entry(flaw.id.as_str()).or_insert_with(|| note(flaw));
        }
        let index: BTreeMap<&str, usize> = rules.keys().copied().zip(0..).collect();
        let place =
            |asset: &AssetId| places.get(asset).cloned().unwrap_or_else(|| asset.to_string());
        let result = |flaw: &crate::Flaw, asset: &AssetId, package: &str, version: &str| {
            let print =
                Digest::of(format!("{asset}\n{package}\n{version}\n{}", flaw.id).as_bytes());
            json!({ "ruleId": flaw.id, "ruleIndex": index.get(flaw.id.as_str()),
                "locations": [{ "physicalLocation": { "artifactLocation": { "uri": place(asset) } } }],
                "partialFingerprints": { "match/v1": print.to_string() } })
        };
        let mut results = Vec::new();
        for (action, target) in all() {
            let due = action.plan_by.map_or_else(String::new, |at| format!(" By {}.", at.date()));
            let text =
                format!("{} {} is affected. {}{due}", action.package, target.version, act(action));
            for asset in target.assets.ids() {
                let flaw = &target.ruling.flaw;
                let mut one = result(flaw, &asset, &action.package, &target.version);
                put(&mut one, "level", json!(level(target)));
                put(&mut one, "message", json!({ "text": text }));
                results.push(one);
            }
        }
        for said in &self.suppressed {
            let text = format!("{} {}: {}", said.package, said.version, said.reason);
            let justification = format!("{} ({})", said.reason, said.source);
            let suppressions = json!([{ "kind": "external", "status": "accepted", "justification": justification }]);
            for asset in said.assets.ids() {
                let mut one = result(&said.flaw, &asset, &said.package, &said.version);
                put(&mut one, "level", json!("note"));
                put(&mut one, "message", json!({ "text": text }));
                put(&mut one, "suppressions", suppressions.clone());
                results.push(one);
            }
        }
        let rules: Vec<_> = rules.into_values().collect();
        let driver =
            json!({ "name": "Vestibule", "version": env!("CARGO_PKG_VERSION"), "rules": rules });
        let log = json!({ "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
            "runs": [{ "tool": { "driver": driver }, "results": results }] });
        Ok(serde_json::to_string_pretty(&log)? + "\n")
    }

    /// An OpenVEX 0.2.0 document: what is affected and what to do, what suppliers say is no work and why, and
    /// what could not be told. Packages without a package URL are left out.
    ///
    /// # Errors
    /// Never for what a worklist holds.
    pub fn openvex(&self, author: &str) -> Result<String, ExportError> {
        let mut statements = Vec::new();
        for action in self.items.iter().chain(&self.notices) {
            for target in &action.targets {
                let Some(purl) = purl(&action.ecosystem, &action.package, &target.version) else {
                    continue;
                };
                let mut one = statement(&target.ruling.flaw, &purl, "affected");
                put(&mut one, "action_statement", json!(act(action)));
                statements.push(one);
            }
        }
        for said in &self.suppressed {
            let Some(purl) = purl(&said.ecosystem, &said.package, &said.version) else { continue };
            statements.push(of_supplier(said, &purl));
        }
        // the same package on several assets is one statement
        let mut seen = std::collections::BTreeSet::new();
        statements.retain(|one| seen.insert(one.to_string()));
        let at = self.as_of.to_string();
        let id = Digest::of(serde_json::to_string(&statements)?.as_bytes());
        let document = json!({ "@context": "https://openvex.dev/ns/v0.2.0",
            "@id": format!("https://openvex.dev/docs/public/vex-{id}"), "author": author, "timestamp": at,
            "version": 1, "tooling": concat!("Vestibule ", env!("CARGO_PKG_VERSION")), "statements": statements });
        Ok(serde_json::to_string_pretty(&document)? + "\n")
    }
}

fn statement(flaw: &crate::Flaw, purl: &str, status: &str) -> Value {
    let aliases: Vec<_> = flaw.ids.iter().filter(|id| **id != flaw.id).collect();
    json!({ "vulnerability": { "name": flaw.id, "aliases": aliases },
        "products": [{ "@id": purl, "identifiers": { "purl": purl } }], "status": status })
}

fn of_supplier(said: &Suppressed, purl: &str) -> Value {
    let mut one = statement(&said.flaw, purl, if said.fixed { "fixed" } else { "not_affected" });
    if !said.fixed {
        put(&mut one, "impact_statement", json!(format!("{} ({})", said.reason, said.source)));
    }
    one
}

/// A short deadline is an error, a later or open one a warning, a notice a note.
fn level(target: &Target) -> &'static str {
    let deadline = target.ruling.decision.as_ref().map(|decision| decision.deadline());
    match deadline {
        None => "note",
        Some(Some(deadline)) if deadline.outcome.days.is_some_and(|days| days <= 14) => "error",
        Some(_) => "warning",
    }
}

fn put(value: &mut Value, name: &str, of: Value) {
    if let Some(fields) = value.as_object_mut() {
        fields.insert(name.to_owned(), of);
    }
}

#[cfg(test)]
mod tests;
