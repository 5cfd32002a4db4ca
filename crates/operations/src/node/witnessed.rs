//! What the cosigners made of the log so far: the newest checkpoint that every main party's witness has signed, and
//! who is silent since when.
//!
//! A stream of statements outgrows every checkpoint before it is cosigned, so the cosigned one is published apart, at
//! `log/witnessed`, and receipts rest on it as soon as it covers their statement.

use super::cosigners::{Answer, Cosigner, Kind, Round, Standing};
use super::{Node, NodeError};
use domain::Timestamp;
use ledger::WITNESSED_PATH;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, MutexGuard, PoisonError};
use tlog::{NoteError, SignedCheckpoint};

/// A checkpoint that every main party's witness has cosigned.
#[derive(Debug, Clone)]
pub(super) struct Witnessed {
    pub(super) size: u64,
    pub(super) note: Arc<[u8]>,
}

/// What is known of the cosigners.
#[derive(Debug, Default)]
pub(super) struct Cosigning {
    newest: Option<Witnessed>,
    views: Vec<CosignerView>,
}

/// A cosigner of the log as its host sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CosignerView {
    /// What it is called.
    pub name: String,
    /// What it does.
    pub kind: Kind,
    /// Whose it is.
    pub standing: Standing,
    /// Leaves of the newest checkpoint that it was seen to cosign since the node started.
    pub cosigned: Option<u64>,
    /// Since when it has not cosigned what it was asked to; none while it answers.
    pub silent_since: Option<Timestamp>,
    /// Why, as of the last round.
    pub why: Option<String>,
}

impl Node {
    fn cosigning(&self) -> MutexGuard<'_, Cosigning> {
        // Nothing between taking and leaving this lock can panic half way.
        self.cosigning.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up what was published before the node started, if the log's own key signed it.
    pub(super) fn read_witnessed(&self) -> Result<(), NodeError> {
        let Some(note) = self.file(WITNESSED_PATH)? else { return Ok(()) };
        if let Ok(signed) = SignedCheckpoint::parse(&note)
            && self.trust.log().check(&signed).is_ok()
        {
            let size = signed.checkpoint().size();
            self.cosigning().newest = Some(Witnessed { size, note: note.into() });
        }
        Ok(())
    }

    /// The newest witnessed checkpoint, if the statement at this place is under it.
    pub(super) fn witnessed(&self, index: u64) -> Option<Witnessed> {
        self.cosigning().newest.clone().filter(|witnessed| index < witnessed.size)
    }

    /// Leaves of the newest witnessed checkpoint, and how each cosigner does.
    pub(super) fn cosigned(&self) -> (Option<u64>, Vec<CosignerView>) {
        let cosigning = self.cosigning();
        (cosigning.newest.as_ref().map(|witnessed| witnessed.size), cosigning.views.clone())
    }

    /// Takes in what came of a round over a checkpoint, and publishes it when every main party's witness has signed.
    pub(super) fn take_round(
        &self,
        all: &[Cosigner],
        signed: &SignedCheckpoint,
        round: &Round,
    ) -> Result<(), NodeError> {
        let (size, now) = (signed.checkpoint().size(), self.clock.now());
        let mut mains = all.iter().zip(&round.answers).filter(|(cosigner, _)| {
            cosigner.kind == Kind::Witness && cosigner.standing == Standing::Main
        });
        let some = mains.clone().next().is_some();
        let full = some && mains.all(|(_, (_, a))| matches!(a, Answer::Cosigned { .. }));
        self.see(all, round, size, now);
        if full {
            let note = with_lines(signed, round).map_err(NodeError::Note)?.to_string();
            let note = note.into_bytes();
            self.backing.log().publish_witnessed(&note).map_err(NodeError::Store)?;
            self.cosigning().newest = Some(Witnessed { size, note: note.into() });
        }
        Ok(())
    }

    fn see(&self, all: &[Cosigner], round: &Round, size: u64, now: Timestamp) {
        let mut cosigning = self.cosigning();
        let before = std::mem::take(&mut cosigning.views);
        for (cosigner, (_, answer)) in all.iter().zip(&round.answers) {
            let Cosigner { name, kind, standing, keys: _ } = cosigner;
            let last = before.iter().find(|view| view.name == *name);
            let mut view = CosignerView {
                name: name.clone(),
                kind: *kind,
                standing: *standing,
                cosigned: last.and_then(|view| view.cosigned),
                silent_since: None,
                why: None,
            };
            match answer {
                Answer::Cosigned { .. } => view.cosigned = Some(size),
                Answer::Silent(why) => {
                    view.silent_since = Some(last.and_then(|v| v.silent_since).unwrap_or(now));
                    view.why = Some(why.to_string());
                }
                Answer::Conflict { .. } => {
                    view.silent_since = Some(now);
                    view.why = Some("it holds another history of this log".to_owned());
                }
            }
            cosigning.views.push(view);
        }
    }
}

/// A checkpoint's note with the lines of a round that it lacks.
pub(super) fn with_lines(
    signed: &SignedCheckpoint,
    round: &Round,
) -> Result<tlog::Note, NoteError> {
    let has = signed.note().signatures();
    let new = round
        .lines
        .iter()
        .filter(|line| !has.iter().any(|s| s.id == line.id && s.name == line.name))
        .cloned()
        .collect();
    signed.note().clone().with(new)
}
