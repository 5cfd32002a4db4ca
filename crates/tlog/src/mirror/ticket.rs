//! Tickets: a checkpoint that a mirror once accepted, given to the client and known again by a tag.
//!
//! Without them a mirror would have to keep every pending checkpoint, or make a client begin anew whenever a newer
//! one arrives in the middle of an upload. The tag is HMAC-SHA-256 under a key that only the mirror has; the log's
//! signature alone would not do, since a log can sign two histories.

use crate::{Checkpoint, SignedCheckpoint};
use aws_lc_rs::hmac;

/// The longest ticket in bytes: what its length field holds.
pub const MAX_TICKET: usize = 65_535;
/// Bytes of the tag at the end.
const TAG: usize = 32;
/// What is authenticated before the note.
const LABEL: &[u8] = b"tlog-mirror ticket v1\0";

fn key(secret: &[u8; 32]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret)
}

fn message(note: &[u8]) -> Vec<u8> {
    [LABEL, note].concat()
}

/// Makes the ticket of a signed checkpoint. Empty, which is no ticket, when the note is too long for one.
pub fn seal_ticket(secret: &[u8; 32], note: &[u8]) -> Vec<u8> {
    if note.len() > MAX_TICKET - TAG {
        return Vec::new();
    }
    let tag = hmac::sign(&key(secret), &message(note));
    [note, tag.as_ref()].concat()
}

/// The checkpoint of a ticket that this mirror made for this log; `None` for every other.
pub fn open_ticket(secret: &[u8; 32], ticket: &[u8], origin: &str) -> Option<SignedCheckpoint> {
    let (note, tag) = ticket.split_last_chunk::<TAG>()?;
    hmac::verify(&key(secret), &message(note), tag).ok()?;
    let signed = SignedCheckpoint::parse(note).ok()?;
    Some(signed).filter(|s| Checkpoint::origin(s.checkpoint()) == origin)
}
