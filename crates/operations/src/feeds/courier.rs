//! Fetches the files of a signed feed, from a folder or over HTTPS, and counts what it brings.

use super::fetch::{Answer, FetchError, Fetcher};
use super::{FEED, FeedsError};
use crate::files;
use bytes::Bytes;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tough::{Transport, TransportError, TransportErrorKind, TransportStream, async_trait};
use url::Url;

/// Most bytes of one file of metadata; the library compares with the length that is signed, where one is.
pub(super) const METADATA: usize = 12 << 20;

/// The address that the metadata library knows the feed by.
pub(super) const BASE: &str = "https://feed.invalid/";

/// Brings files of one feed.
#[derive(Debug, Clone)]
pub(super) struct Courier {
    source: Source,
    brought: Arc<AtomicU64>,
    times: Arc<AtomicU64>,
}

#[derive(Debug, Clone)]
enum Source {
    Folder(PathBuf),
    Web { fetcher: Fetcher, base: String },
}

impl Courier {
    /// For a folder, or an address that begins with `https://`; on this machine `http://` will do, since what is brought
    /// is signed.
    pub(super) fn new(from: &str, authorities: Option<&[u8]>) -> Result<Self, FetchError> {
        let source = if from.contains("://") {
            let fetcher = Fetcher::new(authorities)?.with_loopback();
            Source::Web { fetcher, base: format!("{}/", from.trim_end_matches('/')) }
        } else {
            Source::Folder(PathBuf::from(from))
        };
        Ok(Self { source, brought: Arc::default(), times: Arc::default() })
    }

    /// Bytes and files that were brought.
    pub(super) fn brought(&self) -> (u64, u64) {
        (self.brought.load(Ordering::Relaxed), self.times.load(Ordering::Relaxed))
    }

    /// Where a file is, for people and for manifests.
    pub(super) fn place(&self, path: &str) -> String {
        match &self.source {
            Source::Folder(folder) => folder.join(path).to_string_lossy().into_owned(),
            Source::Web { base, .. } => format!("{base}{path}"),
        }
    }

    /// A file of the feed; none if there is none.
    pub(super) async fn get(&self, path: &str, limit: usize) -> Result<Option<Bytes>, FeedsError> {
        let bytes = match &self.source {
            Source::Folder(folder) => {
                let limit = u64::try_from(limit).unwrap_or(FEED).min(FEED);
                match files::read(&folder.join(path), limit) {
                    Ok(bytes) => Some(Bytes::from(bytes)),
                    Err(error) if error.is_missing() => None,
                    Err(error) => return Err(error.into()),
                }
            }
            Source::Web { fetcher, base } => {
                match fetcher.get(&format!("{base}{path}"), None, limit).await? {
                    Answer::New { bytes, .. } => Some(bytes),
                    Answer::Same | Answer::Missing => None,
                }
            }
        };
        if let Some(bytes) = &bytes {
            self.brought.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            self.times.fetch_add(1, Ordering::Relaxed);
        }
        Ok(bytes)
    }
}

#[async_trait]
impl Transport for Courier {
    async fn fetch(&self, url: Url) -> Result<TransportStream, TransportError> {
        let failed = |kind, cause: Box<dyn std::error::Error + Send + Sync>| {
            TransportError::new_with_cause(kind, url.as_str(), cause)
        };
        let path = url.as_str().strip_prefix(BASE).unwrap_or_default();
        if path.split('/').any(|part| part.is_empty() || part.starts_with('.')) {
            return Err(TransportError::new(TransportErrorKind::Other, url.as_str()));
        }
        match self.get(path, METADATA).await {
            Ok(Some(bytes)) => Ok(Box::pin(futures_util::stream::iter([Ok(bytes)]))),
            Ok(None) => Err(TransportError::new(TransportErrorKind::FileNotFound, url.as_str())),
            Err(error) => Err(failed(TransportErrorKind::Other, Box::new(error))),
        }
    }
}
