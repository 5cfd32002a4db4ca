//! What a mirror knows of a log, and which uploads that allows.

use super::{Info, Upload};
use crate::Checkpoint;

/// The most entries that an upload may repeat: as many as one request should have.
pub const MAX_EXCESS: u64 = 32 * 256;

/// A mirror's state for one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The pending checkpoint; `None` before the first.
    pub pending: Option<Checkpoint>,
    /// Size of the mirror checkpoint: what the mirror has signed. 0 before the first.
    pub mirrored: u64,
    /// The first entry that the mirror lacks.
    pub next: u64,
}

/// Why an upload may not begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UploadRefusal {
    /// 422: no checkpoint to upload for.
    #[error("no checkpoint of this log was added yet; add one first")]
    NothingPending,
    /// 409: the upload leads to no checkpoint that is known.
    #[error("{end} is not the size of a checkpoint that was added here")]
    UnknownEnd {
        /// The size in the upload.
        end: u64,
    },
    /// 409: the upload leads to less than what is mirrored.
    #[error("{mirrored} entries are mirrored already, more than {end}")]
    EndBehind {
        /// The size in the upload.
        end: u64,
        /// Size of the mirror checkpoint.
        mirrored: u64,
    },
    /// 409: entries are missing before the upload's first.
    #[error("entry {next} is the next that is needed, and the upload starts at {start}")]
    StartAhead {
        /// First entry of the upload.
        start: u64,
        /// First entry that is missing.
        next: u64,
    },
    /// 409: the upload repeats too much.
    #[error(
        "the upload repeats {excess} entries that are here already; at most {MAX_EXCESS} may be"
    )]
    TooMuchExcess {
        /// How many are repeated.
        excess: u64,
    },
}

impl UploadRefusal {
    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        match self {
            Self::NothingPending => 422,
            Self::UnknownEnd { .. }
            | Self::EndBehind { .. }
            | Self::StartAhead { .. }
            | Self::TooMuchExcess { .. } => 409,
        }
    }
}

impl State {
    /// Whether an upload may begin, and under which checkpoint its entries are. `ticketed` is the checkpoint of the
    /// upload's ticket, once that was found to be the mirror's own.
    ///
    /// # Errors
    ///
    /// [`UploadRefusal`].
    pub fn admit(
        &self,
        upload: &Upload,
        ticketed: Option<&Checkpoint>,
    ) -> Result<Checkpoint, UploadRefusal> {
        let Upload { start, end, .. } = *upload;
        let pending = self.pending.as_ref().ok_or(UploadRefusal::NothingPending)?;
        let known = [Some(pending), ticketed].into_iter().flatten().find(|c| c.size() == end);
        let checkpoint = known.ok_or(UploadRefusal::UnknownEnd { end })?;
        if end < self.mirrored {
            return Err(UploadRefusal::EndBehind { end, mirrored: self.mirrored });
        }
        if start > self.next {
            return Err(UploadRefusal::StartAhead { start, next: self.next });
        }
        let excess = end.min(self.next).saturating_sub(start);
        if excess > MAX_EXCESS {
            return Err(UploadRefusal::TooMuchExcess { excess });
        }
        Ok(checkpoint.clone())
    }

    /// Where a client goes on. `end` is the size that it wanted, if that was a known one.
    pub fn info(&self, end: Option<u64>, ticket: Vec<u8>) -> Info {
        let pending = self.pending.as_ref().map_or(0, Checkpoint::size);
        Info { size: end.unwrap_or(pending), next: self.next, ticket }
    }

    /// Whether the mirror may sign this checkpoint: every entry is there, and it is not behind what was signed.
    pub fn may_sign(&self, checkpoint: &Checkpoint) -> bool {
        checkpoint.size() <= self.next && checkpoint.size() >= self.mirrored
    }
}
