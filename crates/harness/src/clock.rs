//! The one place of this crate that reads the clock or waits.
#![expect(clippy::disallowed_methods, reason = "edge: owns the clock")]

use domain::Timestamp;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The present.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let micros = i64::try_from(since.as_micros()).unwrap_or(0);
    Timestamp::from_micros(micros).unwrap_or(Timestamp::EPOCH)
}

/// Time that passes, undisturbed by changes of the clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Waits.
pub(crate) async fn pause(span: Duration) {
    tokio::time::sleep(span).await;
}
