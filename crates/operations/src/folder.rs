//! A log's published files in a folder, as the ledger reads them.

use ledger::{FileError, LogFiles};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Largest file of a log, in bytes.
const LIMIT: u64 = 64 << 20;
/// Most files that are listed.
const MOST: usize = 10_000_000;

/// A folder with `checkpoint`, `tile/` and `object/`.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at `path`; it need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    fn walk(&self, below: &Path, into: &mut Vec<String>) -> io::Result<()> {
        for entry in fs::read_dir(self.0.join(below))? {
            let entry = entry?;
            let path = below.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                self.walk(&path, into)?;
            } else if into.len() < MOST {
                into.push(path.to_string_lossy().into_owned());
            } else {
                return Err(io::Error::other("more files than any log of ours has"));
            }
        }
        Ok(())
    }
}

impl LogFiles for Folder {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, FileError> {
        let failed = |reason: String| FileError { path: path.to_owned(), reason };
        let relative = Path::new(path);
        if !relative.components().all(|c| matches!(c, std::path::Component::Normal(_))) {
            return Err(failed("it leads out of the log's folder".to_owned()));
        }
        let full = self.0.join(relative);
        match fs::metadata(&full) {
            Ok(meta) if meta.len() > LIMIT => {
                Err(failed(format!("it is larger than {LIMIT} bytes")))
            }
            Ok(meta) if meta.is_dir() => Ok(None),
            Ok(_) => fs::read(&full).map(Some).map_err(|e| failed(e.to_string())),
            Err(e)
                if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
            {
                Ok(None)
            }
            Err(e) => Err(failed(e.to_string())),
        }
    }

    fn list(&self) -> Result<Vec<String>, FileError> {
        let mut paths = Vec::new();
        let shown = self.0.display().to_string();
        self.walk(Path::new(""), &mut paths)
            .map_err(|e| FileError { path: shown, reason: e.to_string() })?;
        paths.sort();
        Ok(paths)
    }
}
