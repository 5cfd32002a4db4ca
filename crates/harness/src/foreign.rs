//! Tasks of others: Inspect Cyber's `eval.yaml` and Harbor's `task.toml`, read strictly.
//!
//! What would weaken a sandbox (privileges, the host's files, sockets, network or devices) is refused by name and place, whether or not the
//! task is ever run. Scoring by substring does not survive: a flag counts when it is exactly what was handed in, and a task with a check
//! of its own is kept with that check apart from what the agent gets. A task that needs more than a sandbox of ours offers is kept too,
//! and says exactly what it needs.
//!
//! Formats: `inspect_cyber` 0.1.0 (UK AI Security Institute, MIT) and Harbor 1.0 to 1.4 (Laude Institute, Apache-2.0), from their
//! documentation.

mod compose;
mod cyber;
mod folder;
mod harbor;
mod yaml;

use assessment::{AnswerDigest, Dial, File, Instance, Left, Oracle, OwnCheck, Submission};
use domain::Digest;
use sandbox::Named;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub use folder::Folder;

/// Most tasks that one import reads.
pub const TASKS: usize = 512;

/// What is wrong with a task of others, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {what}", place.as_ref().map(|p| format!(", {p}")).unwrap_or_default())]
pub struct ForeignError {
    /// The file, relative to what was imported.
    pub file: String,
    /// The place in it: a line, a key.
    pub place: Option<String>,
    /// What is wrong.
    pub what: String,
}

impl ForeignError {
    fn new(file: &str, place: impl Into<Option<String>>, what: impl Into<String>) -> Self {
        Self { file: file.to_owned(), place: place.into(), what: what.into() }
    }
}

/// Whose format a task is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// `eval.yaml` of Inspect Cyber.
    InspectCyber,
    /// `task.toml` of Harbor.
    Harbor,
}

impl Format {
    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InspectCyber => "Inspect Cyber",
            Self::Harbor => "Harbor",
        }
    }
}

/// A file of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// Its path in the agent's workspace, or below the check's folder.
    pub path: String,
    /// Its bytes.
    #[serde(with = "base64")]
    pub bytes: Vec<u8>,
    /// Whether it can be executed.
    #[serde(default)]
    pub executable: bool,
}

/// What decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scoring {
    /// The answer must be this flag exactly; its salted digest is kept, and not the flag.
    Flag {
        /// The salt.
        salt: Digest,
        /// The digest, as [`AnswerDigest`] makes it.
        digest: Digest,
    },
    /// The task's own check over what the agent left, in a sandbox of its own.
    Check {
        /// The check's files; `test.sh` is started.
        files: Vec<Given>,
        /// Under which absolute path it finds what the agent left.
        #[serde(default)]
        workdir: String,
        /// Seconds that it may take.
        #[serde(default)]
        seconds: u32,
        /// Bytes of memory that it may take.
        #[serde(default)]
        memory: u64,
    },
}

/// A task of others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Whose format.
    pub format: Format,
    /// Its name there, with the variant in parentheses.
    pub name: String,
    /// What the agent is told.
    pub prompt: String,
    /// What the agent gets.
    pub files: Vec<Given>,
    /// Commands that run in the agent's workspace before it begins.
    #[serde(default)]
    pub setup: Vec<String>,
    /// What decides.
    pub scoring: Scoring,
    /// What the format says besides, as text.
    pub metadata: BTreeMap<String, String>,
    /// Why it can't be run here: what it needs and no sandbox of ours offers. Empty when it can.
    pub lacks: Vec<String>,
    /// What was changed on the way, and what to know of it.
    pub notes: Vec<String>,
}

impl Task {
    /// A digest over everything in it.
    pub fn content(&self) -> Digest {
        Digest::of(serde_json::to_string(self).unwrap_or_default().as_bytes())
    }

    /// The task for [`crate::practice`]; none when it can't be run here.
    ///
    /// It has neither a seed nor a certificate: anyone may have memorised it, so it is never drawn for a measurement.
    pub fn ready(&self) -> Option<Ready> {
        if !self.lacks.is_empty() {
            return None;
        }
        let (oracle, named) = match &self.scoring {
            Scoring::Flag { salt, digest } => {
                (Oracle::Answer(AnswerDigest::kept(*salt.as_bytes(), *digest)), Vec::new())
            }
            Scoring::Check { workdir, .. } if workdir.is_empty() => return None,
            Scoring::Check { files, workdir, seconds, memory } => {
                let named = Named { inside: workdir.into(), part: String::new() };
                let check = OwnCheck {
                    files: files.iter().map(left).collect(),
                    script: harbor::CHECK.to_owned(),
                    workdir: workdir.clone(),
                    seconds: *seconds,
                    memory: *memory,
                };
                (Oracle::Own(check), vec![named])
            }
        };
        let files =
            self.files.iter().map(|file| File::new(file.path.as_str(), file.bytes.as_slice()));
        let executable = self.files.iter().filter(|file| file.executable);
        Some(Ready {
            place: Place {
                named,
                executable: executable.map(|file| file.path.clone()).collect(),
                setup: self.setup.clone(),
            },
            instance: Instance {
                family: IMPORTED,
                version: 1,
                dial: Dial::ALL[0],
                prompt: self.prompt.clone(),
                files: files.collect(),
                live: None,
                oracle,
                reference: Submission::Nothing,
                wrong: Vec::new(),
            },
        })
    }
}

fn left(file: &Given) -> Left {
    Left { path: file.path.clone(), bytes: file.bytes.clone(), executable: file.executable }
}

/// How the agent's sandbox for a task differs from any other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Other names of its workspace.
    pub named: Vec<Named>,
    /// The files that can be executed.
    pub executable: BTreeSet<String>,
    /// Commands that run in it before the agent begins.
    pub setup: Vec<String>,
}

/// A task of others that can be run here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// The task.
    pub instance: Instance,
    /// Its sandbox.
    pub place: Place,
}

/// The family that imported tasks are counted under.
pub const IMPORTED: &str = "imported";

/// Whether there is a task of others at this place: a folder, or one of its files.
pub fn recognised(path: &Path) -> bool {
    let named = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    path.is_dir() || cyber::NAMES.contains(&named) || named == harbor::NAME
}

/// Reads every task below a folder: those of Harbor and of Inspect Cyber, hidden folders left out.
///
/// # Errors
/// The first thing that is not as it must be, with its place; or a folder without a task.
pub fn read(path: &Path) -> Result<Vec<Task>, ForeignError> {
    let root = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    let mut tasks = Vec::new();
    for folder in Folder::find(root)? {
        let found = folder.named(&[harbor::NAME, cyber::NAMES[0], cyber::NAMES[1]])?;
        match found.as_slice() {
            [] => {}
            [one] if *one == harbor::NAME => tasks.push(harbor::task(&folder)?),
            [one] => tasks.extend(cyber::tasks(&folder, one)?),
            [first, ..] => {
                let what = "stands beside another task's file; a folder holds one";
                return Err(ForeignError::new(&folder.shown(first), None, what));
            }
        }
        if tasks.len() > TASKS {
            let what = format!("there are more than {TASKS} tasks; import parts of it");
            return Err(ForeignError::new(&folder.shown(""), None, what));
        }
    }
    if tasks.is_empty() {
        let what = "there is no `eval.yaml` and no `task.toml` in it or below";
        return Err(ForeignError::new(&path.display().to_string(), None, what));
    }
    Ok(tasks)
}

/// Reads the texts of a task and nothing beside them, as a fuzz target does.
pub fn look_at(text: &str) {
    let _ = compose::check("compose.yaml", text);
    let _ = cyber::Eval::read("eval.yaml", text);
    let _ = harbor::Settings::read("task.toml", text);
    let _ = harbor::image("Dockerfile", text);
}

/// Bytes as base64.
mod base64 {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&data_encoding::BASE64.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        data_encoding::BASE64.decode(text.as_bytes()).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
