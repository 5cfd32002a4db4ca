//! What follows from time alone, and the mark that keeps a clock from reviving anything.

use super::Reviews;
use domain::{CaseId, GrantId, NominationId, Timestamp, WindowId};
use std::sync::atomic::{AtomicI64, Ordering};

/// The latest instant ever seen in one place. It moves only forward, also through `&self`, since a
/// gateway asks for permits from many threads at once.
#[derive(Debug, Default)]
pub(super) struct HighWater(AtomicI64);

impl HighWater {
    /// Notes `now` and returns the latest instant seen.
    pub(super) fn observe(&self, now: Timestamp) -> Timestamp {
        let before = self.0.fetch_max(now.as_micros(), Ordering::Relaxed);
        Timestamp::from_micros(before).map_or(now, |before| before.max(now))
    }

    /// `now`, or the latest instant seen when that is later. Notes nothing, so that asking about the
    /// future does not bring it about.
    pub(super) fn at(&self, now: Timestamp) -> Timestamp {
        self.latest().max(now)
    }

    pub(super) fn latest(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed)).unwrap_or(Timestamp::EPOCH)
    }
}

impl Clone for HighWater {
    fn clone(&self) -> Self {
        Self(AtomicI64::new(self.0.load(Ordering::Relaxed)))
    }
}

/// Something that time alone brought about. Nobody signs it: every place computes it from `now`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lapse {
    /// First access to a window is due.
    WindowBegan {
        /// The case.
        case: CaseId,
        /// The window.
        window: WindowId,
    },
    /// A window reached its end.
    WindowEnded {
        /// The case.
        case: CaseId,
        /// The window.
        window: WindowId,
    },
    /// A partner's or defender's standing expired.
    StandingEnded {
        /// The case.
        case: CaseId,
        /// The nomination or application.
        nomination: NominationId,
    },
    /// A grant expired.
    GrantEnded {
        /// The case.
        case: CaseId,
        /// The grant.
        grant: GrantId,
    },
}

impl Reviews {
    /// When time alone will next matter; in the past when [`Reviews::tick`] is overdue.
    pub fn due(&self) -> Option<Timestamp> {
        let pending = self.boundaries().filter(|(_, lapse)| !self.reported.contains(lapse));
        pending.map(|(at, _)| at).min()
    }

    /// What time has brought about since the last call, in order. Each is told once; a clock that
    /// steps back takes none of it back.
    pub fn tick(&mut self, now: Timestamp) -> Vec<Lapse> {
        let at = self.seen.observe(now);
        let mut lapses: Vec<_> = self
            .boundaries()
            .filter(|(instant, lapse)| *instant <= at && !self.reported.contains(lapse))
            .collect();
        lapses.sort();
        let lapses: Vec<_> = lapses.into_iter().map(|(_, lapse)| lapse).collect();
        self.reported.extend(lapses.iter().cloned());
        lapses
    }

    /// The latest instant seen here.
    pub fn latest_seen(&self) -> Timestamp {
        self.seen.latest()
    }

    fn boundaries(&self) -> impl Iterator<Item = (Timestamp, Lapse)> {
        self.record.cases.values().filter(|case| !case.withdrawn.case).flat_map(|case| {
            let id = || case.id.clone();
            let windows = case.windows.iter().filter(|(_, r)| r.closed.is_none());
            let windows = windows.flat_map(move |(window, record)| {
                let began = Lapse::WindowBegan { case: id(), window: window.clone() };
                let ended = Lapse::WindowEnded { case: id(), window: window.clone() };
                [(record.window.first_access_at(), began), (record.window.ends_at(), ended)]
            });
            let standings = case.standings.iter().filter_map(move |(nomination, standing)| {
                let until = standing.until.filter(|_| standing.revoked.is_none())?;
                let nomination = nomination.clone();
                Some((until, Lapse::StandingEnded { case: id(), nomination }))
            });
            let grants = case.grants.iter().filter_map(move |(grant, record)| {
                let live = record.issued.is_some() && record.revoked.is_none();
                let ended = Lapse::GrantEnded { case: id(), grant: grant.clone() };
                live.then_some((record.request.ends_at, ended))
            });
            windows.chain(standings).chain(grants)
        })
    }
}
