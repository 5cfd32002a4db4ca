//! What a caller holds while its statement waits to be appended: to wait on a thread, or to await.

use super::NodeError;
use ledger::Receipt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// What came of one statement.
pub(super) type Outcome = Result<Receipt, NodeError>;

/// The caller's side. It ends with the receipt's bytes or with why there is none.
#[derive(Debug)]
pub struct Ticket(Arc<Slot>);

/// The leader's side. One that is dropped without an answer says so.
#[derive(Debug)]
pub(super) struct Answer(Option<Arc<Slot>>);

#[derive(Debug, Default)]
struct Slot {
    state: Mutex<State>,
    answered: Condvar,
}

#[derive(Debug, Default)]
struct State {
    outcome: Option<Outcome>,
    waker: Option<Waker>,
}

/// Both sides.
pub(super) fn pair() -> (Answer, Ticket) {
    let slot = Arc::new(Slot::default());
    (Answer(Some(Arc::clone(&slot))), Ticket(slot))
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing between taking and leaving this lock can panic half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fill(&self, outcome: Outcome) {
        let mut state = self.lock();
        state.outcome = Some(outcome);
        let waker = state.waker.take();
        drop(state);
        self.answered.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Answer {
    /// Tells the caller.
    pub(super) fn give(mut self, outcome: Outcome) {
        if let Some(slot) = self.0.take() {
            slot.fill(outcome);
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(slot) = self.0.take() {
            slot.fill(Err(NodeError::Abandoned));
        }
    }
}

fn bytes(outcome: Outcome) -> Result<Vec<u8>, NodeError> {
    Ok(outcome?.to_string().into_bytes())
}

impl Ticket {
    /// Waits on this thread.
    ///
    /// # Errors
    /// Why the statement was not appended, or is not known to be.
    pub fn wait(self) -> Result<Vec<u8>, NodeError> {
        let mut state = self.0.lock();
        loop {
            if let Some(outcome) = state.outcome.take() {
                drop(state);
                return bytes(outcome);
            }
            state = self.0.answered.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Future for Ticket {
    type Output = Result<Vec<u8>, NodeError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.0.lock();
        match state.outcome.take() {
            Some(outcome) => {
                drop(state);
                Poll::Ready(bytes(outcome))
            }
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_that_is_dropped_is_told_to_both_kinds_of_callers() {
        let (answer, ticket) = pair();
        let waiting = std::thread::spawn(|| ticket.wait());
        drop(answer);
        assert!(matches!(waiting.join().unwrap(), Err(NodeError::Abandoned)));
        let (answer, ticket) = pair();
        let give = async {
            tokio::task::yield_now().await;
            answer.give(Err(NodeError::Again));
        };
        let (told, ()) = tokio::join!(ticket, give);
        assert!(matches!(told, Err(NodeError::Again)));
    }
}
