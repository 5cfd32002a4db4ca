//! What anyone may see of a node: the public side of statements.

use super::{CosignerView, Node, NodeError};
use domain::{Digest, PartyId, Timestamp};
use ledger::{Draft, Header, Leaf};
use serde::{Deserialize, Serialize};

/// Most statements in one listing.
const MAX_PAGE: u64 = 1_000;

/// The log at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The log's name, the first line of its checkpoints.
    pub origin: String,
    /// Its public key, as C2SP signed-note writes it.
    pub vkey: String,
    /// Its public key for the line over both roots, in the same form.
    pub cnsa_vkey: String,
    /// How many statements it holds.
    pub size: u64,
    /// The RFC 6962 root over them, in hexadecimal.
    pub root: Digest,
    /// How many drafts wait for signatures.
    pub drafts: usize,
    /// Leaves of the newest checkpoint that every main party's witness has cosigned.
    #[serde(default)]
    pub witnessed: Option<u64>,
    /// How each cosigner does: what it signed last, or since when it is silent and why.
    #[serde(default)]
    pub cosigners: Vec<CosignerView>,
}

/// The public side of one statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeafView {
    /// Its place in the log.
    pub index: u64,
    /// Its id.
    pub id: Digest,
    /// Family and version of its payload.
    pub schema: String,
    /// What kind of statement it is.
    pub kind: String,
    /// Who issued it.
    pub issuer: PartyId,
    /// Everyone who signed it.
    pub signers: Vec<String>,
    /// Its place in its issuer's chain.
    pub sequence: u64,
    /// When its issuer says it was stated.
    pub claimed_at: Timestamp,
    /// When its issuer says it was logged.
    pub issued_at: Timestamp,
}

/// A statement that waits for signatures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftView {
    /// Its id.
    pub id: Digest,
    /// Family and version of its payload.
    pub schema: String,
    /// What kind of statement it is.
    pub kind: String,
    /// Who offered it and will log it.
    pub issuer: PartyId,
    /// Everyone who must sign.
    pub signers: Vec<String>,
    /// How many of them must sign, the issuer among them.
    pub needed: usize,
    /// How many more must sign before the issuer can log it.
    pub still_needed: usize,
    /// Who has not signed yet, besides the issuer, who signs last.
    pub missing: Vec<String>,
    /// When its issuer says it was stated.
    pub drafted_at: Timestamp,
}

impl LeafView {
    /// The view of a leaf.
    pub fn of(leaf: &Leaf, index: u64) -> Self {
        let header = leaf.header();
        Self {
            index,
            id: leaf.id(),
            schema: header.schema().to_owned(),
            kind: header.kind().to_owned(),
            issuer: header.issuer().clone(),
            signers: names(header),
            sequence: leaf.position().sequence,
            claimed_at: header.claimed_at(),
            issued_at: leaf.position().issued_at,
        }
    }
}

impl DraftView {
    /// Whom it waits for, in words: `gov, lab`, or `1 more of 3: gov, ig`.
    pub fn waits_for(&self) -> String {
        match (self.still_needed, self.missing.len()) {
            (0, _) => "its issuer".to_owned(),
            (still, missing) if still == missing => self.missing.join(", "),
            (still, _) => format!(
                "{still} more ({} of {} sign): {}",
                self.needed,
                self.signers.len(),
                self.missing.join(" or ")
            ),
        }
    }

    /// The view of a draft.
    pub fn of(draft: &Draft) -> Self {
        let header = draft.header();
        Self {
            id: draft.id(),
            schema: header.schema().to_owned(),
            kind: header.kind().to_owned(),
            issuer: header.issuer().clone(),
            signers: names(header),
            needed: header.needed(),
            still_needed: draft.still_needed(),
            missing: draft.missing().iter().map(ToString::to_string).collect(),
            drafted_at: header.claimed_at(),
        }
    }
}

fn names(header: &Header) -> Vec<String> {
    header.signers().iter().map(ToString::to_string).collect()
}

impl Node {
    /// The log at a glance.
    ///
    /// # Errors
    /// Storage that fails.
    pub fn status(&self) -> Result<Status, NodeError> {
        let head = self.committed()?.head;
        let (witnessed, cosigners) = self.cosigned();
        Ok(Status {
            witnessed,
            cosigners,
            origin: self.trust.log().origin().to_owned(),
            vkey: self.trust.log().vkey(),
            cnsa_vkey: self.trust.log().cnsa_vkey(),
            size: head.size,
            root: Digest::from_bytes(head.root),
            drafts: self.drafts()?.len(),
        })
    }

    /// The public side of `limit` statements from index `from` on, at most 1,000.
    ///
    /// # Errors
    /// Storage that fails; an index beyond the end gives nothing.
    pub fn leaves(&self, from: u64, limit: u64) -> Result<Vec<LeafView>, NodeError> {
        self.steady(|committed| {
            let size = committed.head.size;
            let to = from.saturating_add(limit.min(MAX_PAGE)).min(size);
            let leaves = ledger::leaves(self.log(), from..to, size).map_err(NodeError::Read)?;
            Ok(leaves.iter().map(|(index, leaf)| LeafView::of(leaf, *index)).collect())
        })
    }
}
