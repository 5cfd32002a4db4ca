//! Logs of others in this home: kept and listed as imported, and never taken for a measurement.
//!
//! An imported log lies in `imports/RUN/log.jsonl`. Its name begins with `imported-` and carries the start of its content's digest. No
//! statement is made of it, and every verifier refuses it by its first line. Tasks of others lie beside them, in `imports/RUN/task.json`.

use super::MeasureError;
use super::kept::private_folder;
use domain::RunId;
use harness::foreign::{self, Format, Scoring, Task};
use harness::inspect::{self, Imported};
use operations::files::{self, Access};
use operations::home::Home;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// How the name of every imported log begins.
const PREFIX: &str = "imported-";
/// What is said of every imported log.
const NOTE: &str = "imported, not measured here; it can't support a determination";

/// An imported log as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportedView {
    /// Its name in this home.
    pub run: RunId,
    /// Always `imported`.
    pub state: &'static str,
    /// Always false.
    pub measured_here: bool,
    /// What that means.
    pub note: &'static str,
    /// Its transcript.
    pub transcript: PathBuf,
    /// What the log says of itself.
    #[serde(flatten)]
    pub log: Imported,
}

impl ImportedView {
    fn new(run: RunId, transcript: PathBuf, log: Imported) -> Self {
        Self { run, state: "imported", measured_here: false, note: NOTE, transcript, log }
    }
}

fn folder(home: &Home) -> PathBuf {
    home.folder().join("imports")
}

fn refused(error: &dyn std::error::Error) -> MeasureError {
    MeasureError::Argument(operations::plain(error))
}

/// Keeps a log of Inspect (`.eval`) in this home as an imported one. The same content twice is kept once.
///
/// # Errors
/// A log that is damaged, of an unknown layout or too large; a home that can't be written.
pub fn import(home: &Home, log: &Path) -> Result<ImportedView, MeasureError> {
    let read = inspect::look(log).map_err(|e| refused(&e))?;
    let digest: String = read.content.to_string().chars().take(12).collect();
    let run: RunId = format!("{PREFIX}{digest}").parse().map_err(|e| refused(&e))?;
    let place = folder(home).join(run.as_str());
    let transcript = place.join("log.jsonl");
    if transcript.exists() {
        let kept = inspect::imported(&transcript).map_err(|e| refused(&e))?.0;
        return Ok(ImportedView::new(run, transcript, kept));
    }
    private_folder(&place)?;
    // under another name until it is whole
    let partial = place.join("log.partial");
    if partial.exists() {
        files::remove(&partial)?;
    }
    let read = inspect::import(log, &partial).map_err(|e| refused(&e))?;
    std::fs::rename(&partial, &transcript).map_err(files::system("rename", &partial))?;
    Ok(ImportedView::new(run, transcript, read))
}

/// What was imported into this home, logs and tasks: each name with its folder.
fn imported_folders(home: &Home) -> Result<Vec<(RunId, PathBuf)>, MeasureError> {
    let folder = folder(home);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(files::system("read", &folder)(source).into()),
    };
    let named = entries.flatten().filter_map(|entry| {
        let run = entry.file_name().to_string_lossy().parse().ok()?;
        Some((run, entry.path()))
    });
    Ok(named.collect())
}

/// Every imported log of this home, in order of their names.
///
/// # Errors
/// A folder that can't be read.
pub fn imports(home: &Home) -> Result<Vec<ImportedView>, MeasureError> {
    let mut views = Vec::new();
    for (run, folder) in imported_folders(home)? {
        let transcript = folder.join("log.jsonl");
        let read = inspect::first_line(&transcript);
        views.extend(read.map(|log| ImportedView::new(run, transcript, log)));
    }
    views.sort_by(|a, b| a.run.cmp(&b.run));
    Ok(views)
}

/// One imported log, its chain checked; none when this home has none of this name.
///
/// # Errors
/// A transcript that does not hold together.
pub fn imported(home: &Home, run: &RunId) -> Result<Option<ImportedView>, MeasureError> {
    let transcript = folder(home).join(run.as_str()).join("log.jsonl");
    if !run.as_str().starts_with(PREFIX) || !transcript.is_file() {
        return Ok(None);
    }
    let (log, _) = inspect::imported(&transcript).map_err(|e| refused(&e))?;
    Ok(Some(ImportedView::new(run.clone(), transcript, log)))
}

/// A task of others as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskView {
    /// Its name in this home.
    pub run: RunId,
    /// Always `task`.
    pub state: &'static str,
    /// Whose format it had.
    pub format: Format,
    /// Its name there.
    pub name: String,
    /// `flag` or `check`.
    pub scored_by: &'static str,
    /// What the agent is told.
    pub prompt: String,
    /// What the agent gets.
    pub files: Vec<String>,
    /// What its author says of it.
    pub metadata: std::collections::BTreeMap<String, String>,
    /// Whether `assess practice --task` can give it to a model here.
    pub runnable: bool,
    /// What it needs that no sandbox here offers.
    pub lacks: Vec<String>,
    /// What was changed, and what to know.
    pub notes: Vec<String>,
}

impl TaskView {
    fn new(run: RunId, task: Task) -> Self {
        let runnable = task.ready().is_some();
        let scored_by = match &task.scoring {
            Scoring::Flag { .. } => "flag",
            Scoring::Check { .. } => "check",
        };
        let files = task.files.into_iter().map(|file| file.path).collect();
        let Task { format, name, prompt, metadata, lacks, notes, .. } = task;
        Self {
            run,
            state: "task",
            format,
            name,
            scored_by,
            prompt,
            files,
            metadata,
            runnable,
            lacks,
            notes,
        }
    }
}

/// The file of a task.
const TASK: &str = "task.json";
/// Most bytes of it: what a task may take, as base64, and its texts.
const TASK_BOUND: u64 = 32 << 20;

/// Keeps every task of others at this place: all of them or none. The same task twice is kept once.
///
/// # Errors
/// The first thing that is not as it must be, with its place; a home that can't be written.
pub fn import_tasks(home: &Home, path: &Path) -> Result<Vec<TaskView>, MeasureError> {
    let read = foreign::read(path).map_err(|e| refused(&e))?;
    let mut views = Vec::new();
    for task in read {
        let digest: String = task.content().to_string().chars().take(12).collect();
        let run: RunId = format!("{PREFIX}{digest}").parse().map_err(|e| refused(&e))?;
        let place = folder(home).join(run.as_str());
        let kept = place.join(TASK);
        if !kept.exists() {
            private_folder(&place)?;
            let text = serde_json::to_vec(&task).map_err(|e| refused(&e))?;
            files::write(&kept, &text, Access::Private)?;
        }
        views.push(TaskView::new(run, task));
    }
    Ok(views)
}

/// Every task of others in this home, in order of their names there.
///
/// # Errors
/// A folder that can't be read.
pub fn tasks(home: &Home) -> Result<Vec<TaskView>, MeasureError> {
    let mut views = Vec::new();
    for (run, _) in imported_folders(home)? {
        views.extend(task(home, &run)?.map(|task| TaskView::new(run, task)));
    }
    views.sort_by(|a, b| (&a.name, &a.run).cmp(&(&b.name, &b.run)));
    Ok(views)
}

/// One of them for people; none when this home has none of this name.
///
/// # Errors
/// As for [`task`].
pub fn task_view(home: &Home, run: &RunId) -> Result<Option<TaskView>, MeasureError> {
    Ok(task(home, run)?.map(|task| TaskView::new(run.clone(), task)))
}

/// One of them; none when this home has none of this name.
///
/// # Errors
/// A file that is none of ours.
pub fn task(home: &Home, run: &RunId) -> Result<Option<Task>, MeasureError> {
    let path = folder(home).join(run.as_str()).join(TASK);
    if !run.as_str().starts_with(PREFIX) || !path.is_file() {
        return Ok(None);
    }
    let text = files::read_text(&path, TASK_BOUND)?;
    serde_json::from_str(&text).map(Some).map_err(|e| refused(&e))
}

#[cfg(test)]
mod tests;
