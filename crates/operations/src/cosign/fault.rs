//! How a mirror answers an upload, and why not as asked.

use super::record::CosignError;
use store::StoreError;
use tlog::CnsaError;
use tlog::mirror::{PackageError, UploadError, UploadRefusal};

/// How an upload was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The media type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// Why an upload failed without an answer of the protocol's own.
#[derive(Debug, thiserror::Error)]
pub(super) enum UploadFault {
    #[error(transparent)]
    Head(#[from] UploadError),
    #[error("{}", crate::plain(.0))]
    Package(#[from] PackageError),
    #[error(transparent)]
    Cosign(#[from] CosignError),
    #[error("{}", crate::plain(.0))]
    Store(#[from] StoreError),
    #[error("the upload ends within its head or before its first package is whole")]
    Truncated,
    #[error("this mirror does not hold the log `{0}`")]
    UnknownOrigin(String),
    #[error(transparent)]
    Refused(#[from] UploadRefusal),
    #[error("the log's own `ledger-cnsa-v1` line: {0}")]
    Line(CnsaError),
    #[error(
        "the log has signed another SHA-384 root than its first {size} entries have; the checkpoint is kept as evidence"
    )]
    OtherSecondRoot { size: u64 },
}

impl UploadFault {
    pub(super) const fn status(&self) -> u16 {
        match self {
            Self::UnknownOrigin(_) => 404,
            Self::Head(_) | Self::Truncated => 400,
            Self::Package(PackageError::Proof { .. })
            | Self::Line(_)
            | Self::OtherSecondRoot { .. } => 422,
            Self::Package(PackageError::Gap { .. }) => 500,
            Self::Package(_) => 400,
            Self::Refused(refusal) => refusal.status(),
            Self::Cosign(error) => error.status(),
            Self::Store(_) => 503,
        }
    }
}
