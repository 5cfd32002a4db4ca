//! Why a statement about remediation does not count.

use domain::{Digest, Line, NoticeId, PartyId, Timestamp};

/// Why a statement does not count. The state did not change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The party it names did not sign.
    #[error("`{0}` did not sign")]
    NotSigned(PartyId),
    /// Nobody knows the party.
    #[error("`{0}` is not in the directory of parties")]
    UnknownParty(PartyId),
    /// The party has no role that may state this.
    #[error("`{by}` has not the role of {role}")]
    WrongRole {
        /// Who stated it.
        by: PartyId,
        /// The role that may.
        role: domain::Role,
    },
    /// The id is taken.
    #[error("there is a notice `{0}` already")]
    NoticeTaken(NoticeId),
    /// No such notice.
    #[error("there is no notice `{0}`")]
    UnknownNotice(NoticeId),
    /// Too few or too many rings.
    #[error("a notice has 1 to 16 rings, not {given}")]
    Rings {
        /// How many there are.
        given: usize,
    },
    /// A ring's audience is empty, too large, or not in ascending order without repeats.
    #[error("the audience of the ring `{0}` must be 1 to 20,000 parties, ascending, once each")]
    Audience(Line),
    /// A ring opens within an hour.
    #[error("{opens_at} is not a full hour; a wave opens at one")]
    NotAnHour {
        /// The instant stated.
        opens_at: Timestamp,
    },
    /// Rings are not in the order of their hours.
    #[error("the rings of `{0}` are not in the order in which they open")]
    RingOrder(NoticeId),
    /// Only the issuer opens it.
    #[error("only the issuer of `{0}` opens it")]
    NotTheIssuer(NoticeId),
    /// No such ring.
    #[error("`{notice}` has no ring {ring}")]
    UnknownRing {
        /// The notice.
        notice: NoticeId,
        /// The ring.
        ring: u8,
    },
    /// The key is not the one that was promised.
    #[error("the key is not the one that ring {ring} of `{notice}` was sealed with")]
    WrongKey {
        /// The notice.
        notice: NoticeId,
        /// The ring.
        ring: u8,
    },
    /// The ring is open already.
    #[error("ring {ring} of `{notice}` is open already")]
    AlreadyOpen {
        /// The notice.
        notice: NoticeId,
        /// The ring.
        ring: u8,
    },
    /// Its hour has not come, or its key has not been told.
    #[error("it opens at {opens_at}, when its issuer tells the key")]
    NotOpen {
        /// The hour.
        opens_at: Timestamp,
    },
    /// The notice is not for this party.
    #[error("the notice is not for `{0}`")]
    NotInAudience(PartyId),
    /// The operator said so before.
    #[error("`{0}` acknowledged it already")]
    AlreadyAcknowledged(PartyId),
    /// The operator closed it before.
    #[error("`{0}` closed it already")]
    AlreadyClosed(PartyId),
    /// A closing inventory is not newer, or lies ahead of the statement.
    #[error("the inventory of {after} does not follow that of {before}, or lies ahead")]
    InventoryOrder {
        /// When the matching one was taken.
        before: Timestamp,
        /// When the newer one was taken.
        after: Timestamp,
    },
    /// The snapshot of feeds is the one that was stated last.
    #[error("the snapshot {0} is the one that was stated last")]
    SameFeeds(Digest),
    /// Facts lie ahead of the statement.
    #[error("{at} is later than the statement itself")]
    InFuture {
        /// The instant stated.
        at: Timestamp,
    },
}

impl Refusal {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSigned(_) => "not-signed",
            Self::UnknownParty(_) => "unknown-party",
            Self::WrongRole { .. } => "wrong-role",
            Self::NoticeTaken(_) => "notice-taken",
            Self::UnknownNotice(_) => "unknown-notice",
            Self::Rings { .. } => "rings",
            Self::Audience(_) => "audience",
            Self::NotAnHour { .. } => "not-an-hour",
            Self::RingOrder(_) => "ring-order",
            Self::NotTheIssuer(_) => "not-the-issuer",
            Self::UnknownRing { .. } => "unknown-ring",
            Self::WrongKey { .. } => "wrong-key",
            Self::AlreadyOpen { .. } => "already-open",
            Self::NotOpen { .. } => "not-open",
            Self::NotInAudience(_) => "not-in-audience",
            Self::AlreadyAcknowledged(_) => "already-acknowledged",
            Self::AlreadyClosed(_) => "already-closed",
            Self::InventoryOrder { .. } => "inventory-order",
            Self::SameFeeds(_) => "same-feeds",
            Self::InFuture { .. } => "in-future",
        }
    }
}
