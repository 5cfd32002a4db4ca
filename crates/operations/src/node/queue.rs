//! What waits to be appended, and when a batch of it closes. Pure: no clock, no lock.
//!
//! Whoever puts something in while nobody appends becomes the leader and appends all that waits, batch after batch,
//! until nothing does. So a statement that comes alone is appended at once, and one that comes while a batch is being
//! committed waits for that commit and no longer: the busier the log, the larger its batches, without a timer.

use std::collections::VecDeque;

/// Most statements in a batch.
pub(super) const MAX_BATCH: usize = 1_024;
/// Most bytes of statements in a batch, above the first: the staged bundle is made in memory.
pub(super) const MAX_BATCH_BYTES: usize = 16 << 20;
/// Most statements that wait.
pub(super) const MAX_WAITING: usize = 4_096;
/// Most bytes of statements that wait.
pub(super) const MAX_WAITING_BYTES: usize = 128 << 20;

/// What waits, in the order in which it came.
#[derive(Debug)]
pub(super) struct Queue<T> {
    waiting: VecDeque<(usize, T)>,
    bytes: usize,
    led: bool,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), bytes: 0, led: false }
    }
}

impl<T> Queue<T> {
    /// Puts something of so many bytes at the end; gives it back when too much waits.
    pub(super) fn push(&mut self, bytes: usize, what: T) -> Result<(), T> {
        let full = self.waiting.len() >= MAX_WAITING || self.bytes + bytes > MAX_WAITING_BYTES;
        if full && !self.waiting.is_empty() {
            return Err(what);
        }
        self.waiting.push_back((bytes, what));
        self.bytes += bytes;
        Ok(())
    }

    /// Whether something waits and nobody appends.
    pub(super) fn needs_leader(&self) -> bool {
        !self.led && !self.waiting.is_empty()
    }

    /// Makes the caller the leader, if one is needed.
    pub(super) fn lead(&mut self) -> bool {
        let needed = self.needs_leader();
        self.led |= needed;
        needed
    }

    /// The leader's next batch, oldest first. With an empty one its lead has ended.
    pub(super) fn batch(&mut self) -> Vec<T> {
        let (mut batch, mut total) = (Vec::new(), 0);
        while batch.len() < MAX_BATCH
            && let Some((bytes, what)) = self
                .waiting
                .pop_front_if(|(bytes, _)| batch.is_empty() || total + *bytes <= MAX_BATCH_BYTES)
        {
            total += bytes;
            batch.push(what);
        }
        self.bytes -= total;
        self.led &= !batch.is_empty();
        batch
    }

    /// Drops all that waits: the leader is gone, and nobody knows how far it came.
    pub(super) fn abandon(&mut self) -> Vec<T> {
        let waiting = std::mem::take(&mut self.waiting);
        *self = Self::default();
        waiting.into_iter().map(|(_, what)| what).collect()
    }
}

#[cfg(test)]
mod tests;
