//! The head of an upload, how it is cut into packages, and the answer that tells where to go on.

use crate::text::{decimal, shown};
use crate::{Checkpoint, Hash, MAX_ORIGIN};
use std::fmt;
use std::str::FromStr;

/// The media type of [`Info`].
pub const INFO_CONTENT_TYPE: &str = "text/x.tlog.mirror-info";
/// The most packages that a client sends in one request.
pub const MAX_PACKAGES: usize = 32;

/// What an upload says before its packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The log's name.
    pub origin: String,
    /// First entry that is sent.
    pub start: u64,
    /// Size of the checkpoint that the entries lead to.
    pub end: u64,
    /// What the mirror gave with an earlier answer; empty at first.
    pub ticket: Vec<u8>,
}

/// Why bytes are not the head of an upload. Its status is 400.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    /// The name can't be a log's.
    #[error(
        "the upload's origin is not one: 1 to {MAX_ORIGIN} bytes of UTF-8 without control characters"
    )]
    Origin,
    /// The range runs backwards.
    #[error("the upload starts at entry {start}, after its end at {end}")]
    Backwards {
        /// First entry.
        start: u64,
        /// Size that it leads to.
        end: u64,
    },
}

/// One package's place: the entries `start..end`, in the bundle that begins at `first`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// First entry of the bundle, a multiple of 256; the subtree that is proven begins here.
    pub first: u64,
    /// First entry that is sent.
    pub start: u64,
    /// One past the last entry that is sent.
    pub end: u64,
}

impl Upload {
    /// Writes the head. `None` when a field is too long for it.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(self.origin.len() + self.ticket.len() + 20);
        bytes.extend_from_slice(&u16::try_from(self.origin.len()).ok()?.to_be_bytes());
        bytes.extend_from_slice(self.origin.as_bytes());
        bytes.extend_from_slice(&self.start.to_be_bytes());
        bytes.extend_from_slice(&self.end.to_be_bytes());
        bytes.extend_from_slice(&u16::try_from(self.ticket.len()).ok()?.to_be_bytes());
        bytes.extend_from_slice(&self.ticket);
        Some(bytes)
    }

    /// Reads the head from the beginning of a body: it and its length in bytes, or `None` when more bytes are needed.
    ///
    /// # Errors
    ///
    /// [`UploadError`].
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, UploadError> {
        let Some((len, rest)) = bytes.split_first_chunk::<2>() else { return Ok(None) };
        let len = usize::from(u16::from_be_bytes(*len));
        if len == 0 || len > MAX_ORIGIN {
            return Err(UploadError::Origin);
        }
        let Some((origin, rest)) = rest.split_at_checked(len) else { return Ok(None) };
        let origin = std::str::from_utf8(origin).map_err(|_| UploadError::Origin)?;
        Checkpoint::new(origin, 0, Hash::EMPTY_ROOT).map_err(|_| UploadError::Origin)?;
        let Some((start, rest)) = rest.split_first_chunk::<8>() else { return Ok(None) };
        let Some((end, rest)) = rest.split_first_chunk::<8>() else { return Ok(None) };
        let (start, end) = (u64::from_be_bytes(*start), u64::from_be_bytes(*end));
        if start > end {
            return Err(UploadError::Backwards { start, end });
        }
        let Some((len, rest)) = rest.split_first_chunk::<2>() else { return Ok(None) };
        let len = usize::from(u16::from_be_bytes(*len));
        let Some((ticket, rest)) = rest.split_at_checked(len) else { return Ok(None) };
        let upload = Self { origin: origin.to_owned(), start, end, ticket: ticket.to_vec() };
        Ok(Some((upload, bytes.len() - rest.len())))
    }

    /// The places of the canonical packages of this upload, in order.
    pub const fn slices(&self) -> Slices {
        let (start, end) = (self.start, self.end);
        Slices { next: start, end }
    }
}

/// The places of an upload's packages.
#[derive(Debug, Clone)]
pub struct Slices {
    next: u64,
    end: u64,
}

impl Iterator for Slices {
    type Item = Slice;

    fn next(&mut self) -> Option<Slice> {
        let start = self.next;
        if start >= self.end {
            return None;
        }
        let first = start - start % 256;
        let end = self.end.min(first.saturating_add(256));
        self.next = end;
        Some(Slice { first, start, end })
    }
}

/// Where a client goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// Size of a checkpoint that an upload may lead to.
    pub size: u64,
    /// The first entry that the mirror lacks.
    pub next: u64,
    /// To be sent back with the next upload.
    pub ticket: Vec<u8>,
}

/// Why a text is not an [`Info`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a mirror's info: a size, the next entry and a ticket in base64 are needed, a line each"
)]
pub struct InfoError(String);

impl fmt::Display for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ticket = data_encoding::BASE64.encode(&self.ticket);
        write!(f, "{}\n{}\n{ticket}\n", self.size, self.next)
    }
}

impl FromStr for Info {
    type Err = InfoError;

    fn from_str(text: &str) -> Result<Self, InfoError> {
        let read = || {
            let mut lines = text.strip_suffix('\n')?.split('\n');
            let (size, next, ticket) = (lines.next()?, lines.next()?, lines.next()?);
            let ticket = crate::base64(ticket)?;
            let short = ticket.len() <= usize::from(u16::MAX) && lines.next().is_none();
            let (size, next) = (decimal(size)?, decimal(next)?);
            short.then_some(Self { size, next, ticket })
        };
        read().ok_or_else(|| InfoError(shown(text)))
    }
}
