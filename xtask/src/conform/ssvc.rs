//! BOD 26-04's Table 1 as CERT/CC publishes it for SSVC, against our engine; and, where folders `vulnrichment` and `kev`
//! lie beside, the shares of its outcomes over published assessments, beside those that were measured with another
//! program.

use super::Report;
use super::matching::{bytes, files};
use anyhow::{Context, Result, bail};
use domain::Timestamp;
use remediation::{Decision, Facts, Impact, Intelligence, Kev, Known, Provenance, Table, decide};
use std::collections::BTreeMap;
use std::path::Path;

/// One row as published: the four answers, and the key of the outcome.
struct Row {
    kev: bool,
    exposed: bool,
    automatable: bool,
    impact: Impact,
    outcome: String,
}

pub(crate) fn run(data: &Path, report: &mut Report) -> Result<()> {
    let table = Table::read(include_str!("../../../rules/bod-26-04.toml"))?;
    let mut read = 0;
    for path in files(data, "bod2604")? {
        let text = String::from_utf8(bytes(&path)?)?;
        let rows = match path.extension().and_then(|e| e.to_str()) {
            Some("csv") => csv(&text),
            Some("json") => json(&text),
            _ => continue,
        };
        let rows = rows.with_context(|| path.display().to_string())?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if rows.len() != 16 {
            report.fail(format!("{name}: 16 rows expected, {} there", rows.len()));
        }
        for row in &rows {
            check(&table, row, &name, report)?;
        }
        read += 1;
    }
    shares(data, &table, report)?;
    if read == 0 {
        bail!("no file named `*bod2604*.csv` or `*bod2604*.json` in {}", data.display());
    }
    Ok(())
}

fn check(table: &Table, row: &Row, file: &str, report: &mut Report) -> Result<()> {
    let from = Provenance { source: "the vector".parse()?, as_of: Timestamp::EPOCH };
    let start: Timestamp = "2026-12-07".parse()?;
    let listed =
        Kev::Listed { added: start, cisa_due: None, ransomware: None, forensic_triage: None };
    let facts = Facts {
        kev: Some(Known {
            value: if row.kev { listed } else { Kev::NotListed },
            from: from.clone(),
        }),
        exposed: Some(Known { value: row.exposed, from: from.clone() }),
        automatable: Some(Known { value: row.automatable, from: from.clone() }),
        impact: Some(Known { value: row.impact, from: from.clone() }),
        detected: Some(Known { value: start, from }),
        ..Facts::default()
    };
    let decision = decide(table, &facts);
    let ours =
        decision.deadline().map(|d| (d.outcome.ssvc.to_string(), d.due.map(Timestamp::date)));
    // the due date that the published outcome means, worked out by hand for one start
    let due = match row.outcome.as_str() {
        "3DF" | "3D" => Some("2026-12-10"),
        "14D" => Some("2026-12-21"),
        "60D" => Some("2027-02-05"),
        "FSU" => None,
        other => bail!("`{other}` is not an outcome of the table"),
    };
    if ours == Some((row.outcome.clone(), due.map(str::to_owned))) {
        report.pass();
    } else {
        let (kev, exposed, automatable) = (row.kev, row.exposed, row.automatable);
        let ours = match decision {
            Decision::Determined(d) => format!("row {} {} {:?}", d.row, d.outcome.ssvc, d.due),
            Decision::Undetermined(open) => format!("undetermined, lacks {:?}", open.missing),
        };
        report.fail(format!(
            "{file}: kev {kev}, exposed {exposed}, automatable {automatable}, {}: {} {due:?} expected, ours {ours}",
            row.impact, row.outcome
        ));
    }
    Ok(())
}

/// Outcomes of the table, and their shares in per cent over 44,026 CVEs of which these are four fifths.
const MEASURED: [(bool, &[(&str, f64)]); 2] = [
    (true, &[("3-days-forensics", 0.4), ("3-days", 6.9), ("14-days", 35.0), ("60-days", 57.6)]),
    (
        false,
        &[("3-days-forensics", 0.2), ("14-days", 0.4), ("60-days", 17.6), ("next-upgrade", 81.8)],
    ),
];

/// Prints the shares, and compares them to within a point.
fn shares(data: &Path, table: &Table, report: &mut Report) -> Result<()> {
    let (records, kev) = (
        data.join("../vulnrichment/ssvc_cvss_by_cve.jsonl.zst"),
        data.join("../kev/known_exploited_vulnerabilities.json"),
    );
    if !records.is_file() || !kev.is_file() {
        println!("skipped: shares of outcomes (no vulnrichment and kev beside {})", data.display());
        return Ok(());
    }
    let records: Vec<_> =
        advisory::vulnrichment::read_lines(&bytes(&records)?).collect::<Result<_, _>>()?;
    let catalogue = advisory::kev::read(&bytes(&kev)?)?;
    let known = Intelligence::new().with_kev(&catalogue).with_ssvc(&records);
    let from = Provenance { source: "supposed".parse()?, as_of: Timestamp::EPOCH };
    for (exposed, measured) in MEASURED {
        let mut counts: BTreeMap<Box<str>, u32> = BTreeMap::new();
        for record in &records {
            let mut facts = known.facts([record.cve.as_str()]);
            facts.exposed = Some(Known { value: exposed, from: from.clone() });
            facts.detected = Some(Known { value: "2026-12-03".parse()?, from: from.clone() });
            if let Decision::Determined(deadline) = decide(table, &facts) {
                *counts.entry(deadline.outcome.id).or_default() += 1;
            }
        }
        let total: u32 = counts.values().sum();
        println!("{} CVEs, every asset exposed: {exposed}; {total} determined", records.len());
        for (outcome, measured) in measured {
            let count = counts.get(*outcome).copied().unwrap_or_default();
            let share = 100.0 * f64::from(count) / f64::from(total.max(1));
            println!("  {outcome:<17} {share:5.1} %  (measured {measured} %)");
            if (share - measured).abs() < 1.0 {
                report.pass();
            } else {
                report.fail(format!("{outcome}: {share:.1} % against {measured} %"));
            }
        }
    }
    Ok(())
}

fn csv(text: &str) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for line in text.lines().skip(1).filter(|l| !l.trim().is_empty()) {
        let fields: Vec<_> = line.split(',').map(str::trim).collect();
        let [kev, exposed, automatable, impact, outcome] = fields.as_slice() else {
            bail!("`{line}` has not five fields");
        };
        let outcome = match *outcome {
            "3 days & forensic investigation" => "3DF",
            "3 days" => "3D",
            "14 days" => "14D",
            "60 days" => "60D",
            "fix on system upgrade" => "FSU",
            other => bail!("`{other}` is not an outcome of the table"),
        };
        rows.push(Row {
            kev: yes(kev)?,
            exposed: yes(exposed)?,
            automatable: yes(automatable)?,
            impact: gain(impact)?,
            outcome: outcome.to_owned(),
        });
    }
    Ok(rows)
}

fn json(text: &str) -> Result<Vec<Row>> {
    let file: serde_json::Value = serde_json::from_str(text)?;
    let mapping = file.get("mapping").and_then(|m| m.as_array()).context("no `mapping` list")?;
    let mut rows = Vec::new();
    for row in mapping {
        let value = |key: &str| row.get(key).and_then(|v| v.as_str()).context(key.to_owned());
        rows.push(Row {
            kev: yes(value("cisa:KEV:1.0.0")?)?,
            exposed: yes(value("cisa:PE:1.0.0")?)?,
            automatable: yes(value("ssvc:A:2.0.0")?)?,
            impact: gain(value("ssvc:TI:1.0.0")?)?,
            outcome: value("cisa:BOD2604:1.0.0")?.to_owned(),
        });
    }
    Ok(rows)
}

fn yes(text: &str) -> Result<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "y" => Ok(true),
        "no" | "n" => Ok(false),
        other => bail!("`{other}` is neither yes nor no"),
    }
}

fn gain(text: &str) -> Result<Impact> {
    match text.to_ascii_lowercase().as_str() {
        "total" | "t" => Ok(Impact::Total),
        "partial" | "p" => Ok(Impact::Partial),
        other => bail!("`{other}` is neither partial nor total"),
    }
}
