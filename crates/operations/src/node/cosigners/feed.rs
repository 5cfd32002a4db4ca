//! Feeding a mirror: entries in packages, a request of at most 32 at a time, from wherever it stands.

use super::ask::{refused, shown, unreachable};
use super::http::Peer;
use super::{Growth, Silence};
use bytes::Bytes;
use http::Method;
use std::sync::Arc;
use tlog::mirror::{INFO_CONTENT_TYPE, Info, MAX_PACKAGES, Upload, write_package};
use tlog::{MAX_NOTE, SignedCheckpoint};

/// Bytes of a request after which no further package is added to it.
const FULL: usize = 8 << 20;

/// Sends what the mirror lacks up to a checkpoint that it has recorded; returns its signature lines.
pub(super) async fn entries(
    peer: &Peer,
    committed: &SignedCheckpoint,
    growth: &Arc<dyn Growth>,
) -> Result<Bytes, Silence> {
    let size = committed.checkpoint().size();
    let known = peer.memo().next;
    let start = match known {
        Some(next) => next,
        None => shown(peer).await?.map_or(0, |(head, _)| head.size),
    };
    let (mut start, mut progress) = (start.min(size), true);
    loop {
        let ticket = peer.memo().ticket.clone();
        let upload = Upload { origin: peer.log.name().to_string(), start, end: size, ticket };
        let body = body(growth, upload).await?;
        let answer = peer.submission.ask(Method::POST, "/add-entries", body, MAX_NOTE).await;
        let answer = answer.map_err(|e| unreachable(&e))?;
        match answer.status {
            200 => {
                let mut memo = peer.memo();
                memo.next = Some(size);
                memo.ticket.clear();
                return Ok(answer.body);
            }
            202 | 409 if answer.content_type == INFO_CONTENT_TYPE => {}
            _ => return Err(refused(&answer)),
        }
        let info: Info = std::str::from_utf8(&answer.body)
            .map_err(|e| Silence::Nonsense(e.to_string()))?
            .parse()
            .map_err(|e| Silence::Nonsense(format!("{e}")))?;
        // it may send us back once; after that every answer must bring it on
        let further = info.next > start;
        if !further && !progress {
            return Err(refused(&answer));
        }
        progress = further;
        start = info.next.min(size);
        let mut memo = peer.memo();
        memo.next = Some(start);
        memo.ticket = info.ticket;
    }
}

/// The body of one request, built on a thread that may wait for the disk.
async fn body(growth: &Arc<dyn Growth>, upload: Upload) -> Result<Bytes, Silence> {
    let growth = Arc::clone(growth);
    let built = tokio::task::spawn_blocking(move || build(growth.as_ref(), &upload)).await;
    let failed = |e: String| Silence::Nonsense(format!("the upload can't be built: {e}"));
    built.map_err(|e| failed(e.to_string()))?.map_err(failed)
}

fn build(growth: &dyn Growth, upload: &Upload) -> Result<Bytes, String> {
    let mut body = upload.to_bytes().ok_or("a field of it is too long")?;
    for slice in upload.slices().take(MAX_PACKAGES) {
        let entries = growth.entries((slice.start, slice.end), upload.end)?;
        let proof = growth.subtree_proof((slice.first, slice.end), upload.end)?;
        write_package(&mut body, &entries, &proof).map_err(|e| e.to_string())?;
        if body.len() >= FULL {
            break;
        }
    }
    Ok(Bytes::from(body))
}
