//! Objects in memory of which one put fails.

use futures_util::StreamExt;
use futures_util::stream::{BoxStream, once};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What happens at the chosen put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It fails and does nothing.
    Nothing,
    /// It is done, and its answer is lost.
    Done,
    /// It is not done, and nothing works from then on: the process is gone.
    CrashBefore,
    /// It is done, and nothing works from then on.
    CrashAfter,
    /// Conditions are overlooked, always.
    Unconditional,
}

/// A store of which one put fails once it is armed.
#[derive(Debug)]
pub(super) struct Faulty {
    inner: Arc<InMemory>,
    kind: Kind,
    left: AtomicU64,
    hit: AtomicBool,
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("objects that fail")
    }
}

fn failed() -> Error {
    Error::Generic { store: "objects that fail", source: "failed on purpose".into() }
}

impl Faulty {
    pub(super) fn over(inner: &Arc<InMemory>, kind: Kind) -> Arc<Self> {
        let (left, hit) = (AtomicU64::new(u64::MAX), AtomicBool::new(false));
        Arc::new(Self { inner: Arc::clone(inner), kind, left, hit })
    }

    /// Fails the put after so many.
    pub(super) fn arm(&self, puts: u64) {
        self.left.store(puts, Ordering::SeqCst);
    }

    pub(super) fn was_hit(&self) -> bool {
        self.hit.load(Ordering::SeqCst)
    }

    fn is_gone(&self) -> bool {
        self.was_hit() && matches!(self.kind, Kind::CrashBefore | Kind::CrashAfter)
    }

    fn there(&self) -> Result<()> {
        if self.is_gone() { Err(failed()) } else { Ok(()) }
    }
}

#[async_trait::async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        mut options: PutOptions,
    ) -> Result<PutResult> {
        self.there()?;
        if self.kind == Kind::Unconditional {
            options.mode = PutMode::Overwrite;
        }
        if self.was_hit() || self.left.fetch_sub(1, Ordering::SeqCst) != 0 {
            return self.inner.put_opts(location, payload, options).await;
        }
        self.hit.store(true, Ordering::SeqCst);
        if matches!(self.kind, Kind::Done | Kind::CrashAfter) {
            self.inner.put_opts(location, payload, options).await?;
        }
        Err(failed())
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.there()?;
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        if self.is_gone() {
            return once(async { Err(failed()) }).boxed();
        }
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        if self.is_gone() {
            return once(async { Err(failed()) }).boxed();
        }
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.there()?;
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.there()?;
        self.inner.copy_opts(from, to, options).await
    }
}
