//! Feeds while they are read: a file's name says what is in it.

use super::openpgp::{PinnedKeys, SignatureFault};
use super::snapshot::Folder;
use super::{Compiled, Feeds, FeedsError, Used, fetch, unpack};
use crate::files::{self, Access};
use advisory::{ReadError, csaf, cve, epss, kev, osv, vulnrichment};
use domain::{Digest, Timestamp};
use remediation::{
    Catalogue, Index, Intelligence, Origin, Pack, SliceError, Sliced, Slicer, Snapshot, Source,
};
use std::collections::BTreeMap;
use std::path::Path;

/// What is in a file of feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Catalogue,
    Slice,
    Epss,
    Kev,
    Ssvc,
    Csaf,
    Osv,
}

impl Kind {
    /// By the name in lower case.
    fn of(name: &str) -> Self {
        let starts = |beginnings: &[&str]| beginnings.iter().any(|one| name.starts_with(one));
        if starts(&["slices-catalogue"]) {
            Self::Catalogue
        } else if starts(&["slice-"]) {
            Self::Slice
        } else if starts(&["epss"]) {
            Self::Epss
        } else if starts(&["kev", "known_exploited"]) {
            Self::Kev
        } else if starts(&["ssvc", "vulnrichment"]) {
            Self::Ssvc
        } else if starts(&["csaf"]) || name.ends_with(".csaf.json") {
            Self::Csaf
        } else {
            Self::Osv
        }
    }
}

/// Feeds while they are read.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) pack: Pack,
    /// Slices of a feed, which are put together once all are read.
    pub(super) sliced: Sliced,
    /// The same records once more, where they are to be sliced.
    pub(super) slicer: Option<Slicer>,
    pub(super) intelligence: Intelligence,
    pub(super) sources: Vec<Source>,
    /// Keys by one of which CSAF documents must be signed, as of when.
    pub(super) keys: Option<(PinnedKeys, Timestamp)>,
    /// How many are.
    pub(super) signed: usize,
}

impl Reading {
    /// Takes CSAF documents only with a signature of a pinned key, if there are keys.
    pub(super) fn vouched_by(keys: PinnedKeys, now: Timestamp) -> Self {
        Self { keys: Some((keys, now)), ..Self::default() }
    }

    /// Refuses a CSAF document that no pinned key vouches for.
    pub(super) fn vouched(
        &mut self,
        path: &Path,
        bytes: &[u8],
        signature: &dyn Fn() -> Result<Option<Vec<u8>>, FeedsError>,
    ) -> Result<(), FeedsError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let Some((keys, now)) = self.keys.as_ref().filter(|(keys, _)| !keys.is_empty()) else {
            return Ok(());
        };
        if Kind::of(&name) != Kind::Csaf {
            return Ok(());
        }
        let wrong = |fault| FeedsError::Signature { what: path.display().to_string(), fault };
        let signature = signature()?.ok_or_else(|| wrong(SignatureFault::Missing))?;
        keys.verify(bytes, &signature, now.as_seconds()).map_err(wrong)?;
        self.signed += 1;
        Ok(())
    }

    /// Takes in a file of a folder of fetched files.
    pub(super) fn held(&mut self, folder: &Folder, held: &fetch::Held) -> Result<(), FeedsError> {
        let (path, bytes) = (Path::new(&held.name), folder.read(held)?);
        self.vouched(path, &bytes, &|| folder.signature(held))?;
        self.add(path, &bytes)
    }

    /// Takes in a file; its name says what is in it.
    pub(super) fn add(&mut self, path: &Path, bytes: &[u8]) -> Result<(), FeedsError> {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let name = file.to_lowercase();
        let kind = Kind::of(&name);
        let records = if name.ends_with(".zip") {
            let mut records = 0;
            unpack::members(path, bytes, |member, bytes| {
                // beside its records an archive has files about itself
                if kind == Kind::Ssvc && !member.starts_with("CVE-") {
                    return Ok(());
                }
                records += self.one(&path.join(member), kind, member, bytes)?;
                Ok(())
            })?;
            records
        } else if let Some(plain) = name.strip_suffix(".gz") {
            let unpacked = unpack::gunzip(path, bytes)?;
            self.one(path, kind, plain, &unpacked)?
        } else {
            self.one(path, kind, &name, bytes)?
        };
        self.sources.push(Source {
            name: file,
            sha256: Digest::of(bytes).to_string(),
            bytes: bytes.len() as u64,
            records,
        });
        Ok(())
    }

    /// Takes in what a file holds; gives how many records.
    fn one(
        &mut self,
        path: &Path,
        kind: Kind,
        name: &str,
        bytes: &[u8],
    ) -> Result<usize, FeedsError> {
        let sliced = |source: SliceError| FeedsError::Slice { path: path.to_owned(), source };
        let read = match kind {
            Kind::Catalogue => {
                let catalogue = Catalogue::read(bytes).map_err(sliced)?;
                catalogue.kev(&mut self.intelligence);
                Ok(0)
            }
            Kind::Slice => Ok(self.sliced.add(bytes).map_err(sliced)?),
            Kind::Epss => epss::read(bytes).map(|scores| {
                self.know(|known| known.with_epss(&scores));
                scores.rows.len()
            }),
            Kind::Kev => kev::read(bytes).map(|catalogue| {
                self.know(|known| known.with_kev(&catalogue));
                catalogue.vulnerabilities.len()
            }),
            Kind::Ssvc if name.ends_with(".json") => self.assessment(bytes).map(|()| 1),
            Kind::Ssvc => self.assessments(bytes),
            Kind::Csaf => csaf::read(bytes).map(|records| {
                records.iter().for_each(|one| self.take(Origin::Supplier, one));
                records.len()
            }),
            Kind::Osv if name.ends_with(".jsonl") => self.osv_lines(bytes),
            Kind::Osv => osv::read(bytes).map(|record| {
                self.take(Origin::Database, &record);
                1
            }),
        };
        read.map_err(|source| FeedsError::Read { path: path.to_owned(), source: Box::new(source) })
    }

    fn osv_lines(&mut self, bytes: &[u8]) -> Result<usize, ReadError> {
        let mut records = 0;
        for record in osv::read_lines(bytes) {
            self.take(Origin::Database, &record?);
            records += 1;
        }
        Ok(records)
    }

    /// CVE records or compact lines, one a line; what whole records say of packages counts, too.
    fn assessments(&mut self, bytes: &[u8]) -> Result<usize, ReadError> {
        let read: Result<Vec<_>, _> = vulnrichment::read_whole_lines(bytes).collect();
        let (read, packages): (Vec<_>, Vec<_>) = read?.into_iter().unzip();
        self.know(|known| known.with_ssvc(&read));
        packages.iter().flatten().for_each(|record| self.take(Origin::Cve, record));
        Ok(read.len())
    }

    /// One whole CVE record.
    fn assessment(&mut self, bytes: &[u8]) -> Result<(), ReadError> {
        let record = cve::Record::read(bytes)?;
        let assessment = record.assessment()?;
        self.know(|known| known.with_ssvc([&assessment]));
        record.packages().iter().for_each(|record| self.take(Origin::Cve, record));
        Ok(())
    }

    fn take(&mut self, origin: Origin, record: &osv::Record) {
        if self.pack.add_from(origin, record)
            && let Some(slicer) = &mut self.slicer
        {
            slicer.add(origin, record);
        }
    }

    /// Puts slices together.
    pub(super) fn join(&mut self) {
        let sliced = std::mem::take(&mut self.sliced);
        sliced.records().for_each(|(origin, record)| self.take(origin, record));
        self.know(|known| sliced.known(known));
    }

    fn know(&mut self, with: impl FnOnce(Intelligence) -> Intelligence) {
        self.intelligence = with(std::mem::take(&mut self.intelligence));
    }

    /// Writes what was read as one file.
    pub(super) fn compile(mut self, to: &Path, now: Timestamp) -> Result<Compiled, FeedsError> {
        let snapshot = self.snapshot(now);
        let advisories = self.pack.len();
        self.pack.know(std::mem::take(&mut self.intelligence));
        self.pack.describe(snapshot.clone());
        let bytes = self.pack.finish();
        files::write(to, &bytes, Access::Shared)?;
        Ok(Compiled {
            index: to.to_owned(),
            bytes: bytes.len(),
            sha256: Digest::of(&bytes).to_string(),
            advisories,
            snapshot,
        })
    }

    pub(super) fn snapshot(&self, now: Timestamp) -> Snapshot {
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

    pub(super) fn finish(self) -> Feeds {
        let made_at = String::new();
        let snapshot = Snapshot { made_at, sources: self.sources, left_out: Vec::new() };
        let index = Index::from(self.pack);
        let used = Used::of(&snapshot);
        Feeds { index, intelligence: self.intelligence, demonstration: false, used }
    }
}
