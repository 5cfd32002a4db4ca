//! Recording a checkpoint: decide, sign, compare and swap, and only then answer. The same for witness and mirror.

use super::keys::CosignerKeys;
use domain::Timestamp;
use store::{CosignerState, Evidence, RecordedCheckpoint, StoreError};
use tlog::witness::{
    self, AddCheckpoint, Latest, Misbehaviour, Refusal, RequestError, SIZE_CONTENT_TYPE,
    SubtreeRefusal, Watched,
};
use tlog::{Note, NoteError, SignError, SignatureLine};

/// How often a request is decided anew when others come between.
const ATTEMPTS: u32 = 16;

/// Why a cosigner did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum CosignError {
    /// The request is malformed.
    #[error("{}", crate::plain(.0))]
    Request(#[from] RequestError),
    /// The checkpoint is not cosigned.
    #[error("{}", crate::plain(.0))]
    Refused(Refusal),
    /// The subtree is not signed.
    #[error("{}", crate::plain(.0))]
    Subtree(SubtreeRefusal),
    /// Its records can't be read or written.
    #[error("the records can't be used: {}", crate::plain(.0))]
    Store(#[from] StoreError),
    /// Its keys can't sign.
    #[error("the keys can't sign: {0}")]
    Sign(#[from] SignError),
    /// The signed checkpoint would be malformed.
    #[error("the checkpoint has too many signatures to add to: {0}")]
    Note(#[from] NoteError),
    /// Others came between, again and again.
    #[error("too many requests for this log at once; ask again")]
    Busy,
}

impl CosignError {
    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Request(error) => error.status(),
            Self::Refused(refusal) => refusal.status(),
            Self::Subtree(refusal) => refusal.status(),
            Self::Note(_) => 400,
            Self::Store(_) | Self::Busy => 503,
            Self::Sign(_) => 500,
        }
    }

    /// The body and its media type.
    pub fn body(&self) -> (&'static str, String) {
        match self {
            Self::Refused(Refusal::OtherSize { latest, .. }) => {
                (SIZE_CONTENT_TYPE, witness::write_size(*latest))
            }
            other => ("text/plain; charset=utf-8", format!("{other}\n")),
        }
    }
}

/// Records the checkpoint of a request for one of `logs`. With `sign`, the record has these keys' cosignatures, and
/// they are returned.
pub(super) fn checkpoint(
    state: &dyn CosignerState,
    logs: &dyn Fn(&str) -> Option<Watched>,
    body: &[u8],
    now: Timestamp,
    sign: Option<&CosignerKeys>,
) -> Result<Vec<SignatureLine>, CosignError> {
    let request = AddCheckpoint::parse(body)?;
    let watched = logs(request.origin());
    for _ in 0..ATTEMPTS {
        let recorded = state.recorded(request.origin())?;
        let latest = recorded.as_ref().map(|r| r.latest);
        let seconds = now.as_seconds();
        match witness::decide(&request, watched.as_ref(), latest.as_ref(), seconds) {
            Err((refusal, shows)) => {
                if let Some(shows) = shows {
                    keep(state, &request, shows, recorded, now)?;
                }
                return Err(CosignError::Refused(refusal));
            }
            Ok(accepted) => {
                let lines = match sign {
                    Some(keys) => keys.lines(&accepted.checkpoint, accepted.to.time, None)?,
                    None => Vec::new(),
                };
                let mut all = accepted.by_log;
                all.extend(lines.iter().cloned());
                let note = Note::new(request.note.text().to_owned(), all)?;
                let note = note.to_string().into_bytes();
                let to = RecordedCheckpoint { latest: accepted.to, note };
                let from: Option<Latest> = accepted.from;
                if state.advance(request.origin(), from.as_ref(), &to)? {
                    return Ok(lines);
                }
            }
        }
    }
    Err(CosignError::Busy)
}

fn keep(
    state: &dyn CosignerState,
    request: &AddCheckpoint,
    shows: Misbehaviour,
    recorded: Option<RecordedCheckpoint>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let evidence = Evidence {
        origin: request.origin().to_owned(),
        shows,
        note: request.note.to_string().into_bytes(),
        against: recorded.map(|r| r.note),
        at,
    };
    if state.keep(&evidence)? {
        let (origin, size) = (request.origin(), request.size());
        match shows {
            Misbehaviour::Proven => tracing::error!(
                origin,
                size,
                "the log has signed two histories; both checkpoints are kept as evidence"
            ),
            Misbehaviour::Suspected => tracing::warn!(
                origin,
                size,
                "a checkpoint that the log signed came with a proof that does not hold; it is kept"
            ),
        }
    }
    Ok(())
}
