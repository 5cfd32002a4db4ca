//! When an assessment may be made public.

use minicbor::{Decode, Encode};
use std::fmt;
use std::str::FromStr;

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

impl fmt::Display for Publication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(way, _)| way == self).map_or("", |(_, name)| name))
    }
}

impl FromStr for Publication {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(_, name)| *name == text).map(|(way, _)| *way);
        let given: String = text.chars().take(80).collect();
        found.ok_or_else(|| {
            format!(
                "`{given}` is not a rule of publication; `nobody`, `both-sides` or `after-partner-release`"
            )
        })
    }
}
