//! Witness rounds: the newest committed head is shown to whoever cosigns this log, soon after it is there, at most once a
//! second, and what they signed is published with it.
//!
//! What does not come blocks nothing: the checkpoint stands with the signatures that it has, and whoever is out of reach
//! is asked again in the next round. A checkpoint of this log's own key that is not a beginning of the committed tree
//! ends the rounds, and with them the node: signing on would continue a second history.

use super::cosigners::http::HttpCosigners;
use super::cosigners::start::StartError;
use super::cosigners::{Answer, Cosigners, FilesGrowth, Growth, Round, Silence, config};
use super::witnessed::with_lines;
use super::{Node, NodeError};
use domain::Span;
use ledger::{FileError, LogFiles, Tiles};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use store::StoreError;
use tlog::{NoteError, SignedCheckpoint, TileReader, VerifierKey, merkle};

/// Longest that a round waits; also the least time from the start of one to the start of the next.
const SECOND: Span = Span::seconds(1);
/// How soon after a round that found nothing new it is looked again.
const LOOK: Span = Span::millis(250);

/// The rounds of one node.
pub struct Rounds {
    node: Arc<Node>,
    cosigners: Box<dyn Cosigners>,
    growth: Arc<dyn Growth>,
    /// The text of the checkpoint that everyone has cosigned already.
    complete: Option<String>,
}

impl fmt::Debug for Rounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rounds({:?})", self.cosigners)
    }
}

/// What a node has published, wherever it keeps it.
#[derive(Debug, Clone)]
struct Published(Arc<Node>);

impl LogFiles for Published {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, FileError> {
        self.0.log().read(path)
    }

    fn list(&self) -> Result<Vec<String>, FileError> {
        self.0.log().list()
    }
}

/// Why rounds ended.
#[derive(Debug, thiserror::Error)]
pub enum RoundsError {
    /// The node's own side.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// Two histories under this log's key.
    #[error(
        "`{name}` holds a checkpoint of {size} statements that this log's key has signed and that is not a beginning \
         of this log: there are two histories. The node has stopped signing; keep the folder as it is and compare it \
         with what `{name}` has. A party's release is not held up by this"
    )]
    SecondHistory {
        /// Who showed it.
        name: String,
        /// Its leaves.
        size: u64,
    },
    /// A cosigner's lines do not go with the checkpoint.
    #[error("the cosigned checkpoint")]
    Note(#[from] NoteError),
}

impl Rounds {
    /// The rounds of a node that was opened in `folder`; `None` when its `witnesses.toml` names nobody.
    ///
    /// # Errors
    /// A `witnesses.toml` that can't be used.
    pub fn of(folder: &Path, node: &Arc<Node>) -> Result<Option<Self>, RoundsError> {
        let wrong = |e: StartError| NodeError::Start(Box::new(e));
        let configured = config::read(folder).map_err(|e| wrong(e.into()))?;
        let Some(configured) = configured else { return Ok(None) };
        let key: VerifierKey =
            node.signer.verifier().vkey().parse().map_err(|e: tlog::KeyError| wrong(e.into()))?;
        let cosigners = HttpCosigners::new(&key, configured).map_err(|e| wrong(e.into()))?;
        let growth = Arc::new(FilesGrowth(Published(Arc::clone(node))));
        Ok(Some(Self::over(Arc::clone(node), Box::new(cosigners), growth)))
    }

    /// Rounds over any cosigners.
    pub fn over(node: Arc<Node>, cosigners: Box<dyn Cosigners>, growth: Arc<dyn Growth>) -> Self {
        Self { node, cosigners, growth, complete: None }
    }

    /// One round, if the committed checkpoint is not one that everyone has signed. Returns how each answered.
    ///
    /// # Errors
    /// See [`RoundsError`].
    pub async fn once(&mut self) -> Result<Option<Round>, RoundsError> {
        let head = |node: &Node| node.backing.log().head().map_err(NodeError::Store);
        let Some(committed) = self.on_disk(head).await? else { return Ok(None) };
        let Ok(signed) = SignedCheckpoint::parse(&committed.checkpoint) else { return Ok(None) };
        if self.complete.as_deref() == Some(signed.note().text()) {
            return Ok(None);
        }
        let mut round = self.cosigners.round(&signed, Arc::clone(&self.growth), SECOND).await;
        for (name, answer) in &mut round.answers {
            let Answer::Conflict { size, note } = answer else { continue };
            if !self.has_grown_to(note)? {
                return Err(RoundsError::SecondHistory { name: name.clone(), size: *size });
            }
            // it is ahead of this round and not of the log: the next round asks about what is there then
            *answer = Answer::Silent(Silence::Stalled);
        }
        let note = with_lines(&signed, &round)?;
        let complete = round.is_complete().then(|| signed.note().text().to_owned());
        let (all, of) = (self.cosigners.all().to_vec(), round.clone());
        let take = move |node: &Node| {
            let more = note.signatures().len() > signed.note().signatures().len();
            if more {
                match node.backing.log().add_cosignatures(note.to_string().as_bytes()) {
                    // a statement was committed meanwhile: this head is published as witnessed, not as the newest
                    Ok(_) | Err(StoreError::BadPlan(_)) => {}
                    Err(error) => return Err(NodeError::Store(error)),
                }
            }
            node.take_round(&all, &signed, &of)
        };
        self.on_disk(take).await?;
        self.complete = complete;
        Ok(Some(round))
    }

    /// Whether a checkpoint that a cosigner showed is of this log all the same: another host of it may have committed
    /// since the round began.
    fn has_grown_to(&self, note: &[u8]) -> Result<bool, NodeError> {
        let committed = self.node.committed()?;
        let Ok(shown) = SignedCheckpoint::parse(note) else { return Ok(false) };
        let (size, root) = (shown.checkpoint().size(), *shown.checkpoint().root().as_bytes());
        if size >= committed.head.size {
            return Ok(size == committed.head.size && root == committed.head.root);
        }
        let reader = TileReader::new(Tiles(self.node.log()), committed.head.size);
        Ok(merkle::root(&reader, size).is_ok_and(|ours| *ours.as_bytes() == root))
    }

    /// Work that may wait for a commit and for the disk, on a thread that may.
    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Node) -> Result<T, NodeError> + Send + 'static,
    ) -> Result<T, NodeError> {
        let node = Arc::clone(&self.node);
        let done = tokio::task::spawn_blocking(move || work(&node)).await;
        done.unwrap_or(Err(NodeError::Abandoned))
    }

    /// A round a second while there is something new, until one finds what no node may go on from.
    pub async fn run(mut self) -> RoundsError {
        loop {
            // counted from here, not from when the last one answers
            let next = pause(SECOND);
            match self.once().await {
                Ok(Some(_)) => {}
                Ok(None) => {
                    pause(LOOK).await;
                    continue;
                }
                // the disk may have room again, or be mended, by the next round
                Err(RoundsError::Node(NodeError::Store(error))) if !error.is_fatal() => {}
                Err(error) => return error,
            }
            next.await;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "edge: nobody is asked more than once a second")]
fn pause(span: Span) -> tokio::time::Sleep {
    tokio::time::sleep(std::time::Duration::from_micros(span.as_micros()))
}

#[cfg(test)]
mod tests;
