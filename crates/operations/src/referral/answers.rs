//! What a person answers: a file of questions to fill in, and its answers taken into the manifest.
//!
//! The questions are TOML with comments; JSON of the same shape is read too. Evidence is named by its item's
//! name or SHA-256. What still says [`UNANSWERED`] is not taken over, and is listed.

use super::folder::{read_manifest, write_manifest};
use super::{ReferralError, screen};
use crate::files;
use domain::{Digest, Line, PackageId, Text, Timestamp};
use referral::{
    Agent, Checklist, Exculpatory, GoodFaith, ItemName, Loss, Manifest, Moment, Screen, System,
    Verdict,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What stands where nobody has answered yet.
pub const UNANSWERED: &str = "UNANSWERED";
/// Most bytes of a file of answers.
const LIMIT: u64 = 4 << 20;

/// Sections of the manifest that a person answers; each one given replaces what is there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Answers {
    title: Option<Line>,
    summary: Option<Text>,
    timeline: Option<Vec<Moment>>,
    systems: Option<Vec<System>>,
    agents: Option<Vec<Agent>>,
    losses: Option<Vec<Loss>>,
    offences: Option<Vec<Checklist>>,
    exculpatory: Option<Exculpatory>,
    good_faith: Option<GoodFaith>,
}

/// What came of answers.
#[derive(Debug, Clone, Serialize)]
pub struct Answered {
    /// What the file leaves open; it was not taken over.
    pub unanswered: Vec<String>,
    /// What the good-faith screen says now. It decides nothing.
    pub good_faith: Verdict,
    /// What a release still lacks.
    pub missing: Vec<String>,
}

/// Questions for a new package.
pub(super) struct Questions {
    /// The file.
    pub(super) text: String,
    /// What has no answer in it.
    pub(super) unanswered: Vec<String>,
}

/// Where the questions of a package lie: beside its folder, since they are not handed over.
pub fn answers_beside(folder: &Path) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!("{name}.answers.toml"))
}

/// Takes a person's answers into the manifest.
///
/// # Errors
/// Malformed answers, with the line or the field; an item that the package does not have.
pub fn answer(folder: &Path, file: &Path, now: Timestamp) -> Result<Answered, ReferralError> {
    let mut manifest = read_manifest(folder)?;
    let wrong = |reason: String| ReferralError::Content { path: file.to_owned(), reason };
    let text = files::read_text(file, LIMIT)?;
    let (answers, unanswered) = read(&text, &manifest, now).map_err(wrong)?;
    let Answers {
        title,
        summary,
        timeline,
        systems,
        agents,
        losses,
        offences,
        exculpatory,
        good_faith,
    } = answers;
    manifest.title = title.unwrap_or(manifest.title);
    manifest.summary = summary.unwrap_or(manifest.summary);
    manifest.timeline = timeline.unwrap_or(manifest.timeline);
    manifest.systems = systems.unwrap_or(manifest.systems);
    manifest.agents = agents.unwrap_or(manifest.agents);
    manifest.losses = losses.unwrap_or(manifest.losses);
    manifest.offences = offences.unwrap_or(manifest.offences);
    manifest.exculpatory = exculpatory.or(manifest.exculpatory);
    manifest.good_faith = good_faith.or(manifest.good_faith);
    let screen = screen()?;
    write_manifest(folder, &manifest)?;
    let (good_faith, missing) = (screen.verdict(&manifest), missing(&screen, &manifest));
    Ok(Answered { unanswered, good_faith, missing })
}

/// What a release of the manifest still lacks.
pub(super) fn missing(screen: &Screen, manifest: &Manifest) -> Vec<String> {
    let mut missing = Vec::new();
    if manifest.exculpatory.is_none() {
        missing.push("exculpatory".to_owned());
    }
    if screen.verdict(manifest) == Verdict::Unanswered {
        missing.push("good_faith".to_owned());
    }
    missing.extend(screen.unanswered(manifest).into_iter().map(|e| format!("offences: {e}")));
    missing
}

fn read(text: &str, manifest: &Manifest, now: Timestamp) -> Result<(Answers, Vec<String>), String> {
    let json = text.trim_start().starts_with('{');
    let value = if json {
        serde_json::from_str(text).map_err(|e| e.to_string())
    } else {
        toml::from_str(text).map_err(|e| e.to_string().trim_end().to_owned())
    };
    let mut value: Value = value?;
    let mut open = Vec::new();
    empty_lists(&mut value);
    sections(&mut value, now, &mut open);
    pointers(&mut value, manifest)?;
    let answers = serde_path_to_error::deserialize(value).map_err(|e| e.to_string())?;
    Ok((answers, open))
}

/// Whether something in the value waits for an answer.
fn waits(value: &Value) -> bool {
    match value {
        Value::String(text) => text == UNANSWERED,
        Value::Array(entries) => entries.iter().any(waits),
        Value::Object(fields) => fields.values().any(waits),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Puts empty lists where a person left out `found` and `items`: nothing was found, no item shows it.
fn empty_lists(value: &mut Value) {
    let none = || Value::Array(Vec::new());
    if let Some(section) = value.get_mut("exculpatory").and_then(Value::as_object_mut) {
        section.entry("found").or_insert_with(none);
    }
    let fill = |entries: Option<&mut Value>| {
        for entry in entries.and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(fields) = entry.as_object_mut() {
                fields.entry("items").or_insert_with(none);
            }
        }
    };
    for list in ["timeline", "agents", "losses"] {
        fill(value.get_mut(list));
    }
    fill(value.pointer_mut("/exculpatory/found"));
    let offences = value.get_mut("offences").and_then(Value::as_array_mut);
    for offence in offences.into_iter().flatten() {
        fill(offence.get_mut("elements"));
    }
}

/// Takes out what nobody answered, and says where it was.
fn sections(value: &mut Value, now: Timestamp, open: &mut Vec<String>) {
    let Some(fields) = value.as_object_mut() else { return };
    for list in ["timeline", "systems", "agents", "losses"] {
        if let Some(Value::Array(entries)) = fields.get_mut(list) {
            drop_waiting(list, entries, open);
        }
    }
    if let Some(Value::Array(offences)) = fields.get_mut("offences") {
        let mut left = Vec::new();
        for mut offence in std::mem::take(offences) {
            let name = offence.get("offence").and_then(Value::as_str).unwrap_or("?").to_owned();
            if let Some(Value::Array(elements)) = offence.get_mut("elements") {
                let before = elements.len();
                let mut of_it = Vec::new();
                drop_waiting(&format!("offences {name}"), elements, &mut of_it);
                // an offence without a single answer was not chosen
                if of_it.len() == before && before > 0 {
                    continue;
                }
                open.extend(of_it);
            }
            left.push(offence);
        }
        if left.is_empty() {
            open.push("offences: answer the elements of at least one".to_owned());
        }
        *offences = left;
    }
    if let Some(section) = fields.get_mut("good_faith") {
        if let Some(Value::Array(answers)) = section.get_mut("answers") {
            drop_waiting("good_faith", answers, open);
        }
        if let Some(section) = section.as_object_mut() {
            section.entry("at").or_insert_with(|| Value::String(now.to_string()));
        }
    }
    for section in ["title", "summary", "exculpatory", "good_faith"] {
        if fields.get(section).is_some_and(waits) {
            open.push(section.to_owned());
            fields.remove(section);
        }
    }
}

fn drop_waiting(list: &str, entries: &mut Vec<Value>, open: &mut Vec<String>) {
    let mut left = Vec::new();
    for (number, entry) in std::mem::take(entries).into_iter().enumerate() {
        if waits(&entry) {
            let named = ["element", "factor"].iter().find_map(|key| entry.get(key)?.as_str());
            open.push(match named {
                Some(name) => format!("{list}: {name}"),
                None => format!("{list}: entry {}", number + 1),
            });
        } else {
            left.push(entry);
        }
    }
    *entries = left;
}

/// Puts SHA-256 values where items are called by name.
fn pointers(value: &mut Value, manifest: &Manifest) -> Result<(), String> {
    match value {
        Value::Array(entries) => entries.iter_mut().try_for_each(|e| pointers(e, manifest)),
        Value::Object(fields) => {
            for (key, field) in fields.iter_mut() {
                match field {
                    Value::Array(entries) if key == "items" => {
                        entries.iter_mut().try_for_each(|entry| point(entry, manifest))?;
                    }
                    other => pointers(other, manifest)?,
                }
            }
            Ok(())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn point(entry: &mut Value, manifest: &Manifest) -> Result<(), String> {
    let Some(text) = entry.as_str() else { return Ok(()) };
    if text.parse::<Digest>().is_ok() {
        return Ok(());
    }
    let name = text.parse::<ItemName>().map_err(|e| e.to_string())?;
    let item = manifest.items.iter().find(|i| i.name == name);
    let item = item.ok_or_else(|| format!("the package has no item `{name}`; add it first"))?;
    *entry = Value::String(item.sha256.to_string());
    Ok(())
}

const HEAD: &str = "\
# Questions about evidence package `{package}`. Answer them here, then take them over:
#   vestibule referral answer FOLDER THIS-FILE
# It can be done as often as wanted before sealing. This file is not handed over.
#
# What says UNANSWERED is not taken over. \"Not known\" is an answer, if you say where you looked. An
# entry that does not apply (a loss, an agent) can be deleted. `items` names evidence of the package.
# Without `exculpatory` and `good_faith` a package is not sealed; without the elements of an
# offence it is not released. Nothing is sent by itself: two named people release a package.

# What speaks for the people concerned. Mandatory.
[exculpatory]
# Where you looked for it, also when nothing was found there.
looked_at = \"UNANSWERED\"
# Each thing found:
# [[exculpatory.found]]
# what = \"\"
# items = []

# Whether this was good-faith research. Mandatory. Answers: yes, no, unknown; `basis` says what they rest on.
[good_faith]
# The person who answers, by pseudonym.
by = \"UNANSWERED\"
";

const SECTIONS: &str = "
# What happened when. Five times, easily confused; leave out what is not known.
[[timeline]]
what = \"UNANSWERED\"
times = { occurred = \"UNANSWERED\", aware = \"UNANSWERED\" } # also: decided, submitted, received
items = []

# Systems concerned, their owners, and whether access was authorised: none, exceeded, authorised, unknown.
[[systems]]
name = \"UNANSWERED\"
owner = \"UNANSWERED\"
authorisation = \"UNANSWERED\"
basis = \"UNANSWERED\"

# AI models and agents: what part they played, who operated them, what they did by themselves.
[[agents]]
name = \"UNANSWERED\"
role = \"UNANSWERED\"
operator = \"UNANSWERED\"
conduct = \"UNANSWERED\"
items = []

# Losses; `cents` of a US dollar, when it can be said.
[[losses]]
whose = \"UNANSWERED\"
what = \"UNANSWERED\"
# cents = 0
items = []
";

/// The file of questions.
pub(super) fn questions(screen: &Screen, package: &PackageId) -> Questions {
    let mut text = HEAD.replace("{package}", package.as_str());
    let mut unanswered = vec!["exculpatory".to_owned()];
    for factor in &screen.factors {
        text += &format!(
            "\n[[good_faith.answers]] # {}\nfactor = \"{}\"\nanswer = \"{UNANSWERED}\"\nbasis = \"{UNANSWERED}\"\n",
            factor.ask, factor.id
        );
        unanswered.push(format!("good_faith: {}", factor.id));
    }
    text += SECTIONS;
    unanswered.extend(["timeline", "systems", "agents", "losses"].map(str::to_owned));
    text += &format!(
        "\n# Offences the evidence may speak to, from {} {}. Answer those that it speaks to; the rest is left out.\n",
        screen.id, screen.version
    );
    for offence in &screen.offences {
        text += &format!(
            "\n[[offences]] # {}: {}\noffence = \"{}\"\n",
            offence.statute, offence.title, offence.id
        );
        for element in &offence.elements {
            text += &format!(
                "[[offences.elements]] # {}\nelement = \"{}\"\nanswer = \"{UNANSWERED}\"\nitems = []\n",
                element.ask, element.id
            );
        }
    }
    unanswered.push("offences: at least one".to_owned());
    Questions { text, unanswered }
}

#[cfg(test)]
mod tests;
