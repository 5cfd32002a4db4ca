//! Witness rounds: the newest committed head is shown to whoever cosigns this log, at most once a second and only
//! when there is something new, and what they signed is published with it.
//!
//! What does not come blocks nothing: the checkpoint stands with the signatures that it has, and whoever is out of reach
//! is asked again in the next round. A checkpoint of this log's own key that is not a beginning of the committed tree
//! ends the rounds, and with them the node: signing on would continue a second history.

use super::cosigners::http::HttpCosigners;
use super::cosigners::start::StartError;
use super::cosigners::{Cosigners, FilesGrowth, Growth, Round, config};
use super::witnessed::with_lines;
use super::{Node, NodeError};
use domain::Span;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use store::{LogFolder, StoreError};
use tlog::{NoteError, SignedCheckpoint, VerifierKey};

/// Longest that a round waits; also the least time between two.
const SECOND: Span = Span::seconds(1);

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
        let growth = Arc::new(FilesGrowth(LogFolder::new(folder.join("log"))));
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
        let committed = self.node.backing.log().head().map_err(NodeError::Store)?;
        let Some(committed) = committed else { return Ok(None) };
        let Ok(signed) = SignedCheckpoint::parse(&committed.checkpoint) else { return Ok(None) };
        if self.complete.as_deref() == Some(signed.note().text()) {
            return Ok(None);
        }
        let round = self.cosigners.round(&signed, Arc::clone(&self.growth), SECOND).await;
        if let Some((name, size, _)) = round.conflict() {
            return Err(RoundsError::SecondHistory { name: name.to_owned(), size });
        }
        let note = with_lines(&signed, &round)?;
        if note.signatures().len() > signed.note().signatures().len() {
            match self.node.backing.log().add_cosignatures(note.to_string().as_bytes()) {
                // a statement was committed meanwhile: this head is published as witnessed, not as the newest
                Ok(_) | Err(StoreError::BadPlan(_)) => {}
                Err(error) => return Err(NodeError::Store(error).into()),
            }
        }
        self.node.take_round(self.cosigners.all(), &signed, &round)?;
        self.complete = round.is_complete().then(|| signed.note().text().to_owned());
        Ok(Some(round))
    }

    /// A round a second, until one finds what no node may go on from.
    pub async fn run(mut self) -> RoundsError {
        loop {
            match self.once().await {
                Ok(_) => {}
                // the disk may have room again, or be mended, by the next round
                Err(RoundsError::Node(NodeError::Store(error))) if !error.is_fatal() => {}
                Err(error) => return error,
            }
            pause().await;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "edge: nobody is asked more than once a second")]
async fn pause() {
    tokio::time::sleep(std::time::Duration::from_micros(SECOND.as_micros())).await;
}

#[cfg(test)]
mod tests;
