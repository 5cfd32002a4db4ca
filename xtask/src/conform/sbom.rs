//! Bills of materials: every CycloneDX JSON document below the folder reads in full, broken ones
//! and other formats are refused.
//!
//! A document is broken, and must be refused, when it has a package URL without one reading or a
//! dependency on what it does not contain; this is found here by other means than the reader's.

use super::{Report, input};
use advisory::inventory;
use anyhow::{Result, bail};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use versions::Purl;

pub(crate) fn run(data: &Path, report: &mut Report) -> Result<()> {
    let mut suites = 0;
    for path in input::files(data)? {
        let (name, shown) = (input::name(&path), input::shown(&path, data));
        let bytes = input::bytes(&path)?;
        // others' formats, texts and archives share the folder; only JSON can be CycloneDX JSON
        let Ok(document) = serde_json::from_slice::<Value>(&bytes) else { continue };
        let read = inventory::read_cyclonedx(&bytes);
        if document["bomFormat"] != "CycloneDX" {
            if read.is_ok() {
                report.fail(format!("{shown} is no CycloneDX document and was read as one"));
            }
            continue;
        }
        suites += 1;
        let (mut purls, mut components) = (Vec::new(), 0);
        collect(&document["components"], &mut components, &mut purls);
        let described = &document["metadata"]["component"];
        if described["purl"].is_string() {
            collect(&Value::Array(vec![described.clone()]), &mut components, &mut purls);
        } else {
            collect(&described["components"], &mut components, &mut purls);
        }
        let broken = broken(&document, &purls);
        match (broken, read) {
            (None, Ok(inventory)) if inventory.components.len() == components => report.pass(),
            (None, Ok(inventory)) => {
                let read = inventory.components.len();
                report.fail(format!("{shown}: {read} components were read of {components}"));
            }
            (None, Err(error)) => report.fail(format!("{shown}: {error}")),
            (Some(_), Err(error)) if error.place.path.is_some() => report.pass(),
            (Some(why), Err(error)) => {
                report
                    .fail(format!("{name} is broken ({why}) and refused without a place: {error}"));
            }
            (Some(why), Ok(_)) => report.fail(format!("{shown} was read and is broken: {why}")),
        }
    }
    if suites == 0 {
        bail!("no CycloneDX JSON in {}", data.display());
    }
    Ok(())
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
    if let Some(purl) = purls.iter().find(|purl| Purl::parse_lenient(purl).is_err()) {
        return Some(format!("`{purl}` is no package URL"));
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
