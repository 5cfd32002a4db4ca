//! Version order: every `*.tsv[.zst]` with a heading and lines `a`, `<` `=` or `>`, `b`.
//!
//! The beginning of a file's name tells the ecosystem: `debian_`, `rpm_`, `pep440_`, `semver_`, a
//! package URL type or a scheme of VERS.

use super::{Report, input};
use anyhow::{Result, bail};
use std::cmp::Ordering;
use std::path::Path;
use versions::{Ecosystem, compare};

/// The words that do not name their ecosystem by package URL type or VERS scheme.
const WORDS: [(&str, Ecosystem); 7] = [
    ("debian", Ecosystem::Debian),
    ("dpkg", Ecosystem::Debian),
    ("pep440", Ecosystem::PyPi),
    ("semver", Ecosystem::Npm),
    ("rubygems", Ecosystem::RubyGems),
    ("packagist", Ecosystem::Packagist),
    ("pacman", Ecosystem::Alpm),
];

/// The ecosystem that the beginning of a file's name tells.
fn ecosystem(name: &str) -> Option<Ecosystem> {
    let word = name.split(['_', '-', '.']).next().unwrap_or_default();
    let known = WORDS.iter().find(|(known, _)| *known == word).map(|(_, ecosystem)| *ecosystem);
    known.or_else(|| Ecosystem::from_vers_scheme(word))
}

pub(crate) fn run(data: &Path, report: &mut Report) -> Result<()> {
    let mut suites = 0;
    for path in input::files(data)? {
        let name = input::name(&path);
        if !name.ends_with(".tsv") {
            continue;
        }
        let Some(ecosystem) = ecosystem(&name) else {
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
            match compare(ecosystem, a, b) {
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
