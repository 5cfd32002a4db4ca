//! What was fetched, by content: `objects/SHA-256`, a manifest for each state of all files together in
//! `snapshots/`, and `current`, which names the one that counts. A state replaces the one before whole or not at all.

use super::fetch::Held;
use super::{FEED, FeedsError};
use crate::files::{self, Access};
use domain::{Digest, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Largest manifest, in bytes.
const MANIFEST: u64 = 256 << 20;

/// A state of all files together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// When it came about.
    pub(super) fetched_at: String,
    /// SHA-256 of the manifest before.
    pub(super) before: Option<String>,
    /// The files, by name.
    pub(super) files: Vec<Held>,
    /// Nodes of a sliced feed, by name: they lead to its slices and are no feeds themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) nodes: Vec<Held>,
}

/// A folder of fetched files.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Whether a folder has fetched files.
    pub(super) fn is_one(path: &Path) -> bool {
        path.join("current").is_file() && path.join("snapshots").is_dir()
    }

    fn object(&self, sha256: &str) -> PathBuf {
        self.0.join("objects").join(sha256)
    }

    fn manifest(&self, sha256: &str) -> PathBuf {
        self.0.join("snapshots").join(format!("{sha256}.json"))
    }

    /// The state that counts, with its SHA-256; none where nothing was fetched.
    pub(super) fn current(&self) -> Result<Option<(String, Manifest)>, FeedsError> {
        let path = self.0.join("current");
        if !path.exists() {
            return Ok(None);
        }
        let name = files::read_text(&path, 4_096)?.trim().to_owned();
        let wrong =
            |reason: &str| FeedsError::Snapshot { path: self.0.clone(), reason: reason.to_owned() };
        if name.len() != 64 || !name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong("`current` names no snapshot"));
        }
        let bytes = files::read(&self.manifest(&name), MANIFEST)?;
        if Digest::of(&bytes).to_string() != name {
            return Err(wrong("the snapshot has another SHA-256 than its name"));
        }
        let manifest = serde_json::from_slice(&bytes).map_err(|e| wrong(&e.to_string()))?;
        Ok(Some((name, manifest)))
    }

    /// The bytes of a file, compared with its name.
    pub(super) fn read(&self, held: &Held) -> Result<Vec<u8>, FeedsError> {
        self.read_object(&held.sha256)
    }

    /// The OpenPGP signature of a file, where one is held.
    pub(super) fn signature(&self, held: &Held) -> Result<Option<Vec<u8>>, FeedsError> {
        held.signature.as_ref().map(|sha256| self.read_object(sha256)).transpose()
    }

    fn read_object(&self, sha256: &str) -> Result<Vec<u8>, FeedsError> {
        let bytes = files::read(&self.object(sha256), FEED)?;
        if Digest::of(&bytes).to_string() == sha256 {
            return Ok(bytes);
        }
        let reason =
            format!("{sha256} has another SHA-256 than its name; remove it and update again");
        Err(FeedsError::Snapshot { path: self.0.clone(), reason })
    }

    pub(super) fn has(&self, sha256: &str) -> bool {
        self.object(sha256).is_file()
    }

    /// Keeps bytes under their SHA-256.
    pub(super) fn keep(&self, bytes: &[u8]) -> Result<String, FeedsError> {
        let sha256 = Digest::of(bytes).to_string();
        if !self.has(&sha256) {
            files::write(&self.object(&sha256), bytes, Access::Shared)?;
        }
        Ok(sha256)
    }

    /// Makes a state count, and lets go of objects of which neither it nor the one before speaks. The same files
    /// again are the same state.
    pub(super) fn commit(
        &self,
        (mut held, mut nodes): (Vec<Held>, Vec<Held>),
        before: Option<(String, Manifest)>,
        now: Timestamp,
    ) -> Result<String, FeedsError> {
        held.sort_by(|a, b| a.name.cmp(&b.name));
        nodes.sort_by(|a, b| a.name.cmp(&b.name));
        if let Some((name, manifest)) = &before
            && manifest.files == held
            && manifest.nodes == nodes
        {
            return Ok(name.clone());
        }
        let (before, last) = before.unzip();
        let manifest = Manifest { fetched_at: now.to_string(), before, files: held, nodes };
        let mut bytes =
            serde_json::to_vec_pretty(&manifest).expect("texts and numbers always encode");
        bytes.push(b'\n');
        let name = Digest::of(&bytes).to_string();
        files::write(&self.manifest(&name), &bytes, Access::Shared)?;
        files::write(&self.0.join("current"), format!("{name}\n").as_bytes(), Access::Shared)?;
        let states = last.iter().chain([&manifest]);
        let kept = states.flat_map(|one| one.files.iter().chain(&one.nodes));
        let kept: BTreeSet<&str> = kept
            .flat_map(|held| std::iter::once(&held.sha256).chain(&held.signature))
            .map(String::as_str)
            .collect();
        for entry in std::fs::read_dir(self.0.join("objects")).into_iter().flatten().flatten() {
            if !kept.contains(&*entry.file_name().to_string_lossy()) {
                // what stays costs room and nothing else
                let _ = std::fs::remove_file(entry.path());
            }
        }
        Ok(name)
    }
}
