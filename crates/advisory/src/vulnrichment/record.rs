//! A whole CVE record (CVE JSON 5): only what an [`Assessment`] needs.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{Assessment, Cvss, MAX_RECORD_BYTES};
use crate::error::{Format, ReadError};
use crate::json;

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "cveMetadata")]
    metadata: Metadata,
    containers: Containers,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(rename = "cveId")]
    id: String,
    state: String,
}

#[derive(Deserialize)]
struct Containers {
    cna: Container,
    #[serde(default, deserialize_with = "json::null_as_default")]
    adp: Vec<Container>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    #[serde(default, deserialize_with = "json::null_as_default")]
    metrics: Vec<Metric>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    problem_types: Vec<ProblemType>,
    #[serde(default)]
    provider_metadata: Provider,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Provider {
    #[serde(default)]
    short_name: Option<String>,
}

#[derive(Deserialize)]
struct Metric {
    #[serde(default, rename = "cvssV4_0")]
    v4_0: Option<Score>,
    #[serde(default, rename = "cvssV3_1")]
    v3_1: Option<Score>,
    #[serde(default, rename = "cvssV3_0")]
    v3_0: Option<Score>,
    #[serde(default, rename = "cvssV2_0")]
    v2_0: Option<Score>,
    #[serde(default)]
    other: Option<Other>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Score {
    vector_string: String,
    base_score: f64,
}

/// A metric that the CVE format does not define; its content is of any shape.
#[derive(Deserialize)]
struct Other {
    #[serde(rename = "type")]
    kind: String,
    content: serde_json::Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProblemType {
    #[serde(default, deserialize_with = "json::null_as_default")]
    descriptions: Vec<Description>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Description {
    #[serde(default)]
    cwe_id: Option<String>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Assessment, ReadError> {
    let record: Record = json::decode(Format::Vulnrichment, bytes, MAX_RECORD_BYTES)?;
    let mut assessment = Assessment {
        cve: record.metadata.id,
        rejected: record.metadata.state.eq_ignore_ascii_case("REJECTED"),
        ..Assessment::default()
    };
    let mut weaknesses = BTreeSet::new();
    let adp = record.containers.adp.iter().enumerate();
    let publishers = adp.map(|(i, container)| (format!("containers.adp[{i}]"), container));
    let cna = ("containers.cna".to_owned(), &record.containers.cna);
    for (path, container) in std::iter::once(cna).chain(publishers) {
        let by = container.provider_metadata.short_name.as_deref().unwrap_or("unknown");
        for (i, metric) in container.metrics.iter().enumerate() {
            let scores = [&metric.v4_0, &metric.v3_1, &metric.v3_0, &metric.v2_0];
            assessment.cvss.extend(scores.into_iter().flatten().map(|score| Cvss {
                by: by.to_owned(),
                vector: score.vector_string.clone(),
                score: score.base_score,
            }));
            if let Some(other) = &metric.other {
                let path = format!("{path}.metrics[{i}].other.content");
                other_metric(&mut assessment, &path, other)?;
            }
        }
        let described = container.problem_types.iter().flat_map(|kind| &kind.descriptions);
        for cwe in described.filter_map(|description| description.cwe_id.as_ref()) {
            if weaknesses.insert(cwe) {
                assessment.cwe.push(cwe.clone());
            }
        }
    }
    Ok(assessment)
}

fn other_metric(assessment: &mut Assessment, path: &str, other: &Other) -> Result<(), ReadError> {
    let text = |key: &str| other.content.get(key).and_then(serde_json::Value::as_str);
    match other.kind.as_str() {
        "ssvc" => {
            // of several decisions, the newest stands; the instants are of one form
            let at = text("timestamp").map(str::to_owned);
            if assessment.assessed_at > at {
                return Ok(());
            }
            assessment.assessed_at = at;
            let options = other.content.get("options").and_then(serde_json::Value::as_array);
            for (i, option) in options.into_iter().flatten().enumerate() {
                for (point, value) in option.as_object().into_iter().flatten() {
                    assessment.set(&format!("{path}.options[{i}]"), point, value.as_str())?;
                }
            }
        }
        "kev" => assessment.kev_added = text("dateAdded").map(str::to_owned),
        _ => {}
    }
    Ok(())
}
