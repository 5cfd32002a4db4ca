//! The span of access: anchored on the planned release to other trusted partners, and bounded.

use crate::{ProgrammeRefusal, Refusal};
use domain::{Span, Timestamp};

/// The longest span of access that windows may have, and from when on defenders are admitted at a tier alone.
///
/// The default is the 30 days of EO 14409 §3(b)(ii), "for up to 30 days before they plan to release
/// the model to other trusted partners". A framework may agree on less; more can't be expressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bounds {
    longest: Span,
    tiers_from: Timestamp,
}

/// 2026-11-29T00:00:00Z, when the programme had its tiers.
const TIERS_FROM: Timestamp = Timestamp::from_micros(1_795_910_400_000_000).expect("in range");

impl Bounds {
    /// What the order allows (EO 14409 §3(b)(ii)).
    pub const ORDER: Span = Span::days(30);
    /// Where the default comes from, as shown to people.
    pub const SOURCE: &'static str = "Executive Order 14409, section 3(b)(ii)";

    /// Bounds that allow windows up to `longest`.
    ///
    /// # Errors
    /// [`Refusal::WindowTooLong`] over [`Bounds::ORDER`].
    pub fn new(longest: Span) -> Result<Self, Refusal> {
        if longest > Self::ORDER {
            return Err(Refusal::WindowTooLong { given: longest, longest: Self::ORDER });
        }
        Ok(Self { longest, ..Self::default() })
    }

    /// The same for a framework whose defenders were admitted without verification and tier until this instant. What a log
    /// has from before stays as it was judged.
    #[must_use]
    pub fn with_tiers_from(self, tiers_from: Timestamp) -> Self {
        Self { tiers_from, ..self }
    }

    /// A defender may be admitted without a tier by a statement of this instant.
    pub(crate) fn admits_without_tier(&self, at: Timestamp) -> Result<(), ProgrammeRefusal> {
        if at < self.tiers_from { Ok(()) } else { Err(ProgrammeRefusal::WithoutTier) }
    }

    /// The longest span a window may have.
    pub fn longest(&self) -> Span {
        self.longest
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self { longest: Self::ORDER, tiers_from: TIERS_FROM }
    }
}

/// A span of access to models: from first access to the planned partner release, and at most
/// `longest` after first access. The end is not part of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    first_access_at: Timestamp,
    planned_partner_release_at: Timestamp,
    longest: Span,
}

impl Window {
    /// A window of at most `longest`, which both parties signed.
    ///
    /// # Errors
    /// [`Refusal::WindowTooLong`] when `longest` exceeds the bounds; [`Refusal::WindowEmpty`] when
    /// the planned release leaves no time.
    pub fn new(
        first_access_at: Timestamp,
        planned_partner_release_at: Timestamp,
        longest: Span,
        bounds: &Bounds,
    ) -> Result<Self, Refusal> {
        if longest > bounds.longest {
            return Err(Refusal::WindowTooLong { given: longest, longest: bounds.longest });
        }
        let window = Self { first_access_at, planned_partner_release_at, longest };
        if window.ends_at() <= first_access_at {
            let ends_at = window.ends_at();
            return Err(Refusal::WindowEmpty { first_access_at, ends_at });
        }
        Ok(window)
    }

    /// The same window after the developer moved its planned partner release. The end may move with
    /// it, but never past the agreed longest span from first access.
    #[must_use]
    pub fn reanchored(self, planned_partner_release_at: Timestamp) -> Self {
        Self { planned_partner_release_at, ..self }
    }

    /// When access may begin.
    pub fn first_access_at(&self) -> Timestamp {
        self.first_access_at
    }

    /// The planned release to other trusted partners that the end hangs on.
    pub fn planned_partner_release_at(&self) -> Timestamp {
        self.planned_partner_release_at
    }

    /// The first instant without access: the planned partner release or the longest span, whichever
    /// comes first.
    pub fn ends_at(&self) -> Timestamp {
        self.planned_partner_release_at.min(self.first_access_at.after(self.longest))
    }

    /// Whether access may have begun.
    pub fn has_begun(&self, now: Timestamp) -> bool {
        now >= self.first_access_at
    }

    /// Whether the end was reached.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.ends_at()
    }
}

#[cfg(test)]
mod tests;
