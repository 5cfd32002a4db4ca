//! Receipts and bundles.

use crate::Refusal;
use domain::{Digest, PartyId, Timestamp};
use ledger::{Bundle, Cosigned, Grade, Profile, Receipt, Trust, VerifiedReceipt, WitnessRole};
use serde::Serialize;

/// What is asked of a receipt besides that it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// The least grade that will do.
    pub require: Grade,
    /// The one profile to rely on; without it, both must hold.
    pub profile: Option<Profile>,
}

/// What a receipt or bundle proves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementReport {
    /// The statement's place in the log.
    pub index: u64,
    /// The statement's id.
    pub id: Digest,
    /// What kind of statement it is.
    pub kind: String,
    /// Who signed it.
    pub signers: Vec<PartyId>,
    /// When its issuer says it was stated.
    pub claimed_at: Timestamp,
    /// Leaves in the tree that it proves the statement to be in.
    pub size: u64,
    /// Who vouches for that tree: `provisional` is the log alone, `full` every main party's witness,
    /// `audited` the inspector's too.
    pub grade: &'static str,
    /// The parties whose witnesses cosigned that tree, and when they say they did.
    pub cosigned: Vec<CosignedReport>,
    /// The earliest time at which a trusted witness says that the statement existed.
    pub existed_by: Option<Timestamp>,
    /// How many statements the log had in the checkpoint that the issuer quoted: it is not older than that.
    pub not_before_size: Option<u64>,
    /// The receipt's length in bytes.
    pub bytes: usize,
}

/// One witness under a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CosignedReport {
    /// Whose.
    pub party: PartyId,
    /// What its cosignature counts for: `main` or `inspector`.
    pub role: WitnessRole,
    /// When it says it cosigned.
    pub at: Option<Timestamp>,
}

impl Asked {
    /// Any grade, both profiles.
    pub const ANY: Self = Self { require: Grade::Provisional, profile: None };
}

impl From<Cosigned> for CosignedReport {
    fn from(Cosigned { party, role, at }: Cosigned) -> Self {
        Self { party, role, at }
    }
}

/// Verifies a receipt or a bundle: checkpoint, witnesses, inclusion in the trees and every party's signatures.
///
/// # Errors
/// [`Refusal::Receipt`], [`Refusal::Bundle`] or [`Refusal::Grade`].
pub fn receipt(bytes: &[u8], trust: &Trust, asked: Asked) -> Result<StatementReport, Refusal> {
    let verified = if Bundle::is_bundle(bytes) {
        let bundle = Bundle::from_bytes(bytes)?;
        match asked.profile {
            None => bundle.verify(trust)?,
            Some(profile) => bundle.verify_as(trust, profile)?,
        }
    } else {
        let receipt = Receipt::from_bytes(bytes)?;
        match asked.profile {
            None => receipt.verify(trust)?,
            Some(profile) => receipt.verify_as(trust, profile)?,
        }
    };
    if verified.grade < asked.require {
        return Err(Refusal::Grade { found: verified.grade, wanted: asked.require });
    }
    Ok(report(verified, bytes.len()))
}

fn report(verified: VerifiedReceipt, bytes: usize) -> StatementReport {
    StatementReport {
        index: verified.index,
        id: verified.id,
        kind: verified.kind,
        signers: verified.signers.into_iter().collect(),
        claimed_at: verified.claimed_at,
        size: verified.size,
        grade: verified.grade.as_str(),
        cosigned: verified.cosigned.into_iter().map(CosignedReport::from).collect(),
        existed_by: verified.existed_by,
        not_before_size: verified.not_before.map(|seen| seen.size),
        bytes,
    }
}
