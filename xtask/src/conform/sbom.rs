//! Bills of materials: every CycloneDX document (JSON, XML) and every SPDX document (2 as JSON and tag-value, 3 as
//! JSON-LD) below the folder reads in full; broken ones and other formats are refused.
//!
//! A document is broken, and must be refused, when it has a package URL without one reading or a
//! dependency on what it does not contain; this is found here by other means than the reader's.

mod spdx;

use super::{Report, input};
use advisory::inventory;
use anyhow::{Result, bail};
use serde_json::Value;
use spdx::Expected;
use std::collections::BTreeSet;
use std::path::Path;
use versions::Purl;

pub(crate) fn run(data: &Path, report: &mut Report) -> Result<()> {
    let mut suites = 0;
    for path in input::files(data)? {
        let shown = input::shown(&path, data);
        let bytes = input::bytes(&path)?;
        let read = inventory::read(&input::name(&path), &bytes);
        let Some(expected) = expected(&bytes) else {
            // others' formats, texts and archives share the folder
            if read.is_ok() && serde_json::from_slice::<Value>(&bytes).is_ok() {
                report.fail(format!("{shown} is no bill of materials and was read as one"));
            }
            continue;
        };
        suites += 1;
        match (expected.broken, read) {
            (None, Ok(inventory)) if inventory.components.len() == expected.components => {
                report.pass();
            }
            (None, Ok(inventory)) => {
                let (read, of) = (inventory.components.len(), expected.components);
                report.fail(format!("{shown}: {read} components were read of {of}"));
            }
            (None, Err(error)) => report.fail(format!("{shown}: {error}")),
            (Some(_), Err(error)) if error.place != advisory::Place::default() => report.pass(),
            (Some(why), Err(error)) => {
                report.fail(format!("{shown} is broken ({why}), refused without a place: {error}"));
            }
            (Some(why), Ok(_)) => report.fail(format!("{shown} was read and is broken: {why}")),
        }
    }
    if suites == 0 {
        bail!("no bill of materials in {}", data.display());
    }
    Ok(())
}

/// What the document holds; `None` if it is no bill of materials.
fn expected(bytes: &[u8]) -> Option<Expected> {
    let Ok(document) = serde_json::from_slice::<Value>(bytes) else {
        let text = std::str::from_utf8(bytes).ok()?;
        if text.contains("http://cyclonedx.org/schema/bom/") {
            return Some(xml(text));
        }
        return text.starts_with("SPDXVersion:").then(|| spdx::tags(text));
    };
    if document["spdxVersion"].is_string() {
        return Some(spdx::json(&document));
    }
    if document["@graph"].is_array() {
        return Some(spdx::graph(&document));
    }
    if document["bomFormat"] != "CycloneDX" {
        return None;
    }
    let (mut purls, mut components) = (Vec::new(), 0);
    collect(&document["components"], &mut components, &mut purls);
    let described = &document["metadata"]["component"];
    if described["purl"].is_string() {
        collect(&Value::Array(vec![described.clone()]), &mut components, &mut purls);
    } else {
        collect(&described["components"], &mut components, &mut purls);
    }
    Some(Expected { components, broken: broken(&document, &purls) })
}

/// Components of an XML document without tools, services and pedigrees that hold any: each `<component `,
/// less the described one if it has no package URL.
fn xml(text: &str) -> Expected {
    let components = text.matches("<component ").count();
    let described =
        text.split_once("<metadata>").and_then(|(_, rest)| rest.split_once("</metadata>"));
    let without =
        described.is_some_and(|(it, _)| it.contains("<component ") && !it.contains("<purl>"));
    Expected { components: components - usize::from(without), broken: None }
}

fn bad_purl(purls: &[String]) -> Option<String> {
    let bad = purls.iter().find(|purl| Purl::parse_lenient(purl).is_err());
    bad.map(|purl| format!("`{purl}` is no package URL"))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn collect(parts: &Value, components: &mut usize, purls: &mut Vec<String>) {
    for part in list(parts) {
        *components += 1;
        purls.extend(part["purl"].as_str().map(str::to_owned));
        collect(&part["components"], components, purls);
    }
}

fn broken(document: &Value, purls: &[String]) -> Option<String> {
    if let Some(why) = bad_purl(purls) {
        return Some(why);
    }
    let mut known = BTreeSet::new();
    references(document, &mut known);
    let dependencies = list(&document["dependencies"]);
    dependencies
        .flat_map(|one| std::iter::once(&one["ref"]).chain(list(&one["dependsOn"])))
        .filter_map(Value::as_str)
        .find(|to| !known.contains(to) && !to.starts_with("urn:cdx:"))
        .map(|to| format!("nothing is called `{to}`"))
}

/// Every `bom-ref` anywhere in the document.
fn references<'a>(value: &'a Value, known: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(fields) => {
            known.extend(fields.get("bom-ref").and_then(Value::as_str));
            fields.values().for_each(|value| references(value, known));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, known)),
        _ => {}
    }
}
