//! What is on record of a grant's uses: what a gateway adds its own unstated uses to.

use super::Reviews;
use domain::{Digest, GrantId, LatestDays, Timestamp};
use std::collections::BTreeSet;

/// The uses of one grant that are on record, of all gateways together.
#[derive(Debug, Clone, Copy)]
pub struct RecordedUses<'r> {
    /// Tokens in all.
    pub tokens: u64,
    /// The latest days (UTC) with uses, two at most, and the tokens of each.
    pub days: &'r LatestDays<u64>,
    minutes: &'r BTreeSet<(Timestamp, Digest)>,
}

impl Reviews {
    /// What is on record of a grant; none for one that was never asked for.
    pub fn recorded(&self, grant: &GrantId) -> Option<RecordedUses<'_>> {
        let record = self.cases().find_map(|case| case.grants.get(grant))?;
        let (tokens, days) = (record.used_tokens, &record.used_on);
        Some(RecordedUses { tokens, days, minutes: &record.uses })
    }
}

impl RecordedUses<'_> {
    /// Whether a minute with this root is among them.
    pub fn has(&self, minute: Timestamp, root: Digest) -> bool {
        self.minutes.contains(&(minute, root))
    }
}
