//! CycloneDX `vulnerabilities` with an `analysis`.

use serde::Deserialize;
use std::collections::BTreeMap;
use versions::Purl;

use super::{MAX_VEX_BYTES, Statement, Status, reason};
use crate::error::{Format, Place, Problem, ReadError};
use crate::json;

#[derive(Deserialize)]
struct Bom {
    #[serde(default)]
    metadata: Option<Metadata>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    components: Vec<Part>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    vulnerabilities: Vec<Flaw>,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    component: Option<Part>,
}

#[derive(Deserialize)]
struct Part {
    #[serde(default, rename = "bom-ref")]
    reference: Option<String>,
    #[serde(default)]
    purl: Option<String>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    components: Vec<Self>,
}

#[derive(Deserialize)]
struct Flaw {
    #[serde(default)]
    id: Option<String>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    references: Vec<Reference>,
    #[serde(default)]
    analysis: Option<Analysis>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    affects: Vec<Affects>,
}

#[derive(Deserialize)]
struct Reference {
    id: String,
}

#[derive(Deserialize)]
struct Analysis {
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    justification: Option<String>,
    #[serde(default)]
    detail: Option<String>,
}

#[derive(Deserialize)]
struct Affects {
    #[serde(rename = "ref")]
    reference: String,
}

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Statement>, ReadError> {
    let bom: Bom = json::decode(Format::Vex, bytes, MAX_VEX_BYTES)?;
    let mut named = BTreeMap::new();
    let whole = bom.metadata.as_ref().and_then(|data| data.component.as_ref());
    let mut open: Vec<&Part> = whole.into_iter().chain(&bom.components).collect();
    while let Some(part) = open.pop() {
        let purl = part.purl.as_deref().and_then(|text| Purl::parse_lenient(text).ok());
        if let (Some(reference), Some(purl)) = (&part.reference, purl) {
            named.insert(reference.as_str(), purl);
        }
        open.extend(&part.components);
    }
    let mut statements = Vec::new();
    for (at, flaw) in bom.vulnerabilities.iter().enumerate() {
        let Some(analysis) = &flaw.analysis else { continue };
        let status = match analysis.state.as_deref() {
            Some("not_affected" | "false_positive") => Status::NotAffected,
            Some("resolved" | "resolved_with_pedigree") => Status::Fixed,
            Some("exploitable") => Status::Affected,
            Some("in_triage") => Status::UnderInvestigation,
            None => continue,
            Some(other) => {
                let problem = Problem::value(other, "a state of CycloneDX's analysis");
                let place = Place::path(format!("vulnerabilities[{at}].analysis.state"));
                return Err(ReadError::new(Format::Vex, place, problem));
            }
        };
        let products = flaw.affects.iter().filter_map(|one| product(&one.reference, &named));
        statements.push(Statement {
            ids: flaw.id.iter().chain(flaw.references.iter().map(|r| &r.id)).cloned().collect(),
            products: products.collect(),
            status,
            reason: reason(analysis.justification.as_deref(), analysis.detail.as_deref()),
        });
    }
    Ok(statements)
}

/// What a reference means: a part of this document, of another (a BOM-Link's fragment), or a package URL itself.
fn product(reference: &str, named: &BTreeMap<&str, Purl>) -> Option<Purl> {
    let fragment = reference.strip_prefix("urn:cdx:").and_then(|link| link.split_once('#'));
    let reference = fragment.map_or(reference, |(_, part)| part);
    named.get(reference).cloned().or_else(|| Purl::parse_lenient(reference).ok())
}
