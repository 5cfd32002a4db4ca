//! Fetching feeds: what changed, all of it read before any of it counts.

use super::fetch::{Answer, FetchError, Fetcher, Held};
use super::openpgp::{KeyFault, PinnedKeys};
use super::snapshot::Folder;
use super::sources::{Sources, Wanted};
use super::{Compiled, FeedsError, Reading};
use advisory::provider::{self, KeyOf, Listed, Provider};
use aws_lc_rs::digest;
use domain::Timestamp;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Most documents of one CSAF provider.
const DOCUMENTS: usize = 50_000;

/// What to fetch, and where to.
#[derive(Debug, Clone)]
pub struct Order {
    /// Where the sources are.
    pub sources: Sources,
    /// Ecosystems of OSV, as it names them.
    pub ecosystems: Vec<String>,
    /// CSAF providers: addresses of their `provider-metadata.json`.
    pub csaf: Vec<String>,
    /// OpenPGP keys by one of which every CSAF document must be signed; with none, signatures are counted only.
    pub csaf_keys: PinnedKeys,
    /// Fingerprints of such keys, which are fetched from where the providers say.
    pub csaf_fingerprints: Vec<String>,
    /// Certificates in PEM to believe instead of the system's.
    pub authorities: Option<Vec<u8>>,
    /// Where fetched files are kept.
    pub folder: PathBuf,
    /// The index to write.
    pub to: PathBuf,
}

/// What was fetched.
#[derive(Debug, serde::Serialize)]
pub struct Fetched {
    /// The index.
    #[serde(flatten)]
    pub compiled: Compiled,
    /// SHA-256 of the snapshot's manifest, below `snapshots/`.
    pub taken: String,
    /// How many files there are.
    pub files: usize,
    /// How many of them are new.
    pub changed: usize,
    /// CSAF documents whose provider publishes no hash.
    pub without_hash: usize,
    /// OpenPGP signatures of CSAF documents that were not verified, since no key was pinned.
    pub signatures: usize,
    /// CSAF documents that a pinned key signed.
    pub signed: usize,
}

/// Fetches what changed and makes the index of it. `progress` hears files done and files in all.
///
/// # Errors
/// Anything that can't be fetched, verified or read; then the index and the snapshot stay as they were.
pub async fn update(
    order: &Order,
    now: Timestamp,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Fetched, FeedsError> {
    let folder = Folder::new(&order.folder);
    let before = folder.current()?;
    let files = before.iter().flat_map(|(_, manifest)| &manifest.files);
    let held = files.map(|held| (held.url.clone(), held.clone())).collect();
    let fetcher = Fetcher::new(order.authorities.as_deref())?;
    let mut run = Run {
        folder: &folder,
        fetcher,
        held,
        files: Vec::new(),
        changed: 0,
        without_hash: 0,
        signatures: 0,
        keys: order.csaf_keys.clone(),
        fingerprints: &order.csaf_fingerprints,
    };
    let wanted = order.sources.wanted(&order.ecosystems)?;
    let total = (wanted.len() + order.csaf.len()) as u64;
    for (done, one) in (1..).zip(&wanted) {
        run.file(one, None).await?;
        progress(done, total);
    }
    for (done, url) in (1 + wanted.len() as u64..).zip(&order.csaf) {
        run.provider(url).await?;
        progress(done, total);
    }
    let missing = order.csaf_fingerprints.iter().find(|one| {
        let one = one.to_lowercase();
        !run.keys.fingerprints().any(|known| known == one)
    });
    if let Some(missing) = missing {
        let fault = KeyFault::OtherFingerprint(missing.clone());
        return Err(FeedsError::Key { what: "the providers' keys".to_owned(), fault });
    }
    let Run { mut files, changed, without_hash, signatures, keys, .. } = run;
    // in the order in which the manifest has them, so that the folder gives the same index elsewhere
    files.sort_by(|a, b| a.name.cmp(&b.name));
    // everything is read before anything counts
    let mut reading = Reading::vouched_by(keys, now);
    files.iter().try_for_each(|held| reading.held(&folder, held))?;
    let signed = reading.signed;
    if reading.pack.is_empty() {
        return Err(FeedsError::NoAdvisories(order.folder.clone()));
    }
    let count = files.len();
    let compiled = reading.compile(&order.to, now)?;
    let taken = folder.commit((files, Vec::new()), before, now)?;
    Ok(Fetched { compiled, taken, files: count, changed, without_hash, signatures, signed })
}

struct Run<'a> {
    folder: &'a Folder,
    fetcher: Fetcher,
    /// What was fetched before, by address.
    held: BTreeMap<String, Held>,
    files: Vec<Held>,
    changed: usize,
    without_hash: usize,
    signatures: usize,
    /// Keys by which CSAF documents must be signed.
    keys: PinnedKeys,
    fingerprints: &'a [String],
}

impl Run<'_> {
    /// What is held of an address, if its bytes are there.
    fn held(&self, url: &str) -> Option<&Held> {
        self.held.get(url).filter(|held| self.folder.has(&held.sha256))
    }

    /// Fetches a file unless it is held; gives the bytes if they are new.
    async fn file(
        &mut self,
        wanted: &Wanted,
        updated: Option<&str>,
    ) -> Result<Option<bytes::Bytes>, FeedsError> {
        let url = &wanted.url;
        let held = self.held(url).cloned();
        match self.fetcher.get(url, held.as_ref(), wanted.limit).await? {
            Answer::Missing => Err(FetchError::Status { url: url.clone(), status: 404 }.into()),
            Answer::Same => {
                self.files.extend(held);
                Ok(None)
            }
            Answer::New { bytes, etag, last_modified } => {
                let sha256 = self.folder.keep(&bytes)?;
                self.changed += usize::from(held.is_none_or(|held| held.sha256 != sha256));
                self.files.push(Held {
                    name: wanted.name.clone(),
                    url: url.clone(),
                    sha256,
                    bytes: bytes.len() as u64,
                    etag,
                    last_modified,
                    updated: updated.map(str::to_owned),
                    signature: None,
                });
                Ok(Some(bytes))
            }
        }
    }

    /// A small file that is not kept.
    async fn text(&self, url: &str) -> Result<Option<bytes::Bytes>, FeedsError> {
        match self.fetcher.get(url, None, provider::MAX_PROVIDER_BYTES).await? {
            Answer::New { bytes, .. } => Ok(Some(bytes)),
            Answer::Same | Answer::Missing => Ok(None),
        }
    }

    /// Every document of a CSAF provider.
    async fn provider(&mut self, url: &str) -> Result<(), FeedsError> {
        let missing = || FetchError::Status { url: url.to_owned(), status: 404 };
        let read = |source| FeedsError::Read { path: PathBuf::from(url), source: Box::new(source) };
        let bytes = self.text(url).await?.ok_or_else(missing)?;
        let provider = provider::read_metadata(&bytes).map_err(read)?;
        self.pin(&provider).await?;
        let mut listed: BTreeMap<String, Listed> = BTreeMap::new();
        for feed in &provider.feeds {
            let bytes = self.text(feed).await?.ok_or_else(missing)?;
            let entries = provider::read_rolie(&bytes).map_err(read)?;
            listed.extend(entries.into_iter().map(|one| (one.path.clone(), one)));
        }
        for folder in &provider.folders {
            let entries = match self.text(&format!("{folder}changes.csv")).await? {
                Some(bytes) => provider::read_changes(&bytes).map_err(read)?,
                None => {
                    let bytes =
                        self.text(&format!("{folder}index.txt")).await?.ok_or_else(missing)?;
                    provider::read_index(&bytes).map_err(read)?
                }
            };
            for one in entries {
                listed.entry(format!("{folder}{}", one.path)).or_insert(one);
            }
        }
        if listed.len() > DOCUMENTS {
            let reason = format!("{url} lists more than {DOCUMENTS} documents");
            return Err(FetchError::Sources { reason }.into());
        }
        for (url, one) in listed {
            self.document(&url, &one).await?;
        }
        Ok(())
    }

    /// Fetches the keys of a provider whose fingerprints were pinned. What it offers under others is left alone.
    async fn pin(&mut self, provider: &Provider) -> Result<(), FeedsError> {
        for pinned in self.fingerprints {
            let of = |key: &&KeyOf| {
                key.fingerprint.as_ref().is_none_or(|told| told.eq_ignore_ascii_case(pinned))
            };
            for key in provider.keys.iter().filter(of) {
                let Some(bytes) = self.text(&key.url).await? else { continue };
                match self.keys.add(&bytes, Some(pinned)) {
                    Ok(()) | Err(KeyFault::OtherFingerprint(_)) => {}
                    Err(fault) => return Err(FeedsError::Key { what: key.url.clone(), fault }),
                }
            }
        }
        Ok(())
    }

    /// Keeps the signature beside the document that was taken last, if a key is pinned. It is verified with all
    /// others, before anything counts.
    async fn signature(&mut self, url: &str, listed: &Listed) -> Result<(), FeedsError> {
        if self.keys.is_empty() {
            self.signatures += usize::from(listed.signature.is_some());
            return Ok(());
        }
        let at = listed.signature.clone().unwrap_or_else(|| format!("{url}.asc"));
        if let Some(bytes) = self.text(&at).await? {
            let sha256 = self.folder.keep(&bytes)?;
            if let Some(held) = self.files.last_mut() {
                held.signature = Some(sha256);
            }
        }
        Ok(())
    }

    /// A CSAF document, its hash compared. One whose list says that it did not change is not asked for.
    async fn document(&mut self, url: &str, listed: &Listed) -> Result<(), FeedsError> {
        let held = self.held(url).cloned();
        if let Some(held) =
            held.filter(|held| listed.updated.is_some() && held.updated == listed.updated)
        {
            let has = held.signature.is_some();
            self.files.push(held);
            if !has {
                self.signature(url, listed).await?;
            }
            return Ok(());
        }
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' };
        let rest: String = url.trim_start_matches("https://").chars().map(plain).collect();
        let wanted = Wanted {
            name: format!("csaf-{rest}"),
            url: url.to_owned(),
            limit: advisory::csaf::MAX_CSAF_BYTES,
        };
        let Some(bytes) = self.file(&wanted, listed.updated.as_deref()).await? else {
            return self.signature(url, listed).await;
        };
        let (sha512, sha256) = (format!("{url}.sha512"), format!("{url}.sha256"));
        let told = listed.hash.iter().cloned();
        let mut agreed = None;
        for hash in told.chain([sha512, sha256]) {
            let algorithm = if hash.ends_with("256") { &digest::SHA256 } else { &digest::SHA512 };
            if let Some(file) = self.text(&hash).await? {
                let own = digest::digest(algorithm, &bytes);
                let own = data_encoding::HEXLOWER.encode(own.as_ref());
                agreed = Some(provider::hash_agrees(&file, &own));
                break;
            }
        }
        match agreed {
            Some(false) => return Err(FetchError::Hash { url: url.to_owned() }.into()),
            None => self.without_hash += 1,
            Some(true) => {}
        }
        self.signature(url, listed).await
    }
}

#[cfg(test)]
mod tests;
