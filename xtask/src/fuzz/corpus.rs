//! The committed corpora, and what a run adds to them.

use super::Folders;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Longest input that is adopted, in bytes: corpora stay small enough to be looked at.
const LONGEST: u64 = 4096;

/// The files of a folder.
pub(super) fn count(folder: &Path) -> Result<usize> {
    Ok(files(folder)?.len())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Lets libFuzzer choose, of all that was found, inputs that reach what the committed corpus does not; copies the
/// shortest of them into it, and returns their names.
pub(super) fn adopt(
    folders: &Folders,
    target: &str,
    program: &Path,
    most: usize,
) -> Result<Vec<String>> {
    let committed = folders.fuzz.join("corpus").join(target);
    let chosen = folders.built.join("chosen").join(target);
    if chosen.exists() {
        fs::remove_dir_all(&chosen)?;
    }
    fs::create_dir_all(&chosen)?;
    for path in files(&committed)? {
        fs::copy(&path, chosen.join(path.file_name().context("a file has a name")?))?;
    }
    let mut command = Command::new(program);
    command.arg("-set_cover_merge=1").arg(&chosen).arg(folders.built.join("corpus").join(target));
    let output = command.current_dir(&folders.built).output()?;
    if !output.status.success() {
        bail!("libFuzzer can't merge: {}", String::from_utf8_lossy(&output.stderr));
    }
    let mut new = Vec::new();
    for path in files(&chosen)? {
        let name = path.file_name().context("a file has a name")?.to_string_lossy().into_owned();
        let length = fs::metadata(&path)?.len();
        if length <= LONGEST && !committed.join(&name).exists() {
            new.push((length, name));
        }
    }
    new.sort();
    new.truncate(most);
    for (_, name) in &new {
        fs::copy(chosen.join(name), committed.join(name))?;
    }
    Ok(new.into_iter().map(|(_, name)| name).collect())
}
