//! A snapshot of feeds on the record: what a party matched with can be shown later, to whom it shows it.

use super::Compiled;
use crate::act::{ActError, Ctx, Done, Readers};
use crate::fold::Refused;
use crate::notice::{self, NoticeError};
use domain::{Digest, Timestamp};
use remediation::{Refusal, Taken};
use std::collections::BTreeSet;

/// Why a snapshot was not stated. The index is there all the same.
#[derive(Debug, thiserror::Error)]
pub enum TakenError {
    /// What was stated before can't be read.
    #[error(transparent)]
    Known(#[from] NoticeError),
    /// Stating it.
    #[error(transparent)]
    Act(#[from] ActError),
    /// The rules do not admit it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A value of the index that is none.
    #[error("{0} of the index that was made can't be stated")]
    Value(&'static str),
}

/// What became of the statement.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Recorded {
    /// The digest of the snapshot's files together.
    pub snapshot: Digest,
    /// The statement; none where the log has this snapshot as the party's last already.
    pub done: Option<Done>,
}

/// States which snapshot of feeds this party took, sealed to the party. The same snapshot again is not stated twice.
///
/// # Errors
/// The log can't be reached, or the rules' refusal.
pub async fn record(
    ctx: &Ctx,
    compiled: &Compiled,
    request: Option<&str>,
) -> Result<Recorded, TakenError> {
    let snapshot = compiled.snapshot.digest();
    if let Some(done) = ctx.repeated(request).await? {
        return Ok(Recorded { snapshot, done: Some(done) });
    }
    let index = compiled.sha256.parse().map_err(|_| TakenError::Value("the digest"))?;
    let taken_at: Timestamp =
        compiled.snapshot.made_at.parse().map_err(|_| TakenError::Value("the time"))?;
    let files = u32::try_from(compiled.snapshot.sources.len())
        .map_err(|_| TakenError::Value("the number of files"))?;
    let remediation = notice::known(ctx).await?;
    let taken = Taken { snapshot, files, index, taken_at };
    let now = ctx.clock.now().max(taken_at);
    let event = match remediation.take_feeds(ctx.home.id().clone(), taken, now) {
        Ok(event) => event,
        Err(Refusal::SameFeeds(_)) => return Ok(Recorded { snapshot, done: None }),
        Err(refusal) => return Err(Refused::new(refusal.code(), &refusal).into()),
    };
    let done = ctx.state(&event, &Readers::Parties(BTreeSet::new()), request).await?;
    Ok(Recorded { snapshot, done: Some(done) })
}
