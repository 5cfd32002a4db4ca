//! Files that people and other programs give us or get from us: bounded reads, whole writes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Why a file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system says no.
    #[error("can't {act} {}", path.display())]
    System {
        /// What was tried.
        act: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Larger than the bound.
    #[error("{} is larger than {limit} bytes, the most that is read", path.display())]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// The bound.
        limit: u64,
    },
    /// More files in a folder than the bound.
    #[error("{} has more than {limit} files, the most that are read", path.display())]
    TooMany {
        /// Which folder.
        path: PathBuf,
        /// The bound.
        limit: usize,
    },
    /// Not UTF-8.
    #[error("{} is not text in UTF-8 (first wrong byte at {at})", path.display())]
    NotText {
        /// Which file.
        path: PathBuf,
        /// The first byte that is not.
        at: usize,
    },
    /// It is there already and must not be replaced.
    #[error("{} exists already; move it away or choose another name", .0.display())]
    Exists(PathBuf),
}

impl FileError {
    /// Whether there is no such file.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::System { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// Makes what the system said into an error that names what was done and with which file.
pub fn system(act: &'static str, path: &Path) -> impl Fn(io::Error) -> FileError + Copy {
    move |source| FileError::System { act, path: path.to_owned(), source }
}

/// Reads a file of at most `limit` bytes.
///
/// # Errors
/// Missing, unreadable or too large.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let file = File::open(path).map_err(system("open", path))?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(system("read", path))?;
    if bytes.len() as u64 > limit {
        return Err(FileError::TooLarge { path: path.to_owned(), limit });
    }
    Ok(bytes)
}

/// Reads a text file of at most `limit` bytes.
///
/// # Errors
/// Missing, unreadable, too large or not UTF-8.
pub fn read_text(path: &Path, limit: u64) -> Result<String, FileError> {
    String::from_utf8(read(path, limit)?)
        .map_err(|e| FileError::NotText { path: path.to_owned(), at: e.utf8_error().valid_up_to() })
}

/// Whether a file may be read by others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// By everyone the folder lets in.
    Shared,
    /// By the owner only (mode 0600).
    Private,
}

/// Writes a whole file durably: a temporary file, fsync, rename, fsync of the folder. A reader sees the
/// old content or the new, never a part. Missing folders are made.
///
/// # Errors
/// The system's, with the path; nothing is left half-written.
pub fn write(path: &Path, bytes: &[u8], access: Access) -> Result<(), FileError> {
    let named = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = named.unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(folder).map_err(system("make the folder", folder))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.{}.new", std::process::id()));
    let mode = if access == Access::Private { 0o600 } else { 0o644 };
    let written = (|| {
        let mut options = OpenOptions::new();
        let mut file =
            options.write(true).create(true).truncate(true).mode(mode).open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        File::open(folder)?.sync_all()
    })();
    written.map_err(|source| {
        // best effort: the error that counts is the first
        let _ = fs::remove_file(&temporary);
        system("write", path)(source)
    })
}

/// Writes a file that must not exist yet.
///
/// # Errors
/// [`FileError::Exists`], or the system's.
pub fn create(path: &Path, bytes: &[u8], access: Access) -> Result<(), FileError> {
    if path.exists() {
        return Err(FileError::Exists(path.to_owned()));
    }
    write(path, bytes, access)
}

/// Takes a file from everyone but its owner.
///
/// # Errors
/// The system's.
pub fn protect(path: &Path) -> Result<(), FileError> {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(path, mode).map_err(system("protect", path))
}

/// Removes a file, if it is there.
///
/// # Errors
/// The system's.
pub fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(system("remove", path)(e)),
        _ => Ok(()),
    }
}

/// The files of a folder whose names end in `.extension`, sorted; none when there is no folder.
///
/// # Errors
/// The system's.
pub fn list(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, FileError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(system("list", folder)(e)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(system("list", folder))?.path();
        let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        if !hidden && path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
