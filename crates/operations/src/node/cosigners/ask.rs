//! The questions to one cosigner: what it knows, and to cosign.

use super::http::{Outcome, Peer};
use super::{Answer, Growth, Head, Kind, Known, Silence, feed, good_lines, head};
use crate::http::{HttpError, Raw};
use bytes::Bytes;
use http::Method;
use std::sync::Arc;
use tlog::witness::{self, AddCheckpoint, SIZE_CONTENT_TYPE};
use tlog::{Hash, MAX_NOTE, PublicKey, SignatureLine, SignedCheckpoint, VerifierKey, merkle};

/// Most bytes of a cosigner's answer: the longest note.
const LIMIT: usize = MAX_NOTE;

pub(super) fn unreachable(error: &HttpError) -> Silence {
    Silence::Unreachable(error.to_string())
}

pub(super) fn refused(answer: &Raw) -> Silence {
    Silence::Refused { status: answer.status, detail: answer.shown() }
}

/// What came back for a checkpoint.
enum Added {
    /// It is recorded now.
    Recorded(Bytes),
    /// Another size is recorded.
    OtherSize(u64),
    /// 422: this proof does not lead from what is recorded, or there is another root of this size.
    DoesNotFollow(Raw),
}

async fn add(
    peer: &Peer,
    committed: &SignedCheckpoint,
    old: u64,
    proof: Vec<Hash>,
) -> Result<Added, Silence> {
    let note = committed.note().clone();
    let request = AddCheckpoint::new(old, proof, note)
        .ok_or_else(|| Silence::Nonsense("the proof is too long to be sent".to_owned()))?;
    let body = Bytes::from(request.to_string());
    let answer = peer.submission.ask(Method::POST, "/add-checkpoint", body, LIMIT).await;
    let answer = answer.map_err(|e| unreachable(&e))?;
    match answer.status {
        200 => {
            peer.memo().known = Some(request.size());
            Ok(Added::Recorded(answer.body))
        }
        409 if answer.content_type == SIZE_CONTENT_TYPE => {
            let size = witness::parse_size(&answer.body);
            let size = size.map_err(|e| Silence::Nonsense(e.to_string()))?;
            peer.memo().known = Some(size);
            Ok(Added::OtherSize(size))
        }
        422 => Ok(Added::DoesNotFollow(answer)),
        _ => Err(refused(&answer)),
    }
}

/// What it shows to monitors, when the log and it have signed that.
pub(super) async fn shown(peer: &Peer) -> Result<Option<(Head, Bytes)>, Silence> {
    let path = format!("/{}/checkpoint", witness::origin_hash(peer.log.name().as_str()));
    let answer = peer.monitoring.ask(Method::GET, &path, Bytes::new(), LIMIT).await;
    let answer = answer.map_err(|e| unreachable(&e))?;
    match answer.status {
        200 => {}
        404 => return Ok(None),
        _ => return Err(refused(&answer)),
    }
    let nonsense = |what: String| Silence::Nonsense(format!("its shown checkpoint: {what}"));
    let signed = SignedCheckpoint::parse(&answer.body).map_err(|e| nonsense(crate::plain(&e)))?;
    // the log's Ed25519 line is what every C2SP witness keeps
    signed.verify(std::slice::from_ref(&peer.log)).map_err(|e| nonsense(crate::plain(&e)))?;
    signed.note().verify(&peer.who.keys).map_err(|e| nonsense(crate::plain(&e)))?;
    Ok(Some((head(&signed), answer.body)))
}

/// Asks for what it knows: the committed checkpoint is sent as if it were known already. Whoever knows exactly it
/// signs it again; everyone else says what it knows instead.
pub(super) async fn latest(peer: &Peer, committed: &SignedCheckpoint) -> Result<Known, Silence> {
    let ours = committed.checkpoint().size();
    let (size, other_root) = match add(peer, committed, ours, Vec::new()).await? {
        Added::Recorded(_) => (ours, false),
        Added::OtherSize(size) => (size, false),
        Added::DoesNotFollow(_) => (ours, true),
    };
    // what it shows is worth having, and a witness that shows nothing has answered all the same
    let shown = shown(peer).await.ok().flatten().map(|(shown, _)| shown);
    Ok(Known { size, other_root, shown })
}

/// Asks one cosigner to sign a committed checkpoint.
pub(super) async fn cosign(
    peer: &Peer,
    committed: &SignedCheckpoint,
    growth: &Arc<dyn Growth>,
) -> Outcome {
    match try_cosign(peer, committed, growth).await {
        Ok(outcome) => outcome,
        Err(silence) => (Answer::Silent(silence), Vec::new()),
    }
}

async fn try_cosign(
    peer: &Peer,
    committed: &SignedCheckpoint,
    growth: &Arc<dyn Growth>,
) -> Result<Outcome, Silence> {
    let size = committed.checkpoint().size();
    let mut old = peer.memo().known.unwrap_or(0).min(size);
    let mut said = None;
    for _ in 0..2 {
        let proof = proof(growth, old, size).await?;
        match add(peer, committed, old, proof).await? {
            Added::Recorded(body) => return recorded(peer, committed, growth, body).await,
            Added::OtherSize(other) if other > size => {
                let detail = format!("it says that it knows {other} entries of this log");
                return conflict(peer, committed, growth, 409, detail).await;
            }
            Added::OtherSize(other) => {
                old = other;
                said = Some(other);
            }
            Added::DoesNotFollow(answer) => {
                peer.memo().known = None;
                return conflict(peer, committed, growth, 422, answer.shown()).await;
            }
        }
    }
    let detail = format!("it says that it knows {} entries, each time anew", said.unwrap_or(old));
    Err(Silence::Refused { status: 409, detail })
}

/// A proof, built on a thread that may wait for the disk.
async fn proof(growth: &Arc<dyn Growth>, old: u64, size: u64) -> Result<Vec<Hash>, Silence> {
    if old == 0 || old == size {
        return Ok(Vec::new());
    }
    let growth = Arc::clone(growth);
    let built = tokio::task::spawn_blocking(move || growth.consistency_proof(old, size)).await;
    let failed = |e: String| Silence::Nonsense(format!("this log's own proof can't be built: {e}"));
    built.map_err(|e| failed(e.to_string()))?.map_err(failed)
}

/// The checkpoint is recorded: a witness has answered with its lines, a mirror wants the entries first.
async fn recorded(
    peer: &Peer,
    committed: &SignedCheckpoint,
    growth: &Arc<dyn Growth>,
    body: Bytes,
) -> Result<Outcome, Silence> {
    let body = match peer.who.kind {
        Kind::Witness => body,
        Kind::Mirror => feed::entries(peer, committed, growth).await?,
    };
    let nonsense = |e: String| Silence::Nonsense(e);
    let lines = witness::parse_signatures(&body).map_err(|e| nonsense(e.to_string()))?;
    if let Some(other) = other_second_root(peer, committed, &lines) {
        return Err(nonsense(format!("`{other}` is over another SHA-384 root than this log's")));
    }
    let good = good_lines(committed.note().text(), lines, &peer.who.keys);
    let (lines, time) =
        good.ok_or_else(|| nonsense("no line is a good signature of its keys".to_owned()))?;
    Ok((Answer::Cosigned { time }, lines))
}

/// Whose `ledger-cnsa-v1` line is over another SHA-384 root than the one that this log has signed with the same
/// checkpoint. Published, it would have every reader of that profile refuse the checkpoint.
fn other_second_root(
    peer: &Peer,
    committed: &SignedCheckpoint,
    lines: &[SignatureLine],
) -> Option<String> {
    let of = |key: &VerifierKey, line: &SignatureLine| {
        matches!(key.key(), PublicKey::LedgerCnsa(_)) && key.id() == line.id
    };
    let mut own = committed.note().signatures().iter();
    let own = own.find(|l| l.name == *peer.log.name() && l.id != peer.log.id());
    let own = own.and_then(tlog::cnsa_root);
    let by_peer = |line: &&SignatureLine| peer.who.keys.iter().any(|key| of(key, line));
    let found = lines.iter().filter(by_peer).find(|line| tlog::cnsa_root(line) != own);
    found.map(|line| line.name.to_string())
}

/// It will not follow. Its word alone stops nobody, since it may lie; a checkpoint that this log's key has signed and
/// that is not a beginning of what is committed does.
async fn conflict(
    peer: &Peer,
    committed: &SignedCheckpoint,
    growth: &Arc<dyn Growth>,
    status: u16,
    detail: String,
) -> Result<Outcome, Silence> {
    let word = Silence::Refused { status, detail };
    let Ok(Some((shown, note))) = shown(peer).await else { return Err(word) };
    let ours = head(committed);
    let contradicts = shown.size > ours.size
        || (shown.size == ours.size && shown.root != ours.root)
        || (0 < shown.size && shown.size < ours.size && {
            let proof = proof(growth, shown.size, ours.size).await?;
            let (before, now) = (Hash::from_bytes(shown.root), Hash::from_bytes(ours.root));
            merkle::verify_consistency(shown.size, ours.size, &before, &now, &proof).is_err()
        });
    if contradicts {
        let note = note.to_vec();
        return Ok((Answer::Conflict { size: shown.size, note }, Vec::new()));
    }
    Err(word)
}
