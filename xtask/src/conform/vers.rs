//! VERS: every `*.json` of vers-spec's test format below the folder.
//!
//! `comparison` and `equality` go through the version order, `from_native`, `parse`, `validate` and
//! `containment` through the range. Field names of schema 0.1, 0.2 and its successor are read.

use super::{Report, input};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::cmp::Ordering;
use std::path::Path;
use versions::vers::Vers;
use versions::{Containment, Ecosystem, compare};

pub(crate) fn run(data: &Path, report: &mut Report) -> Result<()> {
    let mut suites = 0;
    for path in input::files(data)? {
        if !input::name(&path).ends_with(".json") {
            continue;
        }
        let suite: Value = serde_json::from_slice(&input::bytes(&path)?)
            .with_context(|| path.display().to_string())?;
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

fn text<'a>(value: &'a Value, keys: &[&str]) -> &'a str {
    keys.iter().find_map(|key| value.get(key).and_then(Value::as_str)).unwrap_or_default()
}

fn disagreement(case: &Value) -> Option<String> {
    let (input, wanted) = (&case["input"], &case["expected_output"]);
    let got: Result<Value, String> = match text(case, &["test_type"]) {
        "comparison" => return compared(input, wanted),
        "equality" => equal(input).map(Value::Bool),
        "containment" => contained(input).map(Value::Bool),
        "from_native" => {
            Vers::from_native(text(input, &["scheme", "type"]), text(input, &["native_range"]))
                .map(|vers| written(&vers, text(input, &["native_range"])))
                .map_err(|error| error.to_string())
        }
        "parse" => Vers::parse(input.as_str().unwrap_or_default())
            .map(|vers| parts(&vers, wanted))
            .map_err(|error| error.to_string()),
        "validate" | "roundtrip" => Vers::parse_lenient(input.as_str().unwrap_or_default())
            .map(|vers| Value::String(vers.to_string()))
            .map_err(|error| error.to_string()),
        kind => return Some(format!("`{kind}` is no kind of case that is known")),
    };
    match (got, case["expected_failure"] == true) {
        (Err(_), true) => None,
        (Err(error), false) => Some(format!("{input} was refused: {error}")),
        (Ok(got), true) => Some(format!("{input} gave {got} and should be refused")),
        (Ok(got), false) => (got != *wanted).then(|| format!("{input} gave {got}, not {wanted}")),
    }
}

/// No constraint from an empty text is written as such by the suites, and as `*` from `*`.
fn written(vers: &Vers, native: &str) -> Value {
    if native.trim().is_empty() {
        return Value::String(format!("vers:{}/", vers.scheme()));
    }
    Value::String(vers.to_string())
}

fn parts(vers: &Vers, wanted: &Value) -> Value {
    let newer = wanted.get("constraints").is_some();
    let constraints: Vec<Value> = vers
        .constraints()
        .iter()
        .map(|(comparator, version)| {
            let sign = comparator.as_str();
            serde_json::json!([if newer && sign == "=" { "" } else { sign }, version])
        })
        .collect();
    if newer {
        serde_json::json!({"type": vers.scheme(), "constraints": constraints})
    } else {
        serde_json::json!({"scheme": vers.scheme(), "version_constraints": constraints})
    }
}

fn versions_of(input: &Value) -> Result<(Ecosystem, Vec<&str>), String> {
    let scheme = text(input, &["input_scheme", "input_type", "scheme", "type"]);
    let ecosystem = Ecosystem::from_vers_scheme(scheme)
        .ok_or_else(|| format!("the order of `{scheme}` is not known"))?;
    let versions = input["versions"].as_array().into_iter().flatten();
    Ok((ecosystem, versions.filter_map(Value::as_str).collect()))
}

fn equal(input: &Value) -> Result<bool, String> {
    let (ecosystem, versions) = versions_of(input)?;
    for pair in versions.windows(2) {
        let [a, b] = pair else { continue };
        if compare(ecosystem, a, b).map_err(|error| error.to_string())? != Ordering::Equal {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Sorted, every version must equal the expected one at its place.
fn compared(input: &Value, wanted: &Value) -> Option<String> {
    let sorted = || -> Result<bool, String> {
        let (ecosystem, mut versions) = versions_of(input)?;
        let wanted: Vec<_> =
            wanted.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for version in &versions {
            compare(ecosystem, version, version).map_err(|error| error.to_string())?;
        }
        let order = |a: &&str, b: &&str| {
            compare(ecosystem, a, b).unwrap_or(Ordering::Equal).then_with(|| a.cmp(b))
        };
        versions.sort_by(order);
        let same = |(a, b): (&&str, &&str)| compare(ecosystem, a, b) == Ok(Ordering::Equal);
        Ok(versions.len() == wanted.len() && versions.iter().zip(&wanted).all(same))
    };
    match sorted() {
        Ok(true) => None,
        Ok(false) => Some(format!("{input} is not sorted as {wanted}")),
        Err(error) => Some(format!("{input}: {error}")),
    }
}

fn contained(input: &Value) -> Result<bool, String> {
    let vers = Vers::parse_lenient(text(input, &["vers"])).map_err(|error| error.to_string())?;
    match vers.contains(text(input, &["version"])) {
        Containment::Affected => Ok(true),
        Containment::NotAffected => Ok(false),
        Containment::Unknown(doubt) => Err(doubt.to_string()),
    }
}
