//! SARIF logs: every `*.sarif[.zst]` and `*.sarif.json[.zst]` below the folder.
//!
//! A log of version 2.1.0 must read, another must be refused as not supported. Names of the
//! Microsoft SARIF SDK tell of contradictions: `JSON…` and `SARIF1…_Invalid` must be refused, except
//! rules 1001 (naming style) and 1011 (the schema's address), which change no result: those files
//! are not counted.

use super::{Report, input};
use advisory::{Problem, sarif};
use anyhow::{Result, bail};
use serde_json::Value;
use std::path::Path;

pub(crate) fn run(data: &Path, report: &mut Report) -> Result<()> {
    let mut suites = 0;
    for path in input::files(data)? {
        let (name, shown) = (input::name(&path), input::shown(&path, data));
        if !(name.ends_with(".sarif") || name.ends_with(".sarif.json")) {
            continue;
        }
        suites += 1;
        let bytes = input::bytes(&path)?;
        let read = sarif::read(&bytes);
        match (wanted(&name, &bytes), read) {
            (Wanted::Either, _) => {}
            (Wanted::Read, Ok(_)) | (Wanted::Refused, Err(_)) => report.pass(),
            (Wanted::Unsupported, Err(error)) if is_unsupported(&error.problem) => report.pass(),
            (Wanted::Read, Err(error)) => report.fail(format!("{shown}: {error}")),
            (Wanted::Refused | Wanted::Unsupported, Ok(_)) => {
                report.fail(format!("{shown} was read and should be refused"));
            }
            (Wanted::Unsupported, Err(error)) => {
                report.fail(format!("{shown} is of another version, refused with: {error}"));
            }
        }
    }
    if suites == 0 {
        bail!("no `*.sarif` in {}", data.display());
    }
    Ok(())
}

enum Wanted {
    Read,
    Refused,
    Unsupported,
    Either,
}

fn wanted(name: &str, bytes: &[u8]) -> Wanted {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let Ok(log) = serde_json::from_slice::<Value>(bytes) else { return Wanted::Refused };
    match log.get("version").and_then(Value::as_str) {
        Some("2.1.0") => {}
        Some(_) => return Wanted::Unsupported,
        None => return Wanted::Refused,
    }
    match name.strip_prefix("SARIF1").filter(|_| name.contains("_Invalid")) {
        Some(rule) if rule.starts_with("001") || rule.starts_with("011") => Wanted::Either,
        Some(_) => Wanted::Refused,
        None if name.starts_with("JSON") => Wanted::Refused,
        None => Wanted::Read,
    }
}

fn is_unsupported(problem: &Problem) -> bool {
    matches!(problem, Problem::Unsupported { .. })
}
