//! What the gateway keeps of requests and answers, and how a caller shows that a credential is its own.

use crate::Refusal;
use minicbor::{Decode, Encode};

/// Most days that content may be kept: a window's 30 and a year after it.
pub const RETENTION_DAYS: u16 = 396;

/// What the developer's gateway keeps of requests and answers. Whatever it keeps, the model's server reads them:
/// nothing here hides a prompt from the one who answers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Encode, Decode)]
pub enum Content {
    /// Digests, sizes and times.
    #[default]
    #[n(0)]
    Hashed,
    /// Also the bytes, for the developer to read.
    #[n(1)]
    Visible {
        /// Days after which they are destroyed.
        #[n(0)]
        retention_days: u16,
    },
    /// Also the bytes, encrypted to the party of the person who asked; the developer holds the ciphertext and a commitment.
    #[n(2)]
    Sealed {
        /// Days after which the ciphertext is destroyed.
        #[n(0)]
        retention_days: u16,
    },
}

impl Content {
    /// The names of what can be agreed, in configuration and manual.
    pub const NAMES: [&'static str; 3] = ["hashed", "visible", "sealed"];

    /// The clause of a name and the days that go with it.
    ///
    /// # Errors
    /// Another name, days where nothing is kept, or none where something is.
    pub fn read(name: &str, retention_days: Option<u16>) -> Result<Self, String> {
        match (name, retention_days) {
            ("hashed", None) => Ok(Self::Hashed),
            ("hashed", Some(_)) => Err(
                "`hashed` content is not kept, so there are no `retention-days`; leave them out"
                    .to_owned(),
            ),
            ("visible", Some(retention_days)) => Ok(Self::Visible { retention_days }),
            ("sealed", Some(retention_days)) => Ok(Self::Sealed { retention_days }),
            ("visible" | "sealed", None) => {
                Err(format!("`{name}` content is kept: say for how many `retention-days`"))
            }
            (other, _) => {
                let given: String = other.chars().take(80).collect();
                Err(format!("`{given}` is not a kind of content; `hashed`, `visible` or `sealed`"))
            }
        }
    }

    /// Its name in configuration and manual.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hashed => "hashed",
            Self::Visible { .. } => "visible",
            Self::Sealed { .. } => "sealed",
        }
    }

    /// After how many days what is kept is destroyed; `None` when nothing is kept.
    pub const fn retention_days(self) -> Option<u16> {
        match self {
            Self::Hashed => None,
            Self::Visible { retention_days } | Self::Sealed { retention_days } => {
                Some(retention_days)
            }
        }
    }

    pub(super) fn check(self) -> Result<(), Refusal> {
        match self.retention_days() {
            Some(0) => Err(Refusal::NothingNamed { what: "retention days" }),
            Some(given) if given > RETENTION_DAYS => Err(Refusal::TooMany {
                what: "retention days",
                given: given.into(),
                bound: RETENTION_DAYS.into(),
            }),
            Some(_) | None => Ok(()),
        }
    }
}

/// How a caller shows that a credential is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum Binding {
    /// By having it: whoever copies it has it too.
    #[default]
    #[n(0)]
    Bearer,
    /// By the private key of a client certificate that the credential is bound to (RFC 8705).
    #[n(1)]
    Certificate,
    /// By a proof of possession, signed for each request (DPoP, RFC 9449).
    #[n(2)]
    Proof,
}

impl Binding {
    /// Every way with its name in configuration and manual.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Bearer, "bearer"), (Self::Certificate, "certificate"), (Self::Proof, "dpop")];
}
