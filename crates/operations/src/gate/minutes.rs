//! Each minute's uses, as statements in the log.

use super::{Complaint, GateError, LAST, Served};
use crate::act::Ctx;
use crate::review;
use access::Uses;
use domain::Timestamp;
use gateway::{LiveReviews, MinuteSummary, UseLog};
use std::time::Duration;

/// How often minutes that ended are looked for.
const MINUTES: Duration = Duration::from_secs(1);

/// What logs the minutes that ended.
pub(super) struct Minutes<'a> {
    ctx: &'a Ctx,
    live: &'a LiveReviews,
    uses: &'a UseLog,
    served: Served,
}

impl<'a> Minutes<'a> {
    pub(super) fn new(ctx: &'a Ctx, live: &'a LiveReviews, uses: &'a UseLog) -> Self {
        Self { ctx, live, uses, served: Served::default() }
    }

    /// Logs the last uses, the minute's that is not over among them: it takes no later ones, which go to the next.
    pub(super) async fn end(mut self) -> Result<Served, GateError> {
        // what was cut as the gateway ended has been handed over, and may not be on disk yet
        self.uses.written().await?;
        let last = self.uses.every_minute_closed()?;
        let logging = tokio::time::timeout(LAST, self.log_all(last)).await;
        let why = match logging {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(crate::plain(&error)),
            Err(_) => Some(format!("it took no statement within {} seconds", LAST.as_secs())),
        };
        let left = self.uses.every_minute_closed()?.len();
        self.served.minutes_left = u64::try_from(left).unwrap_or(u64::MAX);
        if let Some(why) = why {
            tracing::warn!(left, "the last uses are logged at the next start: {why}");
        }
        Ok(self.served)
    }

    /// Looks for minutes that ended, for ever.
    pub(super) async fn keep(&mut self) {
        let mut tick = tokio::time::interval(MINUTES);
        let mut complaint = Complaint::default();
        loop {
            tick.tick().await;
            match self.log_uses(self.ctx.clock.now()).await {
                Ok(_) => complaint.end(),
                Err(error) => complaint.tell("uses can't be logged yet", &error),
            }
        }
    }

    async fn log_uses(&mut self, now: Timestamp) -> Result<(), GateError> {
        self.log_all(self.uses.minutes_closed(now)?).await
    }

    async fn log_all(&mut self, minutes: Vec<MinuteSummary>) -> Result<(), GateError> {
        for summary in minutes {
            if self.log_minute(&summary).await? {
                self.uses.minute_recorded(&summary).await?;
                self.served.minutes_logged += 1;
            }
        }
        Ok(())
    }

    /// Logs one minute of one grant. A grant whose case this home does not read yet stays in the use log and is
    /// tried again: false.
    async fn log_minute(&self, summary: &MinuteSummary) -> Result<bool, GateError> {
        let MinuteSummary { grant, minute, root, count, tokens_in, tokens_out } = summary.clone();
        let named = domain::Digest::of(grant.as_str().as_bytes()).to_string();
        let short: String = named.chars().take(12).collect();
        let request = format!("uses-{short}-{}", minute.as_seconds() / 60);
        let case = self.live.read(|reviews| {
            let has = |case: &&access::Case| case.grant_request(&grant).is_some();
            reviews.cases().find(has).map(|case| case.id().clone())
        });
        let Some(case) = case else { return Ok(false) };
        let developer = self.ctx.home.id().clone();
        let event = access::Event::UsesRecorded(Uses {
            case,
            grant,
            developer,
            minute,
            root,
            count,
            tokens_in,
            tokens_out,
        });
        review::state(self.ctx, &event, Some(&request)).await?;
        Ok(true)
    }
}
