//! Grants that the developer slowed over a signal: one request at a time, and a pause between two.

use crate::refused::Refused;
use access::Permit;
use domain::GrantId;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// When each slowed grant's latest request began. Others are not in here.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<BTreeMap<GrantId, Instant>>);

/// Grants that are remembered; more than this many slowed at once forget the earliest, whose pause is over soon.
const REMEMBERED: usize = 4_096;

impl Pace {
    /// Lets a request begin at `now`, unless its grant is slowed and `gap` has not passed or another is under way.
    pub(crate) fn begin(
        &self,
        permit: &Permit,
        gap: Duration,
        now: impl FnOnce() -> Instant,
        under_way: impl FnOnce(&GrantId) -> bool,
    ) -> Result<(), Refused> {
        if !permit.is_slowed() {
            return Ok(());
        }
        let now = now();
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = latest.get(permit.grant()).map(|at| now.saturating_duration_since(*at));
        let left = passed.map_or(Duration::ZERO, |passed| gap.saturating_sub(passed));
        if left > Duration::ZERO || under_way(permit.grant()) {
            let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
            return Err(Refused::Slowed { seconds: seconds.max(1) });
        }
        if latest.len() >= REMEMBERED {
            let earliest = latest.iter().min_by_key(|(_, at)| **at).map(|(grant, _)| grant.clone());
            earliest.map(|grant| latest.remove(&grant));
        }
        latest.insert(permit.grant().clone(), now);
        Ok(())
    }
}
