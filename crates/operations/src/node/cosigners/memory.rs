//! Cosigners in memory, for the simulation and for tests: the same rule, no network, and a switch for each.

use super::{
    Answer, Cosigner, Cosigners, Growth, Kind, Known, Round, Said, Silence, Standing, Waiting, head,
};
use crate::ctx::Clock;
use domain::Span;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tlog::merkle::Frontier;
use tlog::witness::{AddCheckpoint, Latest, Refusal, Watched, decide};
use tlog::{Ed25519Cosigner, KeyName, MlDsa44Cosigner, SignError, SignedCheckpoint, VerifierKey};
use tlog::{SignatureLine, leaf_hash};

/// Whether a cosigner can be reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Line {
    /// It answers.
    #[default]
    Up,
    /// Nothing comes back.
    Stalled,
    /// Nobody is there.
    Down,
}

/// A cosigner in memory.
#[derive(Debug)]
pub struct MemoryCosigner {
    ed25519: Ed25519Cosigner,
    ml_dsa: MlDsa44Cosigner,
    kind: Kind,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Default)]
struct State {
    line: Line,
    latest: Option<(Latest, SignedCheckpoint)>,
    held: Frontier,
}

impl MemoryCosigner {
    /// A cosigner with keys from a seed. Never for real keys.
    ///
    /// # Errors
    /// [`SignError::Seed`].
    pub fn new(name: &KeyName, kind: Kind, seed: &[u8; 32]) -> Result<Self, SignError> {
        let ed25519 = Ed25519Cosigner::from_seed(name.clone(), seed)?;
        let ml_dsa = MlDsa44Cosigner::from_seed(name.clone(), seed)?;
        Ok(Self { ed25519, ml_dsa, kind, state: Mutex::default() })
    }

    /// Its keys.
    pub fn keys(&self) -> Vec<VerifierKey> {
        vec![self.ml_dsa.verifier_key().clone(), self.ed25519.verifier_key().clone()]
    }

    /// Cuts or mends the line to it.
    pub fn set(&self, line: Line) {
        self.state().line = line;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn silence(&self) -> Result<(), Silence> {
        match self.state().line {
            Line::Up => Ok(()),
            Line::Stalled => Err(Silence::Stalled),
            Line::Down => Err(Silence::Unreachable("nobody is there".to_owned())),
        }
    }

    fn known(&self, committed: &SignedCheckpoint) -> Result<Known, Silence> {
        self.silence()?;
        let Some((latest, shown)) = self.state().latest.clone() else {
            return Ok(Known::default());
        };
        let ours = head(committed);
        let other_root = latest.size == ours.size && *latest.root.as_bytes() != ours.root;
        Ok(Known { size: latest.size, other_root, shown: Some(head(&shown)) })
    }

    fn cosign(
        &self,
        log: &Watched,
        committed: &SignedCheckpoint,
        growth: &dyn Growth,
        now: u64,
    ) -> Result<(Answer, Vec<SignatureLine>), Silence> {
        self.silence()?;
        let nonsense = |e: String| Silence::Nonsense(e);
        let mut state = self.state();
        let latest = state.latest.as_ref().map(|(latest, _)| *latest);
        let (old, size) = (latest.map_or(0, |l| l.size), committed.checkpoint().size());
        let proof = if old == 0 || old >= size {
            Vec::new()
        } else {
            growth.consistency_proof(old, size).map_err(nonsense)?
        };
        let request = AddCheckpoint::new(old, proof, committed.note().clone())
            .ok_or_else(|| nonsense("the proof is too long".to_owned()))?;
        let accepted = match decide(&request, Some(log), latest.as_ref(), now) {
            Ok(accepted) => accepted,
            Err((refusal, _)) => return self.refused(&state, &refusal),
        };
        if self.kind == Kind::Mirror {
            hold(&mut state.held, size, growth).map_err(nonsense)?;
            if state.held.root() != accepted.to.root {
                return Err(nonsense("the entries do not lead to the root".to_owned()));
            }
        }
        let time = accepted.to.time;
        let failed = |e: SignError| nonsense(e.to_string());
        let lines = vec![
            self.ml_dsa.cosign(&accepted.checkpoint, time).map_err(failed)?,
            self.ed25519.cosign(&accepted.checkpoint, time).map_err(failed)?,
        ];
        state.latest = Some((accepted.to, committed.clone()));
        Ok((Answer::Cosigned { time }, lines))
    }

    /// It knows what it signed: a refusal of the committed head, signed by the log, is a conflict.
    fn refused(
        &self,
        state: &State,
        refusal: &Refusal,
    ) -> Result<(Answer, Vec<SignatureLine>), Silence> {
        match (refusal, &state.latest) {
            (
                Refusal::OldAboveSize { .. } | Refusal::OtherRoot { .. } | Refusal::Proof(_),
                Some(s),
            ) => {
                let note = s.1.note().to_string().into_bytes();
                Ok((Answer::Conflict { size: s.0.size, note }, Vec::new()))
            }
            _ => Err(Silence::Refused { status: refusal.status(), detail: refusal.to_string() }),
        }
    }
}

/// Takes the entries that are missing up to a size.
fn hold(held: &mut Frontier, size: u64, growth: &dyn Growth) -> Result<(), String> {
    while held.size() < size {
        let start = held.size();
        let end = size.min((start / 256 + 1) * 256);
        for entry in growth.entries((start, end), size)? {
            held.push(leaf_hash(&entry));
        }
        if held.size() != end {
            return Err(format!("entries {start} to {end} are missing"));
        }
    }
    Ok(())
}

/// Cosigners in memory, all of one log.
#[derive(Debug)]
pub struct MemoryCosigners {
    log: Watched,
    all: Vec<Cosigner>,
    each: Vec<Arc<MemoryCosigner>>,
    clock: Arc<dyn Clock>,
}

impl MemoryCosigners {
    /// These cosigners of this log.
    pub fn new(
        log: Watched,
        each: Vec<(Standing, Arc<MemoryCosigner>)>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let cosigner = |(standing, one): &(Standing, Arc<MemoryCosigner>)| Cosigner {
            name: one.ml_dsa.verifier_key().name().to_string(),
            kind: one.kind,
            standing: *standing,
            keys: one.keys(),
        };
        let all = each.iter().map(cosigner).collect();
        Self { log, all, each: each.into_iter().map(|(_, one)| one).collect(), clock }
    }
}

impl Cosigners for MemoryCosigners {
    fn all(&self) -> &[Cosigner] {
        &self.all
    }

    fn latest<'a>(
        &'a self,
        committed: &'a SignedCheckpoint,
        _within: Span,
    ) -> Waiting<'a, Vec<Said>> {
        let said = self.all.iter().zip(&self.each).map(|(who, one)| Said {
            name: who.name.clone(),
            standing: who.standing,
            answer: one.known(committed),
        });
        let said = said.collect();
        Box::pin(async move { said })
    }

    fn round<'a>(
        &'a self,
        committed: &'a SignedCheckpoint,
        growth: Arc<dyn Growth>,
        _within: Span,
    ) -> Waiting<'a, Round> {
        Box::pin(async move {
            let now = self.clock.now().as_seconds();
            let mut round = Round::default();
            for (who, one) in self.all.iter().zip(&self.each) {
                let answer = match one.cosign(&self.log, committed, growth.as_ref(), now) {
                    Ok((answer, lines)) => {
                        round.lines.extend(lines);
                        answer
                    }
                    Err(silence) => Answer::Silent(silence),
                };
                round.answers.push((who.name.clone(), answer));
            }
            round
        })
    }
}
