//! A whole CVE record (CVE JSON 5): only what an [`Assessment`] needs.

use std::collections::BTreeSet;

use super::{Assessment, Cvss};
use crate::cve::{Other, Record};
use crate::error::ReadError;

pub(super) fn assessment(record: &Record) -> Result<Assessment, ReadError> {
    let mut assessment = Assessment {
        cve: record.cve_metadata.cve_id.clone(),
        rejected: record.is_rejected(),
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
