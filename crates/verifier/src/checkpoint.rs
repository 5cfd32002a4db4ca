//! Checkpoints.

use crate::{CosignedReport, Refusal};
use domain::{Digest, Digest384, Timestamp};
use ledger::{Profile, Trust};
use serde::Serialize;
use tlog::SignedCheckpoint;

/// What the signatures under a checkpoint say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckpointReport {
    /// The log's name.
    pub origin: String,
    /// How many statements.
    pub size: u64,
    /// The SHA-256 root over them, unless only `cnsa` is relied on.
    pub root: Option<Digest>,
    /// The SHA-384 root over them, unless only `c2sp` is relied on.
    pub root384: Option<Digest384>,
    /// Who vouches for it: `provisional`, `full` or `audited`.
    pub grade: &'static str,
    /// Whose witnesses cosigned, and when they say they did.
    pub cosigned: Vec<CosignedReport>,
    /// The earliest time at which a trusted witness says that this tree existed.
    pub existed_by: Option<Timestamp>,
}

/// Verifies a checkpoint: the log's signatures, and those of the witnesses that are under it.
///
/// # Errors
/// [`Refusal::Checkpoint`].
pub fn checkpoint(
    note: &[u8],
    trust: &Trust,
    profile: Option<Profile>,
) -> Result<CheckpointReport, Refusal> {
    let signed = SignedCheckpoint::parse(note).map_err(ledger::HeadError::from)?;
    let vouched = match profile {
        None => trust.vouch(&signed)?,
        Some(profile) => trust.vouch_as(&signed, profile)?,
    };
    let (existed_by, head) = (vouched.existed_by(), vouched.head);
    Ok(CheckpointReport {
        origin: trust.log().origin().to_owned(),
        size: head.size,
        root: (profile != Some(Profile::Cnsa)).then(|| Digest::from_bytes(head.root)),
        root384: (profile != Some(Profile::C2sp)).then(|| Digest384::from_bytes(head.root384)),
        grade: vouched.grade.as_str(),
        cosigned: vouched.cosigned.into_iter().map(CosignedReport::from).collect(),
        existed_by,
    })
}
