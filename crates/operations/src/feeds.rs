//! Feeds: advisories, KEV, SSVC and EPSS, from files into one index, and the index from its file.
//!
//! A folder is read whole each time. [`compile`] makes one file of it, which is mapped and used where it
//! lies, so that a check starts at once however many advisories there are.

mod map;

use crate::files::{self, Access, FileError};
use crate::rules;
use advisory::{epss, kev, osv, vulnrichment};
use domain::{Digest, Timestamp};
use remediation::{Index, Intelligence, Pack, PackedError, Snapshot, Source};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Largest feed file, in bytes.
pub(crate) const FEED: u64 = 1 << 30;

/// Why feeds can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FeedsError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// What is in it.
    #[error("{}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What is wrong, and where.
        #[source]
        source: Box<advisory::ReadError>,
    },
    /// A folder without advisories.
    #[error("{}: no advisories there; put OSV records as *.json or *.jsonl into it", .0.display())]
    NoAdvisories(PathBuf),
    /// A file that is no index, or no longer one.
    #[error("{}", path.display())]
    Index {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: PackedError,
    },
}

/// What advisories, KEV, SSVC and EPSS say.
#[derive(Debug)]
pub struct Feeds {
    /// Advisories, ready to match.
    pub index: Index,
    /// KEV, SSVC and EPSS.
    pub intelligence: Intelligence,
    /// Whether these are only the shipped facts.
    pub demonstration: bool,
}

/// A feed file that is read.
struct Feed {
    path: PathBuf,
    bytes: Vec<u8>,
}

/// The shipped facts.
///
/// # Errors
/// Never for the files as shipped; a test holds that.
pub fn shipped() -> Result<Feeds, FeedsError> {
    let mut reading = Reading::default();
    for file in rules::FACTS {
        let bytes = file.text.as_bytes().to_vec();
        reading.add(&Feed { path: PathBuf::from(file.name), bytes })?;
    }
    Ok(Feeds { demonstration: true, ..reading.finish() })
}

/// Feeds from a folder of files or from a file that [`compile`] made.
///
/// # Errors
/// A file that can't be read, with the place in it; an index that is damaged.
pub fn read(path: &Path) -> Result<Feeds, FeedsError> {
    if path.is_dir() {
        let reading = gather(&[path.to_owned()], &|_, _| ())?;
        return Ok(reading.finish());
    }
    let wrong = |source| FeedsError::Index { path: path.to_owned(), source };
    let index = Index::open(Arc::new(map::Map::open(path)?)).map_err(wrong)?;
    // what is believed without a second look must at least be what was written
    index.packed().check().map_err(wrong)?;
    Ok(Feeds { intelligence: Intelligence::of(&index), index, demonstration: false })
}

/// What [`compile`] made.
#[derive(Debug, serde::Serialize)]
pub struct Compiled {
    /// Where the index is.
    pub index: PathBuf,
    /// Its length in bytes.
    pub bytes: usize,
    /// SHA-256 of the file.
    pub sha256: String,
    /// How many advisories it holds.
    pub advisories: usize,
    /// From what it was made.
    pub snapshot: Snapshot,
}

/// Makes one file of feeds, for [`read`]. `progress` hears bytes read and bytes in all.
///
/// # Errors
/// A file that can't be read, with the place in it; a file that can't be written.
pub fn compile(
    from: &[PathBuf],
    to: &Path,
    now: Timestamp,
    progress: &dyn Fn(u64, u64),
) -> Result<Compiled, FeedsError> {
    let mut reading = gather(from, progress)?;
    let snapshot = reading.snapshot(now);
    let advisories = reading.pack.len();
    reading.pack.know(std::mem::take(&mut reading.intelligence));
    reading.pack.describe(snapshot.clone());
    let bytes = reading.pack.finish();
    files::write(to, &bytes, Access::Shared)?;
    Ok(Compiled {
        index: to.to_owned(),
        bytes: bytes.len(),
        sha256: Digest::of(&bytes).to_string(),
        advisories,
        snapshot,
    })
}

/// Reads every file of folders, and files.
fn gather(from: &[PathBuf], progress: &dyn Fn(u64, u64)) -> Result<Reading, FeedsError> {
    let mut paths = Vec::new();
    for path in from {
        if path.is_dir() {
            for extension in ["json", "jsonl", "csv"] {
                paths.extend(files::list(path, extension)?);
            }
        } else {
            paths.push(path.clone());
        }
    }
    let length = |path: &PathBuf| std::fs::metadata(path).map_or(0, |meta| meta.len());
    let total = paths.iter().map(length).sum();
    let (mut reading, mut done) = (Reading::default(), 0);
    for path in paths {
        let bytes = files::read(&path, FEED)?;
        done += bytes.len() as u64;
        reading.add(&Feed { path, bytes })?;
        progress(done, total);
    }
    if reading.pack.is_empty() {
        let named = from.first().cloned().unwrap_or_default();
        return Err(FeedsError::NoAdvisories(named));
    }
    Ok(reading)
}

/// Feeds while they are read.
#[derive(Default)]
struct Reading {
    pack: Pack,
    intelligence: Intelligence,
    sources: Vec<Source>,
}

impl Reading {
    /// Takes in a file; its name says what is in it.
    fn add(&mut self, feed: &Feed) -> Result<(), FeedsError> {
        let (path, bytes) = (&feed.path, &feed.bytes);
        let wrong = |source| FeedsError::Read { path: path.clone(), source: Box::new(source) };
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let name = file.to_lowercase();
        let known = std::mem::take(&mut self.intelligence);
        let (known, records) = if name.starts_with("epss") {
            let scores = epss::read(bytes).map_err(wrong)?;
            (known.with_epss(&scores), scores.rows.len())
        } else if name.starts_with("kev") || name.starts_with("known_exploited") {
            let catalogue = kev::read(bytes).map_err(wrong)?;
            (known.with_kev(&catalogue), catalogue.vulnerabilities.len())
        } else if name.starts_with("ssvc") {
            let read: Result<Vec<_>, _> = vulnrichment::read_lines(bytes).collect();
            let read = read.map_err(wrong)?;
            (known.with_ssvc(&read), read.len())
        } else if name.ends_with(".jsonl") {
            let mut records = 0;
            for record in osv::read_lines(bytes) {
                self.pack.add(&record.map_err(wrong)?);
                records += 1;
            }
            (known, records)
        } else {
            self.pack.add(&osv::read(bytes).map_err(wrong)?);
            (known, 1)
        };
        self.intelligence = known;
        self.sources.push(Source {
            name: file,
            sha256: Digest::of(bytes).to_string(),
            bytes: bytes.len() as u64,
            records,
        });
        Ok(())
    }

    fn snapshot(&self, now: Timestamp) -> Snapshot {
        let mut left_out: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, why) in self.pack.left_out() {
            *left_out.entry(why).or_default() += 1;
        }
        Snapshot {
            made_at: now.to_string(),
            sources: self.sources.clone(),
            left_out: left_out.into_iter().map(|(why, n)| (why.to_owned(), n)).collect(),
        }
    }

    fn finish(self) -> Feeds {
        let index = Index::from(self.pack);
        Feeds { index, intelligence: self.intelligence, demonstration: false }
    }
}

#[cfg(test)]
mod tests;
