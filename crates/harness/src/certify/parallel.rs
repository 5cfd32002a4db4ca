//! The same work over many numbers, on every processor.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What `work` gives for each number below `n`, in their order.
pub(super) fn map<T: Send>(n: usize, work: impl Fn(usize) -> Option<T> + Sync) -> Vec<Option<T>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(n.max(1));
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    results.lock().unwrap_or_else(PoisonError::into_inner).resize_with(n, || None);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= n {
                        return;
                    }
                    let result = work(at);
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(slot) = results.get_mut(at) {
                        *slot = result;
                    }
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}
