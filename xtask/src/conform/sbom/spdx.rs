//! What an SPDX document holds, found by other means than the reader's: how many components, or what breaks it.

use super::{bad_purl, list};
use serde_json::Value;
use std::collections::BTreeSet;

/// Components of a document, and why it must be refused.
pub(super) struct Expected {
    pub(super) components: usize,
    pub(super) broken: Option<String>,
}

/// Version 2 as JSON.
pub(super) fn json(document: &Value) -> Expected {
    let (mut components, mut purls) = (0, Vec::new());
    for package in list(&document["packages"]) {
        let own = list(&package["externalRefs"]).filter(|one| one["referenceType"] == "purl");
        let before = purls.len();
        purls.extend(own.filter_map(|one| one["referenceLocator"].as_str()).map(str::to_owned));
        components += (purls.len() - before).max(1);
    }
    let mut known: BTreeSet<&str> = document["SPDXID"].as_str().into_iter().collect();
    for field in ["packages", "files", "snippets"] {
        known.extend(list(&document[field]).filter_map(|one| one["SPDXID"].as_str()));
    }
    let ends = list(&document["relationships"])
        .flat_map(|one| [&one["spdxElementId"], &one["relatedSpdxElement"]])
        .chain(list(&document["documentDescribes"]));
    let lost = ends.filter_map(Value::as_str).find(|end| {
        !known.contains(end)
            && !end.starts_with("DocumentRef-")
            && !matches!(*end, "NONE" | "NOASSERTION")
    });
    let broken = bad_purl(&purls).or(lost.map(|end| format!("nothing is called `{end}`")));
    Expected { components, broken }
}

/// Version 2 as tag-value.
pub(super) fn tags(text: &str) -> Expected {
    let (mut packages, mut within, mut purls) = (Vec::new(), false, Vec::new());
    let (mut known, mut ends) = (BTreeSet::new(), Vec::new());
    for line in text.lines() {
        if within || line.contains("<text>") {
            within = !line.contains("</text>");
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["PackageName:", ..] => packages.push(0),
            ["SPDXID:" | "SnippetSPDXID:" | "SnippetSPDXIdentifier:", id, ..] => {
                known.insert(*id);
            }
            ["ExternalRef:", _, "purl", purl, ..] => {
                purls.push((*purl).to_owned());
                if let Some(count) = packages.last_mut() {
                    *count += 1;
                }
            }
            ["Relationship:", from, _, to, ..] => ends.extend([*from, *to]),
            _ => {}
        }
    }
    let lost = ends.into_iter().find(|end| {
        !known.contains(end)
            && !end.starts_with("DocumentRef-")
            && !matches!(*end, "NONE" | "NOASSERTION")
    });
    let broken = bad_purl(&purls).or(lost.map(|end| format!("nothing is called `{end}`")));
    Expected { components: packages.iter().map(|count: &usize| (*count).max(1)).sum(), broken }
}

/// Version 3 as JSON-LD.
pub(super) fn graph(document: &Value) -> Expected {
    let (mut components, mut purls, mut known) = (0, Vec::new(), BTreeSet::new());
    let mut ends = Vec::new();
    for element in list(&document["@graph"]) {
        let id = element["spdxId"].as_str().or_else(|| element["@id"].as_str());
        let imported = list(&element["import"]).filter_map(|one| one["externalSpdxId"].as_str());
        known.extend(id.into_iter().chain(imported));
        for field in ["from", "to", "element", "rootElement"] {
            ends.extend(
                element[field]
                    .as_str()
                    .into_iter()
                    .chain(list(&element[field]).filter_map(Value::as_str)),
            );
        }
        if element["type"].as_str().is_some_and(|kind| kind.ends_with("Package")) {
            let identifiers = list(&element["externalIdentifier"])
                .filter(|one| one["externalIdentifierType"] == "packageUrl")
                .filter_map(|one| one["identifier"].as_str())
                .filter(|purl| Some(*purl) != element["software_packageUrl"].as_str());
            let own: Vec<&str> =
                element["software_packageUrl"].as_str().into_iter().chain(identifiers).collect();
            components += own.len().max(1);
            purls.extend(own.into_iter().map(str::to_owned));
        }
    }
    let lost =
        ends.into_iter().find(|end| !known.contains(end) && !end.starts_with("https://spdx.org/"));
    let broken = bad_purl(&purls).or(lost.map(|end| format!("nothing is called `{end}`")));
    Expected { components, broken }
}
