//! A log in object storage: an S3-compatible server, through conditional requests alone.
//!
//! ```text
//! <prefix>/commit        the committed head: the one object that is ever compared and swapped
//! <prefix>/stage/…       bundles of appends that are under way, by size and root
//! <prefix>/log/…         what the world may read; each put only where there is nothing, or the same
//! ```
//!
//! The commit point is `commit`: it is replaced only if its ETag is still the one that was read (`If-Match`), or created only
//! if there is none (`If-None-Match: *`). Any number of processes may try; one wins each commit. So that the order of an
//! append stays that of files, the server must answer both conditions in one step with the write, and a read must see
//! every earlier write: S3 does since 2024, and what only looks like it does not suffice.
//!
//! `node.db` beside it is a copy: the head and the index of statements, caught up with from the entries when another process
//! has committed or the file is gone; drafts and requests are in it alone.

mod disk;
mod http;
mod probe;
mod reader;
mod register;

pub use disk::ObjectDisk;
pub use probe::{ObjectFault, Probed};
pub use reader::LogObjects;
pub use register::{IdOf, ObjectRegister, committed_in};

use crate::database::{Database, Register};
use crate::{FolderLock, Log, StoreError};
use object_store::aws::{AmazonS3Builder, S3ConditionalPut};
use object_store::path::Path as ObjectPath;
use object_store::{
    Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, RetryConfig, UpdateVersion,
};
use std::future::Future;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;
use tokio::runtime::Runtime;

/// The commit object.
const PATH: &str = "commit";
/// How long a request is tried again, at most.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where the objects are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectPlace {
    /// The bucket.
    pub bucket: String,
    /// What all names begin with, without a slash at the end; may be empty.
    pub prefix: String,
    /// The region that requests are signed for.
    pub region: String,
    /// The server, such as `http://127.0.0.1:9000`; AWS's own when left out.
    pub endpoint: Option<String>,
}

/// Who asks: variables of the environment that begin with `AWS_`, as every program of that kind reads them. Where none
/// names a key, the role of the host or container is asked for one. Never printed.
#[derive(Clone, Default)]
pub struct ObjectCredentials(Vec<(String, String)>);

impl ObjectCredentials {
    /// Those among these variables that say who asks; where the objects are is for the [`ObjectPlace`] alone to say.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let named = variables.into_iter().filter(|(name, _)| WHO.contains(&name.as_str()));
        Self(named.collect())
    }
}

impl std::fmt::Debug for ObjectCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        write!(f, "ObjectCredentials({names:?})")
    }
}

/// The variables that say who asks.
const WHO: [&str; 9] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];

/// An object with what tells its version from every other.
pub(crate) type Versioned = (Vec<u8>, UpdateVersion);

/// An object storage with a thread of its own to wait on, so that callers need not be asynchronous.
#[derive(Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    prefix: ObjectPath,
    place: Arc<str>,
    waiting: Arc<Waiting>,
}

impl std::fmt::Display for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.place)
    }
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Objects({})", self.place)
    }
}

impl std::fmt::Display for ObjectPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { bucket, prefix, region, endpoint } = self;
        let at = endpoint.as_deref().unwrap_or("AWS");
        write!(f, "bucket `{bucket}` (prefix `{prefix}`, region {region}, {at})")
    }
}

/// Whoever waits for a commit waits for this at most.
fn retry() -> RetryConfig {
    RetryConfig { max_retries: 5, retry_timeout: PATIENCE, ..RetryConfig::default() }
}

/// Bytes that no other attempt has, in this process or another.
fn attempt() -> [u8; 8] {
    std::hash::RandomState::new().build_hasher().finish().to_be_bytes()
}

/// The runtime; it ends in the background, since a caller may be asynchronous.
struct Waiting(Option<Runtime>);

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Objects {
    /// Objects of any store below a prefix.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn over(store: Arc<dyn ObjectStore>, prefix: &str) -> Result<Self, StoreError> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|source| failed(prefix, "reached", source))?;
        let waiting = Arc::new(Waiting(Some(runtime)));
        let (prefix, place) = (ObjectPath::from(prefix), format!("{store}, prefix `{prefix}`"));
        Ok(Self { store, prefix, place: place.into(), waiting })
    }

    /// Objects of an S3-compatible server.
    ///
    /// # Errors
    /// A place that can't be used.
    pub fn s3(place: &ObjectPlace, who: &ObjectCredentials) -> Result<Self, StoreError> {
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&place.bucket)
            .with_region(&place.region)
            .with_retry(retry())
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .with_http_connector(http::Connector);
        for (name, value) in &who.0 {
            if let Ok(key) = name.to_ascii_lowercase().parse() {
                builder = builder.with_config(key, value);
            }
        }
        if let Some(endpoint) = &place.endpoint {
            // which addresses may be plain is the place's to have decided
            builder = builder.with_endpoint(endpoint).with_allow_http(true);
        }
        let shown = place.to_string();
        let store = builder.build();
        let store = store
            .map_err(|e| ObjectFault::Place { place: shown.clone(), reason: e.to_string() })?;
        Ok(Self { place: shown.into(), ..Self::over(Arc::new(store), &place.prefix)? })
    }

    fn path(&self, path: &str) -> ObjectPath {
        ObjectPath::from(format!("{}/{path}", self.prefix))
    }

    /// Waits for work on the runtime's own thread.
    pub(crate) fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = io::Result<T>> + Send + 'static,
    ) -> io::Result<T> {
        let gone = || io::Error::other("the thread that waits for object storage is gone");
        let (tell, told) = mpsc::sync_channel(1);
        let runtime = self.waiting.0.as_ref().ok_or_else(gone)?;
        runtime.spawn(async move {
            // the receiver waits right below
            let _ = tell.send(work.await);
        });
        told.recv().map_err(|_| gone())?
    }

    pub(crate) async fn get(self, path: String) -> io::Result<Option<Versioned>> {
        let found = match self.store.get(&self.path(&path)).await {
            Ok(found) => found,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(io::Error::other(error)),
        };
        let (e_tag, version) = (found.meta.e_tag.clone(), found.meta.version.clone());
        let bytes = found.bytes().await.map_err(io::Error::other)?;
        Ok(Some((bytes.to_vec(), UpdateVersion { e_tag, version })))
    }

    /// Puts an object if there is none (`None`), or if the one that is there is still of this version; false if not.
    pub(crate) async fn put_if(
        self,
        path: String,
        bytes: Vec<u8>,
        version: Option<UpdateVersion>,
    ) -> io::Result<bool> {
        let mode = version.map_or(PutMode::Create, PutMode::Update);
        let options = PutOptions { mode, ..PutOptions::default() };
        match self.store.put_opts(&self.path(&path), bytes.into(), options).await {
            Ok(_) => Ok(true),
            Err(
                Error::AlreadyExists { .. } | Error::Precondition { .. } | Error::NotFound { .. },
            ) => Ok(false),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    pub(crate) async fn put(self, path: String, bytes: Vec<u8>) -> io::Result<()> {
        let done = self.store.put(&self.path(&path), bytes.into()).await;
        done.map(drop).map_err(io::Error::other)
    }

    pub(crate) async fn remove(self, path: String) -> io::Result<()> {
        match self.store.delete(&self.path(&path)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    /// The paths of all objects below a folder, sorted.
    pub(crate) async fn list(self, folder: String) -> io::Result<Vec<String>> {
        let below = self.path(&folder);
        let mut pages = self.store.list_with_offset(Some(&below), &ObjectPath::from(""));
        let mut found = Vec::new();
        while let Some(object) = std::future::poll_fn(|cx| pages.as_mut().poll_next(cx)).await {
            let location = object.map_err(io::Error::other)?.location;
            let own = location.as_ref().strip_prefix(self.prefix.as_ref()).unwrap_or_default();
            found.push(own.trim_start_matches('/').to_owned());
        }
        found.sort();
        Ok(found)
    }
}

fn failed(path: &str, doing: &'static str, source: io::Error) -> StoreError {
    StoreError::Disk { path: path.to_owned(), doing, source }
}

/// A log in object storage, with a database and a lock in a folder.
#[derive(Debug)]
pub struct ObjectLog {
    log: Log,
    database: Arc<Database>,
    probed: Probed,
    _lock: FolderLock,
}

impl ObjectLog {
    /// Opens or creates the log among these objects, with its copy of the index in a folder, which exists, after trying
    /// what the bucket promises. `id_of` reads a statement's id from its entry.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process uses the folder, [`StoreError::Objects`] for a bucket that can't hold a
    /// log, and as [`Log::open`].
    pub fn open(folder: &Path, objects: Objects, id_of: IdOf) -> Result<Self, StoreError> {
        let lock = FolderLock::take(&folder.join("lock"))?;
        let probed = objects.probe()?;
        let database = Arc::new(Database::open(&folder.join("node.db"))?);
        let disk = Arc::new(ObjectDisk::new(objects.clone()));
        let register = ObjectRegister::new(objects, Arc::clone(&database), id_of);
        let register: Arc<dyn Register> = Arc::new(register);
        Ok(Self { log: Log::open(disk, register)?, database, probed, _lock: lock })
    }

    /// What the bucket does beside keeping objects.
    pub const fn probed(&self) -> Probed {
        self.probed
    }

    /// The database beside the log: drafts and requests.
    pub fn database(&self) -> &Database {
        &self.database
    }
}

impl Deref for ObjectLog {
    type Target = Log;
    fn deref(&self) -> &Log {
        &self.log
    }
}
