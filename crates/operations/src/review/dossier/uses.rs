//! The uses behind a case's statements of uses, line by line, and what the rules of misuse tell of them.
//!
//! ```text
//! uses/GRANT-MINUTE.jsonl   the lines of one grant's minute, as the gateway's use log has them: the leaves under the root
//!                           that a statement names
//! signals/rules.toml        the thresholds
//! signals/places.toml       places, hours and purposes, if the developer declared any
//! signals/report.json       what the rules tell of these uses, as of the dossier
//! ```
//!
//! Only the home of the gateway that recorded a minute has its lines. A check computes each root again, and the report.

use super::{DossierError, written_json};
use crate::act::Ctx;
use crate::files;
use crate::gate::{grant_of, use_of};
use crate::rules;
use access::{Reviews, Uses};
use domain::{CaseId, Digest, GrantId, Timestamp};
use gateway::{UseLog, UseRecord, minute_root, read_use};
use serde::{Deserialize, Serialize};
use signals::{Report, Surroundings, Thresholds};
use std::collections::BTreeMap;

/// Most bytes of a rules file or of a file of places.
const LIMIT: u64 = 1 << 20;
pub(super) const RULES: &str = "signals/rules.toml";
pub(super) const PLACES: &str = "signals/places.toml";
pub(super) const REPORT: &str = "signals/report.json";

/// One grant's minute whose uses are in a dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Minute {
    /// The grant.
    pub grant: GrantId,
    /// The minute's first instant.
    pub minute: Timestamp,
    /// The root that the statement names.
    pub root: Digest,
    /// How many uses.
    pub count: u64,
    /// The file with their lines.
    pub file: String,
}

/// What a home's gateway has recorded of a case.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) files: BTreeMap<String, Vec<u8>>,
    pub(super) minutes: Vec<Minute>,
    /// None where this home has no use log.
    pub(super) report: Option<Report>,
}

impl Kept {
    /// From the use log of this home, as far as statements that count name its roots.
    pub(super) fn of(
        ctx: &Ctx,
        reviews: &Reviews,
        case: &CaseId,
        stated: &[Uses],
        now: Timestamp,
    ) -> Result<Self, DossierError> {
        let mut kept = Self::default();
        let path = ctx.home.folder().join("uses.log");
        if !path.exists() {
            return Ok(kept);
        }
        let key = |uses: &Uses| (uses.grant.clone(), uses.minute);
        let mut lines: BTreeMap<_, Vec<Vec<u8>>> =
            stated.iter().map(|uses| (key(uses), Vec::new())).collect();
        UseLog::visit_lines(&path, &mut |record, line| {
            if let Some(lines) = lines.get_mut(&(record.grant.clone(), record.minute)) {
                lines.push(line.to_vec());
            }
        })?;
        let mut records = Vec::new();
        for uses in stated {
            let Some(lines) = lines.get(&key(uses)).filter(|lines| !lines.is_empty()) else {
                continue;
            };
            if minute_root(lines.iter().map(Vec::as_slice)) != uses.root {
                continue; // another gateway's
            }
            let minutes = uses.minute.as_seconds() / 60;
            let file = format!("uses/{}-{minutes}.jsonl", uses.grant);
            let mut bytes = lines.join(&b'\n');
            bytes.push(b'\n');
            records.extend(
                read(&bytes)
                    .map_err(|reason| DossierError::Manifest { path: path.clone(), reason })?,
            );
            kept.files.insert(file.clone(), bytes);
            let (grant, minute) = key(uses);
            kept.minutes.push(Minute { grant, minute, root: uses.root, count: uses.count, file });
        }
        let places = ctx.home.folder().join("places.toml");
        let places = places.exists().then(|| files::read_text(&places, LIMIT)).transpose()?;
        let report = look(reviews, case, &records, (rules::INSIDER, places.as_deref()), now);
        let report = report.map_err(|reason| DossierError::Manifest { path, reason })?;
        kept.files.insert(RULES.to_owned(), rules::INSIDER.as_bytes().to_vec());
        if let Some(places) = places {
            kept.files.insert(PLACES.to_owned(), places.into_bytes());
        }
        kept.files.insert(REPORT.to_owned(), report_bytes(&report));
        kept.report = Some(report);
        Ok(kept)
    }
}

/// The uses of a file of lines.
fn read(bytes: &[u8]) -> Result<Vec<UseRecord>, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    text.lines().map(|line| read_use(line).map_err(|error| error.to_string())).collect()
}

/// What the rules tell of uses of a case.
fn look(
    reviews: &Reviews,
    case: &CaseId,
    records: &[UseRecord],
    (rules, places): (&str, Option<&str>),
    now: Timestamp,
) -> Result<Report, String> {
    let thresholds = Thresholds::read(rules).map_err(|error| error.to_string())?;
    let places = places.map(Surroundings::read).transpose().map_err(|error| error.to_string())?;
    let case = reviews.case(case).map_err(|refusal| refusal.to_string())?;
    let grants: Vec<_> = case.grant_requests().map(grant_of).collect();
    let uses: Vec<_> = records.iter().map(use_of).collect();
    Ok(signals::look(&uses, &grants, &thresholds, &places.unwrap_or_default(), now))
}

fn report_bytes(report: &Report) -> Vec<u8> {
    // a report is numbers, texts and lists
    written_json(&serde_json::to_value(report).unwrap_or_default())
}

/// Checks the files of a dossier against the statements that count: how many uses they prove.
///
/// # Errors
/// What is wrong.
pub(super) fn check(
    read_file: &dyn Fn(&str) -> Result<Vec<u8>, String>,
    (reviews, case): (&Reviews, &CaseId),
    minutes: &[Minute],
    stated: &[Uses],
    now: Timestamp,
) -> Result<usize, String> {
    let mut records = Vec::new();
    for minute in minutes {
        let wrong = |reason: &str| format!("`{}`: {reason}", minute.file);
        let bytes = read_file(&minute.file)?;
        let uses = read(&bytes).map_err(|reason| wrong(&reason))?;
        let lines = bytes.strip_suffix(b"\n").unwrap_or(&bytes).split(|byte| *byte == b'\n');
        let root = minute_root(lines);
        let names = |uses: &&Uses| {
            (&uses.grant, uses.minute, uses.root, uses.count)
                == (&minute.grant, minute.minute, root, minute.count)
        };
        if root != minute.root || !stated.iter().any(|uses| names(&uses)) {
            return Err(wrong("no statement names the root over these lines"));
        }
        let belongs = |u: &UseRecord| u.grant == minute.grant && u.minute == minute.minute;
        if !uses.iter().all(belongs) {
            return Err(wrong("a line is of another grant or minute"));
        }
        records.extend(uses);
    }
    let text = |name: &str| {
        let bytes = read_file(name)?;
        String::from_utf8(bytes).map_err(|error| format!("`{name}`: {error}"))
    };
    let rules = text(RULES)?;
    let places = text(PLACES).ok();
    let report = look(reviews, case, &records, (&rules, places.as_deref()), now)?;
    if read_file(REPORT)? != report_bytes(&report) {
        return Err(format!("`{REPORT}` is not what the rules tell of these uses"));
    }
    Ok(records.len())
}
