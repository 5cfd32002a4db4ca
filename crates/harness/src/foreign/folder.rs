//! A task's folder: what lies in it, bounded, and nothing that a link leads to.

use super::{ForeignError, Given, TASKS};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};

/// Most bytes of one file.
const FILE: u64 = 4 << 20;
/// Most bytes of what one task takes.
const ALL: usize = 16 << 20;
/// Most files that one task takes.
const FILES: usize = 256;
/// Deepest folder that is looked into.
const DEEPEST: usize = 8;
/// Most entries that are looked at.
const ENTRIES: usize = 20_000;

/// A folder below what is imported.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
    below: PathBuf,
}

impl Folder {
    /// Every folder from here on, in the order of their names; hidden ones are left out, links are not followed.
    pub(super) fn find(root: &Path) -> Result<Vec<Self>, ForeignError> {
        let mut found = Vec::new();
        let mut open = vec![PathBuf::new()];
        let mut seen = 0;
        while let Some(below) = open.pop() {
            let folder = Self { root: root.to_owned(), below: below.clone() };
            for (name, kind) in folder.entries()? {
                seen += 1;
                if seen > ENTRIES || found.len() > TASKS * 8 {
                    let what = "there is too much in it; import parts of it";
                    return Err(ForeignError::new(&root.display().to_string(), None, what));
                }
                let hidden = name.starts_with('.');
                if kind.is_dir() && !hidden && below.components().count() < DEEPEST {
                    open.push(below.join(&name));
                }
            }
            found.push(folder);
        }
        found.sort_by(|a, b| a.below.cmp(&b.below));
        Ok(found)
    }

    fn entries(&self) -> Result<Vec<(String, fs::FileType)>, ForeignError> {
        let wrong = |e: std::io::Error| ForeignError::new(&self.shown(""), None, e.to_string());
        let mut all = Vec::new();
        for entry in fs::read_dir(self.root.join(&self.below)).map_err(wrong)? {
            let entry = entry.map_err(wrong)?;
            let kind = entry.file_type().map_err(wrong)?;
            if let Some(name) = entry.file_name().to_str() {
                all.push((name.to_owned(), kind));
            }
        }
        all.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(all)
    }

    /// A path in it as people read it.
    pub(super) fn shown(&self, name: &str) -> String {
        self.below.join(name).display().to_string()
    }

    /// Which of these names are files here.
    pub(super) fn named<'a>(&self, names: &[&'a str]) -> Result<Vec<&'a str>, ForeignError> {
        let entries = self.entries()?;
        let here = |name: &&str| entries.iter().any(|(n, kind)| n == name && kind.is_file());
        Ok(names.iter().copied().filter(here).collect())
    }

    /// Whether this path is a plain file here.
    pub(super) fn has(&self, path: &str) -> bool {
        self.place(path).is_ok_and(|place| place.is_file())
    }

    /// A path of this folder, none of whose parts is a link or leads outside.
    fn place(&self, path: &str) -> Result<PathBuf, ForeignError> {
        let wrong = |what: &str| Err(ForeignError::new(&self.shown(path), None, what));
        let mut place = self.root.join(&self.below);
        let mut depth = self.below.components().count();
        for part in Path::new(path).components() {
            match part {
                Component::Normal(part) => {
                    place.push(part);
                    depth += 1;
                }
                Component::CurDir => {}
                Component::ParentDir if depth > 0 => {
                    place.pop();
                    depth -= 1;
                }
                _ => return wrong("leads out of what is imported"),
            }
            if fs::symlink_metadata(&place).is_ok_and(|m| m.file_type().is_symlink()) {
                return wrong("is a link; links are not followed");
            }
        }
        Ok(place)
    }

    /// A file's bytes.
    pub(super) fn bytes(&self, path: &str) -> Result<Vec<u8>, ForeignError> {
        let shown = self.shown(path);
        let place = self.place(path)?;
        let wrong = |e: std::io::Error| ForeignError::new(&shown, None, e.to_string());
        let kind = fs::metadata(&place).map_err(wrong)?;
        if !kind.is_file() || kind.len() > FILE {
            let what = "is no plain file of at most 4 MiB";
            return Err(ForeignError::new(&shown, None, what));
        }
        fs::read(&place).map_err(wrong)
    }

    /// Whether this path is a folder here.
    pub(super) fn is_folder(&self, path: &str) -> bool {
        self.place(path).is_ok_and(|place| place.is_dir())
    }

    /// A file under another path, with whether its owner may execute it.
    fn given(&self, from: &str, path: String) -> Result<Given, ForeignError> {
        let mode = fs::metadata(self.place(from)?).map_or(0, |m| m.permissions().mode());
        Ok(Given { path, bytes: self.bytes(from)?, executable: mode & 0o100 != 0 })
    }

    /// A file's text.
    pub(super) fn text(&self, path: &str) -> Result<String, ForeignError> {
        let bytes = self.bytes(path)?;
        String::from_utf8(bytes)
            .map_err(|_| ForeignError::new(&self.shown(path), None, "is no text in UTF-8"))
    }

    /// A file, or every file below a folder, under `to`.
    pub(super) fn take(&self, from: &str, to: &str) -> Result<Vec<Given>, ForeignError> {
        let place = self.place(from)?;
        if !place.is_dir() {
            return Ok(vec![self.given(from, to.to_owned())?]);
        }
        let mut all = Vec::new();
        let mut open =
            vec![(from.trim_end_matches('/').to_owned(), to.trim_end_matches('/').to_owned(), 0)];
        while let Some((from, to, depth)) = open.pop() {
            let inner = Self { root: self.root.clone(), below: self.below.join(&from) };
            for (name, kind) in inner.entries()? {
                let there = if to.is_empty() { name.clone() } else { format!("{to}/{name}") };
                let here = format!("{from}/{name}");
                if kind.is_dir() && depth < DEEPEST {
                    open.push((here, there, depth + 1));
                } else {
                    all.push(self.given(&here, there)?);
                }
                bounded(&all).map_err(|what| ForeignError::new(&self.shown(&from), None, what))?;
            }
        }
        all.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(all)
    }
}

/// Whether one task may take so much.
pub(super) fn bounded<'a>(files: impl IntoIterator<Item = &'a Given>) -> Result<(), &'static str> {
    let sizes = files.into_iter().map(|file| file.bytes.len());
    let (count, bytes) = sizes.fold((0, 0), |(count, all), size| (count + 1, all + size));
    if count > FILES || bytes > ALL {
        return Err("a task takes at most 256 files of 16 MiB together");
    }
    Ok(())
}
