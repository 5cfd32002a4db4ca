//! Version order: every `*.tsv[.zst]` with a heading and lines `a`, `<` `=` or `>`, `b`.
//!
//! The beginning of a file's name tells the ecosystem: `debian_`, `rpm_`, `pep440_`, `semver_`;
//! `cargo_` and `go_` are read as well.

use super::{Report, input};
use anyhow::{Result, bail};
use std::cmp::Ordering;
use std::path::Path;
use versions::{Ecosystem, VersionKey};

const PREFIXES: [(&str, Ecosystem); 6] = [
    ("debian_", Ecosystem::Debian),
    ("rpm_", Ecosystem::Rpm),
    ("pep440_", Ecosystem::PyPi),
    ("semver_", Ecosystem::Npm),
    ("cargo_", Ecosystem::CratesIo),
    ("go_", Ecosystem::Go),
];

pub(crate) fn run(data: &Path, report: &mut Report) -> Result<()> {
    let mut suites = 0;
    for path in input::files(data)? {
        let name = input::name(&path);
        if !name.ends_with(".tsv") {
            continue;
        }
        let Some((_, ecosystem)) = PREFIXES.iter().find(|(prefix, _)| name.starts_with(prefix))
        else {
            report.fail(format!("{name}: the name begins with no ecosystem that is known"));
            continue;
        };
        suites += 1;
        let text = String::from_utf8(input::bytes(&path)?)?;
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
            let fields: Vec<_> = line.split('\t').collect();
            let [a, order, b] = fields.as_slice() else {
                bail!("{name}, line {}: `{line}` has not three fields", at + 1);
            };
            let wanted = match *order {
                "<" => Ordering::Less,
                "=" | "==" => Ordering::Equal,
                ">" => Ordering::Greater,
                "cmp" if at == 0 => continue,
                _ => bail!("{name}, line {}: `{order}` is not `<`, `=` or `>`", at + 1),
            };
            match compare(*ecosystem, a, b) {
                Ok(got) if got == wanted => report.pass(),
                Ok(got) => report.fail(format!("{name}, line {}: `{line}` is {got:?}", at + 1)),
                Err(error) => report.fail(format!("{name}, line {}: {error}", at + 1)),
            }
        }
    }
    if suites == 0 {
        bail!("no `*.tsv` in {}", data.display());
    }
    Ok(())
}

fn compare(ecosystem: Ecosystem, a: &str, b: &str) -> Result<Ordering, versions::Unparsable> {
    Ok(VersionKey::parse(ecosystem, a)?.cmp(&VersionKey::parse(ecosystem, b)?))
}
