//! CSAF documents (OASIS standard): security advisories and minimal VEX of 2.0, written; advisories of 2.0 and 2.1,
//! read as OSV records.
//!
//! Documents satisfy the schema and the mandatory tests of §6.1. The score of a CVSS 3 vector is
//! computed here; a CVSS 4 vector, which CSAF 2.0 has no place for, is stated in a note.

use serde_json::{Map, Value, json};

use crate::advisory::{
    Advisory, AdvisoryError, AffectedPackage, LinkKind, PublisherCategory, RangeEnd,
};
use crate::cvss;

mod document;
mod read;
mod tree;
mod vex;

pub(crate) use document::{Document, Flaw};
pub use read::{MAX_CSAF_BYTES, read};
pub use vex::{Justification, Statement, Status, write_vex};

/// Product ids of a package: its ranges and its fixed versions.
struct Products {
    affected: Vec<String>,
    fixed: Vec<String>,
    branches: Vec<Value>,
    remediations: Vec<Value>,
}

/// Writes the advisory as an indented `csaf_security_advisory` document with a final line feed.
///
/// # Errors
/// As [`Advisory::check`]; also when the severity is a broken CVSS 3 vector.
pub fn write(advisory: &Advisory) -> Result<String, AdvisoryError> {
    advisory.check()?;
    let products = products(&advisory.affected);
    let mut vulnerability = vulnerability(advisory);
    let mut status = Map::new();
    status.insert("known_affected".to_owned(), json!(products.affected));
    if !products.fixed.is_empty() {
        status.insert("fixed".to_owned(), json!(products.fixed));
    }
    vulnerability.insert("product_status".to_owned(), Value::Object(status));
    vulnerability.insert("remediations".to_owned(), json!(products.remediations));
    if let Some(score) = score(advisory, &products.affected)? {
        vulnerability.insert("scores".to_owned(), json!([score]));
    }
    Ok(text(&json!({
        "document": document(advisory, "csaf_security_advisory"),
        "product_tree": { "branches": products.branches },
        "vulnerabilities": [vulnerability],
    })))
}

fn text(document: &Value) -> String {
    let mut text = serde_json::to_string_pretty(document).expect("a JSON value always encodes");
    text.push('\n');
    text
}

/// The file name that §5.1 demands of a document with this identifier.
pub fn file_name(id: &str) -> String {
    let mut name = String::new();
    for c in id.chars() {
        let c = c.to_ascii_lowercase();
        let kept = c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '+' | '-');
        if kept {
            name.push(c);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    format!("{name}.json")
}

fn document(advisory: &Advisory, category: &str) -> Value {
    let revisions = advisory.revisions.iter().enumerate().map(|(i, revision)| {
        json!({ "number": (i + 1).to_string(), "date": revision.at, "summary": revision.summary })
    });
    let mut document = json!({
        "category": category,
        "csaf_version": "2.0",
        "distribution": { "tlp": { "label": "WHITE" } },
        "lang": "en",
        "notes": [{ "category": "summary", "text": advisory.summary, "title": "Summary" }],
        "publisher": {
            "category": publisher_category(advisory.publisher.category),
            "name": advisory.publisher.name,
            "namespace": advisory.publisher.namespace,
        },
        "title": advisory.title,
        "tracking": {
            "current_release_date": advisory.modified(),
            "generator": { "engine": { "name": "Vestibule", "version": env!("CARGO_PKG_VERSION") } },
            "id": advisory.id,
            "initial_release_date": advisory.published(),
            "revision_history": revisions.collect::<Vec<_>>(),
            "status": "final",
            "version": advisory.revisions.len().to_string(),
        },
    });
    let own = advisory.references.iter().filter(|link| link.kind == LinkKind::Advisory);
    let references: Vec<_> = own
        .map(|link| json!({ "category": "self", "summary": link.summary, "url": link.url }))
        .collect();
    if !references.is_empty()
        && let Some(fields) = document.as_object_mut()
    {
        fields.insert("references".to_owned(), json!(references));
    }
    document
}

fn publisher_category(category: PublisherCategory) -> &'static str {
    match category {
        PublisherCategory::Coordinator => "coordinator",
        PublisherCategory::Discoverer => "discoverer",
        PublisherCategory::Vendor => "vendor",
        PublisherCategory::Other => "other",
    }
}

/// What both kinds of document say of the flaw; products and their state are added by the caller.
fn vulnerability(advisory: &Advisory) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    let cve = advisory.cve();
    if let Some(cve) = cve {
        put("cve", json!(cve));
    }
    let ids = std::iter::once(&advisory.id).chain(&advisory.aliases);
    let ids: Vec<_> = ids
        .filter(|id| Some(id.as_str()) != cve)
        .map(|id| json!({ "system_name": system_name(advisory, id), "text": id }))
        .collect();
    if !ids.is_empty() {
        put("ids", json!(ids));
    }
    put("title", json!(advisory.title));
    let mut notes = vec![
        json!({ "category": "description", "text": advisory.summary, "title": "Description" }),
    ];
    if let Some(vector) = advisory.severity.as_ref().filter(|one| one.starts_with("CVSS:4.0/")) {
        notes.push(json!({ "category": "details", "text": vector, "title": "CVSS 4.0 vector" }));
    }
    put("notes", json!(notes));
    if let Some(weakness) = &advisory.weakness {
        put("cwe", json!({ "id": weakness.id, "name": weakness.name }));
    }
    if !advisory.credits.is_empty() {
        put("acknowledgments", json!([{ "names": advisory.credits }]));
    }
    let others = advisory.references.iter().filter(|link| link.kind != LinkKind::Advisory);
    let references: Vec<_> = others
        .map(|link| json!({ "category": "external", "summary": link.summary, "url": link.url }))
        .collect();
    if !references.is_empty() {
        put("references", json!(references));
    }
    fields
}

/// Who gave an identifier: the publisher its own, others by their prefix.
fn system_name<'a>(advisory: &'a Advisory, id: &str) -> &'a str {
    let known =
        [("GHSA-", "GitHub Security Advisories"), ("RUSTSEC-", "RustSec"), ("PYSEC-", "PyPA")];
    let of_prefix = known.iter().find(|(prefix, _)| id.starts_with(prefix));
    of_prefix.map_or(advisory.publisher.name.as_str(), |(_, name)| name)
}

fn score(advisory: &Advisory, products: &[String]) -> Result<Option<Value>, AdvisoryError> {
    let Some(vector) = advisory.severity.as_ref().filter(|one| !one.starts_with("CVSS:4.0/"))
    else {
        return Ok(None);
    };
    let base = cvss::base_score(vector).ok_or_else(|| AdvisoryError::Value {
        field: "severity",
        given: vector.clone(),
        expected: "a CVSS 3.0, 3.1 or 4.0 vector",
    })?;
    Ok(Some(json!({
        "products": products,
        "cvss_v3": {
            "version": base.version,
            "vectorString": vector,
            "baseScore": base.score,
            "baseSeverity": base.severity,
        },
    })))
}

fn products(packages: &[AffectedPackage]) -> Products {
    let mut all = Products {
        affected: Vec::new(),
        fixed: Vec::new(),
        branches: Vec::new(),
        remediations: Vec::new(),
    };
    let mut next = 0;
    for package in packages {
        let mut branches = Vec::new();
        for range in &package.ranges {
            let vers = range.to_vers(package.ecosystem);
            let affected = product_id(&mut next);
            let name = format!("{} {vers}", package.name);
            let purl = package.purl(None).map(|purl| purl.to_string());
            branches.push(branch("product_version_range", &vers, &affected, &name, purl));
            let details = match &range.end {
                RangeEnd::Fixed(version) => {
                    let fixed = product_id(&mut next);
                    let name = format!("{} {version}", package.name);
                    let purl = package.purl(Some(version)).map(|purl| purl.to_string());
                    // one fixed version may end several ranges: a product has one id
                    if !branches
                        .iter()
                        .any(|one| one["category"] == "product_version" && one["name"] == **version)
                    {
                        branches.push(branch("product_version", version, &fixed, &name, purl));
                        all.fixed.push(fixed);
                    }
                    ("vendor_fix", format!("Update {} to {version} or later.", package.name))
                }
                RangeEnd::LastAffected(version) => (
                    "none_available",
                    format!(
                        "No fixed version is known; {version} is the last version known to be affected."
                    ),
                ),
                RangeEnd::Open => ("none_available", "No fixed version is known.".to_owned()),
            };
            all.remediations.push(json!({
                "category": details.0, "details": details.1, "product_ids": [affected],
            }));
            all.affected.push(affected);
        }
        let product =
            json!({ "category": "product_name", "name": package.name, "branches": branches });
        let family = package.ecosystem.to_string();
        all.branches
            .push(json!({ "category": "product_family", "name": family, "branches": [product] }));
    }
    all
}

fn product_id(next: &mut u32) -> String {
    *next += 1;
    format!("CSAFPID-{next:04}")
}

fn branch(category: &str, name: &str, id: &str, full_name: &str, purl: Option<String>) -> Value {
    let mut product = json!({ "name": full_name, "product_id": id });
    if let (Some(purl), Some(fields)) = (purl, product.as_object_mut()) {
        fields.insert("product_identification_helper".to_owned(), json!({ "purl": purl }));
    }
    json!({ "category": category, "name": name, "product": product })
}

#[cfg(test)]
mod tests;
