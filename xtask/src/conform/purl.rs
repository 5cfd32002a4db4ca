//! Package URLs: every `*.json` of purl-spec's test format below the folder.
//!
//! `parse` cases are parsed strictly and compared part by part, `build` cases are built from parts
//! and compared as text, `validate` cases are brought into canonical form.

use super::{Report, input};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::Path;
use versions::purl::{ParsePurlError, Parts, Purl};

pub(crate) fn run(data: &Path, report: &mut Report) -> Result<()> {
    let mut suites = 0;
    for path in input::files(data)? {
        if !input::name(&path).ends_with(".json") {
            continue;
        }
        let suite: Value = serde_json::from_slice(&input::bytes(&path)?)
            .with_context(|| path.display().to_string())?;
        // type definitions and schemas share the folder
        let Some(cases) = suite.get("tests").and_then(Value::as_array) else { continue };
        suites += 1;
        for (i, case) in cases.iter().enumerate() {
            match disagreement(case) {
                None => report.pass(),
                Some(line) => {
                    report.fail(format!("{}, tests[{i}]: {line}", input::shown(&path, data)));
                }
            }
        }
    }
    if suites == 0 {
        bail!("no `*.json` with `tests` in {}", data.display());
    }
    Ok(())
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

fn disagreement(case: &Value) -> Option<String> {
    let input = &case["input"];
    let kind = text(case, "test_type").unwrap_or_default();
    let got = match (kind, input.as_str()) {
        ("parse", Some(input)) => Purl::parse(input),
        ("validate" | "roundtrip", Some(input)) => Purl::parse_lenient(input),
        ("build", None) => build(input),
        _ => return Some(format!("`{kind}` is no kind of case that is known")),
    };
    let fails = case["expected_failure"] == true;
    match (got, fails) {
        (Err(_), true) => None,
        (Err(error), false) => Some(format!("{kind} {input} was refused: {error}")),
        (Ok(purl), true) => Some(format!("{kind} {input} gave {purl} and should be refused")),
        (Ok(purl), false) => {
            let wanted = &case["expected_output"];
            let agrees = wanted
                .as_str()
                .map_or_else(|| is_parts(&purl, wanted), |wanted| purl.to_string() == wanted);
            (!agrees).then(|| format!("{kind} {input} gave {purl}, not {wanted}"))
        }
    }
}

fn build(parts: &Value) -> Result<Purl, ParsePurlError> {
    let qualifiers = parts.get("qualifiers").and_then(Value::as_object);
    Purl::new(&Parts {
        kind: text(parts, "type").unwrap_or_default(),
        namespace: text(parts, "namespace"),
        name: text(parts, "name").unwrap_or_default(),
        version: text(parts, "version"),
        qualifiers: qualifiers
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
            .collect(),
        subpath: text(parts, "subpath"),
    })
}

fn is_parts(purl: &Purl, wanted: &Value) -> bool {
    let qualifiers = wanted.get("qualifiers").and_then(Value::as_object);
    let same = qualifiers.map_or(purl.qualifiers().is_empty(), |wanted| {
        wanted.len() == purl.qualifiers().len()
            && purl
                .qualifiers()
                .iter()
                .all(|(key, value)| wanted.get(key).and_then(Value::as_str) == Some(value))
    });
    same && text(wanted, "type") == Some(purl.kind())
        && text(wanted, "namespace") == purl.namespace()
        && text(wanted, "name") == Some(purl.name())
        && text(wanted, "version") == purl.version()
        && text(wanted, "subpath") == purl.subpath()
}
