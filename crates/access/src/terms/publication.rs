//! When an assessment may be made public.

use minicbor::{Decode, Encode};

/// When an assessment, or an item of it, may be made public. It is about what an evaluator, a determiner or either side says
/// of the model, and never about its release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Publication {
    /// Never.
    #[n(0)]
    Nobody,
    /// With the signatures of both sides.
    #[n(1)]
    BothSides,
    /// By whoever may share it from the planned partner release on; before it with the signatures of both sides.
    #[n(2)]
    AfterPartnerRelease,
}

impl Publication {
    /// Every way with its name in configuration and manual.
    pub const ALL: [(Self, &'static str); 3] = [
        (Self::Nobody, "nobody"),
        (Self::BothSides, "both-sides"),
        (Self::AfterPartnerRelease, "after-partner-release"),
    ];
}
