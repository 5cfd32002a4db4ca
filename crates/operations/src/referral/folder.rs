//! The package's folder: a template to fill in, items copied and hashed, the manifest as JSON.

use super::{ReferralError, screen};
use crate::files::{self, Access};
use domain::{Digest, Digest384, Line, PackageId, PartyId, PersonId, Text, Timestamp};
use referral::{
    Agent, Answer, Checklist, ElementAnswer, Exculpatory, FactorAnswer, GoodFaith, Holder, Item,
    ItemName, Items, Loss, Manifest, Moment, Screen, System,
};
use std::fs;
use std::path::{Path, PathBuf};

/// Most bytes of `manifest.json`.
pub(super) const MANIFEST: u64 = 4 << 20;
/// Largest item, in bytes.
const ITEM: u64 = 4 << 30;

/// How an item was collected.
#[derive(Debug, Clone)]
pub struct Collected {
    /// Its name in the package.
    pub name: ItemName,
    /// What it is.
    pub description: Line,
    /// Who collected it.
    pub by: PersonId,
    /// Where.
    pub place: Line,
    /// With which tool and version.
    pub tool: Line,
}

/// Makes a package's folder with a manifest to fill in. Every mandatory section is there and unanswered: what
/// speaks for the people concerned stands first among what is missing.
///
/// # Errors
/// The folder has a manifest already, or the system's.
pub fn draft(
    folder: &Path,
    package: PackageId,
    issuer: PartyId,
    title: Line,
    summary: Text,
) -> Result<PathBuf, ReferralError> {
    let manifest = Manifest {
        package,
        revision: 1,
        previous: None,
        issuer,
        title,
        summary,
        items: Vec::new(),
        custody: Vec::new(),
        timeline: Vec::new(),
        systems: Vec::new(),
        agents: Vec::new(),
        losses: Vec::new(),
        offences: Vec::new(),
        exculpatory: None,
        good_faith: None,
    };
    let path = folder.join("manifest.json");
    files::create(&path, &json(&manifest)?, Access::Private)?;
    files::write(
        &folder.join("TO-FILL-IN.txt"),
        to_fill_in(&screen()?).as_bytes(),
        Access::Shared,
    )?;
    Ok(path)
}

/// Copies a file into the package and lists it with both digests.
///
/// # Errors
/// The same bytes or name are listed already, or the system's.
pub fn add(
    folder: &Path,
    file: &Path,
    collected: Collected,
    now: Timestamp,
) -> Result<Item, ReferralError> {
    let mut manifest = read_manifest(folder)?;
    let bytes = files::read(file, ITEM)?;
    let Collected { name, description, by, place, tool } = collected;
    let item = Item {
        sha256: Digest::of(&bytes),
        sha384: Digest384::of(&bytes),
        size: bytes.len() as u64,
        description,
        collected_by: Holder { party: manifest.issuer.clone(), person: by },
        collected_at: now,
        collected_where: place,
        tool,
        name,
    };
    if manifest.items.iter().any(|i| i.name == item.name || i.sha256 == item.sha256) {
        return Err(ReferralError::Twice(item.name.to_string()));
    }
    files::create(&folder.join("items").join(item.name.as_str()), &bytes, Access::Private)?;
    manifest.items.push(item.clone());
    write_manifest(folder, &manifest)?;
    Ok(item)
}

/// Sections of the manifest that a person answers; each replaces what is there.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answers {
    /// What speaks for the people concerned.
    pub exculpatory: Option<Exculpatory>,
    /// Whether this was good-faith research.
    pub good_faith: Option<GoodFaith>,
    /// Offences the evidence may speak to.
    pub offences: Option<Vec<Checklist>>,
    /// What happened when.
    pub timeline: Option<Vec<Moment>>,
    /// The systems concerned.
    pub systems: Option<Vec<System>>,
    /// The AI models and agents concerned.
    pub agents: Option<Vec<Agent>>,
    /// What was lost.
    pub losses: Option<Vec<Loss>>,
}

/// Takes a person's answers into the manifest.
///
/// # Errors
/// Malformed answers; says the line.
pub fn answer(folder: &Path, answers: &Path) -> Result<Manifest, ReferralError> {
    let bytes = files::read(answers, MANIFEST)?;
    let given: Answers = serde_json::from_slice(&bytes).map_err(|e| ReferralError::Statement {
        path: answers.to_owned(),
        reason: e.to_string(),
    })?;
    let mut manifest = read_manifest(folder)?;
    manifest.exculpatory = given.exculpatory.or(manifest.exculpatory);
    manifest.good_faith = given.good_faith.or(manifest.good_faith);
    manifest.offences = given.offences.unwrap_or(manifest.offences);
    manifest.timeline = given.timeline.unwrap_or(manifest.timeline);
    manifest.systems = given.systems.unwrap_or(manifest.systems);
    manifest.agents = given.agents.unwrap_or(manifest.agents);
    manifest.losses = given.losses.unwrap_or(manifest.losses);
    write_manifest(folder, &manifest)?;
    Ok(manifest)
}

/// Reads the package's manifest.
///
/// # Errors
/// Missing or malformed; says the line.
pub fn read_manifest(folder: &Path) -> Result<Manifest, ReferralError> {
    let path = folder.join("manifest.json");
    let bytes = files::read(&path, MANIFEST)?;
    Manifest::read(&bytes).map_err(|source| ReferralError::Manifest { path, source })
}

pub(super) fn write_manifest(folder: &Path, manifest: &Manifest) -> Result<(), ReferralError> {
    Ok(files::write(&folder.join("manifest.json"), &json(manifest)?, Access::Private)?)
}

fn json(manifest: &Manifest) -> Result<Vec<u8>, ReferralError> {
    let mut bytes = serde_json::to_vec_pretty(manifest).map_err(|e| ReferralError::Statement {
        path: PathBuf::from("manifest.json"),
        reason: e.to_string(),
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// What a person has to answer, as JSON to copy into the manifest and complete.
fn to_fill_in(screen: &Screen) -> String {
    let ask: Text = "ANSWER".parse().unwrap_or_else(|_| unreachable_text());
    let line = |text: &str| text.parse::<Line>().ok();
    let exculpatory = Exculpatory { looked_at: ask.clone(), found: Vec::new() };
    let answers = screen.factors.iter().filter_map(|factor| {
        let (answer, basis) = (Answer::Unknown, ask.clone());
        Some(FactorAnswer { factor: line(&factor.id)?, answer, basis })
    });
    let by: Option<PersonId> = "who-answered".parse().ok();
    let good_faith =
        by.map(|by| GoodFaith { answers: answers.collect(), by, at: Timestamp::EPOCH });
    let offences: Vec<_> = screen
        .offences
        .iter()
        .filter_map(|offence| {
            let elements = offence.elements.iter().filter_map(|element| {
                let answer = ask.clone();
                Some(ElementAnswer { element: line(&element.id)?, answer, items: Vec::new() })
            });
            Some(Checklist { offence: line(&offence.id)?, elements: elements.collect() })
        })
        .collect();
    let mut text = "Fill these sections into manifest.json. A package without the first two is not released.\n\n"
        .to_owned();
    for (name, value) in [
        ("exculpatory", serde_json::to_string_pretty(&exculpatory)),
        ("good_faith", serde_json::to_string_pretty(&good_faith)),
        ("offences", serde_json::to_string_pretty(&offences)),
    ] {
        text += &format!("\"{name}\": {}\n\n", value.unwrap_or_default());
    }
    text += "The factors ask:\n";
    for factor in &screen.factors {
        text += &format!("  {}: {}\n", factor.id, factor.ask);
    }
    text += "The elements ask:\n";
    for offence in &screen.offences {
        text += &format!("  {} ({}), {}\n", offence.id, offence.statute, offence.title);
        for element in &offence.elements {
            text += &format!("    {}: {}\n", element.id, element.ask);
        }
    }
    text
}

fn unreachable_text() -> Text {
    "?".parse().expect("one letter is a text")
}

/// What the recipient reads first.
pub(super) fn readme(manifest: &Manifest) -> String {
    format!(
        "Evidence package {}, revision {}, issued by {}: {}\n\n\
         Check it offline, with nothing but this folder:  vestibule referral verify .\n\
         Better: with roots of trust that you got from elsewhere:  vestibule referral verify . --trust FILE\n\n\
         What speaks for the people concerned is part of the package; read it first:\n{}\n\
         The certifications are drafts: a qualified person checks, completes and signs them.\n",
        manifest.package,
        manifest.revision,
        manifest.issuer,
        manifest.title,
        for_the_defence(manifest).iter().map(|l| format!("  - {l}\n")).collect::<String>()
    )
}

/// The exculpatory section in lines.
pub(super) fn for_the_defence(manifest: &Manifest) -> Vec<String> {
    let Some(section) = &manifest.exculpatory else {
        return vec!["the section is missing".to_owned()];
    };
    if section.found.is_empty() {
        return vec![format!("none found after looking at: {}", section.looked_at)];
    }
    section.found.iter().map(|f| f.what.to_string()).collect()
}

/// The items of a package as the rules read them.
pub(super) struct ItemFolder(pub(super) PathBuf);

impl Items for ItemFolder {
    fn read(&mut self, name: &ItemName, sink: &mut dyn FnMut(&[u8])) -> Result<bool, String> {
        let path = self.0.join(name.as_str());
        if !path.is_file() {
            return Ok(false);
        }
        sink(&files::read(&path, ITEM).map_err(|e| e.to_string())?);
        Ok(true)
    }

    fn names(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        walk(&self.0, "", &mut names);
        names.sort();
        names
    }
}

fn walk(folder: &Path, before: &str, into: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = format!("{before}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            walk(&entry.path(), &format!("{name}/"), into);
        } else {
            into.push(name);
        }
    }
}
