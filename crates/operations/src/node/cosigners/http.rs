//! Cosigners over HTTP: C2SP's tlog-witness and tlog-mirror from the log's side.

use super::config::Configured;
use super::{Answer, Cosigner, Cosigners, Growth, Known, Round, Said, Silence, Waiting, ask};
use crate::http::{Http, HttpError};
use domain::Span;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tlog::{SignatureLine, SignedCheckpoint, VerifierKey};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Longest that one question may take in the background.
const PATIENCE: Duration = Duration::from_secs(60);

/// All cosigners of a log, asked over HTTP. Dropping it ends the questions that are under way.
#[derive(Debug)]
pub struct HttpCosigners {
    all: Vec<Cosigner>,
    peers: Vec<Arc<Peer>>,
    tasks: Mutex<JoinSet<()>>,
}

/// One cosigner, and what is remembered of it.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) who: Cosigner,
    pub(super) submission: Http,
    pub(super) monitoring: Http,
    pub(super) log: VerifierKey,
    memo: Mutex<Memo>,
}

/// What earlier questions brought.
#[derive(Debug, Default)]
pub(super) struct Memo {
    /// Leaves of its latest checkpoint, if it said so.
    pub(super) known: Option<u64>,
    /// The first entry that a mirror lacks, if it said so.
    pub(super) next: Option<u64>,
    /// A mirror's ticket.
    pub(super) ticket: Vec<u8>,
    /// A question is under way.
    busy: bool,
    /// The text that it cosigned last, with its lines and their time.
    done: Option<(String, Vec<SignatureLine>, u64)>,
}

impl Peer {
    pub(super) fn memo(&self) -> MutexGuard<'_, Memo> {
        self.memo.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One cosigner's answer with its verified lines.
pub(super) type Outcome = (Answer, Vec<SignatureLine>);

fn duration(span: Span) -> Duration {
    Duration::from_micros(span.as_micros())
}

impl HttpCosigners {
    /// The cosigners of the log that this key signs for.
    ///
    /// # Errors
    /// An address that can't be used.
    pub fn new(log: &VerifierKey, configured: Vec<Configured>) -> Result<Self, HttpError> {
        let mut peers = Vec::with_capacity(configured.len());
        for Configured { cosigner, url, monitoring } in configured {
            peers.push(Arc::new(Peer {
                who: cosigner,
                submission: Http::new(&url)?,
                monitoring: Http::new(&monitoring)?,
                log: log.clone(),
                memo: Mutex::default(),
            }));
        }
        let all = peers.iter().map(|p| p.who.clone()).collect();
        Ok(Self { all, peers, tasks: Mutex::new(JoinSet::new()) })
    }

    /// Runs work beside this one; it goes on when the caller stops waiting.
    fn start(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(work);
    }

    /// Begins to ask one cosigner, unless its answer is known or it is still busy.
    fn begin(
        &self,
        peer: &Arc<Peer>,
        committed: &SignedCheckpoint,
        growth: &Arc<dyn Growth>,
    ) -> Result<oneshot::Receiver<Outcome>, Outcome> {
        let mut memo = peer.memo();
        if let Some((text, lines, time)) = &memo.done
            && text == committed.note().text()
        {
            return Err((Answer::Cosigned { time: *time }, lines.clone()));
        }
        if memo.busy {
            return Err((Answer::Silent(Silence::Stalled), Vec::new()));
        }
        memo.busy = true;
        drop(memo);
        let (tell, told) = oneshot::channel();
        let (peer, committed) = (Arc::clone(peer), committed.clone());
        let growth = Arc::clone(growth);
        self.start(async move {
            let asked = timeout(PATIENCE, ask::cosign(&peer, &committed, &growth)).await;
            let outcome = asked.unwrap_or_else(|_| (Answer::Silent(Silence::Stalled), Vec::new()));
            let mut memo = peer.memo();
            memo.busy = false;
            if let (Answer::Cosigned { time }, lines) = &outcome {
                memo.done = Some((committed.note().text().to_owned(), lines.clone(), *time));
            }
            drop(memo);
            // nobody waits any more when the round's time was over; the memo has it
            let _ = tell.send(outcome);
        });
        Ok(told)
    }

    async fn ask_all(
        &self,
        committed: &SignedCheckpoint,
        growth: &Arc<dyn Growth>,
        within: Span,
    ) -> Round {
        let asked: Vec<_> =
            self.peers.iter().map(|peer| self.begin(peer, committed, growth)).collect();
        let until = tokio::time::Instant::now() + duration(within);
        let mut round = Round::default();
        for (peer, asked) in self.peers.iter().zip(asked) {
            let (answer, lines) = match asked {
                Ok(told) => match tokio::time::timeout_at(until, told).await {
                    Ok(Ok(outcome)) => outcome,
                    Ok(Err(_)) | Err(_) => (Answer::Silent(Silence::Stalled), Vec::new()),
                },
                Err(outcome) => outcome,
            };
            round.lines.extend(lines);
            round.answers.push((peer.who.name.clone(), answer));
        }
        round
    }
}

impl Cosigners for HttpCosigners {
    fn all(&self) -> &[Cosigner] {
        &self.all
    }

    fn latest<'a>(
        &'a self,
        committed: &'a SignedCheckpoint,
        within: Span,
    ) -> Waiting<'a, Vec<Said>> {
        Box::pin(async move {
            let mut waits = Vec::new();
            for peer in &self.peers {
                let (tell, told) = oneshot::channel::<Result<Known, Silence>>();
                let (peer, committed) = (Arc::clone(peer), committed.clone());
                self.start(async move {
                    // the caller may have stopped waiting
                    let _ = tell.send(ask::latest(&peer, &committed).await);
                });
                waits.push(told);
            }
            let until = tokio::time::Instant::now() + duration(within);
            let mut said = Vec::new();
            for (peer, told) in self.peers.iter().zip(waits) {
                let answer = match tokio::time::timeout_at(until, told).await {
                    Ok(Ok(answer)) => answer,
                    Ok(Err(_)) | Err(_) => Err(Silence::Stalled),
                };
                let (name, standing) = (peer.who.name.clone(), peer.who.standing);
                said.push(Said { name, standing, answer });
            }
            said
        })
    }

    fn round<'a>(
        &'a self,
        committed: &'a SignedCheckpoint,
        growth: Arc<dyn Growth>,
        within: Span,
    ) -> Waiting<'a, Round> {
        Box::pin(async move { self.ask_all(committed, &growth, within).await })
    }
}
