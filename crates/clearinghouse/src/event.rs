//! What happened: the clearinghouse's statements, one struct for each.
//!
//! Bytes are for ever. A variant or field keeps its number; a new meaning gets a new one. The golden
//! bytes in the tests hold that.

use crate::{
    DuplicateConfirmation, FindingReport, ScanClaim, ScanRelease, ScanRenewal, Validation,
};
use domain::{AdvisoryId, Digest, FindingId, Line, PartyId, PersonId, Statement, Timestamp};
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;

/// A statement about scan work or a finding (schema `clearinghouse/v1`).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    /// A party claims scan work.
    #[n(0)]
    ScanClaimed(#[n(0)] ScanClaim),
    /// A claimant keeps its claim for longer.
    #[n(1)]
    ScanRenewed(#[n(0)] ScanRenewal),
    /// A claimant gives its claim back.
    #[n(2)]
    ScanReleased(#[n(0)] ScanRelease),
    /// A finding is reported.
    #[n(3)]
    FindingReported(#[n(0)] FindingReport),
    /// The clearinghouse has it.
    #[n(4)]
    FindingReceived(#[n(0)] Receipt),
    /// The clearinghouse confirms that two findings are one flaw.
    #[n(5)]
    DuplicateConfirmed(#[n(0)] DuplicateConfirmation),
    /// The clearinghouse ran a proof on two builds.
    #[n(6)]
    Validated(#[n(0)] Validation),
    /// A report to a maintainer was drafted.
    #[n(7)]
    ReportDrafted(#[n(0)] Draft),
    /// A person sent it.
    #[n(8)]
    ReportSent(#[n(0)] Sending),
    /// The maintainer answered.
    #[n(9)]
    ReportAcknowledged(#[n(0)] Acknowledgement),
    /// A fix can be had.
    #[n(10)]
    FixReleased(#[n(0)] Fix),
    /// An advisory is public.
    #[n(11)]
    AdvisoryPublished(#[n(0)] Publication),
    /// A maintainer says how many reports a week it takes.
    #[n(12)]
    PaceSet(#[n(0)] Pace),
    /// The flaw is being exploited.
    #[n(13)]
    ExploitationSeen(#[n(0)] Exploitation),
    /// A coordinator was brought in, because the maintainer is silent.
    #[n(14)]
    CoordinatorEngaged(#[n(0)] Engagement),
    /// The disclosure date is extended, once.
    #[n(15)]
    EmbargoExtended(#[n(0)] Extension),
    /// The reporter takes its finding back.
    #[n(16)]
    FindingWithdrawn(#[n(0)] Withdrawal),
}

/// The clearinghouse has a finding.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Receipt {
    /// Which finding.
    #[n(0)]
    pub finding: FindingId,
    /// Who received it: a clearinghouse.
    #[n(1)]
    pub by: PartyId,
    /// When it arrived.
    #[n(2)]
    pub received_at: Timestamp,
}

/// A report to a maintainer was drafted. Nothing leaves by this.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Draft {
    /// Which finding; the head of its group of duplicates.
    #[n(0)]
    pub finding: FindingId,
    /// Who drafted: a clearinghouse.
    #[n(1)]
    pub by: PartyId,
    /// For whom.
    #[n(2)]
    pub maintainer: PartyId,
    /// Digest of the draft.
    #[n(3)]
    pub draft: Digest,
}

/// A named person sent a draft.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Sending {
    /// Which finding.
    #[n(0)]
    pub finding: FindingId,
    /// The person's party: a clearinghouse.
    #[n(1)]
    pub by: PartyId,
    /// Who sent it. Software never does.
    #[n(2)]
    pub person: PersonId,
    /// What was sent: the latest draft, byte for byte.
    #[n(3)]
    pub draft: Digest,
    /// Over which channel, in one line.
    #[n(4)]
    pub channel: Line,
    /// When.
    #[n(5)]
    pub sent_at: Timestamp,
}

/// The maintainer answered.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Acknowledgement {
    /// Which finding.
    #[n(0)]
    pub finding: FindingId,
    /// The maintainer, or the clearinghouse that has its answer.
    #[n(1)]
    pub by: PartyId,
    /// When the answer was given.
    #[n(2)]
    pub acknowledged_at: Timestamp,
}

/// A fix can be had.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Fix {
    /// Which finding.
    #[n(0)]
    pub finding: FindingId,
    /// The maintainer, or the clearinghouse that saw it.
    #[n(1)]
    pub by: PartyId,
    /// Digest of the fix commit.
    #[n(2)]
    pub commit: Digest,
    /// The first fixed version.
    #[n(3)]
    pub version: Line,
    /// Since when.
    #[n(4)]
    pub available_at: Timestamp,
}

/// An advisory is public.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Publication {
    /// Which finding.
    #[n(0)]
    pub finding: FindingId,
    /// Who published: a clearinghouse.
    #[n(1)]
    pub by: PartyId,
    /// Its public id.
    #[n(2)]
    pub advisory: AdvisoryId,
    /// Digest of the CSAF document.
    #[n(3)]
    pub csaf: Digest,
    /// Digest of the OSV record.
    #[n(4)]
    pub osv: Digest,
    /// When.
    #[n(5)]
    pub published_at: Timestamp,
}

/// A maintainer says how many reports it takes in seven days.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Pace {
    /// The maintainer, who signs.
    #[n(0)]
    pub maintainer: PartyId,
    /// Reports in any seven days. Zero: none for now.
    #[n(1)]
    pub per_week: u32,
}

/// The flaw is being exploited.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Exploitation {
    /// Which finding.
    #[n(0)]
    pub finding: FindingId,
    /// Who says so: a clearinghouse.
    #[n(1)]
    pub by: PartyId,
    /// How it is known, in one line.
    #[n(2)]
    pub source: Line,
    /// Since when it is known.
    #[n(3)]
    pub known_at: Timestamp,
}

/// A coordinator was brought in.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Engagement {
    /// Which finding.
    #[n(0)]
    pub finding: FindingId,
    /// Who did: a clearinghouse.
    #[n(1)]
    pub by: PartyId,
    /// Which coordinator, in one line.
    #[n(2)]
    pub coordinator: Line,
    /// When.
    #[n(3)]
    pub engaged_at: Timestamp,
}

/// The disclosure date is extended.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Extension {
    /// Which finding.
    #[n(0)]
    pub finding: FindingId,
    /// Who extends: a clearinghouse.
    #[n(1)]
    pub by: PartyId,
    /// Why, in one line.
    #[n(2)]
    pub reason: Line,
}

/// The reporter takes its finding back.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Withdrawal {
    /// Which finding.
    #[n(0)]
    pub finding: FindingId,
    /// Its reporter.
    #[n(1)]
    pub by: PartyId,
    /// Why, in one line.
    #[n(2)]
    pub reason: Line,
}

impl Event {
    /// The party that states it.
    pub fn by(&self) -> &PartyId {
        match self {
            Self::ScanClaimed(e) => &e.by,
            Self::ScanRenewed(e) => &e.by,
            Self::ScanReleased(e) => &e.by,
            Self::FindingReported(e) => &e.by,
            Self::FindingReceived(e) => &e.by,
            Self::DuplicateConfirmed(e) => &e.by,
            Self::Validated(e) => &e.by,
            Self::ReportDrafted(e) => &e.by,
            Self::ReportSent(e) => &e.by,
            Self::ReportAcknowledged(e) => &e.by,
            Self::FixReleased(e) => &e.by,
            Self::AdvisoryPublished(e) => &e.by,
            Self::PaceSet(e) => &e.maintainer,
            Self::ExploitationSeen(e) => &e.by,
            Self::CoordinatorEngaged(e) => &e.by,
            Self::EmbargoExtended(e) => &e.by,
            Self::FindingWithdrawn(e) => &e.by,
        }
    }

    /// The finding it is about, when it is about one.
    pub fn finding(&self) -> Option<&FindingId> {
        match self {
            Self::ScanClaimed(_) | Self::ScanRenewed(_) | Self::ScanReleased(_) => None,
            Self::PaceSet(_) => None,
            Self::FindingReported(e) => Some(&e.finding),
            Self::FindingReceived(e) => Some(&e.finding),
            Self::DuplicateConfirmed(e) => Some(&e.finding),
            Self::Validated(e) => Some(&e.finding),
            Self::ReportDrafted(e) => Some(&e.finding),
            Self::ReportSent(e) => Some(&e.finding),
            Self::ReportAcknowledged(e) => Some(&e.finding),
            Self::FixReleased(e) => Some(&e.finding),
            Self::AdvisoryPublished(e) => Some(&e.finding),
            Self::ExploitationSeen(e) => Some(&e.finding),
            Self::CoordinatorEngaged(e) => Some(&e.finding),
            Self::EmbargoExtended(e) => Some(&e.finding),
            Self::FindingWithdrawn(e) => Some(&e.finding),
        }
    }
}

impl Statement for Event {
    const SCHEMA: &'static str = "clearinghouse/v1";

    fn kind(&self) -> &'static str {
        match self {
            Self::ScanClaimed(_) => "scan-claimed",
            Self::ScanRenewed(_) => "scan-renewed",
            Self::ScanReleased(_) => "scan-released",
            Self::FindingReported(_) => "finding-reported",
            Self::FindingReceived(_) => "finding-received",
            Self::DuplicateConfirmed(_) => "duplicate-confirmed",
            Self::Validated(_) => "validated",
            Self::ReportDrafted(_) => "report-drafted",
            Self::ReportSent(_) => "report-sent",
            Self::ReportAcknowledged(_) => "report-acknowledged",
            Self::FixReleased(_) => "fix-released",
            Self::AdvisoryPublished(_) => "advisory-published",
            Self::PaceSet(_) => "pace-set",
            Self::ExploitationSeen(_) => "exploitation-seen",
            Self::CoordinatorEngaged(_) => "coordinator-engaged",
            Self::EmbargoExtended(_) => "embargo-extended",
            Self::FindingWithdrawn(_) => "finding-withdrawn",
        }
    }

    fn signers(&self) -> BTreeSet<PartyId> {
        BTreeSet::from([self.by().clone()])
    }
}

#[cfg(test)]
mod tests;
