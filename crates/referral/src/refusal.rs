//! Why a statement about evidence does not count.

use crate::manifest::Fault;
use domain::{Digest, PackageId, PartyId, PersonId, Timestamp};

/// Why a statement does not count. The state did not change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Someone whose signature is needed did not sign.
    #[error("`{0}` did not sign")]
    NotSigned(PartyId),
    /// Nobody knows the party.
    #[error("`{0}` is not in the directory of parties")]
    UnknownParty(PartyId),
    /// The manifest contradicts itself.
    #[error("the manifest contradicts itself: {0}")]
    Fault(Fault),
    /// The revision does not follow the one before.
    #[error(
        "revision {given} does not follow: revision {expected} with the digest of the one before is next"
    )]
    NotNext {
        /// The revision given.
        given: u32,
        /// The one that is next.
        expected: u32,
    },
    /// Another party issued the package.
    #[error("`{0}` was issued by another party")]
    NotTheIssuer(PackageId),
    /// An item of the revision before is missing or changed. Evidence is only added.
    #[error("the item {0} of the revision before is missing or changed")]
    ItemRemoved(Digest),
    /// The manifest's custody is not what givers and receivers signed.
    #[error("custody of {0} in the manifest is not what givers and receivers signed")]
    CustodyDiffers(Digest),
    /// The giver does not hold the item.
    #[error("the giver does not hold {0}")]
    NotTheHolder(Digest),
    /// A transfer to oneself.
    #[error("giver and receiver of {0} are the same person")]
    ToOneself(Digest),
    /// It is earlier than what came before.
    #[error("{at} is earlier than the last transfer, {last}")]
    Backwards {
        /// The instant stated.
        at: Timestamp,
        /// The last one.
        last: Timestamp,
    },
    /// What is stated lies ahead of the statement.
    #[error("{at} is later than the statement itself")]
    InFuture {
        /// The instant stated.
        at: Timestamp,
    },
    /// No such package.
    #[error("there is no package `{0}`")]
    UnknownPackage(PackageId),
    /// The digest is not that of the latest revision.
    #[error("{0} is not the latest revision of the package")]
    NotLatest(Digest),
    /// What speaks for the people concerned is missing.
    #[error(
        "the exculpatory section is missing; say where one looked, also when nothing was found"
    )]
    NoExculpatory,
    /// The good-faith screen is not answered.
    #[error(
        "the good-faith screen is not answered: each factor needs an answer and what it rests on"
    )]
    ScreenUnanswered,
    /// The screen says good-faith research, and no reason is given.
    #[error("every answer points to good-faith research; a release needs a reason of its own")]
    GoodFaithResearch,
    /// Elements lack an answer.
    #[error("elements without an answer: {}", .0.join(", "))]
    ElementsUnanswered(Vec<String>),
    /// One person alone.
    #[error("`{0}` can't release alone; a second person has to agree")]
    OnePerson(PersonId),
    /// The recipient does not receive evidence.
    #[error("`{0}` has not the role of investigator")]
    NotAnInvestigator(PartyId),
    /// It was released to this recipient before.
    #[error("this revision was released to `{0}` already")]
    AlreadyReleased(PartyId),
    /// It was not released to this recipient.
    #[error("this revision was not released to `{0}`")]
    NotReleased(PartyId),
    /// The recipient said so before.
    #[error("`{0}` received it already")]
    AlreadyReceived(PartyId),
}

impl Refusal {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSigned(_) => "not-signed",
            Self::UnknownParty(_) => "unknown-party",
            Self::Fault(_) => "fault",
            Self::NotNext { .. } => "not-next",
            Self::NotTheIssuer(_) => "not-the-issuer",
            Self::ItemRemoved(_) => "item-removed",
            Self::CustodyDiffers(_) => "custody-differs",
            Self::NotTheHolder(_) => "not-the-holder",
            Self::ToOneself(_) => "to-oneself",
            Self::Backwards { .. } => "backwards",
            Self::InFuture { .. } => "in-future",
            Self::UnknownPackage(_) => "unknown-package",
            Self::NotLatest(_) => "not-latest",
            Self::NoExculpatory => "no-exculpatory",
            Self::ScreenUnanswered => "screen-unanswered",
            Self::GoodFaithResearch => "good-faith-research",
            Self::ElementsUnanswered(_) => "elements-unanswered",
            Self::OnePerson(_) => "one-person",
            Self::NotAnInvestigator(_) => "not-an-investigator",
            Self::AlreadyReleased(_) => "already-released",
            Self::NotReleased(_) => "not-released",
            Self::AlreadyReceived(_) => "already-received",
        }
    }
}
