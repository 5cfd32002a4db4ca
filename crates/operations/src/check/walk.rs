//! The inventories below a folder: a repository, an unpacked image, a machine.

use super::CheckError;
use crate::files;
use advisory::inventory;
use std::fs;
use std::path::{Path, PathBuf};

/// How deep a walk goes.
const DEPTH: usize = 32;
/// Most files and folders that a walk looks at.
const ENTRIES: usize = 2_000_000;
/// Most inventories of one walk.
const INVENTORIES: usize = 10_000;

/// Folders with copies of what a lock file beside them names, or with nothing that is installed.
const PASSED_OVER: [&str; 4] = [".git", "node_modules", "target", "__pycache__"];
/// Folders of a system's root that a kernel fills.
const KERNEL: [&str; 4] = ["proc", "sys", "dev", "run"];

/// What is in a folder.
pub(super) fn list(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
}

/// The inventories below a folder, by path; of a running system its kernel, too. Links are not followed; folders that may not be read are passed over, as the
/// owner of the machine sees to it that they may.
///
/// # Errors
/// A folder that is none, or one with more than can be walked.
pub(super) fn inventories(root: &Path) -> Result<Vec<PathBuf>, CheckError> {
    let first = list(root).map_err(files::system("list", root))?;
    let system = first.iter().any(|path| path.ends_with("etc"));
    let mut open: Vec<(usize, PathBuf)> = first.into_iter().map(|path| (1, path)).collect();
    if system {
        open.retain(|(_, path)| !KERNEL.iter().any(|name| path.ends_with(name)));
    }
    let (mut found, mut seen) = (Vec::new(), 0);
    while let Some((depth, path)) = open.pop() {
        seen += 1;
        if seen > ENTRIES || found.len() > INVENTORIES {
            return Err(CheckError::TooLarge(root.to_owned()));
        }
        let Ok(meta) = fs::symlink_metadata(&path) else { continue };
        if meta.is_dir() {
            let passed = PASSED_OVER.iter().any(|name| path.ends_with(name));
            if depth < DEPTH && !passed {
                let below = list(&path).unwrap_or_default();
                open.extend(below.into_iter().map(|path| (depth + 1, path)));
            }
        } else if meta.is_file()
            && (path.ends_with(super::inventory::RPM)
                || inventory::is_inventory(&path.to_string_lossy()))
        {
            found.push(path);
        }
    }
    if system {
        // the signature says more, where there is one
        let running = ["proc/version_signature", "proc/version"].map(|file| root.join(file));
        found.extend(running.into_iter().find(|path| path.is_file()));
    }
    found.sort();
    Ok(found)
}
