//! Sending a run's spans to a collector, when somebody asks for it.

use super::MeasureError;
use operations::otlp::Collector;
use std::path::Path;

/// Sends the spans of a run's transcript to an OTLP/HTTP endpoint as JSON, a request each sample, and says how many were sent. Nothing that was said
/// is in them.
///
/// # Errors
/// A transcript that does not hold together, an address that is none, a collector that does not answer or refuses.
pub async fn send_spans(transcript: &Path, url: &str) -> Result<usize, MeasureError> {
    let wrong = |e: &dyn std::error::Error| MeasureError::Argument(operations::plain(e));
    let requests = harness::export::span_requests(transcript).map_err(|e| wrong(&e))?;
    let collector = Collector::at(url).map_err(MeasureError::Argument)?;
    let count = requests.len();
    for body in requests {
        collector.send(body).await.map_err(MeasureError::Argument)?;
    }
    Ok(count)
}
