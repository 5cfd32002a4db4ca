//! Reaching a node: over HTTP, or in this process, or not at all.

use crate::folder::Folder;
use crate::http::{Http, HttpError};
use crate::node::{DraftView, Node, NodeError, Status};
use bytes::Bytes;
use domain::Digest;
use ledger::{CoseSignature, LogFiles};
use std::path::PathBuf;
use std::sync::Arc;

/// Why a node could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ReachError {
    /// Over HTTP.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// In this process.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// No node, by the caller's own wish.
    #[error("{0} needs a node, and this is done offline")]
    Offline(&'static str),
    /// An answer that makes no sense.
    #[error("the node's answer can't be read: {0}")]
    Answer(String),
}

impl ReachError {
    /// Whether the node says that the caller's view of its chain is old.
    pub fn is_conflict(&self) -> bool {
        match self {
            Self::Http(HttpError::Refused { status, .. }) => *status == 409,
            Self::Node(error) => error.fault() == crate::node::Fault::Conflict,
            Self::Http(_) | Self::Offline(_) | Self::Answer(_) => false,
        }
    }

    /// Whether the statement's time lies ahead of the node's clock: it is taken once that has come.
    pub fn is_ahead(&self) -> bool {
        match self {
            Self::Http(HttpError::Refused { code, .. }) => code == "clock-ahead",
            Self::Node(error) => error.code() == "clock-ahead",
            Self::Http(_) | Self::Offline(_) | Self::Answer(_) => false,
        }
    }

    /// Whether the node refused what was sent, so that sending it again is no use.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Http(HttpError::Refused { status, .. }) => {
                (400..500).contains(status) && *status != 409
            }
            Self::Node(error) => error.fault() == crate::node::Fault::Caller,
            Self::Http(_) | Self::Offline(_) | Self::Answer(_) => false,
        }
    }
}

/// A way to a node.
#[derive(Debug, Clone)]
pub enum Reach {
    /// Over HTTP.
    Remote(Http),
    /// In this process; for one machine, tests and the simulation.
    Local(Arc<Node>),
    /// Not at all: what is stated is written to a file, for somebody to carry to a node.
    Offline(Carrier),
}

/// Where what is stated offline goes.
#[derive(Debug, Clone)]
pub struct Carrier {
    /// The copy of the log that is worked from: the home's own.
    pub copy: PathBuf,
    /// The file that complete statements are added to.
    pub file: PathBuf,
}

impl Reach {
    /// A published file of the log.
    ///
    /// # Errors
    /// See [`ReachError`].
    pub async fn file(&self, path: &str) -> Result<Option<Vec<u8>>, ReachError> {
        match self {
            Self::Remote(http) => {
                Ok(http.get(&format!("/log/{path}")).await?.map(|bytes| bytes.to_vec()))
            }
            Self::Local(node) => Ok(node.file(path)?),
            Self::Offline(carrier) => {
                let read = Folder::new(carrier.copy.clone()).read(path);
                read.map_err(|e| ReachError::Answer(e.to_string()))
            }
        }
    }

    /// Submits a complete statement; returns its receipt.
    ///
    /// # Errors
    /// See [`ReachError`].
    pub async fn submit(&self, entry: Vec<u8>) -> Result<Vec<u8>, ReachError> {
        match self {
            Self::Remote(http) => {
                Ok(http.post("/api/v1/statements", Bytes::from(entry)).await?.to_vec())
            }
            Self::Local(node) => Ok(node.submit(&entry)?),
            Self::Offline(_) => Err(ReachError::Offline("handing a statement in")),
        }
    }

    /// The receipt of a logged statement.
    ///
    /// # Errors
    /// See [`ReachError`].
    pub async fn receipt(&self, id: &Digest) -> Result<Option<Vec<u8>>, ReachError> {
        match self {
            Self::Remote(http) => {
                let path = format!("/api/v1/statements/{id}/receipt");
                Ok(http.get(&path).await?.map(|bytes| bytes.to_vec()))
            }
            Self::Local(node) => Ok(node.receipt(id)?),
            Self::Offline(_) => Err(ReachError::Offline("getting a receipt")),
        }
    }

    /// The COSE Receipt of a logged statement.
    ///
    /// # Errors
    /// See [`ReachError`].
    pub async fn cose(
        &self,
        id: &Digest,
        signature: CoseSignature,
    ) -> Result<Option<Vec<u8>>, ReachError> {
        match self {
            Self::Remote(http) => {
                let path = format!("/api/v1/statements/{id}/cose/{signature}");
                Ok(http.get(&path).await?.map(|bytes| bytes.to_vec()))
            }
            Self::Local(node) => Ok(node.cose(id, signature)?),
            Self::Offline(_) => Err(ReachError::Offline("getting a COSE receipt")),
        }
    }

    /// Leaves a draft, or its signatures, for others.
    ///
    /// # Errors
    /// See [`ReachError`].
    pub async fn offer(&self, draft: Vec<u8>) -> Result<DraftView, ReachError> {
        match self {
            Self::Remote(http) => json(&http.post("/api/v1/drafts", Bytes::from(draft)).await?),
            Self::Local(node) => Ok(node.offer(&draft)?),
            Self::Offline(_) => Err(ReachError::Offline("offering a draft to others")),
        }
    }

    /// What waits for signatures.
    ///
    /// # Errors
    /// See [`ReachError`].
    pub async fn drafts(&self) -> Result<Vec<DraftView>, ReachError> {
        match self {
            Self::Remote(http) => match http.get("/api/v1/drafts").await? {
                Some(body) => json(&body),
                None => Err(ReachError::Answer("there is no list of drafts".to_owned())),
            },
            Self::Local(node) => Ok(node.drafts()?),
            Self::Offline(_) => Err(ReachError::Offline("listing drafts")),
        }
    }

    /// A draft with all its signatures so far.
    ///
    /// # Errors
    /// See [`ReachError`].
    pub async fn draft(&self, id: &Digest) -> Result<Option<Vec<u8>>, ReachError> {
        match self {
            Self::Remote(http) => {
                let path = format!("/api/v1/drafts/{id}");
                Ok(http.get(&path).await?.map(|bytes| bytes.to_vec()))
            }
            Self::Local(node) => Ok(node.draft(id)?),
            Self::Offline(_) => Err(ReachError::Offline("getting a draft")),
        }
    }

    /// The log at a glance.
    ///
    /// # Errors
    /// See [`ReachError`].
    pub async fn status(&self) -> Result<Status, ReachError> {
        match self {
            Self::Remote(http) => match http.get("/api/v1/status").await? {
                Some(body) => json(&body),
                None => Err(ReachError::Answer("there is no status".to_owned())),
            },
            Self::Local(node) => Ok(node.status()?),
            Self::Offline(_) => Err(ReachError::Offline("the log's status")),
        }
    }
}

fn json<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, ReachError> {
    serde_json::from_slice(body).map_err(|e| ReachError::Answer(e.to_string()))
}
