//! What a run shares with the actions it calls.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

/// The console output, the response and the fetches of an action and of all that it calls.
#[derive(Debug, Default)]
pub(crate) struct Execution {
    output: Mutex<Output>,
    fetches: AtomicUsize,
}

#[derive(Debug, Default)]
struct Output {
    logs: String,
    response: String,
}

impl Execution {
    /// Appends to the console output, or leaves it alone and returns false if it would become longer than `limit` bytes.
    pub(super) fn append_log(&self, text: &str, limit: usize) -> bool {
        let mut output = self.output();
        let fits = text.len() <= limit.saturating_sub(output.logs.len());
        if fits {
            output.logs.push_str(text);
        }
        fits
    }

    pub(super) fn set_response(&self, response: String) {
        self.output().response = response;
    }

    /// Counts one more fetch, unless there have been `limit`.
    pub(super) fn count_fetch(&self, limit: usize) -> bool {
        count(&self.fetches, limit)
    }

    pub(crate) fn logs(&self) -> String {
        self.output().logs.clone()
    }

    pub(crate) fn response(&self) -> String {
        self.output().response.clone()
    }

    /// A poisoned lock is taken over: no change to the output can break off halfway.
    fn output(&self) -> MutexGuard<'_, Output> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds one to a count that may not become greater than `limit`, and says whether it did.
pub(super) fn count(counter: &AtomicUsize, limit: usize) -> bool {
    counter
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| {
            (n < limit).then_some(n + 1)
        })
        .is_ok()
}
