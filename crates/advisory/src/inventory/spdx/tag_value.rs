//! SPDX 2.2 and 2.3 as tag-value text: `Tag: value` lines, `<text>…</text>` over several lines, `#` comments.

use std::collections::BTreeSet;

use super::{Described, check_version, is_elsewhere, unknown_element};
use crate::error::{Format, Place, Problem, ReadError};
use crate::inventory::{Inventory, MAX_DOCUMENT_BYTES, text};

/// A package whose end is not yet met.
struct Open<'a> {
    line: usize,
    name: &'a str,
    version: Option<&'a str>,
    purls: Vec<(&'a str, usize)>,
}

impl Open<'_> {
    fn close(self, inventory: &mut Inventory) -> Result<(), ReadError> {
        let place = Place::line(self.line);
        let described = Described { name: self.name, version: self.version, place };
        let purls = self.purls.into_iter().map(|(purl, line)| (purl, Place::line(line)));
        described.list(purls, &mut inventory.components)
    }
}

pub(super) fn read(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let text = text::of(Format::Spdx, bytes, MAX_DOCUMENT_BYTES)?;
    let mut inventory = Inventory { format: Format::Spdx, components: Vec::new() };
    let mut version = None;
    let mut known = BTreeSet::new();
    let mut relationships = Vec::new();
    let mut package: Option<Open<'_>> = None;
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let (line, at) = (line.trim(), at + 1);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let refuse = |problem| ReadError::new(Format::Spdx, Place::line(at), problem);
        let Some((tag, value)) = line.split_once(':') else {
            return Err(refuse(Problem::value(line, "a `Tag: value` line")));
        };
        let value = value.trim();
        if let Some(open) = value.strip_prefix("<text>")
            && !open.contains("</text>")
            && !lines.any(|(_, line)| line.contains("</text>"))
        {
            return Err(refuse(Problem::Rule(
                "this `<text>` has no `</text>`; the file was cut off",
            )));
        }
        if version.is_none() && tag != "SPDXVersion" {
            let rule = "there is no `SPDXVersion` first; this is no SPDX document";
            return Err(refuse(Problem::Rule(rule)));
        }
        match tag {
            "SPDXVersion" => {
                check_version(Some(value), Place::line(at))?;
                version = Some(value);
            }
            "SPDXID" | "SnippetSPDXID" | "SnippetSPDXIdentifier" => {
                known.insert(value);
            }
            "PackageName" | "FileName" => {
                let next = Open { line: at, name: value, version: None, purls: Vec::new() };
                let next = (tag == "PackageName").then_some(next);
                if let Some(done) = std::mem::replace(&mut package, next) {
                    done.close(&mut inventory)?;
                }
            }
            "PackageVersion" => {
                if let Some(open) = &mut package {
                    open.version = Some(value);
                }
            }
            "ExternalRef" => {
                let mut words = value.split_whitespace().skip(1);
                if let (Some("purl"), Some(purl), Some(open)) =
                    (words.next(), words.next(), &mut package)
                {
                    open.purls.push((purl, at));
                }
            }
            "Relationship" => relationships.push((value, at)),
            _ => {}
        }
    }
    if let Some(done) = package {
        done.close(&mut inventory)?;
    }
    if version.is_none() {
        check_version(None, Place::default())?;
    }
    check_relationships(&known, &relationships)?;
    Ok(inventory)
}

fn check_relationships(
    known: &BTreeSet<&str>,
    relationships: &[(&str, usize)],
) -> Result<(), ReadError> {
    for (value, line) in relationships {
        let words: Vec<&str> = value.split_whitespace().take(3).collect();
        let &[from, _, to] = words.as_slice() else {
            let problem =
                Problem::value(value, "a relationship such as `SPDXRef-a CONTAINS SPDXRef-b`");
            return Err(ReadError::new(Format::Spdx, Place::line(*line), problem));
        };
        if let Some(lost) =
            [from, to].iter().find(|end| !is_elsewhere(end) && !known.contains(*end))
        {
            return Err(unknown_element(lost, Place::line(*line)));
        }
    }
    Ok(())
}
