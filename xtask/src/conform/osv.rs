//! OSV records: every `*.jsonl[.zst]` line and every `*.json[.zst]` record below the folder reads,
//! and what it says of versions can be asked.
//!
//! The linter cases of the OSV schema are known by name: a `nointroduced-` record breaks the schema
//! and must be refused; `nondistinct-` and `nopackage-` records break it nowhere and must read.

use super::{Report, input};
use advisory::osv::{self, Record};
use anyhow::{Result, bail};
use std::path::Path;
use versions::{Containment, Doubt};

pub(crate) fn run(data: &Path, report: &mut Report) -> Result<()> {
    let mut suites = 0;
    for path in input::files(data)? {
        let (name, shown) = (input::name(&path), input::shown(&path, data));
        if name.ends_with(".jsonl") {
            suites += 1;
            for record in osv::read_lines(&input::bytes(&path)?) {
                match record {
                    Ok(record) => asked(&shown, &record, report),
                    Err(error) => report.fail(format!("{shown}: {error}")),
                }
            }
        } else if name.ends_with(".json") && name != "schema.json" {
            suites += 1;
            let broken = name.starts_with("nointroduced-");
            match osv::read(&input::bytes(&path)?) {
                Ok(_) if broken => report.fail(format!("{shown} was read and breaks the schema")),
                Ok(record) => asked(&shown, &record, report),
                Err(_) if broken => report.pass(),
                Err(error) => report.fail(format!("{shown}: {error}")),
            }
        }
    }
    if suites == 0 {
        bail!("no `*.jsonl` and no `*.json` in {}", data.display());
    }
    Ok(())
}

/// Every version that a record lists must be answered as affected.
fn asked(file: &str, record: &Record, report: &mut Report) {
    for (i, affected) in record.affected.iter().enumerate() {
        let set = match affected.version_set() {
            Ok(set) => set,
            Err(Doubt::OnlyCommits | Doubt::Ecosystem(_)) => continue,
            Err(doubt) => {
                report.fail(format!("{file}: {}, affected[{i}]: {doubt}", record.id));
                return;
            }
        };
        for version in &affected.versions {
            let answer = set.contains(version);
            if answer != Containment::Affected {
                let id = &record.id;
                report.fail(format!("{file}: {id}, affected[{i}]: listed `{version}` is {answer}"));
                return;
            }
        }
    }
    report.pass();
}
