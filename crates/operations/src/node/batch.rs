//! One batch: each statement judged in its order, all that stand appended as one, each caller told.
//!
//! A statement's form and signatures were checked before it came here, on its caller's thread, by the keys as of the
//! log's end at that moment. What is judged here is what depends on the statements before it: whether it is logged
//! already, its place in its issuer's chain, and its signatures once more when keys have changed since.

use super::ticket::Answer;
use super::tip::Tip;
use super::{Node, NodeError, TRIES};
use domain::{Digest, PartyId, Statement, Timestamp};
use ledger::{
    CheckedEntry, Event, Heads, PlanError, Receipt, Receipts, Tiles, TreeHead, Trust, fits,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::{Committed, StoreError};

/// A statement that waits to be appended.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) entry: CheckedEntry,
    /// Who signed it, by `under`; nobody when it is logged already and only comes again.
    pub(super) signers: BTreeSet<PartyId>,
    /// Who was who when its signatures were verified; `None` when they were not.
    pub(super) under: Option<Arc<Trust>>,
    pub(super) answer: Answer,
}

/// What becomes of a candidate, if the batch is committed.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It takes this place in the log.
    Appended(u64),
    /// A statement of its id has this place already, in the log or earlier in the batch. It may be signed or placed
    /// otherwise, as when its issuer never got an answer; the receipt is of the one that came first.
    Logged(u64),
    /// It is not taken.
    Refused(NodeError),
}

/// The log as it will be after the statements of a batch that stand so far.
#[derive(Debug)]
pub(super) struct Judge<'a> {
    origin: &'a str,
    now: Timestamp,
    first: u64,
    heads: Heads,
    trust: Arc<Trust>,
    places: BTreeMap<Digest, u64>,
    standing: Vec<&'a CheckedEntry>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(tip: &Tip, origin: &'a str, now: Timestamp) -> Self {
        Self {
            origin,
            now,
            first: tip.head.size,
            heads: tip.heads.clone(),
            trust: Arc::clone(&tip.trust),
            places: BTreeMap::new(),
            standing: Vec::new(),
        }
    }

    /// Judges the next candidate of the batch. `logged` is its place in the log, if it has one already.
    pub(super) fn judge(&mut self, candidate: &'a Candidate, logged: Option<u64>) -> Verdict {
        let id = candidate.entry.id();
        if let Some(place) = self.places.get(&id).copied().or(logged) {
            return Verdict::Logged(place);
        }
        match self.admit(candidate) {
            Ok(place) => Verdict::Appended(place),
            Err(error) => Verdict::Refused(error),
        }
    }

    fn admit(&mut self, candidate: &'a Candidate) -> Result<u64, NodeError> {
        let Candidate { entry, signers, under, answer: _ } = candidate;
        if let Some(closed) = self.trust.closed() {
            return Err(NodeError::Closed(closed.clone()));
        }
        let same = under.as_ref().is_some_and(|under| is_same(under, &self.trust));
        let again = if same { None } else { Some(entry.verify(&self.trust)) };
        let again = again.transpose().map_err(NodeError::Unsound)?;
        let signers = again.as_ref().unwrap_or(signers);
        let place = self.first + u64::try_from(self.standing.len()).unwrap_or(u64::MAX);
        self.heads.check(entry.leaf(), place).map_err(NodeError::Chain)?;
        let id = entry.id();
        fits(entry, self.origin, self.now)
            .map_err(|source| NodeError::Plan(PlanError::Unfit { id, source }))?;
        self.heads.admit(entry.leaf(), entry.leaf_hash(), place);
        if entry.leaf().header().schema() == Event::SCHEMA {
            // a change that is refused is logged all the same, and every fold refuses it too
            let trust = Arc::make_mut(&mut self.trust);
            trust.take(entry.leaf(), entry.object(), signers, place);
        }
        self.places.insert(id, place);
        self.standing.push(entry);
        Ok(place)
    }
}

/// Whether two states of the same log's roots of trust are the same: they began with the same file.
fn is_same(a: &Arc<Trust>, b: &Arc<Trust>) -> bool {
    Arc::ptr_eq(a, b) || a.changes() == b.changes()
}

impl Node {
    /// Appends a batch and tells every caller.
    pub(super) fn append(&self, batch: Vec<Candidate>) {
        let mut tip = self.lock_tip();
        let mut before = tip.as_ref().map(|tip| tip.head);
        let mut outcomes = self.try_append(&mut tip, &batch);
        for _ in 0..TRIES {
            let Err(error) = &outcomes else { break };
            before = tip.as_ref().map(|tip| tip.head).or(before);
            if !self.has_moved(error, before) {
                break;
            }
            outcomes = self.try_append(&mut tip, &batch);
        }
        match outcomes {
            Ok(outcomes) => {
                for (candidate, outcome) in batch.into_iter().zip(outcomes) {
                    candidate.answer.give(outcome);
                }
            }
            // Nothing is known of any of them: even a refusal may have rested on one that was not committed.
            Err(error) => {
                *tip = None;
                let error = Arc::new(error);
                for candidate in batch {
                    candidate.answer.give(Err(NodeError::Batch(Arc::clone(&error))));
                }
            }
        }
    }

    /// Whether a batch failed because another host of this log went on from this head, so that it is to be judged anew.
    /// What was appended of it is found to be logged then.
    fn has_moved(&self, error: &NodeError, before: Option<TreeHead>) -> bool {
        let gone = matches!(
            error,
            NodeError::Plan(_) | NodeError::Read(_) | NodeError::Receipt(_) | NodeError::Files(_)
        );
        if !gone || !self.backing.is_shared() {
            return matches!(error, NodeError::Again);
        }
        let now = self.backing.log().head().ok().flatten();
        now.is_some_and(|now| before.is_some_and(|before| now.head != before))
    }

    /// The receipt of the statement at this place, under what is committed now.
    pub(super) fn receipt_at(&self, place: u64) -> Result<Receipt, NodeError> {
        self.steady(|committed| {
            let (note, size) = (&committed.checkpoint, committed.head.size);
            Receipt::build_under(self.log(), place, note, size).map_err(NodeError::Receipt)
        })
    }

    fn try_append(
        &self,
        slot: &mut Option<Tip>,
        batch: &[Candidate],
    ) -> Result<Vec<Result<Receipt, NodeError>>, NodeError> {
        let (tip, committed) = self.read_tip(slot)?;
        let now = self.clock.now();
        let mut judge = Judge::new(tip, self.signer.origin(), now);
        let mut verdicts = Vec::with_capacity(batch.len());
        for candidate in batch {
            let logged = self.index_of(&candidate.entry.id())?;
            verdicts.push(judge.judge(candidate, logged));
        }
        let Judge { heads, trust, standing, .. } = judge;
        let committed = if standing.is_empty() {
            committed
        } else {
            let committed = self.commit(tip, &standing, now)?;
            tip.head = committed.head;
            tip.heads = heads;
            tip.trust = trust;
            self.publish_trust(tip);
            committed
        };
        let receipts = Receipts::under(self.log(), &committed.checkpoint);
        let receipts = receipts.map_err(NodeError::Receipt)?;
        let mut outcomes = Vec::with_capacity(batch.len());
        for (candidate, verdict) in batch.iter().zip(verdicts) {
            outcomes.push(match verdict {
                Verdict::Refused(error) => Err(error),
                Verdict::Appended(place) => self.heed(tip, candidate, place).and_then(|()| {
                    let receipt = receipts.receipt(&candidate.entry, place);
                    match receipt {
                        // another host may have gone on, and outgrown what this was to be built from
                        Err(_) if self.backing.is_shared() => self.receipt_at(place),
                        other => other.map_err(NodeError::Receipt),
                    }
                }),
                Verdict::Logged(place) => {
                    self.heed_again(tip, candidate).and_then(|()| self.receipt_at(place))
                }
            });
        }
        Ok(outcomes)
    }

    fn commit(
        &self,
        tip: &Tip,
        standing: &[&CheckedEntry],
        now: Timestamp,
    ) -> Result<Committed, NodeError> {
        let plan = ledger::plan_append(tip.head, &Tiles(self.log()), standing, &self.signer, now)
            .map_err(NodeError::Plan)?;
        let committed = match self.backing.log().commit(&plan, now) {
            Ok(committed) => committed,
            Err(StoreError::Conflict { .. } | StoreError::Duplicate { .. }) => {
                return Err(NodeError::Again);
            }
            Err(error) => return Err(NodeError::Store(error)),
        };
        let ids: Vec<_> = standing.iter().map(|entry| entry.id()).collect();
        // A draft that stays behind is not shown: its statement is logged.
        let _stays = self.backing.database().delete_drafts(&ids);
        Ok(committed)
    }
}

#[cfg(test)]
mod tests;
