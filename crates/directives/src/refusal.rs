//! Why a statement about obligations does not count.

use crate::{ClockId, ObligationId};
use domain::{PartyId, Timestamp};

/// Why a statement does not count. The state did not change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The party it names did not sign.
    #[error("`{0}` did not sign")]
    NotSigned(PartyId),
    /// Nobody knows the party.
    #[error("`{0}` is not in the directory of parties")]
    UnknownParty(PartyId),
    /// No such pack was loaded.
    #[error("no rule pack `{0}` is loaded")]
    UnknownPack(Box<str>),
    /// The pack is data only for now.
    #[error("the rule pack `{0}` is not in force")]
    PackInactive(Box<str>),
    /// The pack has no such start.
    #[error("the rule pack `{pack}` has no start `{start}`")]
    UnknownStart {
        /// The pack.
        pack: Box<str>,
        /// What was named.
        start: Box<str>,
    },
    /// The text fixes the instant; nobody else can.
    #[error("the start `{0}` is fixed by the text")]
    StartFixed(Box<str>),
    /// The clock has this start already.
    #[error("the clock `{clock}` has the start `{start}` already")]
    StartRecorded {
        /// The clock.
        clock: ClockId,
        /// The start.
        start: Box<str>,
    },
    /// The clock is another party's or runs under another pack.
    #[error("the clock `{0}` belongs to another party or pack")]
    ClockTaken(ClockId),
    /// No such clock.
    #[error("there is no clock `{0}`")]
    UnknownClock(ClockId),
    /// The clock was withdrawn.
    #[error("the clock `{0}` was withdrawn")]
    ClockGone(ClockId),
    /// No such obligation, or its clock has not started.
    #[error("there is no obligation `{0}`; it may lack its clock, or the clock its start")]
    UnknownObligation(ObligationId),
    /// The rule speaks to other roles.
    #[error("`{by}` has none of the roles that `{obligation}` speaks to")]
    NotYours {
        /// Who stated it.
        by: PartyId,
        /// What it was about.
        obligation: ObligationId,
    },
    /// No rule of the pack speaks to the party.
    #[error("no rule of `{pack}` speaks to the roles of `{by}`")]
    NoRuleForYou {
        /// Who stated it.
        by: PartyId,
        /// The pack.
        pack: Box<str>,
    },
    /// The party met it before.
    #[error("`{by}` met `{obligation}` already")]
    AlreadyMet {
        /// Who.
        by: PartyId,
        /// What.
        obligation: ObligationId,
    },
    /// What is stated lies ahead of the statement.
    #[error("{at} is later than the statement itself")]
    InFuture {
        /// The instant stated.
        at: Timestamp,
    },
    /// It was met before its clock started.
    #[error("{at} is before the clock started, {started}")]
    BeforeStart {
        /// The instant stated.
        at: Timestamp,
        /// The start.
        started: Timestamp,
    },
    /// There is no due date to move.
    #[error("`{0}` has no due date")]
    NoDue(ObligationId),
}

impl Refusal {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSigned(_) => "not-signed",
            Self::UnknownParty(_) => "unknown-party",
            Self::UnknownPack(_) => "unknown-pack",
            Self::PackInactive(_) => "pack-inactive",
            Self::UnknownStart { .. } => "unknown-start",
            Self::StartFixed(_) => "start-fixed",
            Self::StartRecorded { .. } => "start-recorded",
            Self::ClockTaken(_) => "clock-taken",
            Self::UnknownClock(_) => "unknown-clock",
            Self::ClockGone(_) => "clock-gone",
            Self::UnknownObligation(_) => "unknown-obligation",
            Self::NotYours { .. } => "not-yours",
            Self::NoRuleForYou { .. } => "no-rule-for-you",
            Self::AlreadyMet { .. } => "already-met",
            Self::InFuture { .. } => "in-future",
            Self::BeforeStart { .. } => "before-start",
            Self::NoDue(_) => "no-due",
        }
    }
}
