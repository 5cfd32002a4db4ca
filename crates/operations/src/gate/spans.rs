//! Sending a gateway's spans to a collector. A collector that is slow or gone holds up no request.

use crate::otlp::Collector;
use gateway::UseSpan;
use std::time::Duration;
use tokio::sync::mpsc::Receiver;

/// Most spans of one request to the collector.
const BATCH: usize = 512;
/// How long spans wait for others.
const PAUSE: Duration = Duration::from_secs(2);
/// Sends spans as they come, for ever; without a collector it waits.
pub(super) async fn send(to: Option<(Collector, Receiver<UseSpan>)>) {
    let Some((collector, mut spans)) = to else { return std::future::pending().await };
    let mut lost = false;
    let mut batch = Vec::with_capacity(BATCH);
    let mut tick = tokio::time::interval(PAUSE);
    loop {
        tick.tick().await;
        while !spans.is_empty() {
            batch.clear();
            spans.recv_many(&mut batch, BATCH).await;
            let sent = collector.send(gateway::otlp_body(&batch)).await;
            match sent {
                Ok(()) => lost = false,
                // once, not every two seconds
                Err(why) if !lost => {
                    tracing::warn!("spans are lost: {why}");
                    lost = true;
                }
                Err(_) => {}
            }
        }
    }
}
