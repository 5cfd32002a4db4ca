//! Statements that travel as files: signed in a home that reaches no node, handed in later by anybody.
//!
//! A home that works offline writes each complete statement to a file instead of sending it, and keeps a copy in its
//! `carried/`, so that its next one takes the next place in its chain. The first command of that home that reaches a node
//! sends what is still there; what its copy of the log has by then is dropped.
//!
//! Whoever hands a file in needs no key. Statements are public to the node in the same form.

use crate::act::{ActError, Ctx, Done};
use crate::files::{self, Access, FileError};
use crate::reach::{Carrier, Reach, ReachError};
use crate::sync::{self, Known};
use crate::wire;
use domain::wire::WireError;
use domain::{Digest, PartyId};
use ledger::{Draft, Entry, Leaf, ObjectError, Receipt, ReceiptError, Seen, SignatureBlock, Trust};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Most bytes of a file of statements.
pub const MAX_FILE: u64 = 64 << 20;

/// Why a carried statement could not be appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Not a file of statements.
    #[error(
        "not a file of complete statements; `--offline FILE` with a verb that states something writes one"
    )]
    Malformed(#[source] WireError),
    /// Nothing in it.
    #[error("there is no statement in it")]
    Empty,
    /// Its parts do not belong together.
    #[error("statement {at} of the file is not sound")]
    Unsound {
        /// Which of the file's, from 1.
        at: usize,
        /// Why.
        #[source]
        source: ObjectError,
    },
    /// Fewer signed than must.
    #[error("`{kind}` is not signed by {}: it is not complete, and was not handed in", whom(*more, missing))]
    Unsigned {
        /// What kind of statement it is.
        kind: String,
        /// How many signatures it needs beyond those that it has.
        more: usize,
        /// Who could give them.
        missing: Vec<String>,
    },
    /// A draft with all signatures but its issuer's last one.
    #[error(
        "`{kind}` is a draft that every signer has signed; `{issuer}` logs it with `vestibule draft issue`"
    )]
    Draft {
        /// What kind of statement it is.
        kind: String,
        /// Whose.
        issuer: String,
    },
    /// The node.
    #[error(transparent)]
    Reach(#[from] ReachError),
    /// The node's receipt is not good.
    #[error(
        "the node says that statement {id} is logged, and its receipt is not good; ask the log's host"
    )]
    Receipt {
        /// The statement.
        id: Digest,
        /// What is wrong.
        #[source]
        source: ReceiptError,
    },
    /// A receipt could not be written.
    #[error(transparent)]
    File(#[from] FileError),
}

fn whom(more: usize, missing: &[String]) -> String {
    let names = missing.join(", ");
    if more == missing.len() { names } else { format!("{more} more of {names}") }
}

/// A complete statement that travels.
#[derive(Debug, Clone)]
pub struct Carried {
    /// What the node gets.
    pub entry: Entry,
    /// Its leaf, as it was read.
    pub leaf: Leaf,
}

/// What came of one statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Appended {
    /// Its place in the log.
    pub index: u64,
    /// Its id.
    pub id: Digest,
    /// What kind of statement it is.
    pub kind: String,
    /// Whose.
    pub issuer: String,
    /// Whether it was in the log before.
    pub already: bool,
    /// Where its receipt was written, if that was asked for.
    pub receipt: Option<PathBuf>,
}

/// The statements of a file, each sound and signed by as many as it needs; whether the signatures are good is the node's
/// to check. All are looked at before the first is handed in.
///
/// # Errors
/// See [`AppendError`].
pub fn statements(bytes: &[u8]) -> Result<Vec<Carried>, AppendError> {
    if let Ok(draft) = Draft::from_bytes(bytes) {
        return Err(of_draft(&draft));
    }
    let entries = wire::entries(bytes).map_err(AppendError::Malformed)?;
    if entries.is_empty() {
        return Err(AppendError::Empty);
    }
    let mut found = Vec::with_capacity(entries.len());
    for (at, entry) in (1..).zip(entries) {
        let unsound = |source| AppendError::Unsound { at, source };
        let (leaf, object) = entry.check().map_err(unsound)?;
        let block = SignatureBlock::from_bytes(object.block());
        let block = block.map_err(|e| unsound(ObjectError::Signature(e)))?;
        let header = leaf.header();
        let signed = |party: &PartyId| {
            party == header.issuer() || block.cosigners.iter().any(|c| c.party == *party)
        };
        let missing: Vec<_> = header.signers().iter().filter(|party| !signed(party)).collect();
        let more = (header.needed() + missing.len()).saturating_sub(header.signers().len());
        if more > 0 {
            let missing = missing.into_iter().map(ToString::to_string).collect();
            let kind = header.kind().to_owned();
            return Err(AppendError::Unsigned { kind, more, missing });
        }
        found.push(Carried { entry, leaf });
    }
    Ok(found)
}

fn of_draft(draft: &Draft) -> AppendError {
    let header = draft.header();
    let (kind, issuer) = (header.kind().to_owned(), header.issuer().to_string());
    match draft.still_needed() {
        0 => AppendError::Draft { kind, issuer },
        more => {
            let missing = draft.missing().iter().map(ToString::to_string).collect();
            AppendError::Unsigned { kind, more, missing }
        }
    }
}

/// Hands one statement in and verifies its receipt, which is written below `receipts` if that is given. One that is in the
/// log already stays as it is.
///
/// # Errors
/// See [`AppendError`].
pub async fn append(
    reach: &Reach,
    trust: &Trust,
    Carried { entry, leaf }: &Carried,
    receipts: Option<&Path>,
) -> Result<Appended, AppendError> {
    let id = entry.id;
    let (bytes, already) = match reach.receipt(&id).await? {
        Some(receipt) => (receipt, true),
        None => (reach.submit(wire::entry_bytes(entry)).await?, false),
    };
    let wrong = |source| AppendError::Receipt { id, source };
    let receipt = Receipt::from_bytes(&bytes).map_err(wrong)?;
    let verified = receipt.verify(trust).map_err(wrong)?;
    let header = leaf.header();
    let (kind, issuer) = (header.kind().to_owned(), header.issuer().to_string());
    if verified.id != id {
        return Err(ReachError::Answer("the receipt is of another statement".to_owned()).into());
    }
    let mut written = None;
    if let Some(folder) = receipts {
        let short: String = id.to_string().chars().take(16).collect();
        let path = folder.join(format!("{kind}-{short}.receipt"));
        files::write(&path, &bytes, Access::Shared)?;
        written = Some(path);
    }
    Ok(Appended { index: verified.index, id, kind, issuer, already, receipt: written })
}

impl Ctx {
    /// Signs a draft that is complete but for its issuer's signature, and writes it for somebody to carry.
    pub(crate) async fn carry(
        &self,
        carrier: &Carrier,
        draft: Draft,
        key: &str,
    ) -> Result<Done, ActError> {
        if !draft.is_complete() {
            let missing: Vec<_> = draft.missing().iter().map(ToString::to_string).collect();
            let (kind, whom) =
                (draft.header().kind().to_owned(), whom(draft.still_needed(), &missing));
            return Err(ActError::Alone { kind, whom });
        }
        let kept = self.path("carried", key, "entry")?;
        let _lock = self.turn().await?;
        if !kept.exists() {
            let known = sync::read(&self.home, &self.trust)?;
            let mut chains = known.cursor.chains.clone();
            for (n, (_, Carried { entry, leaf })) in (0..).zip(self.carried(&known)?) {
                let hash = Digest::from_bytes(*tlog::leaf_hash(&entry.leaf).as_bytes());
                chains.admit(&leaf, hash, known.head.size + n);
            }
            let seen = Seen { size: known.head.size, root: Digest::from_bytes(known.head.root) };
            let now = self.clock.now().max(draft.header().claimed_at());
            let position = chains.next(self.home.id(), Some(seen), now);
            let entry = draft.issue(position, self.home.signing_keys(&known.trust)?)?;
            files::write(&kept, &wire::entry_bytes(&entry), Access::Private)?;
        }
        self.hand_over(carrier, &kept)
    }

    /// What an earlier command with this key left to be carried; written to the carrier's file again, if it is gone there.
    pub(crate) fn carried_before(&self, key: &str) -> Result<Option<Done>, ActError> {
        let Reach::Offline(carrier) = &self.reach else { return Ok(None) };
        let kept = self.path("carried", key, "entry")?;
        if kept.exists() { self.hand_over(carrier, &kept).map(Some) } else { Ok(None) }
    }

    /// Adds a kept statement to the carrier's file, unless it is in there.
    fn hand_over(&self, carrier: &Carrier, kept: &Path) -> Result<Done, ActError> {
        let Carried { entry, leaf } = read(kept)?;
        let mut bytes = match files::read(&carrier.file, MAX_FILE) {
            Ok(bytes) => bytes,
            Err(error) if error.is_missing() => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let there = wire::entries(&bytes);
        let there =
            there.map_err(|source| ActError::Carried { file: carrier.file.clone(), source })?;
        if !there.contains(&entry) {
            bytes.extend(wire::entry_bytes(&entry));
            files::write(&carrier.file, &bytes, Access::Private)?;
        }
        let kind = leaf.header().kind().to_owned();
        Ok(Done::Carried { id: entry.id, kind, file: carrier.file.clone() })
    }

    /// What waits to be carried, in the order of its chain, with its keys. What the log has by now is dropped.
    fn carried(&self, known: &Known) -> Result<Vec<(PathBuf, Carried)>, ActError> {
        let mut waiting = Vec::new();
        for path in files::list(&self.home.folder().join("carried"), "entry")? {
            let carried = read(&path)?;
            if known.cursor.chains.index_of(&carried.entry.id).is_some() {
                files::remove(&path)?;
            } else {
                waiting.push((path, carried));
            }
        }
        waiting.sort_by_key(|(_, carried)| carried.leaf.position().sequence);
        Ok(waiting)
    }

    /// Sends what was to be carried and is not in the log yet. Whoever carries it finds it there already.
    pub(crate) async fn send_carried(&self) -> Result<(), ActError> {
        if files::list(&self.home.folder().join("carried"), "entry")?.is_empty() {
            return Ok(());
        }
        let _lock = self.turn().await?;
        let known = sync::sync(&self.home, &self.trust, &self.reach).await?;
        for (path, Carried { entry, leaf: _ }) in self.carried(&known)? {
            let bytes = match self.reach.submit(wire::entry_bytes(&entry)).await {
                Ok(bytes) => bytes,
                Err(error) if error.is_refusal() || error.is_conflict() => {
                    // it will never be taken: keep it aside so that it does not stop the others
                    let kept = files::read(&path, MAX_FILE)?;
                    files::write(&path.with_extension("refused"), &kept, Access::Private)?;
                    files::remove(&path)?;
                    return Err(error.into());
                }
                Err(other) => return Err(other.into()),
            };
            let key = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            self.keep_receipt(&bytes, &key, &entry.id, &known.trust)?;
            files::remove(&path)?;
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<Carried, ActError> {
    let bytes = files::read(path, MAX_FILE)?;
    let wrong = |source| ActError::Carried { file: path.to_owned(), source };
    let entry = wire::entry(&bytes).map_err(wrong)?;
    let leaf = Leaf::from_bytes(&entry.leaf);
    let leaf = leaf.map_err(|e| wrong(WireError::Malformed { at: 0, reason: e.to_string() }))?;
    Ok(Carried { entry, leaf })
}

#[cfg(test)]
mod tests;
